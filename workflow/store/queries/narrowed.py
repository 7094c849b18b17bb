"""Which cases a list is about: a condition for each filter that is set, such that an index answers it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.funding.programme import Programme
from workflow.store import reading
from workflow.store.asking import ask
from workflow.store.queries.rows import Filters
from workflow.store.tables import DUE, STANDING

COUNTED = ("stage", "area", "size", "call", "status", "step", "route", "year", "pot")
"""Filters by which cases are counted as they change; see tables.stage_sums."""

APPLICATIONS = "c.asked_by IS NULL"
"""Lists and figures are about applications and what belongs to them, not about questions to an office."""


def _matches(words: str) -> str:
    """A query for the parameters `words` and `words`_begin: the words by their stem, by the stem of that
    (PostgreSQL makes "kurs" of Kurse and "kur" of Kurs), or as beginnings as they were typed."""
    stems = f"to_tsquery('german', :{words})"
    again = f"to_tsquery('german', CAST({stems} AS text))"
    return f"({stems} || {again} || to_tsquery('simple', :{words}_begin))"


CONDITIONS = {
    **{
        name: f"c.{name} = :{name}"
        for name in ("stage", "area", "size", "call", "status", "step", "target_group")
    },
    "route": "c.route_hash = :route",
    "late": f"{DUE} < :now",
    "office": "c.id IN (SELECT w.case_id FROM work_items w WHERE w.closed_at IS NULL AND w.office = :office)",
    "organisation": "c.organisation_id IN (SELECT o.id FROM organisations o"
    f" WHERE to_tsvector('german', o.name) @@ {_matches('named')})",
}
CONDITIONS |= {
    name: f"c.line_id = ANY(ARRAY(SELECT b.id FROM budget_lines b WHERE CAST(b.{name} AS text) = :{name}))"
    for name in ("year", "pot")
}
GRANTED = "c.granted"
"""Money is committed, or a report has settled what was: at nothing perhaps."""
MONEY = {
    "reserved": f"{STANDING} < 'infinity' AND c.held > 0",
    "committed": "c.committed - c.paid > 0",
    "paid": "c.paid > 0",
    "granted": GRANTED,
}
"""The cases behind a figure of the money; who has ended has nothing reserved."""
KINDS = {"application": "c.parent_id IS NULL"}
"""Without what belongs to an application: amendments, reports, appeals."""

BY_NUMBER = "c.number = ANY(:numbers)"
NAMED = f"SELECT o.id FROM organisations o WHERE to_tsvector('german', o.name) @@ {_matches('words')}"
WORDED = f"SELECT a.id FROM applications a WHERE a.words @@ {_matches('words')}"
"""What a text may mean: a number, an organisation, what a project is about."""
ROW_WORDED = f"(SELECT a.words FROM applications a WHERE a.id = c.id) @@ {_matches('words')}"
"""The last of a single case; a join could be read the other way round, from all that have the words."""

KEPT_OUT = "c.state->'recused' ? :viewer"
OF_OTHERS = "c.parent_id IS NOT NULL AND c.state ? 'others'"
FEW = 500
"""So many hits of a text are looked up. If there are more, a list is read in its order and each row tested
instead, which is the sooner done the more hits there are. PostgreSQL cannot tell by itself: of a word that it
has no figure of, it supposes thousands of hits, and would test a million rows to find none."""

PROBE = f"""
WITH p AS MATERIALIZED (
  SELECT ARRAY({NAMED} LIMIT {{enough}}) AS named, ARRAY({{worded}} LIMIT {{enough}}) AS worded)
SELECT CASE WHEN cardinality(named) < {{enough}} THEN named END AS named,
  CASE WHEN cardinality(worded) < {{enough}} THEN worded END AS worded FROM p"""
"""Of what a text may mean those that there are, or nothing if there are more than FEW."""

MOST_LOOKED_UP = 2_000
OF_ORGANISATION = f"""SELECT count(*) FROM (
 SELECT FROM cases c WHERE {CONDITIONS["organisation"]} LIMIT {{most}}) c"""


@dataclass(frozen=True, slots=True)
class Ways:
    """SQL after `FROM cases c` for each way in which a case may be meant, and the parameters of all.

    A case may be found in several ways. `few`: what is given in words has few hits in each.
    """

    each: Sequence[str]
    parameters: dict[str, Any]
    few: bool = True


def each_way(
    tx: sa.Connection, filters: Filters, viewer: Actor, programme: Programme | None, now: datetime
) -> Ways:
    """What a list is about. `programme`: whose cases a text may be the number of.

    Titles are searched only for who may read all of them, and of no case that they have stepped back from, or
    that is for others to decide.
    """
    conditions = [APPLICATIONS]
    conditions += [condition for name, condition in CONDITIONS.items() if getattr(filters, name)]
    if filters.money in MONEY:
        conditions.append(MONEY[filters.money])
    if filters.kind in KINDS:
        conditions.append(KINDS[filters.kind])
    parameters = {
        **asdict(filters),
        "now": now,
        "viewer": viewer.person,
        "numbers": _numbers(filters.text, programme) if programme else [],
        **_words("words", filters.text),
        **_words("named", filters.organisation),
    }
    if not filters.text:
        way = f" WHERE {' AND '.join(conditions)}"
        return Ways([way], parameters, not filters.organisation or _few(tx, parameters))
    reads_titles = viewer.has_role(*reading.ALL_DOSSIERS)
    worded = WORDED if reads_titles else "SELECT CAST(NULL AS uuid) WHERE false"
    [found] = ask(tx, PROBE.format(enough=FEW + 1, worded=worded), parameters, keep=False)
    parameters |= {"found_named": found.named, "found_worded": found.worded}
    by_name = f"IN ({NAMED})" if found.named is None else "= ANY(:found_named)"
    by_words = ROW_WORDED if found.worded is None else "c.id = ANY(:found_worded)"
    ways = [BY_NUMBER, f"c.organisation_id {by_name}"]
    closed = KEPT_OUT if viewer.has_role(*reading.OF_OTHERS) else f"({KEPT_OUT} OR {OF_OTHERS})"
    ways += [f"{by_words} AND NOT {closed}"] * reads_titles
    few = found.named is not None and found.worded is not None
    return Ways([f" WHERE {' AND '.join([*conditions, way])}" for way in ways], parameters, few)


def _few(tx: sa.Connection, parameters: dict[str, Any]) -> bool:
    """Of an organisation: its cases are looked up, unless the words are in the names of those of so many."""
    [[found]] = ask(tx, OF_ORGANISATION.format(most=MOST_LOOKED_UP + 1), parameters, keep=False)
    return int(found) <= MOST_LOOKED_UP


def together(ways: Ways) -> str:
    """SQL after `FROM cases c` for all of them, each once."""
    if len(ways.each) == 1:
        return ways.each[0]
    found = " UNION ".join(f"SELECT c.id FROM cases c{way}" for way in ways.each)
    return f" WHERE c.id IN ({found})"


def _words(name: str, text: str) -> dict[str, str]:
    """The parameters of `_matches`: all of these words."""
    found = re.findall(r"\w+", text)
    return {
        name: " & ".join(f"'{word}'" for word in found),
        f"{name}_begin": " & ".join(f"'{word.lower()}':*" for word in found),
    }


def _numbers(text: str, programme: Programme) -> list[str]:
    """The case numbers that this may be: a whole one, or the running number of any year."""
    if not re.fullmatch("[0-9]{1,9}", text):
        return [text.upper()]
    years = {call.year for call in programme.calls.values()}
    return [f"{programme.number}-{year}-{int(text):05d}" for year in sorted(years)]
