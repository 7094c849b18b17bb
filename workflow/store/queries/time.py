"""Where time goes: how long each office had work at each stage, what came and what was closed, the queue.

All of it from indexes over the last twelve months, and never more than MOST_DONE pieces of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.engine.route import APPLICANT, OPERATOR, Human
from workflow.funding.forecast import Forecast, forecast
from workflow.store import published, reading

MOST_DONE = 50_000
WEEKS = 4

SPANS = """
SELECT s.stage, CASE WHEN w.role = :applicant THEN '' ELSE w.office END AS office, count(*) AS done,
  percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY w.took) AS took,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY w.given) AS target,
  count(*) FILTER (WHERE w.took > w.given) AS late
FROM (SELECT step, office, role, extract(epoch FROM closed_at - opened_at) / 86400 AS took,
        extract(epoch FROM due_at - opened_at) / 86400 AS given
      FROM work_items WHERE closed_at >= :since AND role <> :operator ORDER BY closed_at DESC LIMIT :most) w
JOIN unnest(CAST(:steps AS text[]), CAST(:stages AS text[])) s(step, stage) ON s.step = w.step
GROUP BY 1, 2"""
MONTHLY = """
WITH inquiries AS MATERIALIZED (SELECT submitted_at, entered_at, ending FROM cases WHERE asked_by IS NOT NULL)
SELECT m.month,
  (SELECT count(*) FROM cases c WHERE c.submitted_at >= m.month AND c.submitted_at < m.until)
  - (SELECT count(*) FROM inquiries i WHERE i.submitted_at >= m.month AND i.submitted_at < m.until) AS came,
  (SELECT count(*) FROM cases c
   WHERE c.ending IS NOT NULL AND c.entered_at >= m.month AND c.entered_at < m.until)
  - (SELECT count(*) FROM inquiries i
     WHERE i.ending IS NOT NULL AND i.entered_at >= m.month AND i.entered_at < m.until) AS closed
FROM unnest(CAST(:months AS timestamptz[]), CAST(:ends AS timestamptz[])) m(month, until) ORDER BY m.month"""
"""All, from the index of their order alone, without the few that are questions to an office."""
QUEUE = """
SELECT office, array_agg(due_at) AS due FROM (
  SELECT office, due_at FROM work_items
  WHERE closed_at IS NULL AND due_at IS NOT NULL AND office <> '' ORDER BY office, due_at LIMIT :most) w
GROUP BY office"""
DONE = """
SELECT office, count(*) AS done FROM work_items
WHERE closed_at >= :since AND office <> '' GROUP BY office"""


@dataclass(frozen=True, slots=True)
class Span:
    """How long work at a stage took an office, in days. `office` is empty where the applicant had it.

    `target`: the median of the time that was given; None where nothing was due. `late`: how many took longer.
    """

    stage: str
    office: str
    done: int
    median: float
    ninth: float
    target: float | None
    late: int


@dataclass(frozen=True, slots=True)
class Month:
    """What came in and what was closed from the first day of this month on."""

    month: date
    came: int
    closed: int


@dataclass(frozen=True, slots=True)
class Times:
    """`queues`: by office."""

    spans: list[Span]
    months: list[Month]
    queues: Mapping[str, Forecast]


def times(
    db: sa.Engine, viewer: Actor, *, now: datetime, months: Mapping[date, tuple[datetime, datetime]]
) -> Times | None:
    """Where time goes; None for who has no overview.

    `months`: the first day of each, in order → when it begins and ends.
    """
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    since = min(begins for begins, _ in months.values())
    with db.connect() as tx:
        stages = list(published.programme(tx, published.current(tx)).labels["stages"])
        steps = _stages_of(tx)
        found = tx.execute(
            sa.text(SPANS),
            {
                "applicant": APPLICANT,
                "operator": OPERATOR,
                "since": since,
                "most": MOST_DONE,
                "steps": list(steps),
                "stages": list(steps.values()),
            },
        ).all()
        monthly = tx.execute(
            sa.text(MONTHLY),
            {"months": [one[0] for one in months.values()], "ends": [one[1] for one in months.values()]},
        ).all()
        due = {row.office: row.due for row in tx.execute(sa.text(QUEUE), {"most": MOST_DONE})}
        recent = {"since": now - timedelta(weeks=WEEKS)}
        done = {row.office: row.done for row in tx.execute(sa.text(DONE), recent)}
    order = {stage: place for place, stage in enumerate(stages)}
    spans = sorted(map(_span, found), key=lambda one: (order.get(one.stage, len(order)), one.office))
    return Times(
        spans,
        [Month(day, row.came, row.closed) for day, row in zip(sorted(months), monthly, strict=True)],
        {office: forecast(due[office], done.get(office, 0), 7 * WEEKS, now) for office in sorted(due)},
    )


def _stages_of(tx: sa.Connection) -> Mapping[str, str]:
    """The stage of each human step, by the routes that new applications take and those before them."""
    hashes = tx.execute(sa.text("SELECT hash FROM definitions WHERE kind = 'route' ORDER BY published_at"))
    found: dict[str, str] = {}
    for one in hashes.scalars().all():
        steps = published.route(tx, one).steps
        found |= {code: step.stage for code, step in steps.items() if isinstance(step, Human)}
    return found


def _span(row: Any) -> Span:
    median, ninth = row.took
    return Span(row.stage, row.office, row.done, float(median), float(ninth), _days(row.target), row.late)


def _days(value: Any) -> float | None:
    return None if value is None else float(value)
