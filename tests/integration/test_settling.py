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
from tests.integration.test_appeals import SECRETARIAT, lodged
from tests.integration.test_children import amendment, granted, opened
from tests.integration.walks import (
    CHECKER,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    assert_kept,
    deliver,
    order,
    report,
    rows,
    state,
)
from web.cli.story import Story, decision
from workflow import drafts
from workflow.engine.commands import Pay
from workflow.errors import Invalid
from workflow.service import handle
from workflow.store import queries


def pay(told: Story, case_id: UUID, amount: int) -> None:
    paid = state(told, case_id).paid
    reason = {"reason": "Zurückbezahlt."}
    handle(told.db, Pay(case_id, amount, paid), told.actors[FINANCE], uuid4(), told.now, reason)


def cut(told: Story, case_id: UUID, amount: int, more: int = 0) -> UUID:
    """Its report, as planned and `more`; less than it accounts for is fixed by an order that can still be
    appealed against."""
    answers = report(told, case_id)
    answers["accounts"]["costs"][0]["spent"] += more
    child = opened(told, HEKS, case_id, "report", answers)
    told.do(CHECKER, child, "cut", {"check": {"settled": amount, "why": "Nicht belegt.", "heard": "Nichts."}})
    told.do(HEAD, child, "settle", {"decision": {"reasons": "Die Belege fehlen."}})
    deliver(told)
    return child


def settled(told: Story, case_id: UUID, amount: int, more: int = 0) -> UUID:
    """The same, in force."""
    child = cut(told, case_id, amount, more)
    told.wait(days=29)
    deliver(told)
    assert state(told, child).ending == "accepted"
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
    assert any("es gibt etwas Neues" in one for one in subjects)


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
    assert "Zurückzuzahlen sind CHF 5'400.00." in page.words()
    form = next(one for one in page.forms if ("action", "pay") in one.fields)
    assert "wieder zu zahlen" not in finance.send(form, {"amount": "-5400", "reason": "Eingang."}).text
    assert state(told, case_id).owed == 0
    assert line(told, case_id) == (available + 13_000_00, 0, 0, 25_000_00)
    page = finance.open(listed.link("/steer"))
    form = next(one for one in page.forms if ("action", "pay") in one.fields)
    more = finance.send(form, {"amount": "-0.50", "reason": "Zu viel zurückbezahlt."}).text
    assert "Damit ist weniger ausbezahlt, als der Beitrag ausmacht: CHF 0.50 sind wieder zu zahlen." in more
    pay(told, case_id, 50)
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
    with pytest.raises(Invalid) as refused:
        told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 37_999_99}})
    assert [one.code for one in refused.value.fields["check.settled"]] == ["less_than"]
    with pytest.raises(Invalid) as refused:
        told.do(
            CHECKER, child, "cut", {"check": {"settled": 38_000_00, "why": "Nichts.", "heard": "Nichts."}}
        )
    assert [one.code for one in refused.value.fields["check.settled"]] == ["not_below"]
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    assert "Schlussbeitrag CHF 38'000.00" in signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    history = signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    assert "abgeschlossen, der Beitrag macht CHF 38'000.00 aus" in history


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

    first, path = owing(), "/office/money/repayments"
    browser = signed_in(app, FINANCE)
    browser.open(path)
    few = statements(app, browser, path)
    ids = [first, owing(), owing()]
    browser = signed_in(app, FINANCE)  # weeks later
    browser.open(path)
    assert statements(app, browser, path) == few
    viewer = told.actors[FINANCE]
    page = queries.repayments(told.db, viewer, limit=2)
    assert page is not None
    rest = queries.repayments(told.db, viewer, after=page.next, limit=2)
    assert rest is not None
    assert {row.case_id for row in (*page.rows, *rest.rows)} == set(ids)
    assert (page.total, page.amount, rest.next) == (3, 3_000_00, None)
    assert queries.repayments(told.db, told.actors[HEKS]) is None


