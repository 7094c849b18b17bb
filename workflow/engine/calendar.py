"""Working days. The cantonal holidays are passed in; days begin and end by the office's own clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office works: its zone and the days on which it is closed beside weekends."""

    zone: ZoneInfo
    holidays: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def day_of(self, moment: datetime) -> date:
        """The date that the offices write at this moment."""
        return moment.astimezone(self.zone).date()

    def after(self, start: datetime, days: int) -> datetime:
        """The end (24:00 local, as UTC) of the `days`-th working day after the day of `start`."""
        return _after(self, self.day_of(start), days)

    def days_between(self, start: datetime, end: datetime) -> int:
        """Working days after the day of `start`, up to the day of `end`."""
        return self.working_days(self.day_of(start), self.day_of(end))

    def working_days(self, first: date, last: date) -> int:
        """Working days after `first`, up to and with `last`."""
        weeks, rest = divmod(max(0, (last - first).days), 7)
        weekdays = weeks * 5 + sum((first.weekday() + number) % 7 < 5 for number in range(1, rest + 1))
        return weekdays - sum(first < day <= last and day.weekday() < 5 for day in self.holidays)

    def later(self, deadline: datetime, days: int) -> datetime:
        """A deadline, which is the end of a day, so many working days later."""
        return self.after(deadline - timedelta(microseconds=1), days)

    def end_of(self, day: date) -> datetime:
        """The end (24:00 local, as UTC) of this day."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def share(self, start: datetime, days: int, percent: int) -> datetime:
        """The moment at so many per cent of `days` working days, rounded up to a whole day."""
        return self.after(start, math.ceil(days * percent / 100))


@lru_cache(4096)  # deadlines are asked for again and again, from the same few days
def _after(calendar: Calendar, day: date, days: int) -> datetime:
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= calendar.is_working_day(day)
    return calendar.end_of(day)
