"""Random small routes played by random people: what must hold for every route and every case."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import CASE, CLOCK, END, SIGNER, Play, call, commands_of, panel, small_route, staff, task
from workflow.engine.case import Actor, dump_case, load_case, replay
from workflow.engine.commands import (
    ChildEnded,
    Command,
    Complete,
    Declare,
    Extend,
    OpenChild,
    Receive,
    Recuse,
    Report,
    Resume,
    Suspend,
    TakeWay,
    Withdraw,
)
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.events import dump, load
from workflow.engine.parsing import parse_route
from workflow.engine.route import APPLICANT, OPERATOR, Call, Human, Wait
from workflow.engine.soundness import check
from workflow.errors import FoerderwegError

CLERKS = {"office": "desk", "role": "clerk"}
OFFICES = ("desk", "a", "b", "none")
KNOWN: dict[str, Any] = {
    "offices": ("desk", "a", "b"),
    "roles": ("clerk", "reviewer"),
    "stages": ("work", "review", "order", "closed"),
    "statuses": ("open", "over"),
    "forms": ("check",),
    "letters": ("order",),
    "routes": {
        "other": parse_route(
            small_route(
                {
                    "s": task({"on": "end", "off": "lost"}),
                    "end": END | {"ending": "won"},
                    "lost": END | {"ending": "lost"},
                }
            )
        )
    },
}
CROWD = (
    SIGNER,
    staff("clerk"),
    staff("other"),
    staff("a", "a", "reviewer"),
    Actor("both", frozenset({("a", "reviewer"), ("b", "reviewer"), ("desk", "clerk")})),
    Actor("inside", frozenset({("desk", "clerk"), ("", OPERATOR)}), {"org": frozenset({"read"})}),
    staff("operator", "", OPERATOR),
    Actor("stranger"),
)
MOVES, MOST_MOVES = 25, 300
RUNS = int(os.environ.get("FOERDERWEG_RANDOM_ROUTES", "500"))


def some_route(random: Random) -> dict[str, Any]:
    """Steps in a row, with ways forward past some of them, and bounded steps off it that lead anywhere."""
    row = [f"s{number}" for number in range(random.randint(1, 5))]
    aside = [f"b{number}" for number in range(random.randint(0, 2))]
    steps: dict[str, Any] = {}
    for number, code in enumerate(row):
        onward = [*row[number + 1 :], "end"]
        steps[code] = _some_step(random, onward, aside, before=row[:number])
    for code in aside:
        steps[code] = _some_task(random, row, aside) | {"at_most": random.randint(1, 2)}
    withdraw = {"from": random.sample(row, random.randint(0, len(row))), "to": "end"}
    facts = {"n": "number", "day": "date"}
    route = _reachable(small_route(steps, facts=facts, withdraw=withdraw))
    return route | _some_ways(random, {code: one for code, one in route["steps"].items() if code != "end"})


def _some_step(random: Random, onward: list[str], aside: list[str], before: list[str]) -> dict[str, Any]:
    match random.choice(("task", "task", "panel", "choice", "call", "wait")):
        case "panel":
            seats = {"a": True, "b": random.random() < 0.7, "c": False}
            most = sum(seats.values())
            to = {verdict: random.choice(onward) for verdict in ("agreed", "rejected", "split")}
            close = random.choice(["all", random.randint(1, most)])
            to = {code: step for code, step in to.items() if close == "all" or code != "split"}
            enough = ["a"] if close == "all" and random.random() < 0.5 else []
            step = panel(seats, to, close=close, enough_at_deadline=enough, gate=random.random() < 0.5)
            step["seats"]["c"]["office"] = random.choice(OFFICES)
            return step | {"not_by": random.sample(before, random.randint(0, len(before)))}
        case "choice":
            rows = [{"when": {"n": {"min": random.randint(0, 5)}}, "to": random.choice(onward)}]
            return {"kind": "choice", "rows": rows, "else": random.choice(onward)}
        case "call":
            return call(random.choice(onward))
        case "wait":
            return _some_wait(random, onward)
    return _some_task(random, onward, aside) | {
        "not_by": random.sample(before, random.randint(0, len(before)))
    }


def _some_wait(random: Random, onward: list[str]) -> dict[str, Any]:
    ways = {name: {"to": random.choice(onward)} for name in ("received", "elapsed")}
    due = random.choice((random.randint(1, 5), {"date": "day", "days": random.randint(-9, 9)}))
    step: dict[str, Any] = {"kind": "wait", "stage": "work", "status": "open", "due": due, "outcomes": ways}
    if random.random() < 0.3:
        ends = {ending: {"to": random.choice(onward)} for ending in ("won", "lost")}
        return step | {"child": "appeal", "outcomes": {**ends, "elapsed": ways["elapsed"]}}
    return step | ({"message": "signed", "who": CLERKS} if random.random() < 0.6 else {})


def _some_ways(random: Random, steps: Mapping[str, Any]) -> dict[str, Any]:
    """Ways off the route from where people or the clock act, to anywhere; a stop; longer deadlines."""
    standing = [code for code, step in steps.items() if step["kind"] in ("task", "panel", "wait")]
    hearing = [code for code, step in steps.items() if step.get("child")] or standing
    appeal = {
        "route": "other",
        "form": "check",
        "from": random.sample([*hearing, "end"], random.randint(1, len(hearing) + 1)),
        "who": random.choice((APPLICANT, CLERKS)),
        "at_most": random.randint(1, 3),
        "freezes": random.random() < 0.5,
        "others": random.random() < 0.5,
    }
    appeal["internal"] = appeal["who"] is CLERKS and random.random() < 0.5
    if not standing or random.random() < 0.3:
        return {"children": {"appeal": appeal}}
    some = random.sample(standing, random.randint(1, len(standing)))
    way = {
        "from": some,
        "to": random.sample([*steps, "end"], 1),
        "who": CLERKS,
        "at_most": random.randint(1, 2),
    }
    return {
        "children": {"appeal": appeal},
        "ways": {"aside": way, "jump": {**way, "second": {"office": "a", "role": "reviewer"}}},
        "suspend": {"from": some, "who": CLERKS},
        "extend": {"from": some, "who": CLERKS, "at_most": random.randint(1, 9)},
    }


def _some_task(random: Random, onward: list[str], aside: list[str]) -> dict[str, Any]:
    outcomes: dict[str, Any] = {"on": random.choice(onward)}
    timers: list[dict[str, Any]] = [{"at": 80, "do": "remind"}, {"at": 120, "do": "escalate"}]
    if aside and random.random() < 0.7:
        outcomes["aside"] = random.choice(aside)
    if random.random() < 0.3:
        outcomes["silent"] = {"to": random.choice(onward), "by": "clock"}
        timers.append({"at": random.choice((100, 200)), "do": "lapse", "outcome": "silent"})
    who = random.choice((APPLICANT, {"office": "desk", "role": "clerk"}))
    return task(outcomes, who=who, timers=timers, gate=random.random() < 0.5)


def _reachable(raw: dict[str, Any]) -> dict[str, Any]:
    route, seen, queue = parse_route(raw), {raw["start"], "end"}, [raw["start"]]
    while queue:
        found = set(route.follows(queue.pop())) - seen
        seen |= found
        queue += sorted(found)
    steps = {code: step for code, step in raw["steps"].items() if code in seen}
    withdraw = {"from": [code for code in raw["withdraw"]["from"] if code in seen], "to": "end"}
    for step in steps.values():
        step["not_by"] = [code for code in step.get("not_by", ()) if code in seen]
    return {**raw, "steps": steps | {"end": END}, "withdraw": withdraw}


def every_command(told: Play) -> Iterator[Command]:
    """All that somebody could ask of this case, sense and nonsense."""
    yield from (Declare(CASE), Recuse(CASE), Withdraw(CASE), Resume(CASE))
    for entry in (told.case.entry, told.case.entry - 1):
        yield from (Suspend(CASE, entry), Receive(CASE, "signed", entry), Receive(CASE, "paid", entry))
        yield from (Extend(CASE, days, entry) for days in (0, 1, 5, 10))
        yield from (OpenChild(CASE, child, new_id(told), entry) for child in ("appeal", "none"))
        for way in ("aside", "jump", "none"):
            yield from (TakeWay(CASE, way, to, entry) for to in ("end", "s0", told.case.step or ""))
    for step in sorted({told.case.step or "", *list(told.route.steps)[:2]}):
        for seat in ("", "a", "b", "c", "operator"):
            for outcome in ("on", "aside", "silent", "yes", "no", "agreed", "retry"):
                yield Complete(CASE, step, seat, outcome, told.case.entry)
    yield Complete(CASE, told.case.step or "", "", "on", told.case.entry - 1)


def offered(told: Play, actor: Actor) -> list[Command]:
    """What `allowed` says, as commands."""
    offers = allowed(told.route, told.case, actor, told.today)
    return [one for offer in offers for one in commands_of(CASE, told.case.entry, offer, new_id(told))]


def new_id(told: Play) -> UUID:
    """The id of a child that is opened now: another one each time."""
    return UUID(int=told.case.version)


def accepted(told: Play, command: Command, actor: Actor) -> bool:
    try:
        return bool(decide(told.route, told.case, command, actor, Outside(told.now, CLOCK)))
    except FoerderwegError:
        return False


def must_hold(told: Play) -> None:
    """The state is what the events make, also after storage; whatever is open is somebody's to do."""
    stored = [json.loads(json.dumps(dump(event))) for event in told.events]
    assert replay(load(name, data) for name, data in stored) == told.case
    assert load_case(json.loads(json.dumps(dump_case(told.case)))) == told.case
    step = told.route.steps[told.case.step or ""]
    assert told.rules() == []
    assert told.case.to is None
    if told.case.ending is not None:
        assert (told.case.open_seats, told.case.timers) == ((), ())
    elif isinstance(step, Human):
        assert told.case.open_seats
    elif isinstance(step, Wait):
        assert told.case.timers
    else:
        assert isinstance(step, Call)


