"""An ending that asks for a report: reminded of it, late, so late that payments stop, and there."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import CASE, CHILD, CLOCK, END, SIGNER, Play, names, small_route, staff, task
from workflow.engine import events as ev
from workflow.engine.advance import next_due
from workflow.engine.case import dump_case, load_case
from workflow.engine.commands import ChildEnded, Extend, OpenChild, Pay
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.parsing import parse_route
from workflow.engine.references import aside, children, types
from workflow.engine.rerun import recorded, rerun
from workflow.errors import Refused

CLERK, PAYER = staff("clerk"), staff("payer", "till", "finance")
DESK = {"office": "desk", "role": "clerk"}
EXPECTS = {"child": "report", "after": "until", "days": 60, "remind": [-30, 0, 14, 30], "who": DESK}
STEPS: dict[str, Any] = {
    "ask": task({"grant": {"to": "granted", "money": "hold", "amount": "sum"}, "no": "end"}),
    "granted": {**END, "ending": "granted", "money": "commit", "amount": "sum", "expects": EXPECTS},
}
ASIDE: dict[str, Any] = {
    "facts": {"sum": "money", "until": "date"},
    "payments": {"from": ["granted"], "who": {"office": "till", "role": "finance"}},
    "extend": {"from": ["ask", "granted"], "who": DESK, "at_most": 20},
    "children": {
        code: {"route": "report", "form": "report", "from": ["granted"], "who": "applicant", "at_most": 20}
        for code in ("interim", "report")
    },
}


def begun(until: str = "2026-12-31") -> Play:
    return Play(parse_route(small_route(STEPS, **ASIDE)), facts={"sum": 0, "until": until})


def granted(until: str = "2026-12-31") -> Play:
    told = begun(until)
    told.complete(CLERK, "grant", left=100, sum=100)
    return told


def handed_in(told: Play, code: str = "report") -> None:
    told.do(OpenChild(CASE, code, uuid5(CHILD, str(told.case.version)), told.case.entry), SIGNER)


def due(told: Play) -> date | None:
    """The last day on which the report is in time."""
    at = told.case.expected_at
    return CLOCK.day_of(datetime.fromisoformat(at) - timedelta(seconds=1)) if at else None


def on(told: Play, day: date) -> list[ev.Event]:
    """What follows by rule in the morning of this day."""
    return told.rules(days=(day - told.today).days)


def test_a_report_is_due_so_many_days_after_the_project() -> None:
    told = granted()
    assert (due(told), told.case.due, told.case.stopped) == (date(2027, 3, 1), None, False)
    [first, *_] = told.case.timers
    assert datetime.fromisoformat(first.at) == CLOCK.end_of(date(2027, 1, 29))
    assert next_due(told.route, told.case, told.now, CLOCK) == CLOCK.end_of(date(2027, 1, 29))
    assert load_case(dump_case(told.case)) == told.case


def test_it_is_never_due_sooner_than_that_after_the_decision() -> None:
    told = granted("2026-08-01")
    assert due(told) == told.today + timedelta(days=60)


def test_reminders_come_on_their_days_and_on_the_last_one_it_stops() -> None:
    told = granted()
    last = date(2027, 3, 1)
    found: list[tuple[int, bool]] = []
    for days in range(-40, 60):
        for event in on(told, last + timedelta(days=days)):
            assert isinstance(event, ev.ChildDue)
            assert (event.child, event.days, event.office, event.role) == ("report", days, "desk", "clerk")
            found.append((event.days, event.stops))
    assert found == [(-30, False), (0, False), (14, False), (30, True)]
    assert (told.case.stopped, told.case.ending, due(told)) == (True, "granted", last)
    assert next_due(told.route, told.case, told.now, CLOCK) is None


def test_who_was_not_looked_after_for_long_is_told_each_of_them_once() -> None:
    told = granted()
    assert names(told.rules(days=400)) == ["ChildDue"] * 4
    assert told.rules(days=1) == []


def test_the_report_ends_it_and_an_interim_one_does_not() -> None:
    told = granted()
    on(told, date(2027, 4, 2))
    assert told.case.stopped
    handed_in(told, "interim")
    assert (told.case.stopped, due(told)) == (True, date(2027, 3, 1))
    handed_in(told)
    assert (told.case.stopped, due(told), told.case.timers) == (False, None, ())
    assert told.rules(days=400) == []


def test_nothing_is_paid_while_it_is_that_late_but_what_came_back_is_recorded() -> None:
    told = granted()
    told.do(Pay(CASE, 60, 0), PAYER)
    on(told, date(2027, 4, 2))
    with pytest.raises(Refused, match="report_missing"):
        told.do(Pay(CASE, 20, 60), PAYER)
    [offer] = [one for one in allowed(told.route, told.case, PAYER, told.today) if one.action == "pay"]
    assert offer.outcomes == ("0", "60")
    told.do(Pay(CASE, -10, 60), PAYER)
    handed_in(told)
    told.do(Pay(CASE, 50, 50), PAYER)
    assert told.case.paid == 100


def test_more_time_moves_the_deadline_and_lets_payments_go_on_until_the_new_one() -> None:
    told = granted()
    on(told, date(2027, 4, 2))
    [event] = told.do(Extend(CASE, 10, told.case.entry), CLERK)
    assert isinstance(event, ev.Extended)
    assert (due(told), told.case.stopped) == (date(2027, 3, 15), False)
    assert names(on(told, date(2027, 4, 13))) == []
    assert names(on(told, date(2027, 4, 14))) == ["ChildDue"]  # thirty days after the new one
    assert told.case.stopped
    with pytest.raises(Refused, match="too_long"):
        told.do(Extend(CASE, 11, told.case.entry), CLERK)


def test_reminders_that_have_not_come_move_with_the_deadline() -> None:
    told = granted()
    on(told, date(2027, 2, 1))
    told.do(Extend(CASE, 5, told.case.entry), CLERK)
    assert due(told) == date(2027, 3, 8)
    assert names(on(told, date(2027, 3, 5))) == []
    assert names(on(told, date(2027, 3, 8))) == ["ChildDue"]


def test_the_last_reminder_is_thirty_days_after_the_new_deadline_too() -> None:
    told = granted("2027-01-05")  # the deadline is a Saturday: working days are longer from there
    on(told, date(2027, 3, 1))
    told.do(Extend(CASE, 1, told.case.entry), CLERK)
    last = due(told)
    assert last == date(2027, 3, 8)
    assert [CLOCK.day_of(datetime.fromisoformat(timer.at)) for timer in told.case.timers] == [
        last + timedelta(days=days) for days in (0, 14, 30)
    ]


def test_a_project_that_goes_on_for_longer_reports_later() -> None:
    more = {**STEPS, "granted": {**STEPS["granted"], "expects": {**EXPECTS, "extend": 260}}}
    told = Play(parse_route(small_route(more, **ASIDE)), facts={"sum": 0, "until": "2026-12-31"})
    told.complete(CLERK, "grant", left=100, sum=100)
    [offer] = [one for one in allowed(told.route, told.case, CLERK, told.today) if one.action == "extend"]
    assert offer.outcomes == ("260",)
    on(told, date(2027, 3, 10))  # reminded twice, and asked for more time then
    told.do(Extend(CASE, 130, told.case.entry), CLERK)
    assert due(told) == date(2027, 8, 30)
    found = [told.rules(days=1) for _ in range(210)]
    assert [event.days for day in found for event in day if isinstance(event, ev.ChildDue)] == [
        *(-30, 0, 14, 30)
    ]
    assert told.case.stopped
    with pytest.raises(Refused, match="too_long"):
        told.do(Extend(CASE, 131, told.case.entry), CLERK)


def test_on_another_version_of_the_route_a_case_goes_as_far_as_its_ending() -> None:
    told = granted()
    happened = [(event, told.now) for event in told.events]
    on(told, date(2027, 4, 2))
    told.do(Extend(CASE, 10, told.case.entry), CLERK)
    happened += [(event, told.now) for event in told.events[len(happened) :]]
    assert recorded(happened, CLOCK) == rerun(told.route, happened, CLOCK)
    assert rerun(told.route, happened, CLOCK).ignored == ()


def test_what_was_not_granted_asks_for_nothing() -> None:
    told = begun()
    told.complete(CLERK, "no")
    assert (due(told), told.rules(days=400)) == (None, [])
    with pytest.raises(Refused, match="not_at_this_step"):
        told.do(Extend(CASE, 1, told.case.entry), CLERK)


def settled(told: Play, amount: int | None, code: str = "report") -> list[ev.Event]:
    """The report is handed in, and accepted with so much."""
    handed_in(told, code)
    child = list(told.case.children)[-1]
    outside = Outside(told.now, CLOCK, settled=amount)
    return told.happened(decide(told.route, told.case, ChildEnded(CASE, child, "accepted"), SIGNER, outside))


def test_what_is_not_needed_is_no_longer_committed() -> None:
    told = granted()
    told.do(Pay(CASE, 60, 0), PAYER)
    settled(told, 80)
    assert (told.case.committed, told.case.paid, told.case.owed) == (80, 60, 0)
    with pytest.raises(Refused, match="amount_over_open"):
        told.do(Pay(CASE, 21, 60), PAYER)
    told.do(Pay(CASE, 20, 60), PAYER)
    assert (told.case.committed, told.case.paid, told.case.owed) == (80, 80, 0)
    assert load_case(dump_case(told.case)) == told.case


def test_what_was_paid_too_much_stays_committed_until_it_is_back() -> None:
    told = granted()
    told.do(Pay(CASE, 60, 0), PAYER)
    settled(told, 0)
    assert (told.case.committed, told.case.owed) == (60, 60)
    told.do(Pay(CASE, -50, 60), PAYER)
    assert (told.case.committed, told.case.paid, told.case.owed) == (10, 10, 10)
    told.do(Pay(CASE, -10, 10), PAYER)
    assert (told.case.committed, told.case.paid, told.case.owed) == (0, 0, 0)
    assert load_case(dump_case(told.case)) == told.case


def test_nothing_is_settled_at_more_than_was_granted_and_by_an_interim_report_nothing_at_all() -> None:
    told = granted()
    settled(told, 10, "interim")
    assert (told.case.settled, told.case.committed) == ((), 100)
    settled(told, 120)
    assert (told.case.settled, told.case.committed) == ((100,), 100)
    settled(told, None)
    assert list(told.case.settled) == [100]
    settled(told, 70)
    settled(told, 90)  # a second report brings nothing back that is free again
    assert list(told.case.settled) == [100, 70, 70]


@given(st.lists(st.tuples(st.sampled_from(["pay", "settle"]), st.integers(-120, 120)), max_size=14))
def test_whatever_is_paid_and_settled_what_is_committed_covers_what_is_paid(
    moves: list[tuple[str, int]],
) -> None:
    told = granted()
    for what, amount in moves:
        before = told.case.committed
        if what == "settle":
            settled(told, abs(amount))
        else:
            with suppress(Refused):
                told.do(Pay(CASE, amount, told.case.paid), PAYER)
        case = told.case
        assert 0 <= case.paid <= case.committed <= before <= 100
        assert case.owed == (max(0, case.paid - case.settled[-1]) if case.settled else 0)
        assert case.committed == (max(case.paid, case.settled[-1]) if case.settled else 100)


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 60)),
        st.tuples(st.just("extend"), st.integers(1, 8)),
        st.tuples(st.just("interim"), st.just(0)),
        st.tuples(st.just("report"), st.just(0)),
    ),
    max_size=12,
)


@given(MOVES)
def test_whatever_comes_it_stops_when_the_last_reminder_came_and_no_report(
    moves: list[tuple[str, int]],
) -> None:
    told, met = granted(), False
    for what, much in moves:
        try:
            match what:
                case "wait":
                    told.rules(days=much)
                case "extend":
                    told.do(Extend(CASE, much, told.case.entry), CLERK)
                case _:
                    handed_in(told, what)
                    met = met or what == "report"
        except Refused:
            continue
        told.rules()
        deadline = due(told)
        assert (deadline is None) == met
        if deadline is not None:
            assert told.case.stopped == (told.today >= deadline + timedelta(days=30))
        assert load_case(dump_case(told.case)) == told.case


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"child": "nothing"}, "unknown_child"),
        ({"child": "elsewhere"}, "unknown_child"),
        ({"days": 0}, "no_due_time"),
        ({"days": 10**6}, "no_due_time"),
        ({"extend": -1}, "no_due_time"),
        ({"remind": [-(10**6), 0]}, "reminders_unclear"),
        ({"remind": [0, 10**6]}, "reminders_unclear"),
        ({"remind": []}, "reminders_unclear"),
        ({"remind": [14, 0]}, "reminders_unclear"),
        ({"remind": [-30]}, "reminders_unclear"),
        ({"who": {"office": "nowhere", "role": "clerk"}}, "unknown_office"),
        ({"who": {"table": "of_late"}}, "wrong_type"),
        ({"after": "sum"}, "wrong_type"),
        ({"after": "nothing"}, "undeclared_fact"),
    ],
)
def test_what_an_ending_asks_for_must_be_there_to_be_had(change: dict[str, Any], code: str) -> None:
    steps = {**STEPS, "granted": {**STEPS["granted"], "expects": {**EXPECTS, **change}}}
    elsewhere = {**ASIDE["children"]["report"], "from": ["ask"]}
    of_late = {"rows": [{"when": {"until": {"min": 5}}, "then": "desk:clerk"}], "else": "desk:clerk"}
    more = {
        **ASIDE,
        "children": {**ASIDE["children"], "elsewhere": elsewhere},
        "tables": {"of_late": of_late},
    }
    route = parse_route(small_route(steps, **more))
    report = parse_route(small_route({"ask": task({"yes": "end"})}))
    offices, roles = {"desk", "till"}, {"clerk", "finance"}
    found = [
        *children(route, offices, roles, {"report"}, {"report": report}),
        *types(route),
        *aside(route, offices, roles),
    ]
    assert [one.code for one in found] == [code]
