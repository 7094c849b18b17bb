"""Tables in which two people work: nothing is lost that only one of them touched."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.funding.forms import mark
from workflow.funding.rows import MOST_COMPARED, merged_rows, row_mark

CELLS = st.fixed_dictionaries({"label": st.sampled_from("abcdefgh"), "amount": st.integers(0, 3)})


def merged(before: str, mine: str, theirs: str) -> str | None:
    """Rows as letters."""
    found = merged_rows([row_mark(one) for one in before], list(mine), list(theirs))
    return None if found is None else "".join(found)


@pytest.mark.parametrize(
    ("before", "mine", "theirs", "both"),
    [
        ("abc", "Abc", "abC", "AbC"),
        ("ab", "Ab", "aB", "AB"),
        ("ab", "abm", "abt", "abtm"),
        ("", "m", "t", "tm"),
        ("ab", "abx", "abx", "abx"),
        ("abc", "bc", "abC", "bC"),
        ("abc", "Abc", "ac", "Ac"),
        ("abc", "abc", "x", "x"),
        ("abc", "", "abc", ""),
        ("aa", "aaM", "aa", "aaM"),
        ("ab", "Ab", "Ab", "Ab"),
        ("ab", "Ab", "Tb", None),
        ("abc", "ac", "aBc", None),
        ("ab", "abm", "aB", "aBm"),
        ("ab", "mab", "abt", "mabt"),
    ],
)
def test_two_who_change_different_rows_go_together(
    before: str, mine: str, theirs: str, both: str | None
) -> None:
    assert merged(before, mine, theirs) == both


def test_the_mark_of_a_table_is_those_of_its_rows() -> None:
    rows = [{"label": "a", "amount": 1}, {"label": "b"}]
    assert mark(rows) == f"{row_mark(rows[0])}.{row_mark(rows[1])}"
    assert mark([]) == ""
    assert "." not in mark(["a", "b"])  # ticked boxes are one answer


@given(data=st.data())
def test_what_only_one_side_touched_is_never_lost(data: Any) -> None:
    """Rows all different, so that what became of each is known: kept, or changed by one side alone."""
    before = [{"label": f"row {n}"} for n in range(data.draw(st.integers(0, 6)))]
    touched = [data.draw(st.sampled_from(["nobody", "mine", "theirs"])) for _ in before]
    sides: dict[str, list[Any]] = {"mine": [], "theirs": []}
    wanted: list[Any] = []
    for n, (row, who) in enumerate(zip(before, touched, strict=True)):
        changed = {"label": f"row {n} by {who}"}
        for side, rows in sides.items():
            rows.append(changed if side == who else row)
        wanted.append(row if who == "nobody" else changed)
    for side, rows in sides.items():
        for n in range(data.draw(st.integers(0, 2))):
            rows.append({"label": f"new {n} by {side}"})
            wanted.append(rows[-1])
    found = merged_rows([row_mark(row) for row in before], sides["mine"], sides["theirs"])
    assert found is not None
    assert Counter(map(row_mark, found)) == Counter(map(row_mark, wanted))
    assert found[: len(before)] == wanted[: len(before)]


@given(
    before=st.lists(CELLS, max_size=5), theirs=st.lists(CELLS, max_size=5), mine=st.lists(CELLS, max_size=5)
)
def test_who_changed_nothing_gets_the_others_and_both_ways_hold_the_same(
    before: list[Any], theirs: list[Any], mine: list[Any]
) -> None:
    marks = [row_mark(row) for row in before]
    assert merged_rows(marks, before, theirs) == theirs
    assert merged_rows(marks, mine, before) == mine
    one, other = merged_rows(marks, mine, theirs), merged_rows(marks, theirs, mine)
    assert (one is None) == (other is None)
    assert Counter(map(row_mark, one or [])) == Counter(map(row_mark, other or []))


def test_more_rows_than_people_fill_in_are_not_compared() -> None:
    rows = "a" * MOST_COMPARED
    assert merged(rows, rows + "m", rows) is None
    assert merged(rows[1:], rows, rows[1:]) == rows
