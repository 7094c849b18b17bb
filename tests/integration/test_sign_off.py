"""Sign-off inside an organisation: one or two signatures; advisers, who fill in visibly and never sign."""

from __future__ import annotations

import io
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from pypdf import PdfReader

from tests.browsing import signed_in
from tests.integration.members import (
    COORDINATOR,
    GGG,
    HEKS,
    JONAS,
    LEAD,
    ORGANISATION,
    SELIN,
    actor,
    give,
    joined,
    kinds,
    notices,
    refused,
    together,
)
from tests.integration.test_web_portal import stored
from tests.integration.walks import COMPLETE, assert_kept, at_confirmation, at_once, language, rows, state
from web.cli.story import PDF, Story
from workflow import drafts, organisations, people, signing
from workflow.engine.commands import Declare, Submit, Withdraw
from workflow.errors import NotAllowed
from workflow.people import person_id
from workflow.service import Done, handle
from workflow.store import organisations as store
from workflow.store import queries
from workflow.texts import local_date

# Signing


def test_two_sign_and_the_second_submits(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    with refused("second_signature_needed"):
        handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
    miriam, jonas = signed_in(app, HEKS), signed_in(app, JONAS)
    path = f"/applications/{draft}/submit"
    page = miriam.send(miriam.open(path).form(path))
    assert "Es fehlt noch eine zweite Unterschrift" in page.text
    assert not any(form.action.endswith("/submit") for form in page.forms)
    assert notices(told) == [("signature_wanted", f"applications/{draft}/submit")]
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)  # one's own second is none
    page = jonas.open(path)
    assert "Miriam Aebi hat unterschrieben" in page.text
    page = jonas.send(page.form(path))
    assert "eingereicht. Es hat die Nummer KIP3-2027-" in page.text
    [event] = rows(told.db, "SELECT data, actor FROM events WHERE name = 'Submitted'")
    assert (event.actor, event.data["signed_with"]) == (str(person_id(JONAS)), str(person_id(HEKS)))
    told.route()
    with refused("second_signature_needed"):
        handle(told.db, Withdraw(draft), actor(told, HEKS), uuid4(), told.now)
    assert_kept(told.db)


def test_two_take_an_application_back(told: Story, app: Flask) -> None:
    together(told)
    case_id = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), case_id, now=told.now)
    told.hand_in(HEKS, case_id)
    jonas, miriam = signed_in(app, JONAS), signed_in(app, HEKS)
    path = f"/applications/{case_id}/withdraw"
    page = jonas.open(path)
    assert "unterschreibt zu zweien" in page.words()
    assert "reason" not in dict(page.form(path).fields)  # it would be lost: who does it says why
    page = jonas.send(page.form(path))
    assert "Es fehlt noch eine zweite Unterschrift" in page.text
    assert state(told, case_id).ending is None
    assert notices(told)[-1] == ("giving_up_wanted", f"applications/{case_id}")
    jonas.send(jonas.open(path).form(path))  # one's own second is none
    assert state(told, case_id).ending is None
    asked = jonas.open(f"/applications/{case_id}").words()
    assert "Es fehlt die Unterschrift einer zweiten Person. Das können: Miriam Aebi" in asked
    page = miriam.open(f"/applications/{case_id}")
    assert "Ansehen und entscheiden" in page.words()
    assert "Jonas Wirz hat den Rückzug des Gesuchs unterschrieben" in page.words()
    miriam.send(miriam.open(path).form(path), {"reason": "Kein Raum."})
    told.route()
    assert state(told, case_id).ending == "withdrawn"
    [event] = rows(told.db, "SELECT data, actor FROM events WHERE name = 'Withdrawn'")
    assert (event.actor, event.data["signed_with"]) == (str(person_id(HEKS)), str(person_id(JONAS)))
    assert rows(told.db, "SELECT FROM contents WHERE data->'reason'->>'reason' = 'Kein Raum.'")
    assert_kept(told.db)


def test_two_do_without_a_contribution_and_one_accepts_it(told: Story, app: Flask) -> None:
    case_id = at_confirmation(told)
    together(told)
    step = {"step": "confirm_budget", "seat": "", "outcome": "decline", "entry": state(told, case_id).entry}
    client = app.test_client()

    def ask(email: str, **other: Any) -> Any:
        token = client.post("/api/v1/sessions", json={"email": email, "password": "geheim"}).get_json()
        headers = {"Authorization": f"Bearer {token['token']}", "Idempotency-Key": str(uuid4())}
        body = {**step, **other, "answers": {}}
        return client.post(f"/api/v1/cases/{case_id}/completions", json=body, headers=headers)

    first = ask(HEKS)
    assert (first.status_code, first.get_json()["waits_for"]) == (202, "second_signature")
    page = signed_in(app, JONAS).open(f"/applications/{case_id}")
    assert "Miriam Aebi hat einen Verzicht unterschrieben" in page.words()
    assert state(told, case_id).held
    assert ask(HEKS).status_code == 202
    done = ask(JONAS)
    assert done.status_code == 200
    told.route()
    assert state(told, case_id).held == 0
    [event] = rows(
        told.db, "SELECT data FROM events WHERE name = 'Completed' AND data->>'outcome' = 'decline'"
    )
    assert event.data["signed_with"] == str(person_id(HEKS))
    assert_kept(told.db)


