"""The forecast of late work is a queue that everybody can count through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workflow.funding.forecast import Forecast, forecast

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def due(*days: float) -> list[datetime]:
    return [NOW + timedelta(days=day) for day in days]


def test_one_a_day_is_enough_for_three_that_are_due_later() -> None:
    assert forecast(due(1.5, 2.5, 3.5), 28, 28, NOW) == Forecast(3, 0, 0, 3.0)


def test_half_as_fast_makes_the_last_ones_late() -> None:
    assert forecast(due(1.5, 3, 3.5), 14, 28, NOW) == Forecast(3, 0, 3, 6.0)
    assert forecast(due(-1, 5, 7), 14, 28, NOW) == Forecast(3, 1, 1, 6.0)


def test_where_nothing_was_done_nothing_can_be_said() -> None:
    assert forecast(due(100), 0, 28, NOW) == Forecast(1, 0, 1, None)
    assert forecast([], 0, 28, NOW) == Forecast(0, 0, 0, 0.0)


@given(st.lists(st.floats(-50, 200), max_size=30), st.integers(0, 60))
def test_more_hands_never_make_more_late(days: list[float], done: int) -> None:
    slower, faster = (forecast(due(*days), more, 28, NOW) for more in (done, done + 1))
    assert slower.late_now <= faster.late_then <= slower.late_then <= slower.open
