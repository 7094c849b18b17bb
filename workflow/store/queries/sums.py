"""Cases as they are counted by tables.stage_sums: figures that cost the same for a thousand and a million.

They say too where there is anything of what a list asks for: in which groups of cases, each of which an index
has in the list's order.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from workflow.store import stages
from workflow.store.asking import ask
from workflow.store.queries.narrowed import CONDITIONS, COUNTED
from workflow.store.queries.rows import Filters

_COUNTS = f"SELECT {', '.join(stages.KEY)}, cases, requested FROM"
_SUMS = f"({_COUNTS} stage_sums UNION ALL {_COUNTS} stage_moves) c"
SUMS = f"""SELECT stage, sum(cases) AS count, sum(requested) AS amount,
 sum(cases) FILTER (WHERE due < :now) AS late
FROM {_SUMS} {{where}} GROUP BY stage HAVING sum(cases) <> 0"""


def is_counted(filters: Filters) -> bool:
    """Nothing but what is counted as it changes narrows these."""
    return not any(value for name, value in asdict(filters).items() if name not in COUNTED)


def found(tx: sa.Connection, filters: Filters, parameters: dict[str, Any]) -> tuple[int, int]:
    """How many cases there are by these filters, as far as they are counted; and how many there are in all of
    the groups by stage and status in which those are."""
    hits = where_counted(filters, *_late(filters)) or "WHERE true"
    each = (
        f"SELECT sum(cases) FILTER ({hits}) AS hits, sum(cases) AS cases FROM {_SUMS} GROUP BY stage, status"
    )
    query = f"SELECT coalesce(sum(hits), 0), coalesce(sum(cases), 0) FROM ({each}) g WHERE hits > 0"
    [[total, around]] = ask(tx, query, parameters)
    return int(total), int(around)


def groups(filters: Filters, *by: str) -> str:
    """SQL of the groups of cases, by some of what is counted, in which these filters may find something."""
    names, where = ", ".join(by), where_counted(filters, *_late(filters))
    return f"SELECT {names} FROM {_SUMS} {where} GROUP BY {names} HAVING sum(cases) > 0 ORDER BY {names}"


def where_counted(filters: Filters, *more: str) -> str:
    """The condition that narrows the sums, or the cases, to those of these filters that are counted."""
    conditions = [*(CONDITIONS[name] for name in COUNTED if getattr(filters, name)), *more]
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _late(filters: Filters) -> list[str]:
    return ["c.due < :now"] * filters.late
