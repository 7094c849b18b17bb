"""What the steering group observes: the decisions of a quarter, and figures; it decides no single case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.store import published, reading
from workflow.store.queries.money import MoneyRow, by_area, lines
from workflow.texts import ZURICH

OBSERVERS = ("observer", *reading.OVERVIEW)
MOST = 2000
DECIDED = """
SELECT c.number, o.name AS organisation, c.area, c.size, c.requested, c.status, d.at,
  CASE WHEN c.held + c.committed > 0 OR c.state ? 'settled'
    THEN CAST(coalesce(c.state->'facts'->>'granted', '0') AS bigint) ELSE 0 END AS granted
FROM cases c JOIN organisations o ON o.id = c.organisation_id
CROSS JOIN LATERAL (
  SELECT min(e.at) AS at FROM events e WHERE e.case_id = c.id
    AND (e.name = 'CallReturned' AND coalesce(e.data->>'unsent', 'false') = 'false'
      OR e.name = 'Completed' AND e.data->>'sends' = 'true')) d
WHERE c.parent_id IS NULL
  AND c.submitted_at < :until AND c.submitted_at >= CAST(:since AS timestamptz) - interval '2 years'
  AND d.at >= :since AND d.at < :until
ORDER BY d.at, c.number LIMIT :most"""
CAME_IN = """
SELECT area, count(*) AS came_in, sum(requested) AS requested FROM cases
WHERE parent_id IS NULL AND submitted_at >= :since AND submitted_at < :until GROUP BY area"""


@dataclass(frozen=True, slots=True)
class Decided:
    """A case whose order, or agreement, went out in the quarter; `granted` is 0 where nothing was."""

    number: str
    organisation: str
    area: str
    size: str
    requested: int
    granted: int
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """Of one funding area in the quarter; `money`: the year's lines of the area, added up."""

    area: str
    came_in: int
    requested: int
    granted: int
    refused: int
    amount: int
    money: MoneyRow | None


@dataclass(frozen=True, slots=True)
class Quarter:
    decided: list[Decided]
    areas: list[AreaFigures]


def quarter(db: sa.Engine, viewer: Actor, year: int, number: int, *, size: str = "M") -> Quarter | None:
    """A quarter (1 to 4) in Zurich. `decided`: of this size ("": of all); None for who does not observe."""
    if not viewer.has_role(*OBSERVERS):
        return None
    first = date(year, 3 * number - 2, 1)
    last = date(year + number // 4, 3 * number % 12 + 1, 1)
    since, until = (datetime.combine(day, time(), ZURICH) for day in (first, last))
    said: dict[str, Any] = {"since": since, "until": until, "most": MOST}
    with db.connect() as tx:
        programme = published.programme(tx, published.current(tx))
        rows = tx.execute(sa.text(DECIDED), said).all()
        came = {row.area: row for row in tx.execute(sa.text(CAME_IN), said)}
        money = {line.area: line for line in by_area(lines(tx)) if line.year == year}
    decided = [
        Decided(
            row.number, row.organisation, row.area, row.size, row.requested, row.granted, row.status, row.at
        )
        for row in rows
    ]
    areas = []
    for area in programme.areas:
        those = [one for one in decided if one.area == area]
        granted = [one.granted for one in those if one.granted]
        there = came.get(area)
        areas.append(
            AreaFigures(
                area=area,
                came_in=there.came_in if there else 0,
                requested=int(there.requested) if there else 0,
                granted=len(granted),
                refused=len(those) - len(granted),
                amount=sum(granted),
                money=money.get(area),
            )
        )
    return Quarter([one for one in decided if size in ("", one.size)], areas)
