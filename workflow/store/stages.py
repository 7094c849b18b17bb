"""How many cases stand where: what triggers have noted is added up, and compared with the cases."""

from __future__ import annotations

from sqlalchemy import Connection, text

ONE_AT_A_TIME = 7_311
"""Of an advisory lock: two that add up at once would wait for each other."""

ADD_UP = """
WITH moved AS (DELETE FROM stage_moves RETURNING *), together AS (
  SELECT stage, area, size, call, sum(cases) AS cases, sum(requested) AS requested
  FROM moved GROUP BY stage, area, size, call)
INSERT INTO stage_sums AS s (stage, area, size, call, cases, requested) SELECT * FROM together
ON CONFLICT (stage, area, size, call)
DO UPDATE SET cases = s.cases + excluded.cases, requested = s.requested + excluded.requested"""


def add_up(tx: Connection) -> None:
    """Add the moves to the sums. Whoever reads both in one statement sees the same before and after."""
    free = text("SELECT pg_try_advisory_xact_lock(:lock)")
    if tx.execute(free, {"lock": ONE_AT_A_TIME}).scalar_one():
        tx.execute(text(ADD_UP))


COMPARE = """
SELECT stage, area, size, call, sum(cases) AS cases, sum(requested) AS requested FROM (
  SELECT stage, area, size, call, cases, requested FROM stage_sums
  UNION ALL SELECT stage, area, size, call, cases, requested FROM stage_moves
  UNION ALL SELECT stage, area, size, call, -1, -requested FROM cases WHERE asked_by IS NULL) c
GROUP BY stage, area, size, call HAVING sum(cases) <> 0 OR sum(requested) <> 0"""


def miscounted(tx: Connection) -> list[tuple[str, int, int]]:
    """Where the figures are not those of the cases: where, how many cases and how many Rappen too many."""
    return [
        (f"{row.stage} {row.area} {row.size} {row.call}", int(row.cases), int(row.requested))
        for row in tx.execute(text(COMPARE))
    ]