def bring_on(told: Play, random: Random) -> None:
    """One thing is done by somebody who may: a new person with the role, or the outside world."""
    step = told.route.steps[told.case.step or ""]
    running = [name for name, child in told.case.children.items() if not child["ending"]]
    if told.case.suspended_at is not None and running:
        told.do(ChildEnded(CASE, running[0], random.choice(("won", "lost"))), SIGNER)
        told.rules()
    elif told.case.suspended_at is not None:
        told.do(Resume(CASE), staff("clerk-of-the-day"))
    if told.case.suspended_at is not None or told.case.ending is not None:
        return
    step = told.route.steps[told.case.step or ""]
    if isinstance(step, Wait):
        told.rules(days=60)
        return
    if isinstance(step, Call):
        told.do(Report(CASE, told.case.entry, told.case.attempt, content="pdf"), SIGNER)
        told.rules()
        return
    seat = random.choice(told.case.open_seats)
    somebody = Actor(f"new-{told.case.version}", frozenset({(seat.office, seat.role)}))
    actor = SIGNER if seat.role == APPLICANT else somebody
    if Declare(CASE) in offered(told, actor):
        told.do(Declare(CASE), actor)
    done = [one for one in offered(told, actor) if isinstance(one, Complete) and one.seat == seat.code]
    told.do(random.choice(done), actor)
    told.rules()


