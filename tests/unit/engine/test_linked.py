"""Somebody whom the system knows to be linked to the applicant: declares at every step, or steps back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import CASE, Play, names, play, staff, task
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Declare, Extend, Recuse, Resume, Suspend, TakeWay
from workflow.engine.decide import allowed
from workflow.engine.route import OPERATOR
from workflow.errors import FoerderwegError

DESK, BOSSES = {"office": "desk", "role": "clerk"}, {"office": "desk", "role": "boss"}
ANNA, BOSS = replace(staff("anna"), linked=True), replace(staff("boss", "desk", "boss"), linked=True)
BRUNO = staff("bruno")


def working() -> Play:
    return play(
        {"a": task({"on": "end"})},
        ways={"override": {"from": ["a"], "to": ["end"], "who": DESK, "second": BOSSES, "at_most": 2}},
        suspend={"from": ["a"], "who": BOSSES},
        extend={"from": ["a"], "who": BOSSES, "at_most": 20},
    )


def offers(told: Play, actor: Actor) -> set[str]:
    return {one.action for one in allowed(told.route, told.case, actor, told.today)}


def refused(told: Play, command: Complete | Declare | Extend | Recuse | Suspend | TakeWay, by: Actor) -> str:
    with pytest.raises(FoerderwegError) as caught:
        told.do(command, by)
    return caught.value.code


def test_at_a_step_without_a_gate_they_alone_declare_before_they_work() -> None:
    told = working()
    assert offers(told, ANNA) == {"declare", "recuse", "assign"}
    assert offers(told, BRUNO) == {"complete", "assign", "way"}
    assert refused(told, Complete(CASE, "a", "", "on", 1), ANNA) == "declare_first"
    assert refused(told, Declare(CASE), BRUNO) == "nothing_to_declare"
    told.do(Declare(CASE), ANNA)
    assert offers(told, ANNA) == {"complete", "recuse", "assign", "way"}
    assert names(told.complete(ANNA, "on")) == ["Completed", "Ended"]


def test_or_they_step_back_and_somebody_else_does_it() -> None:
    told = working()
    told.do(Recuse(CASE), ANNA)
    assert offers(told, ANNA) == set()
    assert refused(told, Complete(CASE, "a", "", "on", 1), ANNA) == "recused"
    told.complete(BRUNO, "on")


def test_off_the_straight_way_too() -> None:
    told = working()
    assert offers(told, BOSS) == {"declare", "recuse"}
    for command in (Suspend(CASE, 1), Extend(CASE, 3, 1)):
        assert refused(told, command, BOSS) == "declare_first"
    assert refused(told, TakeWay(CASE, "override", "end", 1), ANNA) == "declare_first"
    told.do(TakeWay(CASE, "override", "end", 1), BRUNO)
    agreed = TakeWay(CASE, "override", "end", 1, agrees_with=BRUNO.person)
    assert refused(told, agreed, BOSS) == "declare_first"
    told.do(Suspend(CASE, 1), replace(BOSS, linked=False))
    assert offers(told, BOSS) == {"declare", "recuse"}  # a case that stands still is no dead end
    told.do(Declare(CASE), BOSS)
    told.do(Resume(CASE), BOSS)
    assert names(told.do(agreed, BOSS)) == ["WayTaken"]


def test_members_and_operators_have_nothing_to_declare() -> None:
    told = working()
    member = replace(BOSS, organisations={"org": frozenset({"read", "sign"})})
    assert offers(told, member) == set()
    operator = Actor("o", frozenset({("", OPERATOR)}), linked=True)
    assert offers(told, operator) == set()
