"""What the check refuses does misbehave: the real engine walks the way that it prints, and breaks there.

Ways are shortest ones; who walks them are people who may act, the applicant, the letters and the clock.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.builders import CASE, SIGNER, Play, commands_of, staff
from tests.unit.engine.test_broken_routes import BROKEN, FOLDER, KNOWN
from tests.unit.engine.test_random_broken import stuck
from workflow.engine.case import Actor
from workflow.engine.commands import Command, Complete, Declare, Receive, Report
from workflow.engine.decide import allowed
from workflow.engine.events import Chosen, Ended, Entered, PanelClosed
from workflow.engine.parsing import parse_route
from workflow.engine.route import APPLICANT, Call
from workflow.engine.soundness import check
from workflow.engine.tables import Fact
from workflow.errors import Refused, RouteError
from workflow.funding.plain import load_yaml

FACTS: dict[str, Fact] = {
    "area": "language",
    "requested": 5_000_00,
    "child_care": False,
    "project_end": "2027-06-30",
}
GRANTED = (1_000_00, 5_000_00)
Step = Callable[[Play], object]


@dataclass
class Walked:
    """`there`: cases that have come all the way; `broke`: what the engine raised on it."""

    way: list[str] = field(default_factory=list)
    there: list[Play] = field(default_factory=list)
    broke: set[str] = field(default_factory=set)


def passed(told: Play) -> list[str]:
    return [event.step for event in told.events if isinstance(event, Entered | Chosen | Ended)]


def walk(told: Play, way: list[str], *, on_until_it_breaks: bool = False) -> Walked:
    """Everybody who may does what leads along this way, until one case is there; without one, everything."""
    found, queue, known = Walked(way), [told], set[object]()
    while queue:
        here = queue.pop(0)
        if passed(here)[: len(way)] == way:
            found.there.append(here)
            if way and not on_until_it_breaks:
                return found
        for step in onward(here) if not way or len(passed(here)) <= len(way) else ():
            on = copy.copy(here)
            on.events = list(here.events)
            try:
                step(on)
                on.rules()
            except Refused:  # more money than there is
                continue
            except (RouteError, KeyError, ValueError, AssertionError) as error:
                found.broke.add(error.code if isinstance(error, RouteError) else repr(error))
                continue
            at, state = passed(on), standing(on)
            if at[: len(way)] == way[: len(at)] and (state, len(at) if way else 0) not in known:
                known.add((state, len(at) if way else 0))
                queue.append(on)
    return found


def standing(told: Play) -> tuple[object, ...]:
    case = told.case
    votes = tuple((seat.code, seat.outcome) for seat in case.seats)
    visits = tuple(sorted((step, min(count, 3)) for step, count in case.visits.items()))
    return case.step, votes, case.overdue, len(case.timers), case.proposal, visits


def onward(told: Play) -> Iterator[Step]:
    """What can happen next: all that is offered to anybody, a letter made, three months gone by."""
    if told.case.ending is not None:
        return
    if isinstance(told.route.steps[told.case.step or ""], Call):
        yield lambda on: on.do(Report(CASE, on.case.entry, on.case.attempt, content="pdf"), SIGNER)
    for actor in crowd(told):
        for command in offered(told, actor):
            if isinstance(command, Complete):
                for granted in GRANTED:
                    filled = Complete(
                        CASE, command.step, command.seat, command.outcome, command.entry, {"granted": granted}
                    )
                    yield partial(do, command=filled, actor=actor)
            elif type(command).__name__ in ("Receive", "TakeWay", "Withdraw"):
                yield partial(do, command=command, actor=actor)
    if told.case.timers:
        yield lambda on: on.rules(days=90)


def crowd(told: Play) -> Iterator[Actor]:
    """The applicant, and for each role somebody who has not acted yet."""
    new = told.case.version
    yield SIGNER
    yield from (staff(f"c{new}"), staff(f"h{new}", "desk", "head"))
    for seat in told.case.open_seats:
        if seat.role != APPLICANT:
            yield Actor(f"p{new}", frozenset({(seat.office, seat.role)}))


def offered(told: Play, actor: Actor) -> Iterator[Command]:
    for offer in allowed(told.route, told.case, actor, told.today):
        yield from commands_of(CASE, told.case.entry, offer)


def do(on: Play, command: Command, actor: Actor) -> None:
    if Declare(CASE) in offered(on, actor):
        on.do(Declare(CASE), actor)
    on.do(command, actor, left=10**12)


def comes_back(it: Walked, finding: RouteError) -> bool:
    """The end of the way is where it began, and it can be walked again and again; or it spins by rule."""
    if "endless_route" in it.broke:
        return True
    around = it.way[it.way.index(str(finding.params["at"])) + 1 :]
    for _ in range(5):
        it = walk(it.there[0], passed(it.there[0]) + around)
        if not it.there:
            return False
    return True


def never_ends(it: Walked, _finding: RouteError) -> bool:
    return all(one.case.ending is None for one in walk(it.there[0], []).there)


def too_often(it: Walked, finding: RouteError) -> bool:
    told, step = it.there[0], str(finding.params["step"])
    return told.case.visits[step] > (told.route.human(step).at_most or 0) or stuck(told)


def nobody_acts(it: Walked, _finding: RouteError) -> bool:
    return stuck(it.there[0])


def nobody_receives(it: Walked, _finding: RouteError) -> bool:
    told = it.there[0]
    return not any(isinstance(one, Receive) for who in crowd(told) for one in offered(told, who))


def due_at_once(it: Walked, _finding: RouteError) -> bool:
    case = it.there[0].case
    return (
        case.entered_at is not None and case.due_at is not None and case.due_at[:10] == case.entered_at[:10]
    )


def breaks(code: str) -> Callable[[Walked, RouteError], bool]:
    return lambda it, _finding: any(code in found for found in it.broke)


def rejected_by_nobody(it: Walked, _finding: RouteError) -> bool:
    told = it.there[0]
    closed = [event.outcome for event in told.events if isinstance(event, PanelClosed)]
    return closed == ["rejected"] and not any(act.outcome == "no" for act in told.case.acts)


def silent_deadline(it: Walked) -> bool:
    """One of two who must vote has, and the deadline, at which that ought to do, closes nothing."""
    told = next(one for one in it.there if any(seat.outcome for seat in one.case.seats if seat.mandatory))
    told.rules(days=400)
    return told.case.overdue and told.case.step == "review"


BREAKING: dict[str, Callable[[Walked, RouteError], bool]] = {
    "verdict_without_outcome": breaks("split"),
    "lapse_without_outcome": breaks("quiet"),
    "unknown_timer": breaks("unknown_timer"),
    "commits_unheld": breaks("commits_more_than_held"),
}
SHOWN: dict[str, Callable[[Walked, RouteError], bool]] = {
    **BREAKING,
    "no_ending": never_ends,
    "loop_without_bound": comes_back,
    "bounded_step_entered_by_rule": too_often,
    "no_way_past_bound": too_often,
    "no_outcome": nobody_acts,
    "no_due_time": due_at_once,
    "nobody_receives": nobody_receives,
}
"""Findings about what a route does; all others are about a name or a type, at the end of the way."""


def refused() -> Iterator[tuple[str, RouteError]]:
    for file in BROKEN:
        try:
            yield from ((file.stem, one) for one in check(parse_route(load_yaml(file)), **KNOWN))
        except RouteError:  # it cannot even be read
            continue


WITH_WAY = [
    pytest.param(name, one, id=f"{name}:{one.code}") for name, one in refused() if "way" in one.params
]


@pytest.mark.parametrize(("name", "finding"), WITH_WAY)
def test_the_way_that_is_printed_is_walked_and_breaks(name: str, finding: RouteError) -> None:
    way = str(finding.params["way"]).split(" → ")
    route = parse_route(load_yaml(FOLDER / "broken" / f"{name}.yaml"))
    if finding.code == "loop_without_bound" and finding.params["at"] in route.ways:
        assert route.ways[str(finding.params["at"])].at_most < 1  # so that it is never open
        return
    try:
        it = walk(Play(route, facts=FACTS), way, on_until_it_breaks=finding.code in BREAKING)
    except RouteError as error:
        it = Walked(way, broke={error.code})
    assert it.there or it.broke, "the real engine goes this way"
    if finding.code in SHOWN:
        assert SHOWN[finding.code](it, finding), it.broke


def test_what_breaks_is_shown_for_each_kind_of_misbehaviour() -> None:
    assert set(SHOWN) <= {one.code for _, one in refused()}


def test_what_is_unreachable_is_never_reached() -> None:
    for name, finding in refused():
        if finding.code == "unreachable":
            route = parse_route(load_yaml(FOLDER / "broken" / f"{name}.yaml"))
            seen = walk(Play(route, facts=FACTS), []).there
            assert all(str(finding.params["at"]) not in passed(told) for told in seen)


def test_a_quorum_out_of_reach_rejects_what_nobody_rejected() -> None:
    route = parse_route(load_yaml(FOLDER / "broken" / "quorum_out_of_reach.yaml"))
    it = walk(Play(route, facts=FACTS), ["check", "review", "decide"])
    assert rejected_by_nobody(it, RouteError("quorum_out_of_reach"))


def test_votes_out_of_reach_leave_a_deadline_without_effect() -> None:
    route = parse_route(load_yaml(FOLDER / "broken" / "votes_out_of_reach.yaml"))
    assert silent_deadline(walk(Play(route, facts=FACTS), ["check", "review"], on_until_it_breaks=True))


def test_the_sound_one_shows_nothing_of_the_kind() -> None:
    route = parse_route(load_yaml(FOLDER / "sound.yaml"))
    seen = walk(Play(route, facts=FACTS), [])
    assert not seen.broke
    assert not any(stuck(told) for told in seen.there)
    assert {told.case.ending for told in seen.there} > {None}