def test_a_signature_holds_at_its_step_and_while_its_person_signs(told: Story) -> None:
    together(told)
    case_id = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), case_id, now=told.now)
    told.hand_in(HEKS, case_id)
    command = Withdraw(case_id)
    assert not signing.sign_giving_up(told.db, actor(told, HEKS), command, now=told.now)
    told.do(COORDINATOR, case_id, "complete", COMPLETE)
    with refused("second_signature_needed"):  # it has gone on since
        handle(told.db, command, actor(told, JONAS), uuid4(), told.now)
    assert not signing.sign_giving_up(told.db, actor(told, HEKS), command, now=told.now)
    give(told, HEKS, "drafts", by=JONAS)
    with refused("second_signature_needed"):  # who signs no longer has not signed
        handle(told.db, command, actor(told, JONAS), uuid4(), told.now)


def test_a_change_after_the_first_signature_voids_it_visibly(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    page = stored(told, draft)
    same = {"project": page.answers["project"]}
    drafts.save(told.db, actor(told, SELIN), draft, same, revision=page.revision, now=told.now)
    other = {"project": {**page.answers["project"], "title": "Anders"}}
    state = queries.sign_off(told.db, actor(told, JONAS), draft)
    assert state is not None
    assert state.waits_for_me  # saving the same is no change
    drafts.save(told.db, actor(told, SELIN), draft, other, revision=page.revision + 1, now=told.now)
    assert not signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    page_text = signed_in(app, HEKS).open(f"/applications/{draft}/submit").text
    assert "Selin Arslan" in page_text
    assert ("signature_void", f"applications/{draft}") in notices(told)
    drafts.save(told.db, actor(told, SELIN), draft, same, revision=page.revision + 2, now=told.now)
    with refused("second_signature_needed"):  # also when it is changed back
        handle(told.db, Submit(draft), actor(told, JONAS), uuid4(), told.now)


def test_who_signs_no_longer_has_not_signed(told: Story) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    give(told, JONAS, "drafts")
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    with refused("second_signature_needed"):
        handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)


def test_whose_access_has_ended_has_not_signed(told: Story) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    people.leave(told.db, JONAS, now=told.now)
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    with refused("second_signature_needed"):
        handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)


@pytest.mark.parametrize("ends", ["right", "access"])
def test_no_page_counts_a_signature_that_counts_no_more(told: Story, app: Flask, ends: str) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    browser, at = signed_in(app, HEKS), f"/applications/{draft}/submit"
    assert "Mit Ihrer Unterschrift ist das Gesuch eingereicht." in browser.open(at).words()
    if ends == "right":
        give(told, JONAS, "drafts")
    else:
        people.leave(told.db, JONAS, now=told.now)
    words = browser.open(at).words()
    assert "Mit Ihrer Unterschrift ist das Gesuch eingereicht." not in words
    assert "unterschreibt aber nicht mehr für die Trägerschaft" in words
    [row] = queries.my_applications(told.db, actor(told, HEKS))
    assert not row.waiting_for_me


def test_who_has_left_signs_alone_no_more(told: Story) -> None:
    give(told, JONAS, "signs")
    give(told, HEKS, "signs_with")
    with told.db.connect() as tx:
        assert store.signing(tx, ORGANISATION) == "single"
    people.leave(told.db, JONAS, now=told.now)
    with told.db.connect() as tx:
        assert store.signing(tx, ORGANISATION) == "joint"


def test_two_sign_at_the_same_instant_and_it_is_submitted_once(told: Story) -> None:
    together(told)
    for _ in range(5):
        draft = told.draft(HEKS, language())

        def both(email: str, draft: UUID = draft) -> Done | None:
            person = actor(told, email)
            if not signing.sign(told.db, person, draft, now=told.now):
                return None
            return handle(told.db, Submit(draft), person, uuid4(), told.now)

        results = at_once(partial(both, HEKS), partial(both, JONAS))
        assert sorted(type(one).__name__ for one in results) == ["Done", "NoneType"]
    third = told.draft(HEKS, language())
    joined(told, GGG, "signs_with")
    signing.sign(told.db, actor(told, HEKS), third, now=told.now)
    submit = [
        partial(handle, told.db, Submit(third), actor(told, one), uuid4(), told.now) for one in (JONAS, GGG)
    ]
    results = at_once(*submit)
    assert sorted(type(one).__name__ for one in results) == ["Done", "Refused"]
    assert_kept(told.db)


