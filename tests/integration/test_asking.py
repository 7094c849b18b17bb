"""Statements with names: what is sent, and how the rows come back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from web.cli.story import Story
from workflow.connecting import autocommit
from workflow.store.asking import ask

TEXTS = ["", "a,b", 'say "so"', "back\\slash", "{curly}", "NULL", "zwei Wörter"]


@pytest.mark.parametrize("keep", [True, False])
def test_values_come_back_as_they_were_sent(told: Story, keep: bool) -> None:
    said = {"one": UUID(int=7), "at": datetime(2026, 11, 26, 12, tzinfo=UTC), "texts": TEXTS, "none": None}
    statement = (
        "SELECT CAST(:one AS uuid) AS one, CAST(:at AS timestamptz) AS at, CAST(:texts AS text[]) AS texts,"
        " :none::text AS none, CAST(:one AS text) AS again, '12:30'::time AS clock"
    )
    with autocommit(told.db) as tx:
        [row] = ask(tx, statement, said, keep=keep)
    assert (row.one, row.at, row.texts, row.none) == tuple(said.values())
    assert row.again == str(said["one"])


def test_a_text_that_would_be_cut_short_is_refused(told: Story) -> None:
    with autocommit(told.db) as tx:
        for value in ("a\0b", ["a\0b"]):
            with pytest.raises(psycopg.DataError):
                ask(tx, "SELECT CAST(:value AS text)", {"value": value})
        assert ask(tx, "SELECT 1 AS still") == [(1,)]


def test_columns_of_the_same_name_do_no_harm(told: Story) -> None:
    with autocommit(told.db) as tx:
        [row] = ask(tx, "SELECT 1 AS one, 2 AS one, 3 AS three")
    assert (row.one, row.three) == (1, 3)
