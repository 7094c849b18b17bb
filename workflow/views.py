"""The door for a person's own views of the pipeline: addresses under a name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.errors import Invalid, NotFound, Problem, Refused
from workflow.store import views
from workflow.store.reading import OVERVIEW

MOST = 20
LONGEST = 60


def save(db: Engine, actor: Actor, view_id: UUID, name: str, query: str, *, now: datetime) -> None:
    """Keep `query` (of the pipeline's address) under this name; a name that is there gets the new one.

    Raises NotFound for who has no overview, Invalid for no name or a long one, Refused (too_many_views).
    """
    _allowed(actor)
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise Invalid({"name": [Problem("required")]})
    if len(name) > LONGEST:
        raise Invalid({"name": [Problem("too_long", {"max": LONGEST})]})
    with db.begin() as tx:
        there = views.of(tx, UUID(actor.person))
        if len(there) >= MOST and name not in [one.name for one in there]:
            raise Refused("too_many_views", most=MOST)
        views.save(tx, view_id, UUID(actor.person), name, query, now)


def remove(db: Engine, actor: Actor, view_id: UUID) -> None:
    """Forget one of one's own views; a second time, nothing happens."""
    _allowed(actor)
    with db.begin() as tx:
        views.remove(tx, view_id, UUID(actor.person))


def _allowed(actor: Actor) -> None:
    if not actor.has_role(*OVERVIEW):
        raise NotFound("no_overview")
