"""Somebody has those reminded who have the work: at most so often, and only where a person is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import CASE, CLOCK, MONDAY, SIGNER, Play, names, play, staff, task
from workflow.engine.case import Actor, dump_case, load_case
from workflow.engine.commands import Nudge, Suspend
from workflow.engine.decide import Outside, allowed, decide
from workflow.errors import FoerderwegError
from workflow.funding.effects import effects_of

CLERK, BOSS = staff("clerk"), staff("boss", "desk", "head")
HEAD = {"office": "desk", "role": "head"}
STEPS = {"a": task({"on": "b"}), "b": task({"on": "end"})}


def told_of(**more: Any) -> Play:
    return play(STEPS, extend={"from": ["a", "b"], "who": HEAD, "at_most": 5}, **more)


def refused(told: Play, actor: Actor) -> str:
    with pytest.raises(FoerderwegError) as caught:
        decide(told.route, told.case, Nudge(CASE, told.case.entry), actor, Outside(MONDAY, CLOCK))
    return caught.value.code


def test_who_may_give_more_time_may_remind_three_times_a_visit() -> None:
    told = told_of()
    for times in range(1, 4):
        assert "nudge" in {one.action for one in allowed(told.route, told.case, BOSS, told.today)}
        assert names(told.do(Nudge(CASE, 1), BOSS)) == ["Nudged"]
        assert told.case.nudges == times
    assert refused(told, BOSS) == "nudged_enough"
    assert "nudge" not in {one.action for one in allowed(told.route, told.case, BOSS, told.today)}
    told.complete(CLERK, "on")
    assert (told.case.step, told.case.nudges) == ("b", 0)
    assert refused(told, CLERK) == "not_yours"
    assert refused(told, SIGNER) == "not_yours"
    assert load_case(dump_case(told.case)) == told.case


def test_nobody_is_reminded_of_what_stands_still_or_is_over() -> None:
    told = told_of(suspend={"from": ["a"], "who": HEAD})
    told.do(Suspend(CASE, 1), BOSS)
    assert refused(told, BOSS) == "suspended"
    over = told_of()
    over.complete(CLERK, "on")
    over.complete(CLERK, "on")
    assert refused(over, BOSS) == "closed"
    assert refused(play(STEPS), BOSS) == "not_at_this_step"


def test_the_reminder_goes_to_those_who_have_the_work() -> None:
    told = told_of()
    before = told.case
    [event] = told.do(Nudge(CASE, 1), BOSS)
    [effect] = effects_of(CASE, event, before, told.case)
    assert effect.payload == {"text": "office_reminder", "office": "desk", "role": "clerk"}
