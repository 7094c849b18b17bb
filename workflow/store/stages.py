"""How many cases stand where, and until when: what triggers note is added up, and compared with the cases."""

from __future__ import annotations

from sqlalchemy import Connection, text

ONE_AT_A_TIME = 7_311
"""Of an advisory lock: two that add up at once would wait for each other."""

ADD_UP = """
WITH moved AS (DELETE FROM stage_moves RETURNING *), together AS (
  SELECT stage, area, size, call, due, sum(cases) AS cases, sum(requested) AS requested
  FROM moved GROUP BY stage, area, size, call, due)
MERGE INTO stage_sums s USING together t
ON (s.stage, s.area, s.size, s.call, s.due) = (t.stage, t.area, t.size, t.call, t.due)
WHEN MATCHED AND s.cases + t.cases = 0 AND s.requested + t.requested = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET cases = s.cases + t.cases, requested = s.requested + t.requested
WHEN NOT MATCHED AND (t.cases <> 0 OR t.requested <> 0) THEN
  INSERT (stage, area, size, call, due, cases, requested)
  VALUES (t.stage, t.area, t.size, t.call, t.due, t.cases, t.requested)"""


def add_up(tx: Connection) -> None:
    """Add the moves to the sums. Whoever reads both in one statement sees the same before and after."""
    free = text("SELECT pg_try_advisory_xact_lock(:lock)")
    if tx.execute(free, {"lock": ONE_AT_A_TIME}).scalar_one():
        tx.execute(text(ADD_UP))


COMPARE = """
SELECT stage, area, size, call, CAST(due AS text) AS due, sum(cases) AS cases, sum(requested) AS requested
FROM (
  SELECT stage, area, size, call, due, cases, requested FROM stage_sums
  UNION ALL SELECT stage, area, size, call, due, cases, requested FROM stage_moves
  UNION ALL SELECT stage, area, size, call, coalesce(due_at, 'infinity'), -1, -requested
  FROM cases WHERE asked_by IS NULL) c
GROUP BY stage, area, size, call, due HAVING sum(cases) <> 0 OR sum(requested) <> 0"""


def miscounted(tx: Connection) -> list[tuple[str, int, int]]:
    """Where the figures are not those of the cases: where, how many cases and how many Rappen too many."""
    return [
        (f"{row.stage} {row.area} {row.size} {row.call} {row.due}", int(row.cases), int(row.requested))
        for row in tx.execute(text(COMPARE))
    ]
