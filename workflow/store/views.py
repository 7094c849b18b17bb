"""Views of the pipeline that people have named, each for the person alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import saved_views


def of(tx: Connection, person_id: UUID) -> list[Row[tuple[UUID, str, str]]]:
    """id, name and query of this person's views, by name."""
    columns = (saved_views.c.id, saved_views.c.name, saved_views.c.query)
    mine = saved_views.c.person_id == person_id
    return list(tx.execute(select(*columns).where(mine).order_by(func.lower(saved_views.c.name))))


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
