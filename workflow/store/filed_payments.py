"""Which payment was put into which file for the bank: one row a case and what was paid before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, func, or_, tuple_
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import filed_payments


def note(
    tx: Connection,
    payments: Sequence[tuple[UUID, int, int]],
    message: str,
    person: UUID,
    now: datetime,
    *,
    seen: Collection[tuple[UUID, str]],
) -> bool:
    """Put these (case, Rappen paid before, Rappen) into this file; False if one lies in another one already.

    `seen`: the (case, file) that somebody knows of, and puts it into another all the same.
    """
    rows = [
        {
            "case_id": case_id,
            "paid": paid,
            "message": message,
            "amount": amount,
            "made_by": person,
            "made_at": now,
        }
        for case_id, paid, amount in sorted(payments)  # two who overlap wait for each other in the same order
    ]
    statement = insert(filed_payments).values(rows)
    new = statement.excluded
    lies = filed_payments.c
    free = or_(lies.message == new.message, tuple_(lies.case_id, lies.message).in_(list(seen)))
    changed: dict[str, Any] = {name: new[name] for name in ("message", "amount", "made_by", "made_at")}
    changed["earlier"] = case(
        (lies.message == new.message, lies.earlier), else_=func.array_append(lies.earlier, lies.message)
    )
    keys = list(filed_payments.primary_key)
    written = tx.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed, where=free).returning(*keys)
    )
    return len(written.all()) == len(rows)


UNRECORDED = """
SELECT coalesce(sum(f.amount), 0) AS amount FROM cases c CROSS JOIN LATERAL (
  SELECT max(paid + amount) - c.paid AS amount FROM filed_payments WHERE case_id = c.id) f
WHERE (c.id = :parent OR c.parent_id = :parent) AND f.amount > 0"""
"""Rappen of a grant and its amendments that lie in files for the bank and are not recorded as paid."""
