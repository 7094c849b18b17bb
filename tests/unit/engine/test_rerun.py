"""A past case on another version of its route: the same facts, another way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.builders import (
    CASE,
    CHILD,
    CLOCK,
    END,
    MONDAY,
    SIGNER,
    Play,
    panel,
    play,
    small_route,
    staff,
    task,
)
from workflow.engine.commands import ChildEnded, Extend, OpenChild, Resume, Suspend, TakeWay, Withdraw
from workflow.engine.events import Event
from workflow.engine.moving import why_not
from workflow.engine.parsing import parse_route
from workflow.engine.rerun import recorded, rerun
from workflow.engine.route import Route

CLERK = staff("clerk")
STEPS: dict[str, Any] = {"a": task({"on": "b", "no": "end"}), "b": task({"on": "end"})}


def happened(told: Play, days: int = 2) -> list[tuple[Event, datetime]]:
    """The events of a play, so many days between two acts."""
    found, now = [], MONDAY
    for event in told.events:
        now += timedelta(days=days) if type(event).__name__ == "Completed" else timedelta()
        found.append((event, now))
    return found


def gone() -> Play:
    told = play(STEPS)
    told.complete(CLERK, "on")
    told.complete(CLERK, "on")
    return told


def route(steps: dict[str, Any], **more: Any) -> Route:
    return parse_route(small_route(steps, **more))


def test_on_the_same_route_it_goes_the_same_way() -> None:
    told = happened(gone())
    assert rerun(route(STEPS), told, CLOCK) == recorded(told, CLOCK)


def test_a_step_less_is_a_shorter_way() -> None:
    run = rerun(route({"a": task({"on": "end"})}), happened(gone()), CLOCK)
    assert (run.ending, run.way, run.days) == ("over", ("a",), 2)


def test_where_nobody_decided_then_it_stays_open() -> None:
    run = rerun(route({"a": task({"on": "new"}), "new": task({"on": "end"})}), happened(gone()), CLOCK)
    assert (run.ending, run.open_at) == (None, "new")


def test_a_deadline_of_the_new_version_ends_what_took_longer() -> None:
    lapse = [{"at": 100, "do": "lapse", "outcome": "late"}]
    outcomes = {"on": "b", "late": {"to": "end", "by": "clock"}}
    run = rerun(route({**STEPS, "a": task(outcomes, due=1, timers=lapse)}), happened(gone(), days=9), CLOCK)
    assert (run.ending, run.way) == ("over", ("a",))


def test_a_seat_more_waits_for_a_vote_that_was_never_given() -> None:
    to = dict.fromkeys(("agreed", "rejected", "split"), "end")
    told = play({"p": panel({"a": True}, to)})
    told.complete(staff("x", "a", "reviewer"), "yes", seat="a")
    assert rerun(told.route, happened(told), CLOCK).ending == "over"
    assert rerun(route({"p": panel({"a": True, "b": True}, to)}), happened(told), CLOCK).open_at == "p"


def test_what_keeps_a_running_case_on_its_version() -> None:
    told = play(STEPS)
    before = told.route

    def reason(steps: dict[str, Any], **more: Any) -> str | None:
        return why_not(before, route(steps, **more), told.case, told.today)

    assert reason(STEPS) is None
    assert reason({**STEPS, "b": task({"on": "c"}), "c": task({"on": "end"})}) is None
    assert reason({"x": task({"on": "end"})}) == "step_missing:a"
    assert reason({"a": {**END}}) == "kind_differs:a"
    other = task({"on": "b"}, who={"office": "a", "role": "clerk"})
    assert reason({**STEPS, "a": other}) == "seats_differ:a"
    rows = [{"when": {"n": {"min": 1}}, "to": "b"}]
    choice = {"kind": "choice", "rows": rows, "else": "end"}
    assert reason({**STEPS, "c": choice}, facts={"n": "number"}) == "fact_missing:n"
    told.complete(CLERK, "no")
    assert reason(STEPS) == "closed"


def test_what_was_withdrawn_is_withdrawn_again() -> None:
    told = play(STEPS, withdraw={"from": ["a", "b"], "to": "end"})
    told.complete(CLERK, "on")
    told.do(Withdraw(CASE), SIGNER)
    told.rules()
    assert rerun(told.route, happened(told), CLOCK) == recorded(happened(told), CLOCK)


def test_a_way_off_the_route_is_taken_again_where_it_is_there() -> None:
    off = {"skip": {"from": ["a"], "to": ["end"], "who": {"office": "desk", "role": "clerk"}}}
    steps = {"a": task({"on": "b"}), "b": task({"on": "end"})}
    told = play(steps, ways=off)
    told.do(TakeWay(CASE, "skip", "end", 1), CLERK)
    told.rules()
    assert rerun(told.route, happened(told), CLOCK) == recorded(happened(told), CLOCK)
    assert rerun(route(steps), happened(told), CLOCK).open_at == "a"


DESK = {"office": "desk", "role": "clerk"}
SHORT: dict[str, Any] = {
    "a": task(
        {"on": "b", "late": {"to": "end", "by": "clock"}},
        due=5,
        timers=[{"at": 80, "do": "remind"}, {"at": 100, "do": "lapse", "outcome": "late"}],
    ),
    "b": task({"on": "end"}),
}
ASIDE: dict[str, Any] = {
    "suspend": {"from": ["a"], "who": DESK},
    "extend": {"from": ["a"], "who": DESK, "at_most": 9},
}


def timed(told: Play, *acts: tuple[int, Any]) -> list[tuple[Event, datetime]]:
    """Play these acts, each so many days after the one before, and say when each event happened."""
    found = [(event, told.now) for event in told.events]
    for days, act in acts:
        seen = len(told.events)
        told.rules(days=days)
        if isinstance(act, str):
            told.complete(CLERK, act)
        else:
            told.do(act, CLERK)
        found += [(event, told.now) for event in told.events[seen:]]
    return found


def test_what_was_done_after_a_reminder_is_done_again() -> None:
    told = play(SHORT)
    past = timed(told, (4, "on"), (1, "on"))
    assert rerun(told.route, past, CLOCK) == recorded(past, CLOCK)


def test_a_stop_and_a_longer_deadline_count_again() -> None:
    told = play(SHORT, **ASIDE)
    past = timed(
        told, (1, Suspend(CASE, 1)), (28, Resume(CASE)), (1, Extend(CASE, 9, 1)), (9, "on"), (1, "on")
    )
    run = rerun(told.route, past, CLOCK)
    assert run == recorded(past, CLOCK)
    assert (run.way, run.ignored) == (("a", "b"), ())


def test_where_they_are_not_known_the_deadline_comes_first_and_that_is_told() -> None:
    told = play(SHORT, **ASIDE)
    past = timed(told, (1, Suspend(CASE, 1)), (28, Resume(CASE)), (1, "on"), (1, "on"))
    run = rerun(route(SHORT), past, CLOCK)
    assert (run.ending, run.way) == ("over", ("a",))
    assert run.ignored == ("a Suspended", "a Resumed", "a Completed", "b Completed")


def test_a_case_that_froze_this_one_freezes_it_again() -> None:
    appeal = {"route": "other", "form": "f", "from": ["a"], "who": DESK, "at_most": 1, "freezes": True}
    told = play(SHORT, children={"appeal": appeal})
    ended = ChildEnded(CASE, str(CHILD), "over")
    past = timed(told, (1, OpenChild(CASE, "appeal", CHILD, 1)), (28, ended), (1, "on"), (1, "on"))
    run = rerun(told.route, past, CLOCK)
    assert (run.ending, run.way, run.ignored) == ("over", ("a", "b"), ())
    assert run == recorded(past, CLOCK)
