"""Random routes, broken at random: whatever is refused for its behaviour has a run that shows why."""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import CASE, SIGNER, Play, staff, task
from tests.unit.engine.test_random_routes import KNOWN, offered, some_route
from workflow.engine.case import Actor
from workflow.engine.commands import Declare, Report, Withdraw
from workflow.engine.parsing import parse_route
from workflow.engine.route import Call, Human, Route
from workflow.engine.soundness import check
from workflow.engine.tables import Fact
from workflow.errors import RouteError

RUNS = max(20, int(os.environ.get("FOERDERWEG_RANDOM_ROUTES", "500")) // 25)
MOST_STATES = 400
BOUND = 2


def broken(random: Random) -> dict[str, Any]:
    """A sound route without ways off it, each choice of which reads a fact of its own, and one change."""
    raw = some_route(random)
    for name in ("children", "ways", "suspend", "extend"):
        raw.pop(name, None)
    steps: dict[str, Any] = raw["steps"]
    for code, step in steps.items():
        if step.pop("child", None):
            step["outcomes"] = {"elapsed": step["outcomes"]["elapsed"]}
        if step["kind"] == "choice":
            step["rows"][0]["when"] = {f"n_{code}": {"min": 1}}
            raw["facts"][f"n_{code}"] = "number"
        if step["kind"] == "panel":  # every verdict can come about
            step["seats"]["b"]["mandatory"] = True
        if "at_most" in step:
            step["at_most"] = BOUND
    humans = [code for code, step in steps.items() if step["kind"] in ("task", "panel")]
    code = random.choice(humans or ["end"])
    match random.choice(("back", "lost", "trap", "spin", "bounded")):
        case "back" if humans:  # on to somewhere before, or to itself
            outcome = random.choice(list(steps[code]["outcomes"].values()))
            outcome["to"] = random.choice([one for one in steps if one != "end"])
        case "trap" if humans:
            steps[code]["outcomes"] = {
                name: {**out, "to": code} for name, out in steps[code]["outcomes"].items()
            }
        case "spin" if humans:
            row = {"when": {"n_round": {"min": 1}}, "to": "round"}
            steps["round"] = {"kind": "choice", "rows": [row], "else": "round"}
            raw["facts"]["n_round"] = "number"
            random.choice(list(steps[code]["outcomes"].values()))["to"] = "round"
        case "bounded" if humans:  # every outcome leads to one bounded step, which leads back
            steps["bounded"] = task({"on": code}, at_most=BOUND)
            for out in steps[code]["outcomes"].values():
                out["to"] = "bounded"
        case _:
            steps["lost"] = task({"on": "end"})
    return raw


@dataclass
class Seen:
    """Every state that real people and the real clock can bring about; `failed`: what the engine raised."""

    plays: list[Play] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    @property
    def steps(self) -> set[str]:
        return {event.step for told in self.plays for event in told.events if hasattr(event, "step")}


def moves(told: Play, aside: bool) -> Iterator[Callable[[Play], object]]:
    """What can happen next: everything that somebody may do, letters, and two months gone by."""
    step = told.route.steps[told.case.step or ""]
    if told.case.ending is not None:
        return
    if isinstance(step, Call):
        yield lambda on: on.do(Report(CASE, on.case.entry, on.case.attempt, content="pdf"), SIGNER)
    people = [SIGNER, staff(f"c{told.case.version}"), staff(f"r{told.case.version}", "a", "reviewer")]
    people += [
        Actor(f"p{told.case.version}", frozenset({(one.office, one.role)})) for one in told.case.open_seats
    ]
    for actor in people:
        declared = copy.copy(told)
        if Declare(CASE) in offered(declared, actor):
            declared.do(Declare(CASE), actor)
        for command in offered(declared, actor):
            if aside and isinstance(command, Withdraw):
                yield partial(declare_and_do, command=command, actor=actor)
            if type(command).__name__ in ("Complete", "Receive"):
                yield partial(declare_and_do, command=command, actor=actor)
    if told.case.timers:
        yield lambda on: on.rules(days=90)


def declare_and_do(on: Play, command: Any, actor: Actor) -> None:
    if Declare(CASE) in offered(on, actor):
        on.do(Declare(CASE), actor)
    on.do(command, actor)


def state(told: Play, route: Route) -> tuple[Any, ...]:
    case = told.case
    bounded = [code for code, one in route.steps.items() if isinstance(one, Human) and one.at_most]
    return (
        case.step,
        tuple((seat.code, seat.outcome) for seat in case.seats),
        tuple(min(case.visits.get(code, 0), BOUND + 1) for code in bounded),
        case.overdue,
        bool(case.timers),
    )


def explore(begin: list[Play], route: Route, aside: bool = True) -> Seen:
    seen, known = Seen(list(begin)), {state(told, route) for told in begin}
    queue = deque(begin)
    while queue and len(known) < MOST_STATES:
        told = queue.popleft()
        for move in moves(told, aside):
            on = copy.copy(told)
            on.events = list(told.events)
            try:
                move(on)
                on.rules()
            except RouteError as error:
                seen.failed.add(error.code)
                continue
            if state(on, route) not in known:
                known.add(state(on, route))
                seen.plays.append(on)
                queue.append(on)
    return seen


def beginnings(route: Route) -> Iterator[Seen]:
    """One world for each way in which its choices can turn out."""
    names = [name for name in route.facts if name.startswith("n_")]
    for values in product((0, 1), repeat=len(names)):
        facts: dict[str, Fact] = {**dict(zip(names, values, strict=True)), "day": "2026-10-01"}
        try:
            yield explore([Play(route, facts=facts)], route)
        except RouteError as error:
            yield Seen(failed={error.code})


def times(told: Play, step: str) -> int:
    return sum(
        getattr(event, "step", "") == step and type(event).__name__ in ("Entered", "Chosen")
        for event in told.events
    )


def comes_back(told: Play, step: str, route: Route) -> bool:
    """It can be entered again and again."""
    for _ in range(BOUND + 3):
        seen = explore([told], route)
        again = [one for one in seen.plays if times(one, step) > times(told, step)]
        if not again:
            # the state is the same as at the beginning: look at what leads into it
            again = [on for one in seen.plays for on in onward(one) if times(on, step) > times(told, step)]
        if not again:
            return "endless_route" in seen.failed
        told = again[0]
    return True


def onward(told: Play) -> Iterator[Play]:
    for move in moves(told, aside=True):
        on = copy.copy(told)
        on.events = list(told.events)
        try:
            move(on)
            on.rules()
        except RouteError:
            continue
        yield on


def stuck(told: Play) -> bool:
    """A step for people at which nobody may do anything."""
    on = copy.copy(told)
    on.case = told.case._replace(timers=())
    step = told.route.steps[told.case.step or ""]
    return isinstance(step, Human) and not any(moves(on, aside=False))


def leads_back(route: Route, start: str, to: str) -> bool:
    """Over steps without a bound; where not, the check is only careful, and there is nothing to show."""
    seen: set[str] = set()
    queue = [start]
    while queue:
        for code in route.follows(queue.pop()):
            step = route.steps[code]
            if code not in seen and not (isinstance(step, Human) and step.at_most):
                seen.add(code)
                queue.append(code)
    return to in seen


def shown(finding: RouteError, route: Route, worlds: list[Seen]) -> bool:
    at = str(finding.params["at"])
    if finding.code == "unreachable":
        return all(at not in seen.steps for seen in worlds)
    if any("endless_route" in seen.failed for seen in worlds) and finding.code in (
        "no_ending",
        "loop_without_bound",
    ):
        return True
    plays = [told for seen in worlds for told in seen.plays]
    match finding.code:
        case "no_ending":
            there = [told for told in plays if times(told, at) and told.case.ending is None]
            ends = [one for told in there[:3] for one in explore([told], route, aside=False).plays]
            return bool(there) and all(one.case.ending is None for one in ends)
        case "loop_without_bound":
            return any(comes_back(told, at, route) for told in plays if times(told, at))
        case "bounded_step_entered_by_rule" | "no_way_past_bound":
            bounded = str(finding.params["step"])
            broke = any(told.case.visits.get(bounded, 0) > BOUND or stuck(told) for told in plays)
            return broke or not leads_back(route, bounded, at)
        case _:
            raise AssertionError(finding)


@settings(max_examples=RUNS, deadline=None, database=None)
@given(st.integers())
@example(
    99_184_892_414
)  # a bounded step that leads to itself and to another, which leads out: the check is careful
def test_what_is_refused_for_its_behaviour_misbehaves(seed: int) -> None:
    raw = broken(Random(seed))
    route = parse_route(raw)
    findings = check(route, **KNOWN)
    worlds = list(beginnings(route)) if findings else []
    for finding in findings:
        assert shown(finding, route, worlds), f"{finding}: {raw}"
