"""Can every step of a route be staffed under its own rules, with one person away and one recused?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from workflow.engine.route import APPLICANT, NO_OFFICE, Human, Route, Wait, Who
from workflow.engine.tables import Fact, Facts

Role = tuple[str, str]
People = Mapping[str, frozenset[Role]]
"""Name → all (office, role) of this person."""

Domain = Mapping[str, Sequence[Fact | None]]
"""Fact → every value that it can have; None: it may be absent."""

Needed = tuple[Role, ...]
"""One (office, role) for each pair of eyes."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A step, or a way off the route, that could stand still. `rule`: nobody | one_seat_each | four_eyes.

    `who`: the office:role that lacks a person; `away`, `recused`: whose absence and whose recusal make it
    so, None: without one; `facts`: a case in which it happens; `since`: the first day on which it does.
    """

    step: str
    rule: str
    who: str
    away: str | None
    recused: str | None
    facts: Facts
    since: date


@dataclass(frozen=True, slots=True)
class _Asked:
    """What has to be done by different people: here, and at each step whose hands must be others.

    `apart`: pairs of these earlier steps, by number, that must not share hands either.
    """

    here: Needed
    earlier: tuple[Needed, ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()

    def roles(self) -> frozenset[Role]:
        return frozenset((*self.here, *(role for step in self.earlier for role in step)))


def gaps(
    route: Route, people: People, domain: Domain, today: date, deputies: Mapping[str, str] | None = None
) -> list[Gap]:
    """Every step and rule that these people cannot meet; each step, rule and role once, by the least cause.

    Asked of today, and of each later day from which on a table names others. Tried with everybody there,
    with any one away, any one recused from the case, and both together.
    `deputies`: who has whose roles while that person is away; nobody stands in for who is recused.
    """
    asked = dict(_all_asked(route, domain, today))
    found: dict[tuple[str, str, str], Gap] = {}
    names = sorted(people)
    nobody: tuple[str | None, ...] = (None,)
    causes = [(None, None), *product(names, nobody), *product(nobody, names), *product(names, names)]
    for away, recused in causes:
        if away is not None and away == recused:
            continue
        there = _without(people, away, recused, deputies or {})
        touched = frozenset().union(*(people[name] for name in (away, recused) if name))
        for code, situations in asked.items():
            for one, (facts, since) in situations.items():
                if (away or recused) and not _matters(one, touched, people, away, recused):
                    continue
                for rule, who in _lacking(there, one):
                    gap = Gap(code, rule, ":".join(who), away, recused, facts, since)
                    found.setdefault((code, rule, gap.who), gap)
    return list(found.values())


def _matters(
    asked: _Asked, touched: frozenset[Role], people: People, away: str | None, recused: str | None
) -> bool:
    """Whether each of the two who are missing has something to do with what is asked."""
    roles = asked.roles()
    return bool(roles & touched) and all(roles & people[name] for name in (away, recused) if name)


def _without(people: People, away: str | None, recused: str | None, deputies: Mapping[str, str]) -> People:
    there = {name: roles for name, roles in people.items() if name != away}
    deputy = deputies.get(away or "", "")
    if away is not None and deputy in there:
        there[deputy] |= people[away]
    return {name: roles for name, roles in there.items() if name != recused}


Situations = dict[_Asked, tuple[Facts, date]]
"""What is asked, each with a case and the first day on which it is."""


def _all_asked(route: Route, domain: Domain, today: date) -> Iterator[tuple[str, Situations]]:
    """Everything that is asked anywhere."""
    for code, step in route.steps.items():
        if isinstance(step, Human):
            others = [route.human(other) for other in step.not_by]
            apart = frozenset(
                (number, before)
                for number, one in enumerate(others)
                for before, other in enumerate(others[:number])
                if other.code in one.not_by or one.code in other.not_by
            )
            yield code, _asked(_mandatory(step), tuple(map(_mandatory, others)), domain, today, apart)
        elif isinstance(step, Wait) and step.who is not None:
            yield code, _asked((step.who,), (), domain, today)
    for code, way in route.ways.items():
        yield code, _asked((way.who,), ((way.second,),) if way.second else (), domain, today)


def _mandatory(step: Human) -> tuple[Who, ...]:
    return tuple(seat.who for seat in step.seats if seat.mandatory)


def _asked(
    here: tuple[Who, ...],
    earlier: tuple[tuple[Who, ...], ...],
    domain: Domain,
    today: date,
    apart: frozenset[tuple[int, int]] = frozenset(),
) -> Situations:
    everybody = (*here, *(who for step in earlier for who in step))
    names = sorted({name for who in everybody if who.table for name in who.table.reads()})
    days = sorted({max(day, today) for who in everybody for day in who.days()})
    found: Situations = {}
    for day, chosen in product(days, product(*(domain.get(name, (None,)) for name in names))):
        facts = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        before = tuple(_needed(step, facts, day) for step in earlier)
        found.setdefault(_Asked(_needed(here, facts, day), before, apart), (facts, day))
    return found


def _needed(seats: tuple[Who, ...], facts: Facts, on: date) -> Needed:
    """The office and role of each seat in such a case on this day, applicants apart."""
    meant = (who.meant(facts, on) for who in seats)
    return tuple(sorted(who for who in meant if who[1] != APPLICANT and who[0] != NO_OFFICE))


def _lacking(people: People, asked: _Asked) -> Iterator[tuple[str, Role]]:
    able = {role: tuple(name for name, roles in people.items() if role in roles) for role in asked.roles()}
    here = asked.here
    missing = [role for role in dict.fromkeys(here) if not able[role]]
    yield from (("nobody", role) for role in missing)
    if missing:
        return
    if not any(True for _ in _hands(here, able)):
        yield "one_seat_each", max(here, key=here.count)
        return
    # earlier steps that cannot be done at all, or not by different people, are gaps of their own
    earlier = [step if any(True for _ in _hands(step, able)) else () for step in asked.earlier]
    if not _others(earlier, asked.apart, able, frozenset(), ()):
        return
    if not any(_others(earlier, asked.apart, able, hands, ()) for hands in _hands(here, able)):
        yield "four_eyes", min(here, key=lambda role: len(able[role]))


Hands = frozenset[str]
Able = Mapping[Role, Sequence[str]]


def _hands(needed: Needed, able: Able, taken: Hands = frozenset()) -> Iterator[Hands]:
    """All sets of people, one for each of these, beside those who are taken."""
    if not needed:
        yield frozenset()
        return
    for name in able[needed[0]]:
        if name not in taken:
            yield from (rest | {name} for rest in _hands(needed[1:], able, taken | {name}))


def _others(
    earlier: Sequence[Needed],
    apart: frozenset[tuple[int, int]],
    able: Able,
    taken: Hands,
    done: tuple[Hands, ...],
) -> bool:
    """Whether other hands than those taken can have done the earlier steps, from the first not in `done`."""
    number = len(done)
    if number == len(earlier):
        return True
    not_these = taken.union(*(hands for before, hands in enumerate(done) if (number, before) in apart))
    return any(
        _others(earlier, apart, able, taken, (*done, hands))
        for hands in set(_hands(earlier[number], able, not_these))
    )
