"""Who must keep out: the recused, those who acted before, those of the applying organisation."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tasks import mail
from tests.browsing import signed_in
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    REASONS,
    SECOND,
    SYNTHESIS,
    THIRD,
    assert_kept,
    at_check,
    at_decision,
    at_review,
    at_synthesis,
    rows,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow.engine.commands import Complete, Declare, Recuse, TakeWay
from workflow.errors import NotAllowed, NotFound, Refused
from workflow.people import organisation_id
from workflow.service import handle
from workflow.store import outbox, queries


def sees_nothing(told: Story, email: str, case_id: UUID) -> bool:
    """Neither in lists nor in the dossier is there anything of the case's content."""
    viewer = told.actors[email]
    inbox = queries.inbox(told.db, viewer, now=told.now)
    page = queries.dossier(told.db, viewer, case_id, now=told.now)
    listed = queries.cases(told.db, viewer, queries.Filters(), now=told.now)
    file, *_ = rows(
        told.db, "SELECT id FROM files WHERE application_id = :id AND kind = 'upload'", id=case_id
    )
    found = queries.cases(told.db, viewer, queries.Filters(text="Quartier"), now=told.now)
    return (
        all(row.title is None for row in inbox.rows if row.case_id == case_id)
        and (
            page is None
            or (page.opened, page.answers, page.files, page.letters, page.statements, page.history)
            == (False, {}, {}, [], [], [])
        )
        and (page is None or (page.case.title, page.line, page.granted) == (None, None, None))
        and (listed is None or all(row.title is None for row in listed.rows))
        and (found is None or case_id not in [row.id for row in found.rows])
        and queries.file(told.db, viewer, file.id) is None
    )


def refusal(told: Story, email: str, case_id: UUID, seat: str, outcome: str) -> str:
    """The code with which this person is refused at the present step."""
    case = state(told, case_id)
    command = Complete(case_id, case.step or "", seat, outcome, case.entry)
    with pytest.raises((NotAllowed, NotFound, Refused)) as caught:
        handle(told.db, command, told.actors[email], uuid4(), told.now, review("Ja."))
    return str(caught.value.code)


