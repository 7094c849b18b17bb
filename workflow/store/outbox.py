"""Effects outside: each under a key that is unique, leased while somebody works on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.postgresql import insert

from workflow.connecting import autocommit, plain
from workflow.store import prepared
from workflow.store.tables import outbox

LEASE = timedelta(seconds=20)
"""Longer than any attempt may last; a dead worker's effects go on after it."""

MOST_ATTEMPTS = 32
LONGEST_PAUSE = timedelta(seconds=16)
"""With pauses of 2, 4, 8, 16, 16 … seconds: eight minutes of an outage before an operator is asked, and what
comes after it has caught up within half a minute."""


LEASING = b"""
UPDATE outbox o SET leased_until = $2, next_try = $2, attempts = o.attempts + 1
FROM (SELECT key FROM outbox WHERE done_at IS NULL AND parked_at IS NULL AND next_try <= $1 AND kind = $3
      ORDER BY next_try LIMIT %d FOR UPDATE SKIP LOCKED) d
WHERE o.key = d.key
RETURNING o.key, o.kind, o.case_id, coalesce((SELECT c.number FROM cases c WHERE c.id = o.case_id), ''),
  o.payload, o.attempts
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One effect to bring about. `number`: of its case, "" without one; `attempt` counts from 1."""

    key: str
    kind: str
    case_id: UUID | None
    number: str
    payload: Mapping[str, Any]
    attempt: int

    @property
    def case(self) -> UUID:
        """The case that it belongs to; for kinds that always belong to one."""
        assert self.case_id is not None, self.key
        return self.case_id


def add(tx: Connection, key: str, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """An effect that belongs to no case; the same key twice is once."""
    row = {"key": key, "kind": kind, "payload": payload, "next_try": now}
    tx.execute(insert(outbox).values(row).on_conflict_do_nothing())


def add_open(tx: Connection, key: str, kind: str, payload: Mapping[str, Any], now: datetime) -> bool:
    """The same; False when it has happened already. Until this transaction ends, it cannot."""
    row = {"key": key, "kind": kind, "payload": payload, "next_try": now}
    query = insert(outbox).values(row)
    query = query.on_conflict_do_update(index_elements=["key"], set_={"key": query.excluded.key})
    return tx.execute(query.returning(outbox.c.done_at)).scalar_one() is None


def lease(db: Engine, kind: str, now: datetime, most: int) -> list[Due]:
    """Take up to `most` effects of a kind, the longest due first; nobody else gets them within LEASE."""
    with autocommit(db) as tx:
        found = prepared.rows(plain(tx), LEASING % most, (now, now + LEASE, kind))
    return [Due(*row) for row in found]


def done(db: Engine, key: str, now: datetime) -> None:
    """It happened."""
    with autocommit(db) as tx:
        done_in(tx, key, now)


def done_in(tx: Connection, key: str, now: datetime) -> None:
    """The same, together with what follows from it."""
    tx.execute(
        text("UPDATE outbox SET done_at = :now, leased_until = NULL, error = NULL WHERE key = :key"),
        {"now": now, "key": key},
    )


def put_back(db: Engine, keys: Collection[str], now: datetime) -> None:
    """They were leased, and not tried for want of time."""
    with autocommit(db) as tx:
        tx.execute(
            text(
                "UPDATE outbox SET leased_until = NULL, next_try = :now, attempts = attempts - 1"
                " WHERE key = ANY(:keys)"
            ),
            {"now": now, "keys": list(keys)},
        )


def failed(db: Engine, due: Due, error: str, now: datetime) -> bool:
    """It did not: try again later, or park it for an operator. True when parked."""
    parked = due.attempt >= MOST_ATTEMPTS
    with autocommit(db) as tx:
        tx.execute(
            text(
                "UPDATE outbox SET error = :error, leased_until = NULL, next_try = :next,"
                " parked_at = CASE WHEN :parked THEN CAST(:now AS timestamptz) END WHERE key = :key"
            ),
            {
                "key": due.key,
                "error": error[:2000],
                "now": now,
                "next": now + pause(due.attempt),
                "parked": parked,
            },
        )
    return parked


def pause(attempt: int) -> timedelta:
    """How long to wait after this attempt failed; whoever dies in mid-attempt makes their number any size."""
    return min(timedelta(seconds=2 ** min(attempt, 10)), LONGEST_PAUSE)


def report_id(due: Due, about: str) -> UUID:
    """An id for what comes of an effect: the same however often the effect is brought about."""
    return uuid5(NAMESPACE_URL, f"foerderweg:{due.key}:{about}")
