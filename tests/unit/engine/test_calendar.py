"""Working days: weekends, holidays, the clocks' change, shares of a time."""

from datetime import UTC, date, datetime

import pytest

from workflow.engine.calendar import Calendar
from workflow.texts import ZURICH

HOLIDAYS = frozenset(
    {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29)}
)
BASEL = Calendar(ZURICH, HOLIDAYS)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # a Monday in summer: the end of Tuesday is 22:00 UTC
        (utc(2026, 9, 7, 7), 1, utc(2026, 9, 8, 22)),
        # over a weekend
        (utc(2026, 9, 11, 7), 1, utc(2026, 9, 14, 22)),
        (utc(2026, 9, 12, 7), 1, utc(2026, 9, 14, 22)),
        (utc(2026, 9, 7, 7), 10, utc(2026, 9, 21, 22)),
        # late in the evening of UTC it is the next day in Basel
        (utc(2026, 9, 7, 22, 30), 1, utc(2026, 9, 9, 22)),
        # Christmas on a Friday, New Year on a Friday
        (utc(2026, 12, 24, 10), 1, utc(2026, 12, 28, 23)),
        (utc(2026, 12, 30, 10), 2, utc(2027, 1, 4, 23)),
        # Good Friday and Easter Monday, and the clocks go forward in between
        (utc(2027, 3, 25, 10), 1, utc(2027, 3, 30, 22)),
        # the clocks go back on 25 October 2026
        (utc(2026, 10, 23, 10), 1, utc(2026, 10, 26, 23)),
        (utc(2026, 10, 22, 10), 1, utc(2026, 10, 23, 22)),
        # no working day at all: the end of the same day
        (utc(2026, 9, 7, 7), 0, utc(2026, 9, 7, 22)),
    ],
)
def test_due_is_the_end_of_a_working_day_in_basel(start: datetime, days: int, due: datetime) -> None:
    assert BASEL.after(start, days) == due


@pytest.mark.parametrize(
    ("days", "percent", "same_as"),
    [(5, 80, 4), (5, 100, 5), (5, 120, 6), (5, 150, 8), (3, 80, 3), (1, 1, 1), (10, 101, 11), (15, 80, 12)],
)
def test_a_share_is_rounded_up_to_a_whole_day(days: int, percent: int, same_as: int) -> None:
    start = utc(2026, 9, 7, 7)
    assert BASEL.share(start, days, percent) == BASEL.after(start, same_as)
