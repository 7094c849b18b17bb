"""The yearly report to the federal state: what a year's money was asked for, granted and used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.funding.federal import SemReport
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries.money import MoneyRow, lines
from workflow.store.queries.narrowed import GRANTED

OF_THE_YEAR = """(SELECT id FROM budget_lines WHERE programme = :programme AND year = CAST(:year AS int)) b
CROSS JOIN LATERAL (SELECT * FROM cases WHERE line_id = b.id AND parent_id IS NULL OFFSET 0) c"""
"""Applications by the budget line that they are charged to, without what belongs to them. Line by line, from
an index: PostgreSQL, which cannot tell how many lines a year has, would join them to every case there is."""

CAME_IN = f"""
SELECT c.area, c.target_group, count(*) AS came_in, count(*) FILTER (WHERE {GRANTED}) AS granted
FROM {OF_THE_YEAR} GROUP BY c.area, c.target_group"""
SAID = f"""
SELECT g.area, g.target_group, f.indicator, count(f.planned) AS cases, count(r.data) AS reported,
 coalesce(sum(f.planned), 0) AS planned, coalesce(sum(f.reached), 0) AS reached,
 coalesce(sum(f.planned) FILTER (WHERE r.data IS NOT NULL), 0) AS expected
FROM (SELECT c.id, c.area, c.target_group, c.state->>'content' AS content, c.state->'children' AS children
      FROM {OF_THE_YEAR} WHERE {GRANTED}) g
LEFT JOIN contents a ON a.case_id = g.id AND a.hash = g.content
LEFT JOIN LATERAL (
 SELECT d.data FROM jsonb_each(g.children) k JOIN cases e ON e.id = CAST(k.key AS uuid)
 JOIN contents d ON d.case_id = e.id AND d.hash = e.state->>'content'
 WHERE k.value->>'code' = :child AND e.ending = :ending ORDER BY e.submitted_at DESC LIMIT 1) r ON true
CROSS JOIN LATERAL (
 SELECT '' AS indicator,
  (SELECT sum(CAST(n AS bigint)) FROM jsonb_path_query(a.data, CAST(:people AS jsonpath)) n) AS planned,
  (SELECT sum(CAST(n AS bigint)) FROM jsonb_path_query(r.data, CAST(:people_there AS jsonpath)) n) AS reached
 UNION ALL
 SELECT t.indicator, sum(t.planned), sum(t.reached) FROM (
  SELECT n->>:by AS indicator, CAST(n->:planned AS bigint) AS planned, CAST(NULL AS bigint) AS reached
  FROM jsonb_path_query(a.data, CAST(:targets AS jsonpath)) n
  UNION ALL
  SELECT n->>:by, NULL, CAST(n->:reached AS bigint)
  FROM jsonb_path_query(r.data, CAST(:targets_there AS jsonpath)) n) t GROUP BY t.indicator) f
GROUP BY g.area, g.target_group, f.indicator"""
"""Of what was granted: people (no indicator), and each indicator. Added up where it lies: of a year's answers
none leaves the database."""


@dataclass(frozen=True, slots=True)
class SemRow:
    """Applications of an area, or with a main target group (`code`), and their people.

    `sem`: of an area, where it is reported. `reported`: how many grants have an accepted report; `planned`:
    people that all grants aim at, `expected`: those with such a report among them, `reached`: what these say.
    """

    code: str
    sem: str
    came_in: int
    granted: int
    reported: int
    planned: int
    expected: int
    reached: int


@dataclass(frozen=True, slots=True)
class SemTarget:
    """What grants of a federal area aim at by this indicator; figures as those of SemRow.

    `cases`: how many of them name it as a goal.
    """

    sem: str
    indicator: str
    cases: int
    planned: int
    expected: int
    reached: int


@dataclass(frozen=True, slots=True)
class SemReportFigures:
    """`years`: for which there is money, the newest first. Rows in the order of the programme's words;
    `money`: the year's budget lines in the same order (Rappen)."""

    year: int
    years: list[int]
    areas: list[SemRow]
    groups: list[SemRow]
    targets: list[SemTarget]
    money: list[MoneyRow]
    total: SemRow


