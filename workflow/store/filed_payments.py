"""Which payment was put into which file for the bank: one row a case and what was paid before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, or_
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import filed_payments


def note(
    tx: Connection,
    payments: Sequence[tuple[UUID, int, int]],
    message: str,
    person: UUID,
    now: datetime,
    *,
    again: Collection[UUID],
) -> bool:
    """Put these (case, Rappen paid before, Rappen) into this file; False if one lies in another one already,
    of a case that is not meant `again`."""
    rows = [
        {
            "case_id": case,
            "paid": paid,
            "message": message,
            "amount": amount,
            "made_by": person,
            "made_at": now,
        }
        for case, paid, amount in sorted(payments)  # two who overlap wait for each other in the same order
    ]
    statement = insert(filed_payments).values(rows)
    new = statement.excluded
    free = or_(filed_payments.c.message == new.message, filed_payments.c.case_id.in_(list(again)))
    changed = {name: new[name] for name in ("message", "amount", "made_by", "made_at")}
    keys = list(filed_payments.primary_key)
    written = tx.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed, where=free).returning(*keys)
    )
    return len(written.all()) == len(rows)