def test_less_than_was_accounted_for_is_an_order_that_counts_once_it_is_in_force(
    app: Flask, told: Story
) -> None:
    case_id = granted(told)
    pay(told, case_id, 30_400_00)
    available, *_ = line(told, case_id)
    child = cut(told, case_id, 25_000_00)
    said = order(told, child)
    assert "Beitrag von höchstens CHF 38'000.00" in said
    assert "danach macht der Beitrag CHF 38'000.00 aus" in said
    assert "wird auf CHF 25'000.00 festgesetzt" in said
    assert "Die Belege fehlen." in said
    assert "Rekurs erhoben werden bei: Präsidialdepartement" in said
    words = signed_in(app, HEKS).open(f"/applications/{child}").words()
    assert "Schlussbeitrag verfügt, noch nicht rechtskräftig" in words
    assert (state(told, child).step, state(told, case_id).owed) == ("remedy_settled", 0)
    assert line(told, case_id) == (available, 0, 7_600_00, 30_400_00)
    told.wait(days=29)
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).owed) == ("accepted", 5_400_00)
    assert_kept(told.db)


def test_an_appeal_against_the_final_contribution_is_heard_before_it_counts(told: Story) -> None:
    case_id = granted(told)
    child = cut(told, case_id, 25_000_00)
    appeal = opened(told, CHECKER, child, "appeal", lodged(told))
    told.wait(days=60)
    assert (state(told, child).step, state(told, case_id).settled) == ("remedy_settled", ())
    first = {told.actors[one].person for one in (CHECKER, HEAD)}
    assert first <= set(state(told, appeal).recused)
    told.do(SECRETARIAT, appeal, "propose", {"findings": {"findings": "Die Belege liegen vor."}})
    told.do(DEPARTMENT, appeal, "uphold", {"decision": {"reasons": "Die Belege liegen vor."}})
    deliver(told)
    assert state(told, child).step == "check"
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    assert (state(told, case_id).settled, state(told, case_id).committed) == ((38_000_00,), 38_000_00)
    assert_kept(told.db)


def test_what_a_dismissed_appeal_left_is_owed_once_that_decision_stands_too(told: Story) -> None:
    case_id = granted(told)
    pay(told, case_id, 30_400_00)
    child = cut(told, case_id, 25_000_00)
    appeal = opened(told, CHECKER, child, "appeal", lodged(told))
    told.do(SECRETARIAT, appeal, "received")
    told.do(SECRETARIAT, appeal, "propose", {"findings": {"findings": "Die Belege fehlen."}})
    told.do(DEPARTMENT, appeal, "dismiss", {"decision": {"reasons": "Die Belege fehlen."}})
    deliver(told)
    assert (state(told, child).step, state(told, case_id).owed) == ("in_force", 0)
    told.wait(days=33)
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).owed) == ("accepted", 5_400_00)
    assert_kept(told.db)


