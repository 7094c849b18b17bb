"""A report or an amendment before it is handed in: kept for its author alone, beside its case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine import children
from workflow.engine.case import Actor
from workflow.engine.commands import OpenChild
from workflow.errors import NotFound, Refused
from workflow.store import journal, opening_drafts, published
from workflow.store.reading import takes_part
from workflow.store.room import require_room

KEPT = timedelta(days=365)
"""So long nobody has written at it: it is erased. The page says so."""


def save(
    db: Engine,
    actor: Actor,
    command: OpenChild,
    answers: Mapping[str, Any],
    *,
    seen: datetime | None,
    now: datetime,
) -> None:
    """Keep what this person has written for what `command` opens; nothing has to be complete.

    `seen`: when that was kept which they had before them, None for nothing. Raises what handing it in would
    raise about the case: NotFound, NotAllowed, Refused, and Refused (kept_elsewhere, too_much_to_keep).
    """
    with db.begin() as tx:
        stored = journal.read(tx, command.case_id)
        if not takes_part(stored.case, actor):
            raise NotFound("no_such_case")
        route = published.route(tx, stored.route_hash)
        calendar = published.calendar(tx, stored.programme_hash)
        children.opened(route, stored.case, command, actor, now, calendar)
        form = published.form(tx, stored.programme_hash, route.children[command.child].form)
        kept = form.as_typed(answers)
        require_room(kept)
        named = (command.case_id, command.child, command.child_id, actor.person)
        if not opening_drafts.save(tx, *named, kept, now, seen=seen):
            raise Refused("kept_elsewhere")


def discard(db: Engine, actor: Actor, case_id: UUID, child: str) -> None:
    """What this person has kept is not wanted any more."""
    with db.begin() as tx:
        opening_drafts.erase(tx, case_id, child, actor.person)


def erase_over(db: Engine, now: datetime) -> int:
    """Erase what was handed in or left; how many were erased."""
    with db.begin() as tx:
        return opening_drafts.erase_over(tx, now - KEPT)
