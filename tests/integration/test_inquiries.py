"""Another office is asked: a case of its own with its own deadline; the applicant learns nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.test_appeals import lodged
from tests.integration.test_children import opened
from tests.integration.test_own_first import addresses, text_of
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    DIVISION,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    SECOND,
    SYNTHESIS,
    assert_kept,
    at_review,
    at_synthesis,
    deliver,
    happened,
    rows,
    state,
)
from web.cli.story import Story, proposal, review
from workflow.engine.commands import OpenChild, Suspend
from workflow.errors import NotAllowed, NotFound, Refused
from workflow.people import organisation_id, person_id
from workflow.service import handle
from workflow.store import queries

SECOND_TOO = "dragan.ilic@sozialhilfe.bs.example"
ASKED = "nicole.schaer@fruehfoerderung.bs.example"
ASKED_TOO = "amina.diallo@fruehfoerderung.bs.example"
QUESTION, ANSWER = "Gibt es im Quartier schon eine Spielgruppe?", "Ja, zwei; beide sind voll."


def question(office: str = "early_support", **more: Any) -> dict[str, Any]:
    return {"inquiry": {"office": office, "question": QUESTION, **more}}


def ask(told: Story, email: str, case_id: UUID, answers: dict[str, Any] | None = None) -> UUID:
    command = OpenChild(case_id, "inquiry", told.next_id(), state(told, case_id).entry)
    handle(told.db, command, told.actors[email], told.next_id(), told.now, answers or question())
    told.route()
    return command.child_id


def answer(told: Story, inquiry: UUID, outcome: str = "answered") -> None:
    field = "answer" if outcome == "answered" else "why"
    told.do(ASKED, inquiry, outcome, {"reply": {field: ANSWER}})


def seen(told: Story, email: str, case_id: UUID) -> list[queries.Inquiry]:
    found = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
    return list(found.inquiries) if found else []


@pytest.fixture
def case_id(told: Story) -> UUID:
    """In review; the lead office has declared."""
    found = at_review(told)
    told.declare(LEAD, found)
    told.declare(SECOND, found)
    told.wait(hours=1)
    return found


def test_an_office_is_asked_and_its_answer_stands_in_the_dossier(told: Story, case_id: UUID) -> None:
    inquiry = ask(told, LEAD, case_id)
    asked = state(told, inquiry)
    assert [(seat.office, seat.role) for seat in asked.seats] == [("early_support", "reviewer")]
    [item] = queries.inbox(told.db, told.actors[ASKED], now=told.now).rows
    assert (item.case_id, item.title, item.due_at) == (inquiry, None, item.due_at)
    [waits] = [
        one
        for one in queries.inbox(told.db, told.actors[LEAD], now=told.now, tab="waiting").rows
        if one.case_id == inquiry
    ]
    assert (waits.page, waits.office) == (case_id, "early_support")
    assert waits.title == "Anfrage an eine Stelle: Deutsch im Quartier"

    assert state(told, case_id).step == "review"  # nothing stands still meanwhile
    routes = queries.routes(told.db, told.actors[SYNTHESIS], now=told.now)
    assert routes is not None
    assert [(at.count, at.listed) for at in routes["inquiry"].steps.values()] == [(1, False)]
    assert [(at.count, at.listed) for at in routes["medium"].steps.values()] == [(1, True)]
    told.declare(ASKED, inquiry)
    page = queries.dossier(told.db, told.actors[ASKED], inquiry, now=told.now)
    assert page is not None
    assert page.answers["inquiry"]["question"] == QUESTION
    assert page.parent_read is not None
    assert page.parent_read.answers["project"]["title"] == "Deutsch im Quartier"
    answer(told, inquiry)
    deliver(told)
    [found] = seen(told, LEAD, case_id)
    assert (found.office, found.question, found.answer) == ("early_support", QUESTION, ANSWER)
    assert (found.answered_by, found.refused) == ("Nicole Schär", False)
    assert state(told, case_id).children[str(inquiry)]["ending"] == "answered"
    assert_kept(told.db)


def test_it_has_working_days_of_its_own_and_is_reminded(told: Story, case_id: UUID) -> None:
    calm, urgent = ask(told, LEAD, case_id), ask(told, LEAD, case_id, question(urgent=True))
    due = {one: state(told, one).due_at for one in (calm, urgent)}
    assert str(due[urgent]) < str(due[calm])
    before = state(told, case_id).due_at
    told.wait(days=10)
    reminded = rows(
        told.db, "SELECT name FROM events WHERE case_id = :id AND name IN ('Reminded', 'Escalated')", id=calm
    )
    assert [one.name for one in reminded] == ["Reminded", "Reminded", "Escalated"]
    assert state(told, case_id).due_at == before
    [first, second] = seen(told, LEAD, case_id)
    assert (first.late, second.late) == (True, True)


def test_several_stand_side_by_side_and_no_number_tells_the_applicant(told: Story, case_id: UUID) -> None:
    first, second = ask(told, LEAD, case_id), ask(told, LEAD, case_id, question("riehen"))
    numbers = [row.number for row in rows(told.db, "SELECT number FROM cases ORDER BY submitted_at, number")]
    assert numbers[1:] == [f"{numbers[0]}-A1", f"{numbers[0]}-A2"]
    assert {one.id for one in seen(told, LEAD, case_id)} == {first, second}


def test_who_may_ask(told: Story, case_id: UUID) -> None:
    for email in (LEAD, SECOND, CHECKER):  # who works on it, and the coordination
        ask(told, email, case_id)
    for email, code in ((LEAD_TOO, "not_yours"), (AUDITOR, "not_yours")):
        with pytest.raises(NotAllowed, match=code):
            ask(told, email, case_id)
    with pytest.raises(NotAllowed, match="not_yours"):
        ask(told, HEKS, case_id)
    with pytest.raises(NotFound):
        ask(told, ASKED, case_id)
    told.recuse(LEAD, case_id)
    with pytest.raises(NotAllowed):
        ask(told, LEAD, case_id)
    told.withdraw(HEKS, case_id)
    with pytest.raises(Refused):
        ask(told, SECOND, case_id)


def test_while_a_case_stands_still_nobody_is_asked(told: Story, case_id: UUID) -> None:
    told.aside(CHECKER, Suspend(case_id, state(told, case_id).entry))
    with pytest.raises(Refused, match="suspended"):
        ask(told, LEAD, case_id)


def test_who_has_joined_the_applicant_since_asks_nobody(told: Story, case_id: UUID) -> None:
    heks = {str(organisation_id("heks")): frozenset({"read"})}
    told.actors[LEAD] = replace(told.actors[LEAD], organisations=heks)
    with pytest.raises(NotAllowed, match="own_organisation"):
        ask(told, LEAD, case_id)


def test_whoever_keeps_out_of_the_case_keeps_out_of_its_inquiries(told: Story) -> None:
    found = at_review(told)
    told.recuse(LEAD_TOO, found)
    told.declare(SECOND, found)
    inquiry = ask(told, SECOND, found, question("adult_education"))
    page = queries.dossier(told.db, told.actors[LEAD_TOO], inquiry, now=told.now)
    assert page is None or not page.opened
    assert queries.inbox(told.db, told.actors[LEAD_TOO], now=told.now).rows == []


def test_who_steps_back_later_keeps_out_of_the_inquiries_that_there_are(told: Story) -> None:
    case_id = at_synthesis(told)
    inquiries = [ask(told, SYNTHESIS, case_id), ask(told, CHECKER, case_id)]
    answer(told, inquiries[1])
    deliver(told)
    [file, *_] = rows(told.db, "SELECT id FROM files WHERE application_id = :id", id=case_id)
    viewer = told.actors[SYNTHESIS]
    assert queries.file(told.db, viewer, file.id) is not None
    told.recuse(SYNTHESIS, case_id)
    for inquiry in inquiries:
        page = queries.dossier(told.db, viewer, inquiry, now=told.now)
        assert page is None or (page.opened, page.parent_read) == (False, None)
    assert queries.file(told.db, viewer, file.id) is None
    assert queries.inbox(told.db, viewer, now=told.now, tab="waiting").rows == []
    assert queries.dossier(told.db, told.actors[CHECKER], inquiries[0], now=told.now) is not None
    answer(told, inquiries[0])
    deliver(told)
    assert [one.answer for one in seen(told, CHECKER, case_id)] == [ANSWER] * 2
    assert_kept(told.db)


def test_who_steps_back_from_an_inquiry_keeps_out_of_the_case_it_is_about(told: Story) -> None:
    case_id = at_synthesis(told)
    other = ask(told, CHECKER, case_id)
    inquiry = ask(told, CHECKER, case_id, question("social_welfare"))
    told.declare(SECOND, inquiry)
    viewer = told.actors[SECOND]
    assert queries.dossier(told.db, viewer, case_id, now=told.now) is not None  # has reviewed it
    told.recuse(SECOND, inquiry)
    for name in (case_id, other, inquiry):
        assert viewer.person in state(told, name).recused
    page = queries.dossier(told.db, viewer, case_id, now=told.now)
    assert page is None or not page.opened
    assert_kept(told.db)


def test_an_inquiry_that_loses_its_last_person_so_is_handed_to_those_who_find_another(told: Story) -> None:
    case_id = at_review(told)
    told.declare(LEAD, case_id)
    inquiry = ask(told, LEAD, case_id, question("social_welfare"))
    for email in (SECOND, SECOND_TOO):
        told.declare(email, case_id)
        told.recuse(email, case_id)
    assert happened(told, inquiry)[-3:] == ["Recused", "Recused", "Unstaffed"]
    assert_kept(told.db)


def test_who_has_advised_the_first_instance_hears_no_appeal(told: Story, case_id: UUID) -> None:
    answered, declared = ask(told, LEAD, case_id), ask(told, LEAD, case_id)
    answer(told, answered)
    told.declare(ASKED_TOO, declared)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SYNTHESIS, case_id, "propose", proposal(38_000_00, "Beide Stellen empfehlen."))
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    appeal = opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert {told.actors[one].person for one in (ASKED, ASKED_TOO)} <= set(state(told, appeal).recused)


def test_own_first_holds_for_what_others_ask(told: Story, case_id: UUID) -> None:
    inquiry = ask(told, LEAD, case_id)
    answer(told, inquiry)
    assert seen(told, SECOND, case_id) == []
    assert len(seen(told, LEAD, case_id)) == 1
    told.do(SECOND, case_id, "yes", review("Passt."))
    assert [one.answer for one in seen(told, SECOND, case_id)] == [ANSWER]


def test_an_office_says_that_it_has_nothing_to_say(told: Story) -> None:
    case_id = at_synthesis(told)
    inquiry = ask(told, CHECKER, case_id)
    answer(told, inquiry, "no_answer")
    [found] = seen(told, CHECKER, case_id)
    assert (found.refused, found.answer) == (True, ANSWER)


def test_whoever_asked_hears_of_the_answer_and_the_applicant_of_nothing(told: Story, case_id: UUID) -> None:
    deliver(told)
    before = {row.key for row in rows(told.db, "SELECT key FROM outbox")}
    inquiry = ask(told, LEAD, case_id)
    answer(told, inquiry)
    deliver(told)
    told.wait(days=20)
    new = [one for one in rows(told.db, "SELECT * FROM outbox") if one.key not in before]
    assert [one.payload["person"] for one in new if one.kind == "notice"] == [str(person_id(LEAD))]
    about = [one for one in new if one.case_id == inquiry]
    assert not any("organisation" in one.payload for one in about)
    assert QUESTION not in str([one.payload for one in new])


def test_no_address_tells_the_applicant_anything(app: Flask, told: Story, case_id: UUID) -> None:
    inquiry = ask(told, LEAD, case_id)
    answer(told, inquiry)
    deliver(told)
    member = signed_in(app, HEKS)
    client = app.test_client()
    token = client.post("/api/v1/sessions", json={"email": HEKS, "password": "geheim"}).get_json()["token"]

    def read(path: str) -> tuple[int, str]:
        if path.startswith("/api/"):
            found = client.get(path, headers={"Authorization": f"Bearer {token}"})
            return found.status_code, text_of(found.get_data())
        page = member.http.get(path)
        return page.status_code, text_of(page.content)

    number = f"{rows(told.db, 'SELECT number FROM cases WHERE id = :id', id=case_id)[0].number}-A1"
    for path in addresses(app, case_id):
        _, text = read(path)
        for secret in (QUESTION, ANSWER, number, str(inquiry), "Anfrage an eine"):
            assert secret not in text, path
    for path in addresses(app, inquiry):
        if str(inquiry) in path:
            status, text = read(path)
            assert (status, QUESTION in text) == (404, False), path
    assert [one.id for one in queries.my_applications(told.db, told.actors[HEKS])] == [case_id]
    found = queries.application(told.db, told.actors[HEKS], case_id)
    assert found is not None
    assert found.children == []
    assert "1 Gesuch<" in member.open(f"/organisations/{organisation_id('heks')}").text
    for method, path in (
        ("PATCH", f"/api/v1/applications/{inquiry}"),
        ("POST", f"/api/v1/applications/{inquiry}/submission"),
        ("POST", f"/api/v1/cases/{inquiry}/withdrawal"),
        ("POST", f"/api/v1/cases/{inquiry}/comments"),
    ):
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": str(told.next_id()),
            "If-Match": '"1"',
        }
        body: dict[str, Any] = (
            {"answers": {}} if method == "PATCH" else {"audience": "applicant", "text": "Hallo"}
        )
        assert client.open(path, method=method, json=body, headers=headers).status_code == 404, path


def test_figures_count_applications_not_questions(told: Story, case_id: UUID) -> None:
    ask(told, LEAD, case_id)
    filters = queries.Filters()
    page = queries.cases(told.db, told.actors[CHECKER], filters, now=told.now)
    pipeline = queries.pipeline(told.db, told.actors[CHECKER], filters, now=told.now)
    assert page is not None
    assert pipeline is not None
    assert (page.total, sum(one.count for one in pipeline.stages)) == (1, 1)
    organisation, now = organisation_id("heks"), told.now
    for email in (HEKS, CHECKER):
        known = queries.organisation(told.db, told.actors[email], organisation, now=now)
        assert known is not None
        assert (known.cases, known.drafts) == (1, 0)
    registered = queries.registered(told.db, told.actors[CHECKER], text="HEKS")
    assert [one.cases for one in registered or ()] == [1]


def test_a_reviewer_asks_on_the_page_and_the_asked_office_answers_there(
    app: Flask, told: Story, case_id: UUID
) -> None:
    desk, other = signed_in(app, LEAD), signed_in(app, ASKED)
    dossier = desk.open(f"/desk/cases/{case_id}")
    page = desk.open(dossier.link("/children/inquiry"))
    assert "Die Trägerschaft erfährt nichts davon." in page.text
    [asking] = [one for one in page.forms if ("inquiry.question", "") in one.fields]
    form = replace(asking, action=page.url)
    said = {"inquiry.office": "early_support", "inquiry.question": QUESTION}
    empty = desk.send(form, {**said, "inquiry.question": "", "press": "send"}, status=422)
    assert "Zentrum für Frühförderung" in empty.text
    asked = desk.send(form, {**said, "press": "send"})
    assert QUESTION in asked.text
    assert "wartet auf Antwort" in asked.text
    told.route()
    inbox = other.open("/desk")
    assert "Anfrage beantworten" in inbox.text
    gate = other.open(inbox.link("/desk/cases/"))
    opened = other.send(gate.form("/declare"))
    assert QUESTION in opened.text
    assert "Deutsch im Quartier" in opened.text
    other.send(opened.form("/complete"), {"outcome": "answered", "reply.answer": ANSWER})
    told.route()
    assert ANSWER in desk.open(f"/desk/cases/{case_id}").text
