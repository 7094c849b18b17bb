"""What would happen to the applications that wait, if all were cut, or money were moved: nothing is changed.

Money is served in this order: whoever has a reservation keeps the place, then by the date of submission. Each
gets what it asks for while its line has that much; one that does not fit is passed over, as in real life,
where the next one that fits can have the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

Line = int
"""The id of a budget line."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A case that runs and has no money committed. Amounts in Rappen; `held`: what is reserved for it."""

    case_id: str
    line: Line
    requested: int
    held: int
    submitted_at: datetime

    @property
    def asks(self) -> int:
        """What it would cost: what is reserved for it, or what it asks for."""
        return self.held or self.requested


@dataclass(frozen=True, slots=True)
class Change:
    """`cut`: so many per cent less for all; `amount` Rappen go from one line to another."""

    cut: int = 0
    source: Line | None = None
    target: Line | None = None
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """One of those that wait: what it would cost and whether there is money for it, now and then."""

    pending: Pending
    asks_then: int
    fits_now: bool
    fits_then: bool

    @property
    def changes(self) -> bool:
        return self.fits_now != self.fits_then


@dataclass(frozen=True, slots=True)
class Outcome:
    """`served`: in the order of serving; `left_now`, `left_then`: by line, after all who fit."""

    served: Sequence[Served]
    left_now: Mapping[Line, int]
    left_then: Mapping[Line, int]


def what_if(left: Mapping[Line, int], pending: Sequence[Pending], change: Change) -> Outcome:
    """What a change would mean. `left`: Rappen by line that are neither reserved nor committed.

    Raises ValueError for a cut that is no per cent, an amount below nothing, or more than its line has left.
    """
    if not 0 <= change.cut <= 100 or change.amount < 0:
        raise ValueError("no such change")
    ordered = sorted(pending, key=lambda one: (not one.held, one.submitted_at, one.case_id))
    money = dict(left)
    for one in pending:
        money[one.line] = money.get(one.line, 0) + one.held
    moved = dict(money)
    if change.source is not None and change.target is not None:
        if change.amount > left.get(change.source, 0):
            raise ValueError("more than is left")
        moved[change.source] -= change.amount
        moved[change.target] = moved.get(change.target, 0) + change.amount
    fits_now = [_takes(money, one.line, one.asks) for one in ordered]
    asks_then = [one.asks * (100 - change.cut) // 100 for one in ordered]
    fits_then = [_takes(moved, one.line, asks) for one, asks in zip(ordered, asks_then, strict=True)]
    served = [Served(*row) for row in zip(ordered, asks_then, fits_now, fits_then, strict=True)]
    return Outcome(served, money, moved)


def _takes(money: dict[Line, int], line: Line, asks: int) -> bool:
    """Take it from what the line has, if there is so much."""
    if asks > money.get(line, 0):
        return False
    money[line] = money.get(line, 0) - asks
    return True