def test_nobody_gets_less_than_was_accounted_for_unheard(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    with pytest.raises(Invalid) as refused:
        told.do(CHECKER, child, "cut", {"check": {"settled": 20_000_00, "why": "Nicht belegt."}})
    assert [one.code for one in refused.value.fields["check.heard"]] == ["required"]


def test_what_an_answer_to_a_query_accounts_for_is_what_counts_then(told: Story) -> None:
    case_id = granted(told)
    answers = report(told, case_id)
    child = opened(told, HEKS, case_id, "report", answers)
    assert state(told, child).facts["accounted"] == 38_000_00
    question = {"sections": ["accounts"], "question": "Bitte berichtigen."}
    told.do(CHECKER, child, "query", {"check": question})
    answers["accounts"]["costs"][0]["spent"] -= 1_000_00
    page = queries.application(told.db, told.actors[HEKS], child)
    assert page is not None
    drafts.save(
        told.db,
        told.actors[HEKS],
        child,
        {"accounts": answers["accounts"]},
        revision=page.revision,
        now=told.now,
    )
    told.do(HEKS, child, "answered")
    assert state(told, child).facts["accounted"] == 37_000_00


def test_the_head_sends_a_proposal_back_and_reads_what_is_proposed(app: Flask, told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    told.do(
        CHECKER,
        child,
        "cut",
        {"check": {"settled": 25_000_00, "why": "Miete nicht belegt.", "heard": "Nichts."}},
    )
    head = signed_in(app, HEAD)
    told.declare(HEAD, child)
    words = head.open(f"/desk/cases/{child}").words()
    assert "Miete nicht belegt." in words
    assert "25'000.00" in words
    told.do(HEAD, child, "back", {"decision": {"note": "Bitte nachfragen."}})
    assert state(told, child).step == "check"


def more(told: Story, case_id: UUID, francs: int) -> UUID:
    """An amendment that has added so much to the grant."""
    child = opened(told, HEKS, case_id, "amendment", amendment(francs))
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, child, "grant", decision(francs * 100, "Der Kurs ist ausgebucht."))
    told.do(DIVISION, child, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, child).committed == francs * 100
    return child


def test_a_second_report_lowers_what_the_first_settled_and_never_raises_it(told: Story) -> None:
    case_id = granted(told)
    pay(told, case_id, 38_000_00)
    settled(told, case_id, 30_000_00)
    assert state(told, case_id).owed == 8_000_00
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    assert state(told, child).facts["accounted"] == 30_000_00
    with pytest.raises(Invalid) as refused:
        told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 30_000_01}})
    assert [one.code for one in refused.value.fields["check.settled"]] == ["more_than"]
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 30_000_00}})
    deliver(told)
    assert (state(told, case_id).settled, state(told, case_id).owed) == ((30_000_00,) * 2, 8_000_00)
    settled(told, case_id, 29_000_00)
    assert state(told, case_id).owed == 9_000_00
    assert_kept(told.db)


def test_a_report_settles_what_amendments_have_added_too(app: Flask, told: Story) -> None:
    case_id = granted(told)
    available, *_ = line(told, case_id)
    child = more(told, case_id, 5_000)
    pay(told, child, 4_000_00)
    settled(told, case_id, 39_000_00, more=5_000_00)  # of 43,000
    assert (state(told, case_id).worth, state(told, case_id).owed) == (38_000_00, 0)
    added = state(told, child)
    assert (added.worth, added.committed, added.owed) == (1_000_00, 4_000_00, 3_000_00)
    assert line(told, case_id) == (available - 4_000_00, 0, 38_000_00, 4_000_00)
    assert "3'000.00" in signed_in(app, FINANCE).open("/office/money/repayments").words()
    assert "Der Beitrag macht am Ende CHF 1'000.00 aus" in (
        signed_in(app, HEKS).open(f"/applications/{child}").words()
    )
    settled(told, case_id, 20_000_00)  # less than was granted at first: nothing is left of what was added
    assert (state(told, case_id).worth, state(told, child).worth) == (20_000_00, 0)
    assert state(told, child).owed == 4_000_00
    assert_kept(told.db)


def test_what_a_report_leaves_for_amendments_counts_for_one_of_them_after_the_other(told: Story) -> None:
    case_id = granted(told)
    first = more(told, case_id, 5_000)
    told.wait(hours=1)
    second = more(told, case_id, 3_000)
    settled(told, case_id, 42_000_00, more=8_000_00)
    assert [state(told, one).committed for one in (case_id, first, second)] == [38_000_00, 4_000_00, 0]
    assert_kept(told.db)


def test_what_is_granted_after_a_report_was_handed_in_is_not_settled_by_it(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    told.wait(days=1)
    later = more(told, case_id, 5_000)
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    assert (state(told, case_id).worth, state(told, later).worth) == (38_000_00, 5_000_00)
    assert_kept(told.db)


def test_a_report_accounts_for_all_that_was_granted(told: Story) -> None:
    case_id = granted(told)
    more(told, case_id, 5_000)
    answers = report(told, case_id)
    answers["accounts"]["costs"][0]["spent"] += 9_000_00
    child = opened(told, HEKS, case_id, "report", answers)
    assert (state(told, child).facts["granted"], state(told, child).facts["accounted"]) == (43_000_00,) * 2
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 43_000_00}})
    deliver(told)
    assert (state(told, case_id).settled, state(told, case_id).committed) == ((38_000_00,), 38_000_00)
