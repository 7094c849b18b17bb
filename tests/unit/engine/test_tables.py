"""Decision tables: which row hits, and what a table may not say."""

from typing import Any

import pytest

from tests.builders import MONDAY
from workflow.engine.tables import Facts, parse_table, pick
from workflow.errors import RouteError

TABLE = parse_table(
    {
        "rows": [
            {"when": {"area": "language", "refugee": True}, "then": "first"},
            {"when": {"area": ["language", "work"]}, "then": "second"},
            {"when": {"amount": {"min": 100, "max": 200}}, "then": "third"},
            {"when": {"granted": {"below": "amount"}}, "then": "fourth"},
            {"when": {"level": 1}, "then": "fifth"},
        ],
        "else": "rest",
    },
    "here",
)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"area": "language", "refugee": True}, ("first", 0)),
        ({"area": "language", "refugee": False}, ("second", 1)),
        ({"area": "language"}, ("second", 1)),
        ({"area": "work", "amount": 150}, ("second", 1)),
        ({"amount": 99}, ("rest", None)),
        ({"amount": 100}, ("third", 2)),
        ({"amount": 200}, ("third", 2)),
        ({"amount": 201}, ("rest", None)),
        ({"amount": 300, "granted": 299}, ("fourth", 3)),
        ({"amount": 300, "granted": 300}, ("rest", None)),
        ({"granted": 0}, ("rest", None)),
        ({"level": 1}, ("fifth", 4)),
        ({"level": True}, ("rest", None)),
        ({"area": "language", "refugee": 1}, ("second", 1)),
        ({}, ("rest", None)),
    ],
)
def test_the_first_row_that_holds_counts(facts: Facts, expected: tuple[str, int | None]) -> None:
    assert pick(TABLE, facts, MONDAY.date()) == expected


def test_a_table_knows_what_it_reads_and_what_it_can_say() -> None:
    assert TABLE.reads() == {"area", "refugee", "amount", "granted", "level"}
    assert TABLE.results() == ("first", "second", "third", "fourth", "fifth", "rest")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"rows": []}, "table_without_else"),
        ({"rows": [{"when": {"a": 1}}], "else": "x"}, "row_without_result"),
        ({"rows": [{"when": {"a": {"over": 1}}, "then": "y"}], "else": "x"}, "unknown_condition"),
        ({"rows": [{"when": {"a": {}}, "then": "y"}], "else": "x"}, "unknown_condition"),
        ({"rows": [{"when": {"a": []}, "then": "y"}], "else": "x"}, "empty_condition"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(data: dict[str, Any], code: str) -> None:
    with pytest.raises(RouteError) as caught:
        parse_table(data, "somewhere")
    assert (caught.value.code, caught.value.params["at"]) == (code, "somewhere")