def sem_report(db: sa.Engine, viewer: Actor, year: int) -> SemReportFigures | None:
    """Of the year whose money it is; None without an overview. A year without money has no rows of money."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with autocommit(db) as tx:
        programme = published.programme(tx, published.current(tx))
        of = {"programme": programme.code, "year": year}
        came_in = ask(tx, CAME_IN, of)
        said = ask(tx, SAID, of | _asked(programme.sem_report)) if programme.sem_report else []
        money = lines(tx)
    sems = {code: area.sem for code, area in programme.areas.items()}
    order = list(programme.labels["sem_areas"])

    def place(area: str) -> tuple[int, int]:
        sem, known = sems.get(area, ""), list(sems)
        return (order.index(sem) if sem in order else len(order), known.index(area) if area in sems else 0)

    def row(code: str, by: str = "") -> SemRow:
        """Of those whose `by` (area, target_group) is this code; of all."""
        there, people = (
            [one for one in rows if not by or getattr(one, by) == code]
            for rows in (came_in, [one for one in said if not one.indicator])
        )
        return _row(code, sems.get(code, "") if by == "area" else "", there, people)

    areas = sorted({*sems, *(one.area for one in came_in)}, key=place)
    there = {one.target_group for one in came_in}
    groups = [code for code in programme.labels["target_groups"] if code in there]
    groups += sorted(there - set(groups))
    indicators = [one.code for one in programme.indicators]
    targets = [
        _target(sem, indicator, those)
        for sem in [*order, ""]
        for indicator in dict.fromkeys([*indicators, *(one.indicator for one in said if one.indicator)])
        if (those := [one for one in said if one.indicator == indicator and sems.get(one.area, "") == sem])
    ]
    return SemReportFigures(
        year=year,
        years=sorted({line.year for line in money}, reverse=True),
        areas=[row(code, "area") for code in areas],
        groups=[row(code, "target_group") for code in groups],
        targets=targets,
        money=sorted((line for line in money if line.year == year), key=lambda line: place(line.area)),
        total=row(""),
    )


def sem_total(rows: Sequence[SemRow]) -> SemRow:
    """Several areas of one federal area added up."""
    names = ("came_in", "granted", "reported", "planned", "expected", "reached")
    return SemRow("", rows[0].sem, *(sum(getattr(row, name) for row in rows) for name in names))


def _row(code: str, sem: str, there: Sequence[Any], people: Sequence[Any]) -> SemRow:
    return SemRow(
        code=code,
        sem=sem,
        came_in=sum(one.came_in for one in there),
        granted=sum(one.granted for one in there),
        reported=sum(one.reported for one in people),
        planned=int(sum(one.planned for one in people)),
        expected=int(sum(one.expected for one in people)),
        reached=int(sum(one.reached for one in people)),
    )


def _target(sem: str, indicator: str, said: Sequence[Any]) -> SemTarget:
    names = ("cases", "planned", "expected", "reached")
    return SemTarget(sem, indicator, *(int(sum(getattr(one, name) for one in said)) for name in names))


def _asked(wanted: SemReport) -> dict[str, str]:
    """The parameters of SAID. A path goes through a table's rows by itself; what is no number is left."""
    people, targets = wanted.people, wanted.targets
    planned, reached = (path.rpartition(".") for path in (targets.planned, targets.reached))
    number = '? (@.type() == "number")'
    return {
        "child": wanted.child,
        "ending": wanted.ending,
        "by": targets.by,
        "people": f"{_path(people.planned)} {number}",
        "people_there": f"{_path(people.reached)} {number}",
        "targets": f'{_path(planned[0])}[*] ? (@."{planned[2]}".type() == "number")',
        "targets_there": f'{_path(reached[0])}[*] ? (@."{reached[2]}".type() == "number")',
        "planned": planned[2],
        "reached": reached[2],
    }


def _path(path: str) -> str:
    return "".join(["$", *(f'."{code}"' for code in path.split("."))])
