"""Which grants still ask for a report: the longest overdue first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.store import reading
from workflow.store.asking import ask
from workflow.store.queries.rows import after_place

MOST_COUNTED = 500
REPORT_SOON = timedelta(days=31)
"""So long before its day a report is among what waits: for its applicant, and for who may give more time."""
COUNT = f"SELECT count(*) FROM (SELECT FROM reports_due LIMIT {MOST_COUNTED + 1}) r"
PAGE = """
SELECT r.case_id, r.due_at, r.stopped, c.number, c.area, c.committed, c.paid, o.name
FROM (SELECT * FROM reports_due
      WHERE (due_at, case_id) > ((SELECT CAST(:at AS timestamptz)), (SELECT CAST(:id AS uuid)))
      ORDER BY due_at, case_id LIMIT (SELECT CAST(:limit AS int))) r
JOIN cases c ON c.id = r.case_id JOIN organisations o ON o.id = c.organisation_id
ORDER BY r.due_at, r.case_id"""


@dataclass(frozen=True, slots=True)
class AwaitedReport:
    """Of which grant (Rappen) until when a report has to be there. `stopped`: it is so late that nothing is
    paid, and its applicant hands in nothing new."""

    case_id: UUID
    due_at: datetime
    stopped: bool
    number: str
    area: str
    committed: int
    paid: int
    organisation: str


@dataclass(frozen=True, slots=True)
class AwaitedReports:
    """A page of them. `total`: counted no further than to MOST_COUNTED; `next`: what `after` takes."""

    rows: list[AwaitedReport]
    total: int
    next: str | None
    at_least: bool


def awaited_reports(
    db: sa.Engine, viewer: Actor, *, after: str | None = None, limit: int = 50
) -> AwaitedReports | None:
    """None without an overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    at, case_id = after_place(after)
    with autocommit(db) as tx:
        [(total,)] = ask(tx, COUNT)
        rows = ask(tx, PAGE, {"at": at, "id": case_id, "limit": limit + 1})
    found = [AwaitedReport(*row) for row in rows[:limit]]
    following = f"{found[-1].due_at.isoformat()}|{found[-1].case_id}" if len(rows) > limit else None
    return AwaitedReports(found, min(total, MOST_COUNTED), following, total > MOST_COUNTED)
