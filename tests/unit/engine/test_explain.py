"""An explanation says what was read, what counted, and who may act."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.builders import CASE, CLOCK, MONDAY, SIGNER, Play, play, staff, task
from workflow.engine import explain
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor
from workflow.engine.commands import Extend, Resume, Suspend
from workflow.engine.events import Event
from workflow.texts import ZURICH

DESK = {"office": "desk", "role": "clerk"}


def when(told: Play) -> list[tuple[Event, datetime]]:
    return [(event, MONDAY) for event in told.events]


def test_each_table_that_was_read_with_its_row_and_facts() -> None:
    rows = [{"when": {"n": {"max": 3}}, "to": "b"}]
    told = play(
        {
            "a": task({"on": "c"}),
            "c": {"kind": "choice", "rows": rows, "else": "end"},
            "b": task({"on": "end"}),
        },
        {"n": 2},
    )
    told.complete(staff("x"), "on")
    [found] = explain.routings(told.route, when(told), CLOCK)
    assert (found.step, found.row, found.result, found.facts) == ("c", 0, "b", {"n": 2})


def test_a_deadline_names_the_days_that_do_not_count() -> None:
    closed = Calendar(ZURICH, frozenset({date(2026, 9, 9)}))
    told = play({"a": task({"on": "end"}, due=5)}, extend={"from": ["a"], "who": DESK, "at_most": 9})
    told.do(Extend(CASE, 2, 1), staff("x"))
    [found] = explain.deadlines(when(told), MONDAY + timedelta(days=3), closed)
    assert (found.step, found.extended, found.suspended, found.weekends) == ("a", 2, 0, 2)
    assert found.closed == (date(2026, 9, 9),)
    assert found.days == 7 - len(found.closed)  # the builders' own calendar knows no holidays
    assert (found.until, found.used, found.late, found.applicant) == (None, 2, 0, False)


def test_each_deadline_tells_whose_the_ball_was_and_for_how_long() -> None:
    told = play(
        {"a": task({"ask": "q"}), "q": task({"answer": "b"}, who="applicant"), "b": task({"on": "end"})}
    )
    told.now += timedelta(days=2)
    told.complete(staff("x"), "ask")
    asked = len(told.events)
    told.now += timedelta(days=12)
    told.complete(SIGNER, "answer")
    times = [MONDAY] * 2 + [MONDAY + timedelta(days=2)] * (asked - 2)
    times += [told.now] * (len(told.events) - asked)
    happened = list(zip(told.events, times, strict=True))
    now = told.now + timedelta(days=1)
    found = explain.deadlines(happened, now, CLOCK)
    assert [(one.step, one.used, one.late, one.applicant) for one in found] == [
        ("a", 2, 0, False),
        ("q", 8, 3, True),
        ("b", 1, 0, False),
    ]
    assert [one.until for one in found] == [times[2], told.now, None]
    assert explain.since_submission(happened, now, CLOCK) == 11
    assert explain.since_submission([], now, CLOCK) == 0
    assert explain.deadlines([], now, CLOCK) == []


def test_while_it_stands_still_no_day_is_used() -> None:
    told = play({"a": task({"on": "end"}, due=5)}, suspend={"from": ["a"], "who": DESK})
    told.now += timedelta(days=1)
    told.do(Suspend(CASE, 1), staff("x"))
    stopped = [(event, MONDAY) for event in told.events]
    [found] = explain.deadlines(stopped, told.now + timedelta(days=2), CLOCK)
    assert (found.used, found.days, found.suspended) == (1, 5, 0)
    told.now += timedelta(days=2)
    told.do(Resume(CASE), staff("x"))
    [found] = explain.deadlines(when(told), told.now + timedelta(days=1), CLOCK)
    assert (found.used, found.days, found.suspended) == (2, 7, 2)


def test_who_may_act_and_by_which_rule_others_may_not() -> None:
    told = play({"a": task({"on": "b"}), "b": task({"on": "end"}, not_by=["a"])})
    told.complete(staff("first"), "on")
    people = [
        ("Anna", staff("first")),
        ("Ben", staff("second")),
        ("Cora", Actor("third", staff("third").offices, {"org": frozenset({"read"})})),
        ("Dan", staff("fourth", "elsewhere")),
    ]
    found = {one.person: one.refusal for one in explain.standings(told.route, told.case, people)}
    assert found == {"Anna": "four_eyes", "Ben": None, "Cora": "own_organisation"}