@pytest.mark.parametrize("declared_before", [False, True])
def test_who_steps_back_sees_nothing_and_may_nothing_any_more(told: Story, declared_before: bool) -> None:
    case_id = at_review(told)
    if declared_before:
        told.declare(LEAD, case_id)
        assert not sees_nothing(told, LEAD, case_id)
    told.recuse(LEAD, case_id)
    assert sees_nothing(told, LEAD, case_id)
    assert refusal(told, LEAD, case_id, "lead", "yes") == "recused"
    page = queries.dossier(told.db, told.actors[LEAD], case_id, now=told.now)
    assert page is None or page.offers == ()
    assert queries.inbox(told.db, told.actors[LEAD], now=told.now).rows == []
    for command in (Declare(case_id), Recuse(case_id)):
        with pytest.raises(NotAllowed, match="recused"):
            handle(told.db, command, told.actors[LEAD], uuid4(), told.now)
    told.do(LEAD_TOO, case_id, "yes", review("An ihrer Stelle."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    assert state(told, case_id).step == "synthesis"
    assert sees_nothing(told, LEAD, case_id)
    assert_kept(told.db)


def test_when_the_head_is_the_last_to_step_back_the_coordination_is_told(app: Flask, told: Story) -> None:
    case_id = at_decision(told)
    browser = signed_in(app, HEAD)
    said = browser.send(browser.open(f"/desk/cases/{case_id}/recuse").form("/recuse")).text
    assert "Jetzt darf niemand mehr daran arbeiten" in said
    leased = [one for one in outbox.lease(told.db, "mail", told.now, 100) if one.case_id == case_id]
    [written] = [
        message
        for due, message in mail._written(told.db, told.settings, leased, told.now)
        if due.payload["text"] == "office_unstaffed"
    ]
    assert isinstance(written, EmailMessage)
    assert set(str(written["To"]).split(", ")) == {CHECKER, SYNTHESIS, THIRD}


def test_who_steps_back_and_leaves_others_reads_that(app: Flask, told: Story) -> None:
    case_id = at_review(told)
    browser = signed_in(app, LEAD)
    said = browser.send(browser.open(f"/desk/cases/{case_id}/recuse").form("/recuse")).text
    assert "Die Stelle kann es jemand anderem geben." in said


def test_a_coordinator_who_steps_back_loses_the_dossier_that_all_coordinators_see(told: Story) -> None:
    case_id = at_synthesis(told)
    assert not sees_nothing(told, SYNTHESIS, case_id)
    told.recuse(SYNTHESIS, case_id)
    assert sees_nothing(told, SYNTHESIS, case_id)
    assert refusal(told, SYNTHESIS, case_id, "", "propose") == "recused"
    told.do(THIRD, case_id, "propose", proposal(20_000_00, "Ja."))
    assert state(told, case_id).step == "decide_head"


def test_undeclared_the_seat_stays_closed(told: Story) -> None:
    case_id = at_review(told)
    assert sees_nothing(told, LEAD, case_id)
    assert refusal(told, LEAD, case_id, "lead", "yes") == "declare_first"
    told.declare(LEAD, case_id)
    assert not sees_nothing(told, LEAD, case_id)
    assert sees_nothing(told, LEAD_TOO, case_id)  # one declares for oneself


def test_one_office_does_not_take_the_others_seat(told: Story) -> None:
    case_id = at_review(told)
    told.declare(LEAD, case_id)
    assert refusal(told, LEAD, case_id, "second", "yes") == "not_yours"
    assert refusal(told, SECOND, case_id, "lead", "yes") == "not_yours"


def test_who_checked_neither_reviews_nor_decides(told: Story) -> None:
    checker = told.actors[CHECKER]
    many = {("adult_education", "reviewer"), ("integration", "head"), ("presidential", "division_head")}
    told.actors[CHECKER] = replace(checker, offices=checker.offices | many)
    case_id = at_review(told)
    assert refusal(told, CHECKER, case_id, "lead", "yes") == "four_eyes"
    with pytest.raises(NotAllowed, match="four_eyes"):
        told.declare(CHECKER, case_id)
    told.do(LEAD, case_id, "yes", review("Ja."))
    told.do(SECOND, case_id, "yes", review("Ja."))
    told.do(SYNTHESIS, case_id, "propose", proposal(20_000_00, "Ja."))
    assert refusal(told, CHECKER, case_id, "", "grant") == "four_eyes"
    told.do(HEAD, case_id, "grant", decision(20_000_00, REASONS))
    assert refusal(told, CHECKER, case_id, "", "confirm") == "four_eyes"


@pytest.mark.parametrize("email", [CHECKER, LEAD])
def test_who_checked_or_reviewed_does_not_decide_to_write_it_off(told: Story, email: str) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "yes", review("Ja."))
    told.actors[email] = replace(told.actors[email], offices=frozenset({("integration", "head")}))
    entry = state(told, case_id).entry
    told.aside(SYNTHESIS, TakeWay(case_id, "write_off", "decide_write_off", entry))
    assert refusal(told, email, case_id, "", "confirm") == "four_eyes"
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Gegenstandslos."}})
    assert state(told, case_id).step == "order_ended"


def test_who_decided_first_does_not_confirm_and_not_decide_above(told: Story) -> None:
    head = told.actors[HEAD]
    above = {("presidential", "division_head"), ("presidential", "department_head")}
    told.actors[HEAD] = replace(head, offices=head.offices | above)
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(20_000_00, REASONS))
    assert refusal(told, HEAD, case_id, "", "confirm") == "four_eyes"
    told.do(DIVISION, case_id, "pass_up", {"decision": {"note": "Nicht einverstanden."}})
    assert refusal(told, HEAD, case_id, "", "grant") == "four_eyes"
    told.do(DEPARTMENT, case_id, "reject", {"decision": {"reasons": "So nicht."}})
    assert state(told, case_id).step == "order_rejected"


@pytest.mark.parametrize("email", [CHECKER, LEAD, HEAD])
def test_staff_who_belong_to_the_organisation_neither_see_nor_do(told: Story, email: str) -> None:
    heks = str(organisation_id("heks"))
    told.actors[email] = replace(told.actors[email], organisations={heks: frozenset({"read"})})
    case_id = at_check(told)
    if email == LEAD:
        told.do(THIRD, case_id, "complete", COMPLETE)
    if email == HEAD:
        told.do(THIRD, case_id, "inadmissible", {"check": {"reasons": "Zu spät."}})
    viewer = told.actors[email]
    assert queries.dossier(told.db, viewer, case_id, now=told.now) is None
    assert queries.inbox(told.db, viewer, now=told.now).total == 0
    outcome = {CHECKER: "complete", LEAD: "yes", HEAD: "confirm"}[email]
    assert refusal(told, email, case_id, "lead" if email == LEAD else "", outcome) == "own_organisation"
    if email != CHECKER:
        with pytest.raises(NotAllowed, match="own_organisation"):
            told.declare(email, case_id)


def test_the_applicant_is_not_staff(told: Story) -> None:
    case_id = at_review(told)
    with pytest.raises(NotAllowed, match="not_yours"):
        told.declare(HEKS, case_id)
    assert refusal(told, HEKS, case_id, "lead", "yes") == "not_yours"
