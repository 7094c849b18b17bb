"""Lists and figures by every filter are those of a plain count, whichever way they are read; none goes on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in
from tests.counting import plans
from tests.integration.test_pipeline import MANY, add_up, figures, miscounted
from tests.integration.walks import CHECKER, at_check, rows
from web.cli.story import Story
from workflow.store import queries
from workflow.store.queries import Filters, narrowed, ordered

SORTS = ("newest", "oldest", "due", "amount")
CASES, FAR = 60, datetime.fromisoformat("9999-12-31T00:00:00+00:00")
STOOD = {
    "running": ("formal_check", "review", "decision"),
    "step": ("one", "two"),
    "status": ("received", "in_review"),
    "size": ("S", "M", "XL"),
    "call": ("project-round-2026", "project-round-2027"),
    "area": ("language", "counselling"),
}


def scattered(told: Story, seed: int) -> list[dict[str, Any]]:
    """Cases that stand anywhere, each as a filter sees it; a third have ended, some are due at one time."""
    at_check(told)
    draw = random.Random(seed)
    with told.db.begin() as tx:
        tx.execute(sa.text(MANY.format(first=1, last=CASES, stage="stage", ending="ending")))
    lines = [(row.id, str(row.year), row.pot) for row in rows(told.db, "SELECT * FROM budget_lines")]
    routes = [row.hash for row in rows(told.db, "SELECT hash FROM definitions ORDER BY hash LIMIT 2")]
    found = []
    for row in rows(told.db, "SELECT id, submitted_at FROM cases ORDER BY number"):
        ended = draw.random() < 1 / 3
        line, year, pot = draw.choice(lines)
        days = [timedelta(days=draw.randrange(-9, 9)) for _ in range(2)]
        found.append(
            {
                **{name: draw.choice(values) for name, values in STOOD.items() if name != "running"},
                "stage": "closed" if ended else draw.choice(STOOD["running"]),
                "ending": "granted" if ended else None,
                "line": line,
                "year": year,
                "pot": pot,
                "route": draw.choice(routes),
                "requested": draw.randrange(1, 9) * 1000,
                "due_at": None if ended or draw.random() < 0.3 else told.now + days[0],
                "entered_at": told.now + days[1],
                "id": row.id,
                "submitted_at": row.submitted_at,
            }
        )
    with told.db.begin() as tx:
        for one in found:
            tx.execute(sa.text(SCATTER), one)
    return found


SCATTER = """
UPDATE cases SET stage = :stage, step = :step, status = :status, size = :size, call = :call, area = :area,
  ending = :ending, line_id = :line, route_hash = :route, requested = :requested, due_at = :due_at,
  entered_at = :entered_at WHERE id = :id"""


def some_filters(cases: list[dict[str, Any]]) -> Iterator[Filters]:
    """Each value of each filter that is counted, and pairs of them; without what is late, and only that."""
    names = narrowed.COUNTED
    yield Filters()
    for number, one in enumerate(cases):
        first, second = names[number % len(names)], names[number // 2 % len(names)]
        yield Filters(**{first: one[first]}, late=number % 5 == 0)
        yield Filters(**{name: one[name] for name in (first, second)}, late=number % 7 == 0)


def wanted(told: Story, cases: list[dict[str, Any]], filters: Filters) -> list[dict[str, Any]]:
    asked = {name: value for name, value in asdict(filters).items() if value and name != "late"}
    return [
        one
        for one in cases
        if all(one[name] == value for name, value in asked.items())
        and (not filters.late or (one["due_at"] or FAR) < told.now)
    ]


def in_order(cases: list[dict[str, Any]], sort: str) -> list[UUID]:
    def key(one: Mapping[str, Any]) -> tuple[Any, ...]:
        ended = one["ending"] is not None
        return {
            "newest": (one["submitted_at"],),
            "oldest": (FAR if ended else one["entered_at"] or FAR,),
            "due": (ended, one["due_at"] or FAR),
            "amount": (one["requested"],),
        }[sort] + (one["id"],)

    back = sort in ("newest", "amount")
    return [one["id"] for one in sorted(cases, key=key, reverse=back)]


@pytest.mark.parametrize("few", [0, ordered.FEW])
def test_every_filter_finds_what_a_plain_count_finds_in_every_order(
    told: Story, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked up or walked, page by page, with and without the moves being added up."""
    monkeypatch.setattr(ordered, "FEW", few)
    cases = scattered(told, seed=few)
    for one in cases[::9]:  # submitted a moment ago: by age they stand among those that have ended
        one["entered_at"] = None
        with told.db.begin() as tx:
            tx.execute(sa.text("UPDATE cases SET entered_at = NULL WHERE id = :id"), one)
    for number, filters in enumerate(some_filters(cases)):
        here, sort = wanted(told, cases, filters), SORTS[number % 4]
        seen, after = [], None
        while True:
            page = queries.cases(
                told.db, told.actors[CHECKER], filters, now=told.now, limit=7, after=after, sort=sort
            )
            assert page is not None
            assert (page.total, page.at_least) == (len(here), False)
            seen += [row.id for row in page.rows]
            after = page.next
            if after is None:
                break
        assert seen == in_order(here, sort), (filters, sort)
        if number == 40:
            add_up(told)
    assert miscounted(told) == []


