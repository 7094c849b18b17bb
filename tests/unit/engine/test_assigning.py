"""Who of an office has a piece of work: taken, handed over, given back, reassigned by its head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import CASE, CLOCK, MONDAY, SIGNER, Play, names, panel, play, staff, task
from workflow.engine.case import Actor, dump_case, evolve, load_case, replay
from workflow.engine.commands import Assign, Declare, Recuse
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.events import Completed, Escalated
from workflow.errors import FoerderwegError
from workflow.funding.effects import effects_of

ANNA, BRUNO, CARLA = staff("anna"), staff("bruno"), staff("carla")
HEAD = staff("head", "desk", "office_head")
STRANGER = staff("stranger", "elsewhere")


def checking(**more: Any) -> Play:
    return play({"a": task({"on": "b"}, **more), "b": task({"on": "end"}, not_by=["a"])})


def assign(
    told: Play,
    actor: Actor,
    to: Actor | None,
    held_by: Actor | None = None,
    entry: int = 1,
) -> list[Any]:
    command = Assign(CASE, "", entry, to.person if to else "", held_by.person if held_by else "")
    events = decide(told.route, told.case, command, actor, Outside(MONDAY, CLOCK, person=to))
    for event in events:
        told.case = evolve(told.case, event)
    told.events += events
    return events


def refused(told: Play, *given: Any, **more: Any) -> str:
    with pytest.raises(FoerderwegError) as caught:
        assign(told, *given, **more)
    return caught.value.code


def holder(told: Play) -> str | None:
    return told.case.seats[0].holder


def ways(told: Play, actor: Actor) -> tuple[str, ...]:
    return next(
        (one.outcomes for one in allowed(told.route, told.case, actor, told.today) if one.action == "assign"),
        (),
    )


def test_who_takes_it_has_it_and_can_give_it_back() -> None:
    told = checking()
    assert ways(told, ANNA) == ("take", "hand_over")
    assert names(assign(told, ANNA, ANNA)) == ["Assigned"]
    assert holder(told) == "anna"
    assert ways(told, ANNA) == ("hand_over", "give_back")
    assert refused(told, ANNA, ANNA, ANNA) == "yours_already"
    assign(told, ANNA, None, ANNA)
    assert holder(told) is None
    assert ways(told, ANNA) == ("take", "hand_over")


def test_what_is_long_overdue_is_the_whole_offices_again() -> None:
    told = checking(timers=[{"at": 80, "do": "remind"}, {"at": 120, "do": "escalate"}])
    assign(told, ANNA, ANNA)
    reminded, escalated = told.rules(days=30)
    assert isinstance(escalated, Escalated)
    assert (names([reminded]), escalated.freed) == (["Reminded"], ("",))
    assert holder(told) is None
    effects = effects_of(CASE, escalated, replay(told.events[:-1]), told.case)
    assert [(one.payload["text"], one.payload["role"]) for one in effects] == [
        ("office_escalation", "office_head"),
        ("office_turn", "clerk"),
    ]
    assert told.rules(days=30) == []


def test_of_two_who_take_it_the_second_is_told() -> None:
    told = checking()
    assign(told, ANNA, ANNA)
    assert refused(told, BRUNO, BRUNO) == "taken_already"


def test_a_colleague_takes_over_from_whom_they_see_has_it() -> None:
    told = checking()
    assign(told, ANNA, ANNA)
    assert ways(told, BRUNO) == ("take",)
    assign(told, BRUNO, BRUNO, ANNA)
    assert holder(told) == "bruno"


def test_others_of_the_office_may_still_do_the_work() -> None:
    told = checking()
    assign(told, ANNA, ANNA)
    told.complete(BRUNO, "on")
    assert told.case.step == "b"
    assert holder(told) is None  # a new step lies with the office


def test_it_is_handed_over_only_to_somebody_who_may_do_it() -> None:
    told = checking()
    assert refused(told, ANNA, STRANGER) == "cannot_have_it"
    member = replace(CARLA, organisations={"org": frozenset({"read"})})
    assert refused(told, ANNA, member) == "cannot_have_it"
    assign(told, ANNA, BRUNO)
    assert holder(told) == "bruno"
    assert refused(told, ANNA, CARLA, BRUNO) == "not_yours"
    assert refused(told, STRANGER, STRANGER, BRUNO) == "not_yours"


@pytest.mark.parametrize("gate", [True, False])
@pytest.mark.parametrize("giver", ["anna", "bruno"])
def test_a_known_link_stops_it_until_that_person_has_declared(gate: bool, giver: str) -> None:
    told, anna = checking(gate=gate), replace(ANNA, linked=True)
    by = {"anna": anna, "bruno": BRUNO}[giver]
    assert refused(told, by, anna) == "linked"
    assert ways(told, anna) == ("hand_over",)
    told.do(Declare(CASE), anna)
    assign(told, by, anna)
    assert holder(told) == "anna"


def test_four_eyes_hold_for_assignments_too() -> None:
    told = checking()
    told.complete(ANNA, "on")
    assert refused(told, BRUNO, ANNA, entry=2) == "cannot_have_it"
    assert refused(told, ANNA, ANNA, entry=2) == "four_eyes"


def test_the_head_reassigns_and_does_not_do_the_work() -> None:
    told = checking()
    assign(told, ANNA, ANNA)
    assert ways(told, HEAD) == ("hand_over", "give_back")
    assign(told, HEAD, BRUNO, ANNA)
    assert holder(told) == "bruno"
    assert refused(told, HEAD, HEAD, BRUNO) == "not_yours"
    assert refused(told, replace(HEAD, organisations=SIGNER.organisations), ANNA, BRUNO) == "not_yours"


def test_who_recuses_has_it_no_more() -> None:
    told = checking(gate=True)
    assign(told, ANNA, ANNA)
    told.do(Recuse(CASE), ANNA)
    assert holder(told) is None
    assert refused(told, BRUNO, ANNA) == "cannot_have_it"


def test_each_seat_of_a_panel_is_somebodys() -> None:
    told = play({"p": panel({"x": True, "y": True}, {"for": "end", "against": "end", "split": "end"})})
    reviewer = staff("x1", "x", "reviewer")
    told.do(Assign(CASE, "x", 1, "x1"), reviewer)
    assert [seat.holder for seat in told.case.seats] == ["x1", None]


def test_late_and_wrong_assignments_change_nothing() -> None:
    told = checking()
    assert refused(told, ANNA, ANNA, entry=2) == "step_has_passed"
    assert refused(told, SIGNER, SIGNER) == "not_yours"
    told.complete(ANNA, "on")
    told.complete(BRUNO, "on")
    assert refused(told, ANNA, ANNA, entry=2) == "closed"


def test_the_state_keeps_it_and_says_nothing_where_nobody_has_it() -> None:
    told = checking()
    assert "holder" not in dump_case(told.case)["seats"][0]
    assign(told, ANNA, ANNA)
    assert load_case(dump_case(told.case)) == told.case == replay(told.events)


def test_when_a_recusal_leaves_nobody_the_case_says_so() -> None:
    told = checking(gate=True)
    outside = Outside(MONDAY, CLOCK, people=(ANNA, BRUNO, STRANGER))
    first = decide(told.route, told.case, Recuse(CASE, "why"), ANNA, outside)
    assert names(first) == ["Recused"]
    for event in first:
        told.case = evolve(told.case, event)
    assert names(decide(told.route, told.case, Recuse(CASE), BRUNO, outside)) == ["Recused", "Unstaffed"]


@pytest.mark.parametrize(("taken_by", "meant"), [(BRUNO, "bruno"), (None, "anna"), (CARLA, "anna")])
def test_who_stands_in_for_two_does_the_work_of_whom_it_is(taken_by: Actor | None, meant: str) -> None:
    told = play({"a": task({"on": "end"})})
    if taken_by:
        assign(told, taken_by, taken_by)
    deputy = replace(staff("deputy"), lent={("desk", "clerk"): ("anna", "bruno")})
    done = told.complete(deputy, "on")[0]
    assert isinstance(done, Completed)
    assert done.stands_in_for == meant