def something(told: Play, random: Random) -> None:
    """A person of the crowd does what is offered, the world answers, or days go by."""
    actor = random.choice(CROWD)
    commands = offered(told, actor)
    match random.randint(0, 3):
        case 0 | 1 if commands:
            told.do(random.choice(commands), actor)
        case 2 if told.case.children:
            ending = random.choice(("won", "lost"))
            told.do(ChildEnded(CASE, random.choice(list(told.case.children)), ending), actor)
        case 2:
            content = random.choice(("pdf", None))
            attempt = told.case.attempt - random.randint(0, 1)
            told.do(Report(CASE, told.case.entry, attempt, content=content), actor)
        case _:
            told.rules(days=random.randint(0, 9))
    told.rules()


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers())
def test_what_is_offered_is_accepted_and_nothing_else(seed: int) -> None:
    random = Random(seed)
    told = Play(parse_route(some_route(random)), facts={"n": random.randint(0, 6), "day": "2026-10-01"})
    for _ in range(MOVES):
        actor = random.choice(CROWD)
        commands = offered(told, actor)
        assert all(accepted(told, command, actor) for command in commands)
        assert all(command in commands for command in every_command(told) if accepted(told, command, actor))
        something(told, random)


@settings(max_examples=RUNS, deadline=None, database=None)
@given(st.integers())
def test_a_sound_route_always_ends_and_its_state_is_its_events(seed: int) -> None:
    random = Random(seed)
    route = parse_route(some_route(random))
    assert check(route, **KNOWN) == []
    told = Play(route, facts={"n": random.randint(0, 6), "day": "2026-10-01"})
    for _ in range(random.randint(0, MOVES)):
        must_hold(told)
        something(told, random)
    for _ in range(MOST_MOVES):
        must_hold(told)
        if told.case.ending is not None:
            return
        bring_on(told, random)
    pytest.fail(f"after {MOST_MOVES} moves still at {told.case.step}")