def test_every_filter_has_the_figures_of_a_plain_count(told: Story) -> None:
    cases = scattered(told, seed=3)
    for number, filters in enumerate(some_filters(cases)):
        if filters.late:
            continue
        here, expected = wanted(told, cases, filters), {}
        for stage, count in Counter(one["stage"] for one in here).items():
            stand = [one for one in here if one["stage"] == stage]
            running = [one for one in stand if one["ending"] is None]
            expected[stage] = (
                count,
                sum(one["requested"] for one in stand),
                max(((told.now - one["entered_at"]).days for one in running), default=0),
                sum((one["due_at"] or FAR) < told.now for one in running),
            )
        assert figures(told, filters) == expected, filters
        if number == 40:
            add_up(told)


def test_what_is_most_urgent_is_found_among_those_that_run(told: Story) -> None:
    """However many have ended; without a time at which they are due behind those with one."""
    cases = scattered(told, seed=5)
    for filters in some_filters(cases):
        running = [one for one in wanted(told, cases, filters) if one["ending"] is None]
        page = queries.cases(
            told.db, told.actors[CHECKER], filters, now=told.now, limit=12, sort="due", running=True
        )
        assert page is not None
        assert [row.id for row in page.rows] == in_order(running, "due")[:12]


ENDED, MOST_READ = 5_000, 500
NARROW = (
    Filters(stage="formal_check"),
    Filters(stage="closed"),
    Filters(status="received"),
    Filters(step="granted"),
    Filters(size="S"),
    Filters(size="XL"),
    Filters(call="project-round-2026"),
    Filters(year="2026"),
    Filters(year="2027", pot="lump_sum"),
    Filters(status="granted", area="language"),
)


def test_no_narrowed_list_or_figure_reads_more_the_more_have_ended(told: Story) -> None:
    """Among five thousand small ones of another year that have ended stand a few; or the other way round."""
    at_check(told)
    line = rows(told.db, "SELECT id FROM budget_lines WHERE year = 2026 AND pot <> 'lump_sum'")[0].id
    with told.db.begin() as tx:
        tx.execute(sa.text(MANY.format(first=1, last=ENDED, stage="'closed'", ending="'granted'")))
        tx.execute(
            sa.text(
                "UPDATE cases SET size = 'S', status = 'granted', step = 'granted', line_id = :line,"
                " requested = requested / 10, call = 'project-round-2026' WHERE ending IS NOT NULL"
            ),
            {"line": line},
        )
        tx.execute(sa.text(MANY.format(first=ENDED + 1, last=ENDED + 40, stage="stage", ending="NULL")))
        tx.execute(sa.text("UPDATE cases SET size = 'XL' WHERE number LIKE 'MANY-50%' AND ending IS NULL"))
    add_up(told)
    owner = sa.create_engine(told.settings.owner_database_url, poolclass=sa.NullPool)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(sa.text("VACUUM ANALYZE"))
    viewer = told.actors[CHECKER]
    for filters in NARROW:
        asked = [lambda filters=filters: queries.pipeline(told.db, viewer, filters, now=told.now)]
        asked += [
            lambda filters=filters, sort=sort: queries.cases(  # type: ignore[misc]
                told.db, viewer, filters, now=told.now, sort=sort
            )
            for sort in SORTS
        ]
        for ask in asked:
            for node in (one for plan in plans(told.db, ask, run=b"ANALYZE,") for one in plan):
                passed = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                assert passed * node["Actual Loops"] < MOST_READ, (filters, node)


def test_what_too_many_words_find_is_not_counted_by_stage(
    app: Flask, told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        at_check(told)
    browser = signed_in(app, CHECKER)
    said = "werden hier nicht gezählt"
    for few, counted in ((3, True), (2, False)):
        monkeypatch.setattr(narrowed, "FEW", few)
        monkeypatch.setattr(narrowed, "MOST_LOOKED_UP", few)
        for query in ("text=quartier", "organisation=heks"):
            page = browser.open(f"/office?{query}").text
            assert ("3 Geschäfte" in page, said in page) == (counted, not counted)
