"""The pipeline's figures are counted as cases change, whoever writes them, and not when they are read."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic import command

from tests.counting import plans
from tests.integration.walks import (
    CHECKER,
    HEKS,
    LEAD,
    at_check,
    at_decision,
    at_review,
    language,
    rows,
    state,
)
from web.cli.migrations import migrate, migrating
from web.cli.story import Story
from workflow import drafts
from workflow.engine.commands import OpenChild, Suspend
from workflow.service import handle
from workflow.store import queries, stages

EVERYTHING = queries.Filters()


def figures(told: Story, filters: queries.Filters = EVERYTHING) -> dict[str, tuple[int, int, int, int]]:
    """count, amount, oldest_days and late, of the stages in which there is a case."""
    found = queries.pipeline(told.db, told.actors[CHECKER], filters, now=told.now)
    assert found is not None
    return {
        row.stage: (row.count, row.amount, row.oldest_days, row.late) for row in found.stages if row.count
    }


def add_up(told: Story) -> None:
    with told.db.begin() as tx:
        stages.add_up(tx)


def miscounted(told: Story) -> list[tuple[str, int, int]]:
    with told.db.begin() as tx:
        return stages.miscounted(tx)


def test_cases_are_counted_as_they_move_and_adding_up_changes_nothing(told: Story) -> None:
    at_check(told)
    at_review(told)
    before = figures(told)
    assert {stage: found[0] for stage, found in before.items()} == {"formal_check": 1, "review": 1}
    add_up(told)
    assert rows(told.db, "SELECT FROM stage_moves") == []
    assert figures(told) == before
    at_decision(told)
    add_up(told)
    add_up(told)
    assert sum(found[0] for found in figures(told).values()) == 3
    assert miscounted(told) == []


def test_figures_by_counted_filters_are_those_of_the_cases_themselves(told: Story) -> None:
    at_check(told)
    at_decision(told)
    told.wait(days=30)
    decided = queries.Filters(size="M", stage="decision")
    for filters in (EVERYTHING, queries.Filters(area="language"), decided):
        counted = figures(told, filters)
        # No case has another organisation's name: this filter narrows nothing, but is not counted.
        assert counted == figures(told, replace(filters, organisation="HEKS"))
        assert counted


def test_the_late_ones_are_added_up_and_what_is_gone_is_forgotten(told: Story) -> None:
    """A list's count of them too; of a moment at which nothing is due any more no row is left."""
    at_check(told)
    case_id = at_decision(told)
    late = replace(EVERYTHING, late=True)
    assert sum(found[3] for found in figures(told).values()) == 0
    told.wait(days=30)
    add_up(told)
    assert sum(found[3] for found in figures(told).values()) == 2
    page = queries.cases(told.db, told.actors[CHECKER], late, now=told.now)
    assert page is not None
    assert (page.total, len(page.rows)) == (2, 2)
    with told.db.begin() as tx:
        tx.execute(sa.text("UPDATE cases SET due_at = NULL WHERE id = :id"), {"id": case_id})
    add_up(told)
    assert sum(found[3] for found in figures(told).values()) == 1
    assert len(rows(told.db, "SELECT FROM stage_sums WHERE cases = 0")) == 0
    assert miscounted(told) == []


def test_counts_by_due_time_come_with_the_migration(told: Story) -> None:
    at_check(told)
    at_decision(told)
    before = figures(told)
    told.db.dispose()
    with migrating(told.settings.owner_database_url) as config:
        command.downgrade(config, "0025")
    migrate(told.settings.owner_database_url)
    assert miscounted(told) == []
    assert figures(told) == before


def test_a_process_of_an_older_version_adds_up_nothing(told: Story) -> None:
    """It knows less of the key, and would add the same to each row that has its part of it."""
    at_check(told)
    add_up(told)
    at_check(told)
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), told.db.begin() as tx:
        tx.execute(sa.text(OLD_ADD_UP))
    assert figures(told)["formal_check"][0] == 2
    assert miscounted(told) == []


OLD_ADD_UP = """
WITH moved AS (DELETE FROM stage_moves RETURNING *)
MERGE INTO stage_sums s USING (SELECT stage, sum(cases) AS cases FROM moved GROUP BY stage) t
ON s.stage = t.stage
WHEN MATCHED THEN UPDATE SET cases = s.cases + t.cases"""


