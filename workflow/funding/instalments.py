"""Which part of a grant comes next, how much of it is due, and for which report it waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.funding.money import instalment, split
from workflow.funding.questions import Labels

ACCEPTED = "accepted"
"""How a child ends whose report was approved."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The instalment `start` (from 1) and those behind it wait until so many such children are accepted.

    `text`: what they wait for, as people read it.
    """

    start: int
    child: str
    text: Labels
    times: int = 1


@dataclass(frozen=True, slots=True)
class Next:
    """The instalment `number` of `count` (0: nothing more), in Rappen what is left of it, what is due of the
    whole grant now, and what this one waits for."""

    number: int
    count: int
    amount: int
    due: int
    waits: Wait | None = None


def parse_waits(terms: Mapping[str, Any]) -> tuple[Wait, ...]:
    """`waits` of a size's terms, in the order of the instalments."""
    return tuple(
        Wait(raw["from"], raw["child"], raw["text"], raw.get("times", 1)) for raw in terms.get("waits", ())
    )


def following(granted: int, paid: int, terms: Mapping[str, Any], accepted: Collection[str]) -> Next:
    """What comes after so many Rappen were paid. `accepted`: codes of the children that were, each as often.

    A later report stands for an earlier one: whoever approved the final one no longer asks for the interim.
    """
    percents = terms.get("instalments", [100])
    number, amount = instalment(granted, paid, percents)
    waits, there = parse_waits(terms), Counter(accepted)
    missing = [
        one
        for at, one in enumerate(waits)
        if not any(there[later.child] >= later.times for later in waits[at:])
    ]
    free = min((one.start - 1 for one in missing), default=len(percents))
    due = max(0, sum(split(granted, percents)[:free]) - paid)
    return Next(
        number, len(percents), amount, due, next((one for one in missing[::-1] if one.start <= number), None)
    )
