"""A grant is settled by its accepted report: what is not needed is free again, what was too much is owed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.post import Inbox
from tests.integration.test_children import granted, opened
from tests.integration.walks import CHECKER, FINANCE, HEKS, assert_kept, deliver, report, rows, state
from web.cli.story import Story
from workflow.engine.commands import Pay
from workflow.errors import Invalid
from workflow.service import handle
from workflow.store import queries


def pay(told: Story, case_id: UUID, amount: int) -> None:
    paid = state(told, case_id).paid
    reason = {"reason": "Zurückbezahlt."}
    handle(told.db, Pay(case_id, amount, paid), told.actors[FINANCE], uuid4(), told.now, reason)


def settled(told: Story, case_id: UUID, amount: int) -> UUID:
    """Its report, accepted with so much."""
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": amount}})
    deliver(told)
    return child


def line(told: Story, case_id: UUID) -> Sequence[Any]:
    """(available, reserved, committed, paid) of the budget line that pays."""
    query = (
        "SELECT available, reserved, committed, paid FROM budget_lines"
        " WHERE id = (SELECT line_id FROM cases WHERE id = :id)"
    )
    return tuple(rows(told.db, query, id=case_id)[0])


def test_what_a_project_did_not_need_is_free_again(told: Story, inbox: Inbox) -> None:
    case_id = granted(told)
    pay(told, case_id, 20_000_00)
    available, *_ = line(told, case_id)
    settled(told, case_id, 30_000_00)
    assert state(told, case_id).committed == 30_000_00
    assert line(told, case_id) == (available + 8_000_00, 0, 10_000_00, 20_000_00)
    assert_kept(told.db)
    subjects = [str(one["Subject"]) for one in inbox.mails if HEKS in str(one["To"])]
    assert any("abgerechnet" in one for one in subjects)


def test_what_was_paid_too_much_is_asked_back_and_free_once_it_is_there(app: Flask, told: Story) -> None:
    case_id = granted(told)
    pay(told, case_id, 30_400_00)
    available, *_ = line(told, case_id)
    settled(told, case_id, 25_000_00)
    assert line(told, case_id) == (available + 7_600_00, 0, 0, 30_400_00)
    applicant = signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "Der Beitrag macht am Ende CHF 25'000.00 aus." in applicant
    assert "Bitte zahlen Sie CHF 5'400.00 zurück, bis am" in applicant
    finance = signed_in(app, FINANCE)
    listed = finance.open("/office/money/repayments")
    assert "5'400.00" in listed.words()
    page = finance.open(listed.link("/steer"))
    form = next(one for one in page.forms if ("action", "pay") in one.fields)
    finance.send(form, {"amount": "-5400", "reason": "Eingang vom 3. Mai."})
    assert state(told, case_id).owed == 0
    assert line(told, case_id) == (available + 13_000_00, 0, 0, 25_000_00)
    assert "Nichts ist zurückzufordern" in finance.open("/office/money/repayments").words()
    assert "zurückzuzahlen" not in signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    assert_kept(told.db)


def test_who_checks_the_report_sees_what_it_comes_to_and_cannot_settle_above_the_grant(
    app: Flask, told: Story
) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    words = signed_in(app, CHECKER).open(f"/desk/cases/{child}").words()
    assert "Beitrag nach diesen Zahlen CHF 38'000.00" in words
    with pytest.raises(Invalid) as refused:
        told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_01}})
    assert [one.code for one in refused.value.fields["check.settled"]] == ["more_than"]
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 37_000_00}})
    deliver(told)
    assert "Schlussbeitrag CHF 37'000.00" in signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    history = signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    assert "abgeschlossen, der Beitrag macht CHF 37'000.00 aus" in history


def test_a_grant_of_which_nothing_was_spent_is_settled_at_nothing(app: Flask, told: Story) -> None:
    case_id = granted(told)
    settled(told, case_id, 0)
    case = state(told, case_id)
    assert (case.committed, case.ending, case.settled) == (0, "granted", (0,))
    words = signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "Der Beitrag macht am Ende CHF 0.00 aus." in words
    assert_kept(told.db)


def test_what_is_owed_is_listed_in_pages_with_as_many_questions(app: Flask, told: Story) -> None:
    def owing() -> UUID:
        case_id = granted(told)
        pay(told, case_id, 1_000_00)
        settled(told, case_id, 0)
        return case_id

    first = owing()
    browser, path = signed_in(app, FINANCE), "/office/money/repayments"
    browser.open(path)
    few = statements(app, browser, path)
    ids = [first, owing(), owing()]
    assert statements(app, browser, path) == few
    viewer = told.actors[FINANCE]
    page = queries.repayments(told.db, viewer, limit=2)
    assert page is not None
    rest = queries.repayments(told.db, viewer, after=page.next, limit=2)
    assert rest is not None
    assert {row.case_id for row in (*page.rows, *rest.rows)} == set(ids)
    assert (page.total, page.amount, rest.next) == (3, 3_000_00, None)
    assert queries.repayments(told.db, told.actors[HEKS]) is None
