"""What of settled grants has to come back: the longest owed first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.funding.money import repaid_by
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries.rows import after_place

MOST_COUNTED = 500
COUNT = f"""
SELECT count(*), coalesce(sum(amount), 0)
FROM (SELECT amount FROM repayments_due ORDER BY since, case_id LIMIT {MOST_COUNTED + 1}) r"""
PAGE = """
SELECT r.case_id, r.since, r.amount, c.number, c.area, c.size, c.programme_hash, c.paid, o.name
FROM (SELECT * FROM repayments_due
      WHERE (since, case_id) > ((SELECT CAST(:at AS timestamptz)), (SELECT CAST(:id AS uuid)))
      ORDER BY since, case_id LIMIT (SELECT CAST(:limit AS int))) r
JOIN cases c ON c.id = r.case_id JOIN organisations o ON o.id = c.organisation_id
ORDER BY r.since, r.case_id"""


@dataclass(frozen=True, slots=True)
class Repayment:
    """Rappen that an organisation owes: `amount` of what was `paid`, since its grant was settled.

    `until`: the last day, by the terms of the grant.
    """

    case_id: UUID
    since: datetime
    until: date
    amount: int
    paid: int
    number: str
    area: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Repayments:
    """A page of them. `total`: counted no further than to MOST_COUNTED, `amount`: in Rappen, of as many;
    `next`: what `after` takes."""

    rows: list[Repayment]
    total: int
    amount: int
    next: str | None
    at_least: bool


def repayments(
    db: sa.Engine, viewer: Actor, *, after: str | None = None, limit: int = 50
) -> Repayments | None:
    """None without an overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    at, case_id = after_place(after)
    with autocommit(db) as tx:
        [(total, amount)] = ask(tx, COUNT)
        rows = ask(tx, PAGE, {"at": at, "id": case_id, "limit": limit + 1})
        found = [_repayment(tx, row) for row in rows[:limit]]
    following = f"{found[-1].since.isoformat()}|{found[-1].case_id}" if len(rows) > limit else None
    return Repayments(found, min(total, MOST_COUNTED), int(amount), following, total > MOST_COUNTED)


def _repayment(tx: sa.Connection, row: Any) -> Repayment:
    terms = published.programme(tx, row.programme_hash).terms[row.size]
    until = repaid_by(row.since, terms["repay_days"])
    return Repayment(row.case_id, row.since, until, row.amount, row.paid, row.number, row.area, row.name)
