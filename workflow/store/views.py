"""Views of the pipeline that people have named, each for the person alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from workflow.store.asking import ask
from workflow.store.tables import saved_views

OF = "SELECT id, name, query FROM saved_views WHERE person_id = :person ORDER BY lower(name)"


def of(tx: Connection, person_id: UUID) -> list[Any]:
    """id, name and query of this person's views, by name."""
    return ask(tx, OF, {"person": person_id})


def save(tx: Connection, view_id: UUID, person_id: UUID, name: str, query: str, now: datetime) -> None:
    """A new view, or another address under a name that this person has already."""
    row = {"id": view_id, "person_id": person_id, "name": name, "query": query, "at": now}
    tx.execute(
        insert(saved_views)
        .values(row)
        .on_conflict_do_update(index_elements=["person_id", "name"], set_={"query": query, "at": now})
    )


def remove(tx: Connection, view_id: UUID, person_id: UUID) -> None:
    """Forget it; nothing happens for somebody else's."""
    mine = (saved_views.c.id == view_id, saved_views.c.person_id == person_id)
    tx.execute(delete(saved_views).where(*mine))
