"""How many of the cases that wait at an office will be late, if it goes on as it did in the last weeks.

A simple queue, so that everybody can follow it: an office does what is due first, as many a day as it did on
average; what stands at place n is done after n such days' shares. No seasons, no sizes, no holidays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Forecast:
    """`late_now`: past their due time already; `late_then`: these and those that will be.

    `days`: until all is done; None when nothing was done in the time before, so that nothing can be said.
    """

    open: int
    late_now: int
    late_then: int
    days: float | None


def forecast(due: Sequence[datetime], done: int, days: int, now: datetime) -> Forecast:
    """`due`: of the open work; `done`: how much was done in the last `days` days."""
    ordered = sorted(due)
    late_now = sum(moment < now for moment in ordered)
    if not done:
        return Forecast(len(ordered), late_now, len(ordered), None if ordered else 0.0)
    each = timedelta(days=days / done)
    late_then = sum(moment < now + place * each for place, moment in enumerate(ordered, 1))
    return Forecast(len(ordered), late_now, late_then, len(ordered) * days / done)
