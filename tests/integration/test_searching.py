"""A text is looked up when it has few hits, and tested row by row in the order of a list when it has many."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.counting import plans
from tests.integration.test_pipeline import MANY
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    GGG,
    HEAD,
    SYNTHESIS,
    at_check,
    at_review,
    at_synthesis,
    language,
)
from web.cli.story import Story
from workflow.store import queries
from workflow.store.queries import narrowed

LIKE = 5_000
SORTS = ["newest", "oldest", "due", "amount"]


def found(told: Story, text: str, sort: str = "newest", email: str = CHECKER) -> list[UUID]:
    """All that a text finds, one on each page."""
    seen, after = [], None
    while True:
        page = queries.cases(
            told.db,
            told.actors[email],
            queries.Filters(text=text),
            now=told.now,
            sort=sort,
            limit=1,
            after=after,
        )
        assert page is not None
        seen += [row.id for row in page.rows]
        after = page.next
        if after is None:
            return seen


@pytest.mark.parametrize("sort", SORTS)
def test_many_hits_are_found_as_few_are(told: Story, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_check(told)
    at_review(told, 9_000)
    told.submit(GGG, language(8_000))
    few = {text: found(told, text, sort) for text in ("quartier", "heks", "1", "nirgends")}
    monkeypatch.setattr(narrowed, "FEW", 0)
    many = {text: found(told, text, sort) for text in few}
    assert many == few
    assert [len(set(ids)) for ids in few.values()] == [3, 2, 1, 0]


@pytest.mark.parametrize("few", [0, 500])
def test_no_hit_is_of_a_title_that_is_none_of_ones_business(
    told: Story, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowed, "FEW", few)
    case_id, other = at_synthesis(told), at_review(told, 9_000)
    assert set(found(told, "quartier", email=SYNTHESIS)) == {case_id, other}
    assert found(told, "quartier", email=HEAD) == []
    told.recuse(SYNTHESIS, case_id)
    assert found(told, "quartier", email=SYNTHESIS) == [other]
    assert set(found(told, "quartier", email=AUDITOR)) == {case_id, other}


def test_of_many_hits_a_page_says_that_there_are_more(told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowed, "FEW", 1)
    for _ in range(3):
        at_check(told)
    viewer, wanted, said = told.actors[CHECKER], queries.Filters(text="quartier"), []
    after = None
    for limit in (2, 2, 5):
        page = queries.cases(told.db, viewer, wanted, now=told.now, limit=limit, after=after)
        assert page is not None
        said.append((len(page.rows), page.total, page.at_least))
        after = page.next
    assert said == [(2, 2, True), (1, 2, True), (3, 3, False)]


@pytest.mark.parametrize("sort", ["newest", "due", "amount"])
def test_a_page_of_many_hits_reads_no_further_than_it_shows(told: Story, sort: str) -> None:
    at_check(told)
    with told.db.begin() as tx:
        tx.execute(sa.text(MANY.format(first=1, last=LIKE, stage="'closed'", ending="'granted'")))
    owner = sa.create_engine(told.settings.owner_database_url, poolclass=sa.NullPool)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(sa.text("VACUUM ANALYZE"))
    for text in ("quartier", "nirgends"):
        wanted = queries.Filters(text=text)
        met = plans(
            told.db,
            lambda wanted=wanted: queries.cases(
                told.db, told.actors[CHECKER], wanted, now=told.now, sort=sort
            ),  # type: ignore[misc]
            run=b"ANALYZE,",
        )
        for node in (one for plan in met for one in plan if one["Node Type"] != "Bitmap Index Scan"):
            assert node["Actual Rows"] * node["Actual Loops"] < narrowed.FEW * 1.1, node
