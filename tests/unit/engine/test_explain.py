"""An explanation says what was read, what counted, and who may act."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.builders import CASE, CLOCK, MONDAY, SIGNER, Play, play, staff, task
from workflow.engine import explain
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor
from workflow.engine.commands import Extend
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
    found = explain.deadline(told.case, when(told), closed)
    assert found is not None
    assert (found.extended, found.suspended, found.weekends) == (2, 0, 2)
    assert found.closed == (date(2026, 9, 9),)
    assert found.days == 7 - len(found.closed)  # the builders' own calendar knows no holidays


def test_the_days_with_the_applicant_are_told_apart() -> None:
    told = play(
        {"a": task({"ask": "q"}), "q": task({"answer": "b"}, who="applicant"), "b": task({"on": "end"})}
    )
    told.complete(staff("x"), "ask")
    asked = len(told.events)
    told.complete(SIGNER, "answer")
    times = [MONDAY if number < asked else MONDAY + timedelta(days=7) for number in range(len(told.events))]
    happened = list(zip(told.events, times, strict=True))
    now = MONDAY + timedelta(days=9)
    assert explain.with_applicant(told.route, happened, now, CLOCK) == (7, 5)
    assert explain.with_applicant(told.route, [], now, CLOCK) == (0, 0)


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
