"""Reminders, escalations and lapses: in order, once, and only while the step is open."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.builders import CASE, CLOCK, MONDAY, REMIND, SIGNER, names, panel, play, staff, task
from workflow.engine.advance import iso, next_due
from workflow.engine.commands import Complete
from workflow.engine.events import Entered, Escalated, Lapsed, Reminded
from workflow.errors import Refused

CLERK = staff("clerk")
SILENT = {"to": "end", "by": "clock"}
LAPSE = ({"at": 100, "do": "remind"}, {"at": 200, "do": "lapse", "outcome": "silent"})
ANSWER = task({"done": "end", "silent": SILENT}, who="applicant", timers=LAPSE)


def test_a_step_is_due_in_working_days_and_its_timers_are_shares_of_them() -> None:
    told = play({"check": task({"done": "end"}, timers=REMIND)})
    entered = told.events[-1]
    assert isinstance(entered, Entered)
    assert entered.due_at == iso(CLOCK.after(MONDAY, 5))
    assert [timer["at"] for timer in entered.timers] == [iso(CLOCK.after(MONDAY, days)) for days in (4, 5, 6)]
    assert next_due(told.route, told.case, told.now, CLOCK) == CLOCK.after(MONDAY, 4)


def test_reminders_then_escalation_each_once_and_at_its_time() -> None:
    told = play({"check": task({"done": "end"}, timers=REMIND)})
    fired: list[tuple[str, datetime]] = []
    for _ in range(24 * 20):
        fired += [(name, told.now) for name in names(told.rules(hours=1))]
    assert [name for name, _ in fired] == ["Reminded", "Reminded", "Escalated"]
    for (_, at), days in zip(fired, (4, 5, 6), strict=True):
        assert timedelta() <= at - CLOCK.after(MONDAY, days) < timedelta(hours=1)
    assert next_due(told.route, told.case, told.now, CLOCK) is None


def test_workers_that_slept_catch_up_in_order() -> None:
    told = play({"check": task({"done": "end"}, timers=[REMIND[2], REMIND[0], REMIND[1]])})
    assert told.rules(days=30) == [
        Reminded("check", 1, 1, 80, ("",)),
        Reminded("check", 1, 2, 100, ("",)),
        Escalated("check", 1, 0, 120, ("",)),
    ]
    assert told.rules(days=30) == []


def test_only_open_seats_are_reminded() -> None:
    to = {"agreed": "end", "rejected": "end", "split": "end"}
    told = play({"review": panel({"a": True, "b": True, "c": False}, to, timers=REMIND[:1])})
    told.complete(staff("x", "a", "reviewer"), "yes", "a")
    assert told.rules(days=30) == [Reminded("review", 1, 0, 80, ("b", "c"))]


def test_a_step_that_was_left_reminds_nobody() -> None:
    told = play({"check": task({"done": "file"}, timers=REMIND), "file": task({"done": "end"})})
    told.complete(CLERK, "done")
    assert told.case.timers == ()
    assert told.rules(days=30) == []


def test_silence_lapses_after_its_reminder_to_what_the_route_says() -> None:
    told = play({"answer": ANSWER})
    assert names(told.rules(days=8)) == ["Reminded"]
    assert names(told.rules(days=14)) == ["Lapsed", "Ended"]
    assert told.events[-2] == Lapsed("answer", 1, "silent", "end")


def test_the_clocks_outcome_is_nobodys_to_choose() -> None:
    told = play({"answer": ANSWER})
    with pytest.raises(Refused, match="no_such_outcome"):
        told.complete(SIGNER, "silent")


def test_an_answer_counts_until_the_lapse_has_happened_and_not_after() -> None:
    told = play({"answer": ANSWER, "more": task({"done": "end"})})
    told.now = CLOCK.after(MONDAY, 10)
    in_time = play({"answer": ANSWER})
    in_time.now = told.now
    assert names(in_time.complete(SIGNER, "done")) == ["Completed", "Ended"]
    told.rules()
    with pytest.raises(Refused, match="closed"):
        told.do(Complete(CASE, "answer", "", "done", 1), SIGNER)


def test_a_lapse_is_not_a_moment_too_early() -> None:
    told = play({"answer": ANSWER})
    told.now = CLOCK.after(MONDAY, 10) - timedelta(microseconds=1)
    assert names(told.rules()) == ["Reminded"]
    told.now += timedelta(microseconds=1)
    assert names(told.rules()) == ["Lapsed", "Ended"]
