"""Which cases a list is about: a condition for each filter that is set, such that an index answers it."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from workflow.engine.case import Actor
from workflow.funding.programme import Programme
from workflow.store import reading
from workflow.store.queries.rows import Filters
from workflow.store.tables import PROJECT_WORDS, STANDING

COUNTED = ("stage", "area", "size", "call")
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
    **{name: f"c.{name} = :{name}" for name in (*COUNTED, "status", "step")},
    "route": "c.route_hash = :route",
    "late": "c.ending IS NULL AND coalesce(c.due_at, 'infinity') < :now",
    "office": "c.id IN (SELECT w.case_id FROM work_items w WHERE w.closed_at IS NULL AND w.office = :office)",
    "organisation": "c.organisation_id IN (SELECT o.id FROM organisations o"
    f" WHERE to_tsvector('german', o.name) @@ {_matches('named')})",
}
CONDITIONS |= {
    name: f"c.line_id IN (SELECT b.id FROM budget_lines b WHERE CAST(b.{name} AS text) = :{name})"
    for name in ("year", "pot")
}
MONEY = {
    "reserved": f"{STANDING} < 'infinity' AND c.held > 0",
    "committed": "c.committed > c.paid",
    "paid": "c.paid > 0",
}
"""The cases behind a figure of the money; who has ended has nothing reserved."""

BY_NUMBER = "SELECT n.id FROM cases n WHERE n.number = ANY(:numbers)"
BY_NAME = f"""SELECT n.id FROM cases n JOIN organisations o ON o.id = n.organisation_id
 WHERE to_tsvector('german', o.name) @@ {_matches("words")}"""
BY_WORDS = f"""SELECT a.id FROM applications a JOIN cases n ON n.id = a.id
 WHERE {PROJECT_WORDS} @@ {_matches("words")} AND NOT n.state->'recused' ? :viewer"""


def narrowed(
    filters: Filters, viewer: Actor, programme: Programme | None, now: datetime
) -> tuple[str, dict[str, Any]]:
    """SQL after `FROM cases c`, and its parameters. `programme`: whose cases a text may be the number of.

    Titles are searched only for who may read all of them, and of no case that they have stepped back from.
    """
    conditions = [APPLICATIONS]
    conditions += [condition for name, condition in CONDITIONS.items() if getattr(filters, name)]
    if filters.money in MONEY:
        conditions.append(MONEY[filters.money])
    if filters.text:
        ways = [BY_NUMBER, BY_NAME] + [BY_WORDS] * viewer.has_role(*reading.ALL_DOSSIERS)
        conditions.append(f"c.id IN ({' UNION '.join(ways)})")
    parameters = {
        **asdict(filters),
        "now": now,
        "viewer": viewer.person,
        "numbers": _numbers(filters.text, programme) if programme else [],
        **_words("words", filters.text),
        **_words("named", filters.organisation),
    }
    return f" WHERE {' AND '.join(conditions)}", parameters


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