def test_the_api_says_that_a_second_signature_is_waited_for(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    client = app.test_client()

    def ask(email: str) -> Any:
        token = client.post("/api/v1/sessions", json={"email": email, "password": "geheim"}).get_json()
        headers = {"Authorization": f"Bearer {token['token']}", "Idempotency-Key": str(uuid4())}
        return client.post(f"/api/v1/applications/{draft}/submission", headers=headers)

    first = ask(HEKS)
    assert (first.status_code, first.get_json()["waits_for"]) == (202, "second_signature")
    assert ask(SELIN).get_json()["code"] == "may_not_sign"
    second = ask(JONAS)
    assert (second.status_code, second.get_json()["number"]) == (201, "KIP3-2027-00001")
    again = ask(HEKS)
    assert (again.status_code, again.get_json()["code"]) == (409, "submitted_already")


def test_a_request_that_is_refused_has_signed_nothing(told: Story, app: Flask) -> None:
    granted = at_confirmation(told)
    together(told)
    draft, case_id = told.draft(HEKS, language()), told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), case_id, now=told.now)
    told.hand_in(HEKS, case_id)
    step = {"step": "confirm_budget", "outcome": "decline", "entry": state(told, granted).entry}
    client = app.test_client()
    token = client.post("/api/v1/sessions", json={"email": HEKS, "password": "geheim"}).get_json()["token"]
    before, said = rows(told.db, "SELECT * FROM signatures"), notices(told)
    for path, body in (
        (f"/applications/{draft}/submission", None),
        (f"/cases/{case_id}/withdrawal", None),
        (f"/cases/{granted}/completions", step),
    ):
        for key, code in (
            ({}, "idempotency_key_missing"),
            ({"Idempotency-Key": "7"}, "idempotency_key_not_a_uuid"),
        ):
            headers = {"Authorization": f"Bearer {token}", **key}
            answer = client.post(f"/api/v1{path}", json=body, headers=headers)
            assert (answer.status_code, answer.get_json()["code"]) == (400, code), path
    assert (rows(told.db, "SELECT * FROM signatures"), notices(told)) == (before, said)


# Advisers


def test_an_adviser_fills_in_visibly_never_signs_and_never_reviews(told: Story, app: Flask) -> None:
    joined(told, LEAD, "advises")
    draft = told.draft(HEKS, language())
    page = stored(told, draft)
    changed = {"plan": {**page.answers["plan"], "need": "Neuer Bedarf"}}
    drafts.save(told.db, actor(told, LEAD), draft, changed, revision=page.revision, now=told.now)
    drafts.attach(
        told.db,
        actor(told, LEAD),
        draft,
        "attachments.accounts",
        "Rechnung.pdf",
        io.BytesIO(PDF),
        settings=told.settings,
        now=told.now,
        file_id=uuid4(),
    )
    state = queries.sign_off(told.db, actor(told, HEKS), draft)
    assert state is not None
    assert {(one.section, one.name) for one in state.advice} == {
        ("plan", "Barbara Wenger"),
        ("attachments", "Barbara Wenger"),
    }
    consent = f"mit Einwilligung von Miriam Aebi seit {local_date(told.now)}"
    shown = signed_in(app, HEKS).open(f"/applications/{draft}").words()
    assert "Barbara Wenger (Beratung)" in shown
    assert consent in shown
    with pytest.raises(NotAllowed, match="may_not_sign"):
        handle(told.db, Submit(draft), actor(told, LEAD), uuid4(), told.now)
    with refused("adviser_stays_adviser"):
        give(told, LEAD, "signs")
    handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
    told.route()
    told.do(COORDINATOR, draft, "complete", {"check": {"complete": True, "responsible": True}})
    dossier = signed_in(app, COORDINATOR).open(f"/desk/cases/{draft}").words()
    assert "Barbara Wenger (Beratung)" in dossier
    assert consent in dossier
    receipt = signed_in(app, HEKS).download(f"/applications/{draft}/receipt")
    said = " ".join(PdfReader(io.BytesIO(receipt)).pages[0].extract_text().split())
    assert f"Barbara Wenger, Einwilligung von Miriam Aebi, seit {local_date(told.now)}" in said
    organisations.remove(told.db, actor(told, HEKS), ORGANISATION, person_id(LEAD), now=told.now)
    assert "inzwischen beendet" in signed_in(app, COORDINATOR).open(f"/desk/cases/{draft}").words()
    ended = actor(told, LEAD)
    assert queries.application(told.db, ended, draft) is None
    assert queries.my_organisations(told.db, ended) == []
    inbox = queries.inbox(told.db, ended, now=told.now)
    assert not inbox.rows  # has advised, so never reviews
    with refused("own_organisation"):
        handle(told.db, Declare(draft), ended, uuid4(), told.now)
    assert kinds(told, ORGANISATION) == ["invited", "joined", "left"]
