"""Working days. The cantonal holidays are passed in; days begin and end by the office's own clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office works: its zone and the days on which it is closed beside weekends."""

    zone: ZoneInfo
    holidays: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def after(self, start: datetime, days: int) -> datetime:
        """The end (24:00 local, as UTC) of the `days`-th working day after the day of `start`."""
        day = start.astimezone(self.zone).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        midnight = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC)

    def share(self, start: datetime, days: int, percent: int) -> datetime:
        """The moment at so many per cent of `days` working days, rounded up to a whole day."""
        return self.after(start, math.ceil(days * percent / 100))
