"""Statements that are not handed in yet: one a person and seat, erased when there is nothing to hand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, text
from sqlalchemy.dialects.postgresql import Insert, insert

from workflow.store.asking import ask
from workflow.store.tables import statement_drafts

KEY = ("case_id", "entry", "seat", "person_id")


FIND = f"SELECT * FROM statement_drafts WHERE {' AND '.join(f'{key} = :{key}' for key in KEY)}"


def find(tx: Connection, case_id: UUID, entry: int, seat: str, person: str) -> Any | None:
    """outcome, answers and saved_at of what this person has written at this seat."""
    where = dict(zip(KEY, (case_id, entry, seat, UUID(person)), strict=True))
    return next(iter(ask(tx, FIND, where)), None)


def save(
    tx: Connection,
    case_id: UUID,
    entry: int,
    seat: str,
    person: str,
    outcome: str,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    seen: datetime | None,
) -> bool:
    """False: what is kept is not what somebody had before them, kept at `seen` (None: nothing)."""
    kept = {"outcome": outcome, "answers": answers, "saved_at": now}
    key = dict(zip(KEY, (case_id, entry, seat, UUID(person)), strict=True))
    same = statement_drafts.c.saved_at == seen
    return write_over(tx, insert(statement_drafts).values(key | kept), KEY, kept, same)


def write_over(
    tx: Connection, statement: Insert, key: Sequence[str], kept: Mapping[str, Any], same: ColumnElement[bool]
) -> bool:
    """A new row, or this in place of the one that is still the `same`."""
    done = statement.on_conflict_do_update(index_elements=key, set_=kept, where=same)
    return tx.execute(done.returning(statement.table.c.saved_at)).one_or_none() is not None


def erase_over(tx: Connection) -> int:
    """Without those whose seat is done, whose step has ended, or whose author has withdrawn; how many."""
    return tx.execute(
        text("""
DELETE FROM statement_drafts d USING work_items w JOIN cases c ON c.id = w.case_id
WHERE (w.case_id, w.entry, w.seat) = (d.case_id, d.entry, d.seat)
  AND (w.closed_at IS NOT NULL OR c.state->'recused' ? d.person_id::text)""")
    ).rowcount
