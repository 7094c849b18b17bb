"""A competence changes on a day: from then on the new one decides; what the old one decided stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.builders import CASE, CLOCK, Play, names, panel, small_route, staff, task
from workflow.engine.advance import next_due
from workflow.engine.commands import Complete, Extend, Resume, Suspend
from workflow.engine.decide import allowed
from workflow.engine.events import Reseated
from workflow.engine.explain import routings
from workflow.engine.moving import why_not
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.soundness import check
from workflow.engine.staffing import gaps
from workflow.errors import NotAllowed, Refused

DECEMBER = datetime(2026, 12, 28, 9, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 31, 23, tzinfo=UTC)
"""In Basel the new year begins an hour before it does in UTC."""
JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)
OLD, NEW = staff("old", "desk", "head"), staff("new", "desk", "clerk")
TABLES: dict[str, Any] = {
    "decider": {
        "rows": [
            {"when": {"n": {"max": 10}}, "then": "desk:head", "valid_until": "2026-12-31"},
            {"when": {"n": {"max": 20}}, "then": "desk:clerk", "valid_from": "2027-01-01"},
        ],
        "else": "desk:head",
    },
    "reviewing": {
        "rows": [{"when": {"n": {"max": 20}}, "then": "b", "valid_from": "2027-01-01"}],
        "else": "a",
    },
    "advising": {
        "rows": [{"when": {"n": {"max": 20}}, "then": "none", "valid_from": "2027-01-01"}],
        "else": "b",
    },
}
DECIDE = task({"on": "end"}, who={"table": "decider"})


def dated(steps: dict[str, Any], **more: Any) -> Route:
    return parse_route(small_route(steps, facts={"n": "number"}, tables=TABLES, **more))


def begun(steps: dict[str, Any], **more: Any) -> Play:
    return Play(dated(steps, **more), DECEMBER, {"n": 5})


def may(told: Play, actor: Any) -> bool:
    return any(one.action == "complete" for one in allowed(told.route, told.case, actor, told.today))


def test_what_is_decided_in_december_is_decided_by_the_competence_of_december() -> None:
    told = begun({"decide": DECIDE})
    told.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert names(told.rules()) == []
    assert (may(told, OLD), may(told, NEW)) == (True, False)
    told.complete(OLD, "on")
    assert told.case.ending == "over"
    told.now = JANUARY
    assert told.rules() == []
    assert [act.by for act in told.case.acts] == ["old"]


def test_what_lies_there_over_new_year_moves_at_midnight_to_who_is_competent_then() -> None:
    told = begun({"decide": DECIDE})
    due = told.case.due_at
    assert next_due(told.route, told.case, told.now, CLOCK) == MIDNIGHT
    told.now = MIDNIGHT
    [moved] = told.rules()
    assert isinstance(moved, Reseated)
    assert told.rules() == []
    assert (may(told, OLD), may(told, NEW), told.case.due_at) == (False, True, due)
    with pytest.raises(NotAllowed):
        told.do(Complete(CASE, "decide", "", "on", 1), OLD)
    told.complete(NEW, "on")
    assert told.case.ending == "over"


def test_before_a_worker_has_come_by_nobody_decides_by_the_old_competence() -> None:
    told = begun({"decide": DECIDE})
    told.now = JANUARY
    assert (may(told, OLD), may(told, NEW)) == (False, False)
    with pytest.raises(Refused, match="step_has_passed"):
        told.do(Complete(CASE, "decide", "", "on", 1), OLD)
    assert next_due(told.route, told.case, told.now, CLOCK) == told.now


def test_a_limit_that_the_amount_does_not_meet_changes_nothing() -> None:
    told = Play(dated({"decide": DECIDE}), DECEMBER, {"n": 50})
    told.now = JANUARY
    assert told.rules() == []
    assert may(told, OLD)


def test_in_a_panel_only_what_is_open_moves() -> None:
    seats = panel({"x": True, "y": True, "z": False}, dict.fromkeys(("agreed", "rejected", "split"), "end"))
    for code, table in (("x", "reviewing"), ("y", "reviewing"), ("z", "advising")):
        seats["seats"][code]["office"] = {"table": table}
    told = begun({"review": seats})
    told.complete(staff("first", "a", "reviewer"), "yes", "x")
    told.now = JANUARY
    told.rules()
    assert [(one.code, one.office, one.by) for one in told.case.seats] == [
        ("x", "a", "first"),
        ("y", "b", None),
    ]
    told.complete(staff("second", "b", "reviewer"), "yes", "y")
    assert told.case.ending == "over"


def test_a_case_that_stands_still_or_has_more_time_moves_all_the_same() -> None:
    clerk = {"office": "desk", "role": "clerk"}
    aside = {
        "suspend": {"from": ["decide"], "who": clerk},
        "extend": {"from": ["decide"], "who": clerk, "at_most": 9},
    }
    told = begun({"decide": DECIDE}, **aside)
    told.do(Extend(CASE, 5, 1), NEW)
    told.do(Suspend(CASE, 1), NEW)
    told.now = JANUARY
    assert told.rules() == []
    told.do(Resume(CASE), NEW)
    assert names(told.rules()) == ["Reseated"]
    assert may(told, NEW)


def test_who_may_leave_the_straight_way_is_asked_of_the_day_too() -> None:
    who = {"table": "decider"}
    told = begun(
        {"decide": task({"on": "end"})},
        ways={"skip": {"from": ["decide"], "to": ["end"], "who": who}},
        suspend={"from": ["decide"], "who": who},
    )
    for now, one, other in ((DECEMBER, OLD, NEW), (JANUARY, NEW, OLD)):
        told.now = now
        asked = [
            {offer.action for offer in allowed(told.route, told.case, actor, told.today)}
            for actor in (one, other)
        ]
        assert {"way", "suspend"} <= asked[0]
        assert not {"way", "suspend"} & asked[1]


def test_the_explanation_tells_both_readings_of_the_table() -> None:
    told = begun({"decide": DECIDE})
    told.now = JANUARY
    told.rules()
    happened = list(zip(told.events, (DECEMBER, DECEMBER, JANUARY), strict=True))
    assert [(one.row, one.result) for one in routings(told.route, happened, CLOCK)] == [
        (0, "desk:head"),
        (1, "desk:clerk"),
    ]


def test_a_case_that_follows_a_version_with_a_new_limit_heeds_it_from_its_day_on() -> None:
    now = {"decider": {"rows": [], "else": "desk:head"}}
    before = parse_route(small_route({"decide": DECIDE}, facts={"n": "number"}, tables=now))
    told = Play(before, DECEMBER, {"n": 5})
    assert next_due(told.route, told.case, told.now, CLOCK) is None
    after = dated({"decide": DECIDE})
    assert why_not(before, after, told.case, told.today) is None
    told.route = after
    assert next_due(told.route, told.case, told.now, CLOCK) == MIDNIGHT
    assert why_not(before, after, told.case, date(2027, 1, 1)) == "seats_differ:decide"


def test_both_sides_of_the_day_are_checked_before_publishing() -> None:
    route = dated({"decide": DECIDE})
    heads = {"Ada": frozenset({("desk", "head")}), "Ben": frozenset({("desk", "head")})}
    lacking = [gap for gap in gaps(route, heads, {"n": [5, 50]}, DECEMBER.date()) if not gap.away]
    assert [(gap.who, gap.since) for gap in lacking] == [("desk:clerk", date(2027, 1, 1))]
    own = {"rows": [{"when": {"n": 1}, "then": "a"}, TABLES["reviewing"]["rows"][0]], "else": "a"}
    seat = task({"on": "end"}, who={"office": {"table": "own"}, "role": "clerk"})
    raw = small_route(
        {"decide": seat}, facts={"n": "number", "applicant_office": "code"}, tables={"own": own}
    )
    known: dict[str, Any] = {
        "offices": ("a", "b"),
        "roles": ("clerk",),
        "stages": ("work", "closed"),
        "statuses": ("open", "over"),
        "forms": (),
        "letters": (),
    }
    findings = check(parse_route(raw), **known, own_measures=("b",))
    assert [one.code for one in findings] == ["reviews_itself"]


def test_an_office_that_could_have_reviewed_on_either_side_keeps_out() -> None:
    review = task({"on": "decide"}, who={"office": {"table": "reviewing"}, "role": "reviewer"})
    last = task({"on": "end"}, who={"office": "a", "role": "reviewer"}, not_office_of=["review"])
    told = begun({"review": review, "decide": last})
    told.complete(staff("x", "a", "reviewer"), "on")
    told.now = JANUARY
    with pytest.raises(NotAllowed, match="own_review"):
        told.complete(staff("y", "a", "reviewer"), "on")
