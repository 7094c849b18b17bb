"""What people take along: the receipt and its hash, the ZIP; the way ahead, and whom to ask."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader

from tests.browsing import signed_in, visitor
from tests.counting import statements
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DIVISION,
    GGG,
    HEAD,
    HEKS,
    LEAD,
    QUERY,
    REASONS,
    SECOND,
    at_check,
    at_decision,
    at_review,
    at_synthesis,
    deliver,
    rows,
    state,
)
from web.cli.story import Story, decision, review
from workflow.engine.case import Actor
from workflow.engine.commands import Resume, Suspend
from workflow.papers import safe_name
from workflow.store import queries
from workflow.texts import ZURICH


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def submitted_hash(told: Story, case_id: UUID) -> str:
    query = "SELECT data->>'content' AS name FROM events WHERE case_id = :id AND name = 'Submitted'"
    [row] = rows(told.db, query, id=case_id)
    return str(row.name)


def grouped(name: str) -> str:
    return " ".join(name[at : at + 8] for at in range(0, 64, 8))


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name) for name in zipped.namelist()}


def stops(told: Story, case_id: UUID) -> list[tuple[str, str]]:
    found = queries.timeline(told.db, told.actors[HEKS], case_id, now=told.now)
    assert found is not None
    return [(one.status, one.state) for one in found]


def test_the_receipt_bears_the_hash_of_the_event(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    browser = signed_in(app, HEKS)
    page = browser.open(f"/applications/{case_id}")
    pdf = browser.download(page.link("/receipt"))
    said, name = words(pdf), submitted_hash(told, case_id)
    assert grouped(name) in said
    assert "KIP3-2027-" in said
    assert "07.09.2026, 09:00 Uhr" in said
    assert f"/receipts?number=KIP3-2027-00001&hash={name}" in said.replace(" ", "")
    assert pdf == browser.download(page.link("/receipt"))


def test_a_receipt_can_be_checked_by_anybody(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    name = submitted_hash(told, case_id)
    [row] = rows(told.db, "SELECT number FROM cases")
    browser = visitor(app)
    page = browser.send(
        browser.open("/receipts").form("/receipts", "get"), {"number": row.number, "hash": grouped(name)}
    )
    assert "Stimmt überein" in page.text
    assert "Deutsch im Quartier" not in page.text
    other = "0" * 64
    assert "Stimmt nicht überein" in browser.open(f"/receipts?number={row.number}&hash={other}").text
    assert "64 Zeichen" in browser.open(f"/receipts?number={row.number}&hash=abc").text
    assert "64 Zeichen" in browser.open(f"/receipts?number=%00&hash={name}").text


def test_the_zip_holds_everything_and_proves_itself(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    browser = signed_in(app, HEKS)
    packed = browser.download(f"/applications/{case_id}/archive")
    inside = unzipped(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
        [row] = rows(told.db, "SELECT submitted_at FROM cases")
        local = row.submitted_at.astimezone(ZURICH)
        assert zipped.getinfo("Eingabe-1.json").date_time[:5] == local.timetuple()[:5]
    assert sorted(inside) == [
        "Angaben.pdf",
        "Beilagen/Jahresrechnung.pdf",
        "Beilagen/Kostenplan.pdf",
        "Beilagen/Statuten.pdf",
        "Eingabe-1.json",
        "Empfangsbestätigung.pdf",
    ]
    assert hashlib.sha256(inside["Eingabe-1.json"]).hexdigest() == submitted_hash(told, case_id)
    assert json.loads(inside["Eingabe-1.json"])["data"]["project"]["title"] == "Deutsch im Quartier"
    attachment = hashlib.sha256(inside["Beilagen/Statuten.pdf"]).hexdigest()
    assert grouped(attachment) in words(inside["Empfangsbestätigung.pdf"])
    said = words(inside["Angaben.pdf"])
    assert "Deutsch im Quartier" in said
    assert "CHF 38'000.00" in said


def test_an_answer_to_a_query_is_on_the_receipt_too(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    told.wait(days=1)
    told.do(HEKS, case_id, "answered")
    browser = signed_in(app, HEKS)
    inside = unzipped(browser.download(f"/applications/{case_id}/archive"))
    said = words(inside["Empfangsbestätigung.pdf"])
    for number in (1, 2):
        assert grouped(hashlib.sha256(inside[f"Eingabe-{number}.json"]).hexdigest()) in said
    assert "Nachforderung" in said


def test_staff_get_it_behind_the_gate_alone(told: Story, app: Flask) -> None:
    case_id = at_review(told)
    path = f"/applications/{case_id}/archive"
    assert signed_in(app, LEAD).http.get(path).status_code == 404
    told.declare(LEAD, case_id)
    assert "Angaben.pdf" in unzipped(signed_in(app, LEAD).download(path))
    assert signed_in(app, GGG).http.get(path).status_code == 404
    assert queries.whole(told.db, Actor("nobody"), case_id) is None


def test_letters_lie_in_the_zip(told: Story, app: Flask) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    inside = unzipped(signed_in(app, HEKS).download(f"/applications/{case_id}/archive"))
    [letter] = [name for name in inside if name.startswith("Briefe/")]
    assert "Verfügung" in words(inside[letter])


def test_the_way_ahead_is_told_in_plain_words(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    coming = [("in_review", "ahead"), ("decision", "ahead"), ("order", "ahead")]
    assert stops(told, case_id) == [("submitted", "done"), ("received", "now"), *coming]
    told.do(CHECKER, case_id, "complete", COMPLETE)
    page = signed_in(app, HEKS).open(f"/applications/{case_id}")
    assert "Fachliche Prüfung, bis etwa 5. Oktober" in page.words()
    assert "Formelle Prüfung" in page.words()
    assert "Wenger" not in page.text
    assert "Synthese" not in page.words()


def test_estimates_follow_the_deadlines_and_never_lie_in_the_past(told: Story) -> None:
    case_id = at_review(told)
    told.wait(days=60)
    found = queries.timeline(told.db, told.actors[HEKS], case_id, now=told.now)
    assert found is not None
    [present] = [one for one in found if one.state == "now"]
    assert present.late
    assert all(one.until is None or one.until >= told.now for one in found if one.state != "done")


def test_the_way_ahead_does_not_tell_what_is_not_decided_to_its_end(told: Story) -> None:
    """Granted in part by the first of two: that a revised budget would be asked for is not to be seen."""
    case_id = at_decision(told)
    before = stops(told, case_id)
    assert before[-1] == ("order", "ahead")
    told.do(HEAD, case_id, "grant", decision(20_000_00, REASONS))
    assert state(told, case_id).step == "confirm_grant"
    assert stops(told, case_id) == before


def test_what_stands_still_is_neither_due_nor_late_for_its_applicant(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    entry = state(told, case_id).entry
    told.aside(CHECKER, Suspend(case_id, entry))
    told.wait(days=30)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    found = queries.timeline(told.db, told.actors[HEKS], case_id, now=told.now)
    assert page is not None
    assert (page.due_at, any(one.late for one in found or ())) == (None, False)
    told.aside(CHECKER, Resume(case_id))
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert page.due_at is not None
    assert page.due_at > told.now


def test_the_way_ends_where_the_case_does(told: Story) -> None:
    case_id = at_synthesis(told)
    told.withdraw(HEKS, case_id)
    assert stops(told, case_id)[-1] == ("withdrawn", "done")


def test_whom_to_ask_is_named(told: Story, app: Flask) -> None:
    page = signed_in(app, HEKS).open(f"/applications/{at_check(told)}")
    assert "mailto:integration@kip3.example?subject=KIP3-2027-" in page.text


def test_the_page_of_a_case_asks_a_bounded_number_of_questions(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    browser = signed_in(app, HEKS)
    before = statements(app, browser, f"/applications/{case_id}")
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes", review("Gut."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    browser.open(f"/applications/{case_id}")
    assert statements(app, browser, f"/applications/{case_id}") <= before


def test_a_program_learns_the_form_and_the_way(told: Story, app: Flask) -> None:
    case_id = at_check(told)
    client = app.test_client()
    form = client.get("/api/v1/calls/project-round-2027/form").get_json()
    project = next(one for one in form["sections"] if one["code"] == "project")
    title = next(one for one in project["fields"] if one["code"] == "title")
    assert (title["type"], title["required"], title["most"]) == ("text", True, 120)
    office = client.get("/api/v1/calls/project-round-2027/form?kind=office").get_json()
    assert "cost_centre" in str(office)
    assert "cost_centre" not in str(form)
    assert client.get("/api/v1/calls/project-round-2027/form?kind=king").status_code == 422
    assert client.get("/api/v1/calls/nothing/form").status_code == 404
    credentials = {"email": HEKS, "password": "geheim"}
    token = client.post("/api/v1/sessions", json=credentials).get_json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    way = client.get(f"/api/v1/applications/{case_id}/timeline", headers=headers).get_json()
    assert [one["state"] for one in way][:2] == ["done", "now"]
    archive = client.get(f"/api/v1/applications/{case_id}/archive", headers=headers)
    assert archive.mimetype == "application/zip"
    assert "Angaben.pdf" in unzipped(archive.data)
    receipt = client.get(f"/api/v1/applications/{case_id}/receipt", headers=headers)
    assert grouped(submitted_hash(told, case_id)) in words(receipt.data)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Temp\\a.pdf", "C__Temp_a.pdf"),
        ("con.pdf", "_con.pdf"),
        ("..", "Datei"),
        ("Rechnung\u202efdp.exe", "Rechnung_fdp.exe"),
    ],
)
def test_names_in_the_zip_are_no_paths(given: str, safe: str) -> None:
    assert safe_name(given) == safe