@pytest.mark.parametrize("name", ["status", "step", "route_hash"])
def test_what_is_counted_where_it_is_not_is_told(told: Story, name: str) -> None:
    at_check(told)
    add_up(told)
    key = ", ".join(stages.KEY)
    with told.db.begin() as tx:
        elsewhere = key.replace(name, "'elsewhere'")
        moved = f"INSERT INTO stage_moves ({key}, cases, requested)"
        tx.execute(sa.text(f"{moved} SELECT {elsewhere}, cases, requested FROM stage_sums"))
        tx.execute(sa.text(f"{moved} SELECT {key}, -cases, -requested FROM stage_sums"))
    assert [count for _, count, _ in sorted(miscounted(told), key=lambda row: row[1])] == [-1, 1]


def test_a_copy_of_many_cases_is_counted_too(told: Story) -> None:
    at_check(told)
    with told.db.begin() as tx:
        tx.execute(sa.text(MANY.format(first=1, last=50, stage="stage", ending="ending")))
    assert figures(told)["formal_check"][0] == 51
    assert len(rows(told.db, "SELECT FROM stage_moves WHERE cases = 50")) == 1
    assert miscounted(told) == []


def test_many_at_once_count_right(told: Story) -> None:
    ids = [at_check(told) for _ in range(4)]

    def move(number: int) -> None:
        for turn in range(10):
            with told.db.begin() as tx:
                tx.execute(
                    sa.text("UPDATE cases SET stage = :stage WHERE id = :id"),
                    {"stage": ("review", "decision")[turn % 2], "id": ids[number]},
                )
            add_up(told)

    threads = [threading.Thread(target=move, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert figures(told)["decision"][0] == 4
    assert miscounted(told) == []


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ({"text": "Kursen"}, 1),  # the word's stem
        ({"text": "Kurs"}, 1),  # PostgreSQL takes the s away here, and not from Kurse
        ({"text": "Quart"}, 1),  # its beginning
        ({"text": "Kurdisch"}, 0),
        ({"text": "KIP3-2027-00001"}, 1),
        ({"text": "kip3-2027-00001"}, 1),
        ({"text": "1"}, 1),  # the running number
        ({"text": "2"}, 0),
        ({"text": "heks"}, 1),
        ({"organisation": "heks"}, 1),
        ({"organisation": "ggg"}, 0),
        ({"text": "' | x:*"}, 0),
        ({"text": "!!"}, 0),
    ],
)
def test_words_are_found_by_their_stem(told: Story, query: dict[str, Any], hits: int) -> None:
    answers = language()
    answers["project"]["title"] = "Kurse im Quartier"
    told.submit(HEKS, answers)
    assert found(told, **query) == hits


def found(told: Story, **query: Any) -> int:
    page = queries.cases(told.db, told.actors[CHECKER], replace(EVERYTHING, **query), now=told.now)
    assert page is not None
    return page.total


def test_what_is_only_being_written_is_not_found(told: Story) -> None:
    draft_id = told.draft(HEKS, language())
    assert found(told, text="Deutsch") == 0
    told.hand_in(HEKS, draft_id)
    told.do(CHECKER, draft_id, "query", {"check": {"sections": ["project"], "question": "Für wen?"}})
    page = queries.application(told.db, told.actors[HEKS], draft_id)
    assert page is not None
    project = {**page.answers["project"], "title": "Kurdisch im Quartier"}
    drafts.save(
        told.db, told.actors[HEKS], draft_id, {"project": project}, revision=page.revision, now=told.now
    )
    assert (found(told, text="Deutsch"), found(told, text="Kurdisch")) == (1, 0)
    told.do(HEKS, draft_id, "answered")
    assert (found(told, text="Deutsch"), found(told, text="Kurdisch")) == (0, 1)


def walked(told: Story, filters: queries.Filters, sort: str) -> list[UUID]:
    """The whole list, read page by page with one row each, and as long as it says."""
    seen, after = [], None
    while True:
        page = queries.cases(
            told.db, told.actors[CHECKER], filters, now=told.now, limit=1, after=after, sort=sort
        )
        assert page is not None
        seen += [row.id for row in page.rows]
        after = page.next
        if after is None:
            assert len(seen) == page.total
            return seen


@pytest.mark.parametrize("sort", ["newest", "oldest", "due", "amount"])
def test_a_list_is_read_by_key_and_holds_each_case_once(told: Story, sort: str) -> None:
    ids = {at_check(told) for _ in range(3)}
    with told.db.begin() as tx:
        tx.execute(sa.text("UPDATE cases SET due_at = NULL WHERE number LIKE '%2'"))
    seen = walked(told, EVERYTHING, sort)
    assert len(seen) == 3
    assert set(seen) == ids


