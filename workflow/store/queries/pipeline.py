"""The pipeline's figures: how many cases stand at each stage, for how much, how old, how late.

Cases are counted as they change (tables.stage_sums), so that a million of them costs nothing; the oldest of
those that run are read from an index. See docs/performance.md for the plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries import sums
from workflow.store.queries.money import MoneyRow, by_area, lines
from workflow.store.queries.narrowed import APPLICATIONS, each_way, together
from workflow.store.queries.rows import Filters
from workflow.store.tables import STANDING


@dataclass(frozen=True, slots=True)
class StageRow:
    """A column of the pipeline. `oldest_days`: since the oldest case in it entered its step."""

    stage: str
    count: int
    amount: int
    oldest_days: int
    late: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`too_many`: what is asked for in words is found so often that nobody counts it."""

    stages: list[StageRow]
    money: list[MoneyRow]
    too_many: bool = False


OLDEST = f"""SELECT g.stage, min(f.entered_at) AS oldest FROM ({{groups}}) g CROSS JOIN LATERAL (
  SELECT c.entered_at FROM cases c {{where}} ORDER BY {STANDING} LIMIT 1) f
GROUP BY g.stage"""
EACH = """SELECT c.stage, count(*) AS count, sum(c.requested) AS amount,
 min(c.entered_at) FILTER (WHERE c.ending IS NULL) AS oldest,
 count(*) FILTER (WHERE c.ending IS NULL AND c.due_at < :now) AS late
FROM cases c {where} GROUP BY c.stage"""


def pipeline(db: sa.Engine, viewer: Actor, filters: Filters, *, now: datetime) -> Pipeline | None:
    """Cases by stage in the programme's order, and the money by area; None for who may not see it."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with autocommit(db) as tx:
        programme = published.programme(tx, published.current(tx))
        stages = list(programme.labels["stages"])
        ways = each_way(tx, filters, viewer, programme, now)
        if sums.is_counted(filters):
            found = _counted(tx, filters, ways.parameters)
        elif not ways.few:
            return Pipeline([], by_area(lines(tx)), too_many=True)
        else:
            rows = tx.execute(sa.text(EACH.format(where=together(ways))), ways.parameters)
            found = {row.stage: row._asdict() for row in rows}
        money = by_area(lines(tx))
    order = [*stages, *(stage for stage in found if stage not in stages)]
    return Pipeline([_stage_row(stage, found.get(stage), now) for stage in order], money)


def _counted(tx: sa.Connection, filters: Filters, parameters: dict[str, Any]) -> dict[str, dict[str, Any]]:
    counted = ask(tx, sums.SUMS.format(where=sums.where_counted(filters)), parameters)
    found = {row.stage: row._asdict() for row in counted}
    group = "c.stage = g.stage AND c.status = g.status"
    where = sums.where_counted(filters, APPLICATIONS, f"{STANDING} < 'infinity'", group)
    oldest = OLDEST.format(groups=sums.groups(filters, "stage", "status"), where=where)
    for row in ask(tx, oldest, parameters):
        if row.stage in found:  # they are two statements, and a case may have moved meanwhile
            found[row.stage]["oldest"] = row.oldest
    return found


def _stage_row(stage: str, row: dict[str, Any] | None, now: datetime) -> StageRow:
    if row is None:
        return StageRow(stage, 0, 0, 0, 0)
    oldest = row.get("oldest")
    days = (now - oldest).days if oldest else 0
    return StageRow(stage, int(row["count"]), int(row["amount"]), days, int(row["late"] or 0))
