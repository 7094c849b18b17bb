"""A report or an amendment before it is handed in: kept for its author alone, beside its case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from workflow.engine import children
from workflow.engine.case import Actor
from workflow.engine.commands import OpenChild
from workflow.errors import NotFound
from workflow.store import journal, opening_drafts, published
from workflow.store.reading import takes_part

KEPT = timedelta(days=365)
"""So long nobody has written at it: it is erased. The page says so."""


def save(db: Engine, actor: Actor, command: OpenChild, answers: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what this person has written for what `command` opens; nothing has to be complete.

    Raises what handing it in would raise about the case: NotFound, NotAllowed, Refused.
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
        opening_drafts.save(tx, command.case_id, command.child, command.child_id, actor.person, kept, now)


def erase_over(db: Engine, now: datetime) -> int:
    """Erase what was handed in or left; how many were erased."""
    with db.begin() as tx:
        return opening_drafts.erase_over(tx, now - KEPT)
