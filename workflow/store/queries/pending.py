"""The applications that wait for money of a year, and what its budget lines have left: for what-if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.funding.what_if import Pending
from workflow.store import published, reading
from workflow.store.queries.money import MoneyRow, money_row
from workflow.store.tables import STANDING

MOST = 20_000

WAITING = f"""
SELECT c.id, c.number, c.area, o.name AS organisation, c.line_id, c.requested, c.held, c.submitted_at,
  c.route_hash, c.step
FROM cases c JOIN organisations o ON o.id = c.organisation_id
WHERE c.stage = ANY(:stages) AND {STANDING} < 'infinity' AND c.parent_id IS NULL AND c.committed = 0
  AND c.line_id = ANY(:lines)
ORDER BY c.submitted_at, c.id LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of an application that waits, what a list shows beside the figures."""

    number: str
    organisation: str
    area: str


@dataclass(frozen=True, slots=True)
class YearOfMoney:
    """`lines`: by id; `names`: by case id. `years`: for which there is money at all, the newest first."""

    year: int
    years: list[int]
    lines: Mapping[int, MoneyRow]
    pending: list[Pending]
    names: Mapping[str, Waiting]


def year_of_money(db: sa.Engine, viewer: Actor, year: int | None) -> YearOfMoney | None:
    """The year asked for, else the newest with an application that waits; None for who may not see it."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        programme = published.programme(tx, published.current(tx))
        all_lines = tx.execute(
            sa.text("SELECT * FROM budget_lines WHERE programme = :programme ORDER BY year, id"),
            {"programme": programme.code},
        ).all()
        years = sorted({row.year for row in all_lines}, reverse=True)
        found = tx.execute(
            sa.text(WAITING),
            {
                "stages": list(programme.labels["stages"]),
                "lines": [row.id for row in all_lines if year not in years or row.year == year],
                "most": MOST,
            },
        ).all()
        hopeful = {name: published.route(tx, name).hopeful() for name in {row.route_hash for row in found}}
    # a case that a worker has not taken on yet stands at no step; what was refused waits for an appeal alone
    found = [row for row in found if row.held or not row.step or row.step in hopeful[row.route_hash]]
    of_line = {row.id: row.year for row in all_lines}
    newest = max((of_line[row.line_id] for row in found), default=max(years, default=0))
    chosen = year if year is not None and year in years else newest
    rows = [row for row in found if of_line[row.line_id] == chosen]
    return YearOfMoney(
        chosen,
        years,
        {row.id: money_row(row) for row in all_lines if row.year == chosen},
        [Pending(str(row.id), row.line_id, row.requested, row.held, row.submitted_at) for row in rows],
        {str(row.id): Waiting(row.number, row.organisation, row.area) for row in rows},
    )
