"""Off the straight way: waiting, ways with a reason, stops, longer deadlines, voided approvals, dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import CASE, CLOCK, MONDAY, SIGNER, Play, names, panel, play, staff, task
from workflow.engine.advance import next_due
from workflow.engine.case import Actor, dump_case, load_case
from workflow.engine.commands import Complete, Extend, Receive, Resume, Suspend, TakeWay, Withdraw
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.tables import parse_table, pick
from workflow.errors import FoerderwegError, RouteError

CLERK, OTHER, BOSS = staff("clerk"), staff("other"), staff("boss", "desk", "head")
DESK = {"office": "desk", "role": "clerk"}
HEAD = {"office": "desk", "role": "head"}
WAIT = {
    "kind": "wait",
    "stage": "work",
    "status": "open",
    "due": 10,
    "message": "signed",
    "who": DESK,
    "outcomes": {"received": {"to": "end"}, "elapsed": {"to": "late"}},
}
STEPS = {"a": task({"on": "b"}), "b": task({"on": "end"}), "late": task({"on": "end"})}
OUTSIDE = Outside(MONDAY, CLOCK)


def refused(told: Play, command: Any, actor: Actor) -> str:
    with pytest.raises(FoerderwegError) as caught:
        decide(told.route, told.case, command, actor, OUTSIDE)
    return caught.value.code


def offers(told: Play, actor: Actor) -> set[str]:
    return {offer.action for offer in allowed(told.route, told.case, actor, told.today)} - {"assign"}


def waiting(**more: Any) -> Play:
    return play({"w": {**WAIT, **more}, "late": STEPS["late"]})


def test_a_wait_ends_with_its_message() -> None:
    told = waiting()
    assert (told.case.step, told.case.open_seats) == ("w", ())
    assert offers(told, CLERK) == {"receive"}
    assert refused(told, Receive(CASE, "paid", 1), CLERK) == "no_such_outcome"
    assert refused(told, Receive(CASE, "signed", 1), BOSS) == "not_yours"
    assert refused(told, Receive(CASE, "signed", 2), CLERK) == "step_has_passed"
    assert names(told.do(Receive(CASE, "signed", 1), CLERK)) == ["Received"]
    assert names(told.rules()) == ["Ended"]


def test_a_wait_ends_when_time_is_up() -> None:
    told = waiting()
    assert next_due(told.route, told.case, told.now, CLOCK) == CLOCK.after(MONDAY, 10)
    assert told.rules(days=14) == []
    assert names(told.rules(days=1)) == ["Lapsed", "Entered"]
    assert told.case.step == "late"
    assert refused(told, Receive(CASE, "signed", 2), CLERK) == "not_at_this_step"


def test_a_wait_until_so_many_days_before_a_date() -> None:
    told = play(
        {"w": {**WAIT, "due": {"date": "project_end", "days": -30}}, "late": STEPS["late"]},
        facts={"project_end": "2027-03-31"},
    )
    assert told.case.due_at == "2027-03-01T23:00:00.000000+00:00"  # the end of 1 March in Zurich
    with pytest.raises(RouteError, match="no_date"):
        play({"w": {**WAIT, "due": {"date": "project_end", "days": -30}}, "late": STEPS["late"]})


WAYS = {
    "write_off": {"from": ["a"], "to": ["end"], "who": DESK, "at_most": 1},
    "override": {"from": ["a", "b"], "to": ["a", "b"], "who": DESK, "second": HEAD, "at_most": 2},
}


def test_a_way_off_the_route_is_for_its_role_at_its_steps() -> None:
    told = play(STEPS | {"a": task({"on": "b", "no": "late"})}, ways=WAYS)
    assert offers(told, CLERK) == {"complete", "way"}
    assert offers(told, BOSS) == set()
    assert refused(told, TakeWay(CASE, "write_off", "b", 1), CLERK) == "no_such_outcome"
    assert refused(told, TakeWay(CASE, "elsewhere", "end", 1), CLERK) == "no_such_outcome"
    assert refused(told, TakeWay(CASE, "write_off", "end", 1), BOSS) == "not_yours"
    inside = Actor("clerk", CLERK.offices, {"org": frozenset({"read"})})
    assert refused(told, TakeWay(CASE, "write_off", "end", 1), inside) == "own_organisation"
    assert names(told.do(TakeWay(CASE, "write_off", "end", 1), CLERK)) == ["WayTaken"]
    assert names(told.rules()) == ["Ended"]
    assert refused(told, TakeWay(CASE, "override", "b", 1), CLERK) == "closed"


def test_an_override_takes_two_persons_and_is_bounded() -> None:
    told = play(STEPS | {"a": task({"on": "b", "no": "late"})}, ways=WAYS)
    both = Actor("clerk", CLERK.offices | BOSS.offices)
    for entry in (1, 2):
        assert names(told.do(TakeWay(CASE, "override", "b", entry), CLERK)) == ["WayProposed"]
        assert told.case.to is None
        agreed, other = (TakeWay(CASE, "override", to, entry, agrees_with=CLERK.person) for to in "ba")
        assert refused(told, agreed, both) == "four_eyes"
        assert refused(told, other, BOSS) == "no_such_outcome"
        assert refused(told, agreed, OTHER) == "not_yours"
        # who asks from a page on which nothing was proposed yet, or somebody else had
        for unseen in ("", OTHER.person):
            assert refused(told, replace(agreed, agrees_with=unseen), BOSS) == "proposed_meanwhile"
        assert names(told.do(agreed, BOSS)) == ["WayTaken"]
        told.rules()
        assert told.case.step == "b"
    assert refused(told, TakeWay(CASE, "override", "a", 3), CLERK) == "way_used_up"


def test_a_proposal_falls_when_the_case_goes_on() -> None:
    told = play(STEPS | {"a": task({"on": "b", "no": "late"})}, ways=WAYS)
    told.do(TakeWay(CASE, "override", "a", 1), CLERK)
    assert load_case(dump_case(told.case)) == told.case
    told.complete(CLERK, "on")
    assert told.case.proposal is None


def suspended() -> Play:
    told = play(STEPS | {"a": task({"on": "b", "no": "late"})}, suspend={"from": ["a"], "who": DESK})
    told.do(Suspend(CASE, 1), CLERK)
    return told


def test_a_suspended_case_stands_still() -> None:
    told = suspended()
    assert offers(told, CLERK) == {"resume"}
    assert told.rules(days=40) == []
    assert next_due(told.route, told.case, told.now, CLOCK) is None
    assert refused(told, Complete(CASE, "a", "", "on", 1), CLERK) == "suspended"
    assert refused(told, Suspend(CASE, 1), CLERK) == "suspended"
    assert refused(told, Resume(CASE), BOSS) == "not_yours"


def test_while_a_case_is_suspended_nothing_is_received_and_no_deadline_is_extended() -> None:
    at_wait = {"from": ["w"], "who": DESK}
    told = play({"w": WAIT, "late": STEPS["late"]}, suspend=at_wait, extend={**at_wait, "at_most": 7})
    assert offers(told, CLERK) == {"receive", "suspend", "extend"}
    told.do(Suspend(CASE, 1), CLERK)
    assert offers(told, CLERK) == {"resume"}
    assert refused(told, Receive(CASE, "signed", 1), CLERK) == "not_at_this_step"
    assert refused(told, Extend(CASE, 2, 1), CLERK) == "suspended"


def test_what_goes_on_has_the_days_that_it_had_left() -> None:
    told = suspended()
    before = told.case
    told.now = MONDAY + timedelta(days=14)  # ten working days later
    [event] = told.do(Resume(CASE), CLERK)
    assert event.days == 10  # type: ignore[union-attr]
    moved = [datetime.fromisoformat(timer.at) for timer in told.case.timers]
    assert moved == [CLOCK.later(datetime.fromisoformat(one.at), 10) for one in before.timers]
    assert told.case.due_at == CLOCK.after(MONDAY, 15).astimezone(UTC).isoformat(timespec="microseconds")
    assert refused(told, Resume(CASE), CLERK) == "not_suspended"
    assert told.rules() == []


def test_an_applicant_may_withdraw_what_is_suspended() -> None:
    told = play(
        STEPS | {"a": task({"on": "b", "no": "late"})},
        suspend={"from": ["a"], "who": DESK},
        withdraw={"from": ["a"], "to": "end"},
    )
    told.do(Suspend(CASE, 1), CLERK)
    assert offers(told, SIGNER) == {"withdraw"}
    told.do(Withdraw(CASE), SIGNER)
    assert names(told.rules()) == ["Ended"]


def test_a_deadline_that_has_passed_is_extended_from_today() -> None:
    told = play({"a": task({"on": "end"}, due=5)}, extend={"from": ["a"], "who": DESK, "at_most": 7})
    told.rules(days=14)
    told.do(Extend(CASE, 2, 1), CLERK)
    assert told.case.due_at == CLOCK.after(told.now, 2).astimezone(UTC).isoformat(timespec="microseconds")


def test_a_deadline_is_extended_up_to_the_bound() -> None:
    told = play(
        STEPS | {"a": task({"on": "b", "no": "late"})},
        extend={"from": ["a"], "who": DESK, "at_most": 7},
    )
    due = told.case.due_at
    told.do(Extend(CASE, 5, 1), CLERK)
    assert (
        told.case.due_at
        == CLOCK.after(MONDAY, 10).astimezone(UTC).isoformat(timespec="microseconds")
        > str(due)
    )
    assert refused(told, Extend(CASE, 3, 1), CLERK) == "too_long"
    assert refused(told, Extend(CASE, 0, 1), CLERK) == "too_long"
    told.do(Extend(CASE, 2, 1), CLERK)
    assert refused(told, Extend(CASE, 1, 1), CLERK) == "too_long"
    assert "extend" not in offers(told, CLERK)


def test_rework_voids_the_approvals_given_before_it_and_keeps_them() -> None:
    told = play(
        {
            "draft": task({"on": "approve"}),
            "approve": task({"yes": "end", "back": "rework"}, who=HEAD),
            "rework": task({"on": "approve"}, at_most=1, voids=["draft", "approve"]),
        }
    )
    told.complete(CLERK, "on")
    told.complete(BOSS, "back")
    assert [(act.step, act.voided) for act in told.case.acts] == [("draft", True), ("approve", True)]
    assert load_case(dump_case(told.case)) == told.case
    told.complete(CLERK, "on")
    assert [(act.step, act.voided) for act in told.case.acts][2:] == [("rework", False)]


def test_an_office_that_reviewed_has_no_hand_in_what_follows() -> None:
    told = play(
        {
            "review": panel({"a": True}, {"agreed": "b", "rejected": "b", "split": "b"}),
            "b": task({"on": "end"}, who={"office": "a", "role": "reviewer"}, not_office_of=["review"]),
        }
    )
    told.complete(staff("x", "a", "reviewer"), "yes", seat="a")
    assert refused(told, Complete(CASE, "b", "", "on", 2), staff("y", "a", "reviewer")) == "own_review"


def test_from_its_deadline_on_a_panel_needs_its_lead_and_so_many_votes() -> None:
    told = play(
        {
            "review": panel(
                {"a": True, "b": True, "c": True},
                {"agreed": "end", "rejected": "end", "split": "end"},
                enough_at_deadline={"seats": ["a"], "votes": 2},
            )
        }
    )
    told.complete(staff("x", "a", "reviewer"), "yes", seat="a")
    told.rules(days=20)
    assert told.case.ending is None  # the lead alone is not enough
    told.complete(staff("y", "c", "reviewer"), "yes", seat="c")
    assert told.case.ending == "over"


def test_a_row_counts_from_its_first_day_to_its_last() -> None:
    table = parse_table(
        {
            "rows": [
                {"when": {"n": {"max": 10}}, "then": "old", "valid_until": "2026-12-31"},
                {"when": {"n": {"max": 20}}, "then": "new", "valid_from": "2027-01-01"},
            ],
            "else": "more",
        },
        "t",
    )
    day = datetime(2026, 12, 31).date()
    assert [pick(table, {"n": 15}, on)[0] for on in (day, day + timedelta(days=1))] == ["more", "new"]
    assert [pick(table, {"n": 5}, on)[0] for on in (day, day + timedelta(days=1))] == ["old", "new"]
    with pytest.raises(RouteError, match="no_date"):
        parse_table({"rows": [{"when": {}, "then": "x", "valid_from": "soon"}], "else": "y"}, "t")


def test_the_competence_is_that_of_the_day_of_the_decision() -> None:
    rows = [{"when": {"n": {"max": 10}}, "to": "end", "valid_from": "2026-09-09"}]
    told = play(
        {"a": task({"on": "c"}), "c": {"kind": "choice", "rows": rows, "else": "b"}, "b": STEPS["b"]},
        {"n": 5},
    )
    early = play(
        {"a": task({"on": "c"}), "c": {"kind": "choice", "rows": rows, "else": "b"}, "b": STEPS["b"]},
        {"n": 5},
    )
    early.complete(CLERK, "on")
    assert early.case.step == "b"
    told.now += timedelta(days=2)
    told.complete(CLERK, "on")
    assert told.case.ending == "over"
