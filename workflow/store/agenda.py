"""When a worker must look at a case again: claiming what is due, parking what cannot go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from workflow.connecting import plain
from workflow.store import prepared
from workflow.store.journal import COLUMNS, Stored, stored

DUE = f"""
SELECT {COLUMNS} FROM agenda a JOIN cases c ON c.id = a.case_id
WHERE a.due_at <= $1 AND a.parked_at IS NULL
"""
LOCKED = "FOR NO KEY UPDATE OF c, a SKIP LOCKED"
"""NO KEY: who only refers to such a row (reads a dossier, hands in what is charged to a line) does not wait,
and is not passed by."""
CLAIM = f"{DUE} ORDER BY a.due_at LIMIT %d {LOCKED}".encode()
"""The plan must know how few are wanted: for any number of them it would sort all that are due later."""
CLAIM_ONE = f"{DUE} AND a.case_id = $2 {LOCKED}".encode()


def claim(tx: Connection, now: datetime, limit: int) -> list[Stored]:
    """Due cases, locked with their agenda rows until the transaction ends; others pass them by."""
    return [stored(row) for row in prepared.rows(plain(tx), CLAIM % limit, (now,))]


def claim_one(tx: Connection, case_id: UUID, now: datetime) -> Stored | None:
    """One case, if it is still due and nobody else has it."""
    found = prepared.rows(plain(tx), CLAIM_ONE, (now, case_id))
    return stored(found[0]) if found else None


def look_again(tx: Connection, case_id: UUID, due_at: datetime | None) -> None:
    """Nothing followed: the next moment to look."""
    tx.execute(text("UPDATE agenda SET due_at = :due WHERE case_id = :id"), {"due": due_at, "id": case_id})


def park(tx: Connection, case_id: UUID, error: str, now: datetime) -> None:
    """Out of the workers' way until an operator puts it back."""
    tx.execute(
        text(
            "UPDATE agenda SET parked_at = :now, attempts = attempts + 1, error = :error"
            " WHERE case_id = :id AND parked_at IS NULL"
        ),
        {"now": now, "error": error[:2000], "id": case_id},
    )


def due_ids(tx: Connection, now: datetime, limit: int) -> list[UUID]:
    """Due cases, oldest first, without a lock."""
    found = tx.execute(
        text(
            "SELECT case_id FROM agenda WHERE due_at <= :now AND parked_at IS NULL"
            " ORDER BY due_at LIMIT :limit"
        ),
        {"now": now, "limit": limit},
    )
    return [row.case_id for row in found]