def test_a_list_of_an_office_is_the_same_in_whichever_order(told: Story) -> None:
    """By due date it is read from the open work of the office: twice at one office, suspended, or a question
    of another office, a case stands in it as often as in the others, which are read from the cases."""
    first, second = at_check(told), at_review(told)
    told.wait(days=1)
    suspended, third = at_check(told), at_check(told)
    told.aside(CHECKER, Suspend(suspended, state(told, suspended).entry), "Rekurs hängig.")
    told.declare(LEAD, second)
    ask = OpenChild(second, "inquiry", told.next_id(), state(told, second).entry)
    question = {"inquiry": {"office": "integration", "question": "Gibt es das schon?"}}
    handle(told.db, ask, told.actors[LEAD], told.next_id(), told.now, question)
    told.route()
    with told.db.begin() as tx:  # the same case waits for two roles of one office
        tx.execute(sa.text(TWICE), {"id": first})
    told.wait(days=60)
    for office in ("integration", "adult_education"):
        for late in (False, True):
            filters = queries.Filters(office=office, late=late)
            assert set(walked(told, filters, "due")) == set(walked(told, filters, "newest"))
    assert walked(told, queries.Filters(office="integration"), "due") == [first, third, suspended]
    assert walked(told, queries.Filters(office="integration", late=True), "due") == [first, third]
    assert walked(told, queries.Filters(office="adult_education", text="Quartier"), "due") == [second]


TWICE = """
INSERT INTO work_items (case_id, entry, seat, step, office, role, opened_at, due_at)
SELECT case_id, entry, seat || '2', step, office, 'head', opened_at, due_at FROM work_items
WHERE case_id = :id AND closed_at IS NULL"""

ENDED = 20_000


@pytest.mark.parametrize(
    ("filters", "sort"),
    [
        (EVERYTHING, "due"),
        (EVERYTHING, "newest"),
        (EVERYTHING, "amount"),
        (queries.Filters(stage="formal_check"), "oldest"),
        (queries.Filters(), "oldest"),
        (queries.Filters(area="language"), "oldest"),
        (queries.Filters(stage="closed"), "newest"),
        (queries.Filters(late=True), "due"),
        (queries.Filters(office="integration"), "due"),
        (queries.Filters(office="integration", late=True), "newest"),
        (queries.Filters(money="reserved", year="2027"), "due"),
        (queries.Filters(money="committed"), "newest"),
    ],
)
def test_no_page_reads_all_cases(told: Story, filters: queries.Filters, sort: str) -> None:
    """With twenty thousand ended ones, no plan of the pipeline or of a list goes through the table."""
    at_check(told)
    with told.db.begin() as tx:
        tx.execute(sa.text(MANY.format(first=1, last=ENDED, stage="'closed'", ending="'granted'")))
    owner = sa.create_engine(told.settings.owner_database_url, poolclass=sa.NullPool)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(sa.text("VACUUM ANALYZE"))
    for asked in (
        lambda: queries.pipeline(told.db, told.actors[CHECKER], filters, now=told.now),
        lambda: queries.cases(told.db, told.actors[CHECKER], filters, now=told.now, sort=sort),
        lambda: queries.routes(told.db, told.actors[CHECKER], now=told.now),
    ):
        for plan in plans(told.db, asked):
            whole = [
                node for node in plan if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "cases"
            ]
            assert whole == []


MANY = """
WITH one AS (SELECT c.*, a AS draft FROM cases c JOIN applications a ON a.id = c.id LIMIT 1),
made AS (SELECT gen_random_uuid() AS made_id, n FROM generate_series({first}, {last}) n),
drafted AS (
  INSERT INTO applications (id, organisation_id, call, programme_hash, form_hash, answers, eligibility,
    revision, saved_by, saved_at, words)
  SELECT made_id, (draft).organisation_id, (draft).call, (draft).programme_hash, (draft).form_hash,
    (draft).answers, (draft).eligibility, 1, (draft).saved_by, (draft).saved_at, (draft).words FROM one, made)
INSERT INTO cases (id, number, organisation_id, title, programme, programme_hash, route_hash, form_hash, call,
  area, size, line_id, target_group, requested, held, committed, stage, step, status, ending, submitted_at,
  entered_at, due_at, version, hash, state)
SELECT made_id, 'MANY-' || n, organisation_id, title, programme, programme_hash, route_hash, form_hash, call,
  area, size, line_id, target_group, requested + n, held, committed, {stage}, step, status, {ending},
  submitted_at - n * interval '1 minute', entered_at, CASE WHEN {ending} IS NULL THEN due_at END, version,
  hash, state FROM one, made
"""
