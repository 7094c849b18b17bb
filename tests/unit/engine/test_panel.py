"""Panels: how votes close them, what the deadline changes, who holds nothing up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.builders import CASE, CLOCK, Play, names, panel, play, staff, task
from workflow.engine.advance import next_due
from workflow.engine.commands import Complete, Declare, Extend, Recuse
from workflow.engine.decide import allowed
from workflow.engine.events import Entered, Event, PanelClosed
from workflow.errors import NotAllowed, Refused

TO = {"agreed": "end", "rejected": "end", "split": "end"}
ALL = {"a": True, "b": True, "c": True}


def reviewing(seats: Mapping[str, bool] = ALL, **more: Any) -> Play:
    return play({"review": panel(seats, TO, **more)})


def vote(told: Play, seat: str, outcome: str, by: str = "") -> list[Event]:
    return told.complete(staff(by or f"of-{seat}", seat, "reviewer"), outcome, seat)


def closed(told: Play) -> PanelClosed | None:
    return next((event for event in told.events if isinstance(event, PanelClosed)), None)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        (("yes", "yes", "yes"), "agreed"),
        (("yes", "partly", "yes"), "agreed"),
        (("no", "no", "no"), "rejected"),
        (("no", "yes", "no"), "split"),
        (("yes", "partly", "no"), "split"),
    ],
)
def test_all_must_vote_and_one_no_beside_a_yes_is_a_split(votes: tuple[str, ...], outcome: str) -> None:
    told = reviewing()
    for seat, said in list(zip(ALL, votes, strict=True))[:2]:
        assert names(vote(told, seat, said)) == ["Completed"]
        assert next_due(told.route, told.case, told.now, CLOCK) is None
    assert names(vote(told, "c", votes[2])) == ["Completed", "PanelClosed", "Ended"]
    assert closed(told) == PanelClosed("review", outcome, "end", ())


@pytest.mark.parametrize(
    ("votes", "outcome", "missing"),
    [
        (("yes", "yes"), "agreed", ("c",)),
        (("no", "no"), "rejected", ("c",)),
        (("yes", "no", "partly"), "agreed", ()),
        (("no", "yes", "no"), "rejected", ()),
    ],
)
def test_two_of_three_close_and_the_third_seat_is_let_go(
    votes: tuple[str, ...], outcome: str, missing: tuple[str, ...]
) -> None:
    told = reviewing(close=2)
    for seat, said in zip(ALL, votes, strict=False):
        assert closed(told) is None
        vote(told, seat, said)
    assert closed(told) == PanelClosed("review", outcome, "end", missing)
    assert told.case.open_seats == ()
    late = staff("late", "c", "reviewer")
    with pytest.raises(Refused, match="closed"):
        told.do(Complete(CASE, "review", "c", "yes", 1), late)


def test_a_panel_that_can_close_is_due_at_once() -> None:
    told = reviewing({"a": True})
    told.do(Complete(CASE, "review", "a", "yes", 1), staff("x", "a", "reviewer"))
    assert closed(told) is None
    assert next_due(told.route, told.case, told.now, CLOCK) == told.now


def test_at_the_deadline_what_the_route_calls_enough_closes_it() -> None:
    told = reviewing(enough_at_deadline=["a"])
    vote(told, "a", "yes")
    told.rules(days=10)
    assert closed(told) is None
    assert names(told.rules(days=10)) == ["DeadlinePassed", "PanelClosed", "Ended"]
    assert closed(told) == PanelClosed("review", "agreed", "end", ("b", "c"))


def test_without_what_is_enough_it_stays_open_until_that_is_in() -> None:
    told = reviewing(enough_at_deadline=["a"])
    vote(told, "b", "no")
    assert names(told.rules(days=20)) == ["DeadlinePassed"]
    assert told.rules(days=20) == []
    assert next_due(told.route, told.case, told.now, CLOCK) is None
    vote(told, "a", "yes")
    assert closed(told) == PanelClosed("review", "split", "end", ("c",))


def test_without_a_rule_for_the_deadline_everybody_is_waited_for() -> None:
    told = reviewing()
    vote(told, "a", "yes")
    vote(told, "b", "yes")
    told.rules(days=400)
    assert closed(told) is None


def test_an_advisory_seat_holds_nothing_up_and_decides_nothing() -> None:
    told = reviewing({"a": True, "b": False})
    vote(told, "b", "no")
    assert closed(told) is None
    vote(told, "a", "yes")
    assert closed(told) == PanelClosed("review", "agreed", "end", ())
    silent = reviewing({"a": True, "b": False})
    vote(silent, "a", "no")
    assert closed(silent) == PanelClosed("review", "rejected", "end", ())


def test_a_seat_whose_office_is_none_is_left_out() -> None:
    table = {"rows": [{"when": {"area": "law"}, "then": "court"}], "else": "none"}
    step = panel({"a": True, "b": False}, TO)
    step["seats"]["b"]["office"] = {"table": "court"}
    left_out = play({"review": step}, {"area": "sport"}, tables={"court": table})
    seated = play({"review": step}, {"area": "law"}, tables={"court": table})
    assert [seat.code for seat in left_out.case.seats] == ["a"]
    assert [(seat.code, seat.office) for seat in seated.case.seats] == [("a", "a"), ("b", "court")]


def test_one_person_takes_one_seat() -> None:
    step = panel({"a": True, "b": True}, TO, gate=True)
    step["seats"]["b"]["office"] = "a"
    told = play({"review": step})
    both = staff("both", "a", "reviewer")
    told.do(Declare(CASE), both)
    told.complete(both, "yes", "a")
    with pytest.raises(NotAllowed, match="one_seat_each"):
        told.complete(both, "yes", "b")
    with pytest.raises(NotAllowed, match="one_seat_each"):
        told.do(Recuse(CASE), both)
    assert allowed(told.route, told.case, both, told.today) == ()
    other = staff("other", "a", "reviewer")
    told.do(Declare(CASE), other)
    with pytest.raises(Refused, match="seat_is_done"):
        told.complete(other, "yes", "a")
    assert "PanelClosed" in names(told.complete(other, "yes", "b"))


def test_a_panel_whose_deadline_is_extended_after_it_passed_closes_at_the_new_one() -> None:
    clerk = {"office": "desk", "role": "clerk"}
    extend = {"from": ["review"], "who": clerk, "at_most": 9}
    told = play({"review": panel(ALL, TO, enough_at_deadline=["a"])}, extend=extend)
    told.rules(days=16)
    assert told.case.overdue
    told.do(Extend(CASE, 5, 1), staff("clerk"))
    vote(told, "a", "yes")
    assert closed(told) is None  # the others have been given more time
    told.rules(days=16)
    assert closed(told) == PanelClosed("review", "agreed", "end", ("b", "c"))


def test_a_vote_is_one_of_the_votes_and_brings_no_facts() -> None:
    told = play({"review": panel({"a": True, "b": True}, TO)}, {"sum": 1})
    reviewer = staff("x", "a", "reviewer")
    with pytest.raises(Refused, match="no_such_outcome"):
        told.complete(reviewer, "agreed", "a")
    told.complete(reviewer, "yes", "a", sum=2)
    assert told.case.facts == {"sum": 1}


def test_a_new_visit_asks_everybody_anew_and_keeps_the_old_votes_to_be_seen() -> None:
    back = task({"again": "review", "done": "end"})
    seats = {"a": True, "b": True}
    steps = {"review": panel(seats, dict.fromkeys(TO, "back"), at_most=2), "back": back}
    told = play(steps)
    vote(told, "a", "yes")
    vote(told, "b", "no")
    told.complete(staff("clerk"), "again")
    assert [(seat.code, seat.outcome) for seat in told.case.open_seats] == [("a", None), ("b", None)]
    vote(told, "a", "yes")
    assert [event for event in told.events if isinstance(event, PanelClosed)] == [
        PanelClosed("review", "split", "back", ())
    ]
    vote(told, "b", "yes", by="somebody-else")
    assert [act.outcome for act in told.case.acts if act.step == "review"] == ["yes", "no", "yes", "yes"]
    entries = [event.entry for event in told.events if isinstance(event, Entered) and event.step == "review"]
    assert entries == [1, 3]
