"""The engine alone, on one core, without a database: how often a second, and beside what was aimed at."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.bench.figures import Figure
from tests.builders import CASE, CLOCK, MONDAY, Play, panel, play, small_route, staff, task
from workflow.engine.case import evolve, replay
from workflow.engine.commands import Complete
from workflow.engine.decide import Outside, decide
from workflow.engine.parsing import parse_route
from workflow.engine.simulation import Habits, Worker, simulate
from workflow.engine.soundness import check
from workflow.engine.tables import Facts

SECONDS = 1.0
GOALS = {
    "decide and evolve": 50_000.0,
    "replay of 1,000 events": 100.0,
    "soundness of 60 steps": 1.0,
    "simulated cases": 2_000.0,
}
"""A second."""


def figures() -> list[Figure]:
    """How often a second, beside what was aimed at."""
    rates = {
        "decide and evolve": _often(_deciding()),
        "replay of 1,000 events": _often(_replaying()),
        "soundness of 60 steps": _often(_checking()),
        "simulated cases": _simulating(),
    }
    return [
        Figure(what, 1, round(rate), round(rate / GOALS[what], 2), f"the goal of {GOALS[what]:,.0f}")
        for what, rate in rates.items()
    ]


def _often(doing: Callable[[], object]) -> float:
    doing()
    began, count = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < SECONDS:
        doing()
        count += 1
    return count / took


def _deciding() -> Callable[[], object]:
    told = play(
        {"review": panel({"a": True, "b": True}, dict.fromkeys(("agreed", "rejected", "split"), "end"))}
    )
    actor, outside = staff("a", "a", "reviewer"), Outside(MONDAY, CLOCK)
    command = Complete(CASE, "review", "a", "yes", told.case.entry)

    def once() -> object:
        case = told.case
        for event in decide(told.route, case, command, actor, outside):
            case = evolve(case, event)
        return case

    return once


def _replaying() -> Callable[[], object]:
    back = {"a": task({"on": "b", "end": "end"}), "b": task({"back": "a"}, at_most=10**6)}
    told: Play = play(back)
    clerk = staff("clerk")
    while len(told.events) < 1_000:
        told.complete(clerk, "on" if told.case.step == "a" else "back")
    return lambda: replay(told.events)


def _checking() -> Callable[[], object]:
    route = parse_route(
        small_route({**{f"s{n}": task({"on": f"s{n + 1}"}) for n in range(59)}, "s59": task({"on": "end"})})
    )
    known: dict[str, Any] = {
        "offices": {"desk"},
        "roles": {"clerk"},
        "stages": {"work", "closed"},
        "statuses": {"open", "over"},
        "forms": (),
        "letters": (),
    }
    assert check(route, **known) == []
    return lambda: check(route, **known)


def _simulating(cases: int = 1_000) -> float:
    """A route of three tasks, with people enough for all."""
    route = parse_route(
        small_route({"a": task({"on": "b"}), "b": task({"on": "c"}), "c": task({"on": "end"})})
    )
    workers = [Worker(f"w{n}", frozenset({("desk", "clerk")})) for n in range(4)]
    random = Random(7)
    days = sorted(random.uniform(0, 300) for _ in range(cases))
    arrivals: list[tuple[datetime, Facts]] = [(MONDAY + timedelta(days=at), {}) for at in days]
    began = time.perf_counter()
    played = simulate(lambda _facts: route, arrivals, workers, CLOCK, Habits(), 7)
    assert all(one.ending for one in played)
    return cases / (time.perf_counter() - began)
