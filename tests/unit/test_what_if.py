"""What-if: money is neither made nor lost, nobody gets more than there is, and no change changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.funding.what_if import Change, Pending, what_if

DAY = datetime(2027, 2, 1, tzinfo=UTC)
LINES = (1, 2, 3)


def waits(number: int, line: int, requested: int, held: int = 0) -> Pending:
    return Pending(f"case {number}", line, requested, held, DAY + timedelta(days=number))


pendings = st.lists(
    st.builds(
        waits, st.integers(0, 50), st.sampled_from(LINES), st.integers(1, 1000), st.sampled_from((0, 0, 300))
    ),
    max_size=12,
    unique_by=lambda one: one.case_id,
)
lefts = st.fixed_dictionaries({line: st.integers(0, 2000) for line in LINES})


def test_a_cut_lets_the_third_in() -> None:
    three = [waits(number, 1, 400) for number in range(3)]
    found = what_if({1: 1000}, three, Change(cut=20))
    assert [(one.fits_now, one.asks_then, one.fits_then) for one in found.served] == [
        (True, 320, True),
        (True, 320, True),
        (False, 320, True),
    ]
    assert (found.left_now[1], found.left_then[1]) == (200, 40)


def test_moved_money_is_missing_where_it_was() -> None:
    found = what_if(
        {1: 500, 2: 0}, [waits(0, 1, 400), waits(1, 2, 200)], Change(source=1, target=2, amount=200)
    )
    assert [(one.pending.line, one.fits_now, one.fits_then) for one in found.served] == [
        (1, True, False),
        (2, False, True),
    ]


def test_a_reservation_keeps_its_place_before_an_earlier_submission() -> None:
    found = what_if({1: 0}, [waits(0, 1, 300), waits(1, 1, 500, held=300)], Change())
    assert [(one.pending.case_id, one.fits_now) for one in found.served] == [
        ("case 1", True),
        ("case 0", False),
    ]


@pytest.mark.parametrize("change", [Change(cut=101), Change(cut=-1), Change(amount=-1), Change(0, 1, 2, 501)])
def test_what_cannot_be_is_refused(change: Change) -> None:
    with pytest.raises(ValueError, match=r"no such change|more than is left"):
        what_if({1: 500}, [], change)


@given(
    lefts, pendings, st.integers(0, 100), st.sampled_from(LINES), st.sampled_from(LINES), st.integers(0, 2000)
)
def test_money_is_neither_made_nor_lost(
    left: dict[int, int], pending: list[Pending], cut: int, source: int, target: int, amount: int
) -> None:
    change = Change(cut, source, target, min(amount, left[source]))
    found = what_if(left, pending, change)
    given_now = sum(one.pending.asks for one in found.served if one.fits_now)
    given_then = sum(one.asks_then for one in found.served if one.fits_then)
    whole = sum(left.values()) + sum(one.held for one in pending)
    assert sum(found.left_now.values()) + given_now == whole
    assert sum(found.left_then.values()) + given_then == whole
    assert all(amount >= 0 for amount in (*found.left_now.values(), *found.left_then.values()))


@given(lefts, pendings)
def test_without_a_change_nothing_changes(left: dict[int, int], pending: list[Pending]) -> None:
    found = what_if(left, pending, Change())
    assert not any(one.changes for one in found.served)
    assert found.left_now == found.left_then


@given(lefts, pendings, st.integers(0, 100))
def test_whoever_has_no_money_finds_none_at_the_end(
    left: dict[int, int], pending: list[Pending], cut: int
) -> None:
    found = what_if(left, pending, Change(cut))
    for one in found.served:
        if not one.fits_then:
            assert one.asks_then > found.left_then.get(one.pending.line, 0)


@given(lefts, pendings)
def test_the_order_is_that_of_submission_behind_the_reservations(
    left: dict[int, int], pending: list[Pending]
) -> None:
    served = [one.pending for one in what_if(left, list(reversed(pending)), Change()).served]
    assert served == what_order(pending)


def what_order(pending: list[Pending]) -> list[Pending]:
    held = sorted((one for one in pending if one.held), key=lambda one: one.submitted_at)
    return held + sorted((one for one in pending if not one.held), key=lambda one: one.submitted_at)
