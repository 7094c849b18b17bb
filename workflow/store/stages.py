"""How many cases stand where, and until when: what triggers note is added up, and compared with the cases."""

from __future__ import annotations

from sqlalchemy import Connection, text

from workflow.store.tables import DUE

ONE_AT_A_TIME = 7_311
"""Of an advisory lock: two that add up at once would wait for each other."""

KEY = ("stage", "area", "size", "call", "status", "step", "line_id", "route_hash", "due")
"""By what cases are counted, all at once: filters of lists, and until when something has to be done."""

_KEY = ", ".join(KEY)
ADD_UP = f"""
WITH moved AS (DELETE FROM stage_moves RETURNING {_KEY}, cases, requested), before AS (
  DELETE FROM stage_sums s USING (SELECT DISTINCT {_KEY} FROM moved) m
  WHERE ({", ".join(f"s.{name}" for name in KEY)}) = ({", ".join(f"m.{name}" for name in KEY)}) RETURNING s.*)
INSERT INTO stage_sums ({_KEY}, cases, requested)
SELECT {_KEY}, sum(cases), sum(requested)
FROM (SELECT * FROM moved UNION ALL SELECT {_KEY}, cases, requested FROM before) c
GROUP BY {_KEY} HAVING sum(cases) <> 0 OR sum(requested) <> 0"""
"""Without an UPDATE, which is refused since migration 0034: by one, an older version, which knows less of the
key, would add to several rows what belongs to one."""


def add_up(tx: Connection) -> None:
    """Add the moves to the sums. Whoever reads both in one statement sees the same before and after."""
    free = text("SELECT pg_try_advisory_xact_lock(:lock)")
    if tx.execute(free, {"lock": ONE_AT_A_TIME}).scalar_one():
        tx.execute(text(ADD_UP))


COMPARE = f"""
SELECT concat_ws(' ', {_KEY}) AS place, sum(cases) AS cases, sum(requested) AS requested
FROM (
  SELECT {_KEY}, cases, requested FROM stage_sums
  UNION ALL SELECT {_KEY}, cases, requested FROM stage_moves
  UNION ALL SELECT {_KEY.replace("due", DUE)}, -1, -requested
  FROM cases WHERE asked_by IS NULL) c
GROUP BY {_KEY} HAVING sum(cases) <> 0 OR sum(requested) <> 0"""


def miscounted(tx: Connection) -> list[tuple[str, int, int]]:
    """Where the figures are not those of the cases: where, how many cases and how many Rappen too many."""
    return [(str(row.place), int(row.cases), int(row.requested)) for row in tx.execute(text(COMPARE))]
