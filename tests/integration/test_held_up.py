"""What stands still until somebody does something: it is in nobody's list of work, and yet not forgotten."""

from __future__ import annotations

from flask import Flask

from tests.browsing import signed_in
from tests.integration.test_appeals import lodged, refused
from tests.integration.test_children import opened
from tests.integration.walks import CHECKER, LEAD, SYNTHESIS, at_review, state
from web.cli.story import Story
from workflow.engine.commands import Resume, Suspend


def test_what_is_suspended_is_said_until_it_goes_on(app: Flask, told: Story) -> None:
    case_id = at_review(told)
    told.aside(CHECKER, Suspend(case_id, state(told, case_id).entry), "Die Statuten fehlen.")
    other = signed_in(app, SYNTHESIS)
    said = "1 Gesuch ist sistiert und geht weiter, wenn Sie es fortsetzen: KIP3-2027-00001"
    assert said in other.open("/desk").words()
    assert "sistiert seit 07.09.2026" in other.open("/office/cases").words()
    assert "sistiert" not in signed_in(app, LEAD).open("/desk").words()
    told.aside(CHECKER, Resume(case_id), "")
    assert "sistiert" not in other.open("/desk").words()
    assert "sistiert" not in other.open("/office/cases").words()


def test_what_an_appeal_stops_is_not_called_suspended_by_hand(app: Flask, told: Story) -> None:
    case_id = refused(told)
    browser = signed_in(app, CHECKER)
    assert "Liegt bei läuft von selbst weiter" in browser.open(f"/desk/cases/{case_id}").words()
    opened(told, CHECKER, case_id, "appeal", lodged(told))
    words = browser.open(f"/desk/cases/{case_id}").words()
    assert "stehen still, bis hierüber entschieden ist: Rekurs KIP3-2027-00001.1" in words
    assert "ist sistiert" not in words


def test_they_are_read_from_an_index_of_their_own(told: Story) -> None:
    at_review(told)
    with told.db.begin() as tx:
        tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        held_up = "SELECT number FROM cases WHERE held_up"
        plan = tx.exec_driver_sql(f"EXPLAIN {held_up} ORDER BY number LIMIT 200").scalars().all()
    assert any("ix_cases_held_up" in line for line in plan)
