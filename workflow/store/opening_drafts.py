"""Reports and amendments that are not handed in yet: one a person, case and kind, erased with it.

A save can come late, after its own page was handed in: what it left then is the draft of a child that exists,
which nobody finds any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, or_, text
from sqlalchemy.dialects.postgresql import insert

from workflow.store.statement_drafts import write_over
from workflow.store.tables import opening_drafts

KEY = ("case_id", "child", "person_id")
HANDED_IN = "EXISTS (SELECT 1 FROM applications a WHERE a.id = opening_drafts.child_id)"


def find(tx: Connection, case_id: UUID, person: str) -> dict[str, Row[Any]]:
    """answers and saved_at of all that this person has begun beside this case, by the child's code."""
    query = text(
        "SELECT child, answers, saved_at FROM opening_drafts"
        f" WHERE case_id = :case AND person_id = :person AND NOT {HANDED_IN}"
    )
    return {row.child: row for row in tx.execute(query, {"case": case_id, "person": UUID(person)})}


def save(
    tx: Connection,
    case_id: UUID,
    child: str,
    child_id: UUID,
    person: str,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    seen: datetime | None,
) -> bool:
    """`child_id`: what the child is going to be called if this page hands it in. False: what is kept is not
    what somebody had before them, kept at `seen` (None: nothing)."""
    kept = {"child_id": child_id, "answers": answers, "saved_at": now}
    key = dict(zip(KEY, (case_id, child, UUID(person)), strict=True))
    same = or_(opening_drafts.c.saved_at == seen, text(HANDED_IN))
    statement = insert(opening_drafts).values(key | kept)
    return write_over(tx, statement, KEY, kept, same)


def erase(tx: Connection, case_id: UUID, child: str, person: str) -> None:
    """It has been handed in."""
    found = dict(zip(KEY, (case_id, child, UUID(person)), strict=True))
    tx.execute(delete(opening_drafts).filter_by(**found))


def erase_over(tx: Connection, before: datetime) -> int:
    """Without what was handed in, and what nobody has written at since; how many."""
    query = text(f"DELETE FROM opening_drafts WHERE saved_at < :before OR {HANDED_IN}")
    return tx.execute(query, {"before": before}).rowcount
