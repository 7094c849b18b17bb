"""Proposals to change the programme: kept, found, checked anew, decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import proposals


def add(tx: Connection, row: Mapping[str, Any]) -> None:
    """A new one; the same id twice is once."""
    tx.execute(insert(proposals).values({**row, "state": "open"}).on_conflict_do_nothing())


def find(tx: Connection, proposal_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """All columns."""
    query = select(proposals).where(proposals.c.id == proposal_id)
    return tx.execute(query.with_for_update() if lock else query).one_or_none()


def rebase(tx: Connection, proposal_id: UUID, base: str) -> None:
    """From now on it is meant as a change to this version."""
    tx.execute(proposals.update().where(proposals.c.id == proposal_id).values(base=base))


def decide(
    tx: Connection,
    proposal_id: UUID,
    state: str,
    by: str,
    now: datetime,
    *,
    decision: str = "",
    published: str | None = None,
) -> None:
    """`state`: published | refused | withdrawn."""
    tx.execute(
        proposals.update()
        .where(proposals.c.id == proposal_id)
        .values(state=state, decided_by=UUID(by), decided_at=now, decision=decision, published=published)
    )


def has_published(tx: Connection, name: str) -> bool:
    """Whether this version came of a proposal."""
    query = select(proposals.c.id).where(proposals.c.published == name).limit(1)
    return tx.execute(query).first() is not None
