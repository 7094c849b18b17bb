"""The views of the pipeline that a person has named."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.store import views


@dataclass(frozen=True, slots=True)
class SavedView:
    """`query`: of the pipeline's address."""

    id: UUID
    name: str
    query: str


def saved_views(db: sa.Engine, viewer: Actor) -> list[SavedView]:
    """The viewer's own, by name."""
    with autocommit(db) as tx:
        return [SavedView(*row) for row in views.of(tx, UUID(viewer.person))]
