"""Cases as they are counted by tables.stage_sums: figures that cost the same for a thousand and a million."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from workflow.store.asking import ask
from workflow.store.queries.narrowed import COUNTED
from workflow.store.queries.rows import Filters

COUNTS = "SELECT stage, area, size, call, due, cases, requested FROM"
SUMS = f"""SELECT stage, sum(cases) AS count, sum(requested) AS amount,
 sum(cases) FILTER (WHERE due < :now) AS late
FROM ({COUNTS} stage_sums UNION ALL {COUNTS} stage_moves) c {{where}} GROUP BY stage HAVING sum(cases) <> 0"""

STAGES = "SELECT stage FROM stage_sums UNION SELECT stage FROM stage_moves"
"""Every stage in which there is a case."""


def is_counted(filters: Filters) -> bool:
    """Nothing but what is counted as it changes narrows these."""
    return not any(value for name, value in asdict(filters).items() if name not in COUNTED)


def total(tx: sa.Connection, filters: Filters, parameters: dict[str, Any]) -> int:
    """How many cases there are, or how many are late, with other filters that are counted."""
    of, where = "late" if filters.late else "count", counted_where(filters)
    query = f"SELECT coalesce(sum({of}), 0) FROM ({SUMS.format(where=where)}) s"
    return int(ask(tx, query, parameters)[0][0])


def counted_where(filters: Filters, *more: str) -> str:
    """The condition that narrows the sums, or the cases, to these filters."""
    conditions = [*(f"c.{name} = :{name}" for name in COUNTED if getattr(filters, name)), *more]
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
