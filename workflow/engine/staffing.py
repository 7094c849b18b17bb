"""Can every step of a route be staffed under its own rules, and still with any one person away?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from workflow.engine.route import APPLICANT, NO_OFFICE, Human, Route
from workflow.engine.tables import Fact, Facts

Role = tuple[str, str]
People = Mapping[str, frozenset[Role]]
"""Name → all (office, role) of this person."""

Domain = Mapping[str, Sequence[Fact | None]]
"""Fact → every value that it can have; None: it may be absent."""

Needed = tuple[tuple[Role, int], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that could stand still. `rule`: nobody | one_seat_each | four_eyes.

    `who`: the office:role that lacks people; `away`: whose absence makes it so, None: it is so already;
    `facts`: a case in which it happens.
    """

    step: str
    rule: str
    who: str
    away: str | None
    facts: Facts


def gaps(
    route: Route, people: People, domain: Domain, deputies: Mapping[str, str] | None = None
) -> list[Gap]:
    """Every step and rule that these people cannot meet; each step, rule and role once.

    A recusal takes one pair of eyes away, as an absence does: so the absence of any one person stands for
    both. `deputies`: who has whose roles while that person is away.
    """
    asked = {code: _asked(route, step, domain) for code, step in _staffed(route)}
    found: dict[tuple[str, str, str], Gap] = {}
    for away in (None, *sorted(people)):
        there = _without(people, away, deputies or {})
        for code, situations in asked.items():
            for (needed, earlier), facts in situations.items():
                for rule, who in _lacking(there, needed, earlier):
                    gap = Gap(code, rule, ":".join(who), away, facts)
                    found.setdefault((code, rule, gap.who), gap)
    return list(found.values())


def _staffed(route: Route) -> Iterator[tuple[str, Human]]:
    return ((code, step) for code, step in route.steps.items() if isinstance(step, Human))


def _without(people: People, away: str | None, deputies: Mapping[str, str]) -> People:
    if away is None:
        return people
    rest = {name: roles for name, roles in people.items() if name != away}
    deputy = deputies.get(away, "")
    return {**rest, deputy: rest[deputy] | people[away]} if deputy in rest else rest


def _asked(route: Route, step: Human, domain: Domain) -> dict[tuple[Needed, tuple[Needed, ...]], Facts]:
    """Everything that this step and those before it can ask for, each with a case in which they do."""
    others = [route.human(code) for code in step.not_by]
    read = {
        name
        for one in (step, *others)
        for seat in one.seats
        for name in (seat.who.table.reads() if seat.who.table else ())
    }
    names = sorted(read)
    found: dict[tuple[Needed, tuple[Needed, ...]], Facts] = {}
    for chosen in product(*(domain.get(name, (None,)) for name in names)):
        facts = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        asked = (_needed(step, facts), tuple(_needed(other, facts) for other in others))
        found.setdefault(asked, facts)
    return found


def _needed(step: Human, facts: Facts) -> Needed:
    """How many people of each office and role the step's mandatory seats ask for in such a case."""
    count: dict[Role, int] = {}
    for seat in step.seats:
        who = seat.who.meant(facts)
        if who[1] != APPLICANT and who[0] != NO_OFFICE and seat.mandatory:
            count[who] = count.get(who, 0) + 1
    return tuple(sorted(count.items()))


def _lacking(people: People, needed: Needed, earlier: tuple[Needed, ...]) -> Iterator[tuple[str, Role]]:
    for who, count in needed:
        able = {name for name, roles in people.items() if who in roles}
        if not able:
            yield "nobody", who
        elif len(able) < count:
            yield "one_seat_each", who
        elif any(_uses_up(people, able, count, step) for step in earlier):
            yield "four_eyes", who


def _uses_up(people: People, able: set[str], count: int, step: Needed) -> bool:
    """Whoever does the earlier step, too few are left of those who can do this one."""
    for who, seats in step:
        others = {name for name, roles in people.items() if who in roles}
        must_come_from_able = min(max(0, seats - len(others - able)), len(others & able))
        if others and len(able) - must_come_from_able < count:
            return True
    return False
