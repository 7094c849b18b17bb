"""What is said about a case, on the pages and by API; a page takes no more statements for more of it."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.walks import CHECKER, HEKS, LEAD, LEAD_TOO, SECOND, SYNTHESIS, at_review
from web.cli.story import Story
from web.cli.visitors import HtmlForm, Page, Program
from workflow import comments
from workflow.comments import NewComment
from workflow.people import person_id


@pytest.fixture
def case_id(told: Story) -> UUID:
    found = at_review(told)
    for email in (LEAD, LEAD_TOO):
        told.declare(email, found)
    told.wait(hours=1)
    return found


def say(told: Story, email: str, case_id: UUID, audience: str, text: str, **more: object) -> UUID:
    said = NewComment(told.next_id(), case_id, audience, text, **more)  # type: ignore[arg-type]
    comments.write(told.db, told.actors[email], said, now=told.now)
    return said.id


def saying(page: Page) -> HtmlForm:
    """The form in which somebody says something."""
    [form] = [one for one in page.forms if one.action.endswith("/comments")]
    return form


def test_a_dossier_names_nobody_to_be_called(app: Flask, told: Story, case_id: UUID) -> None:
    """Of offices with hundreds of people a dossier would be nothing but names."""
    desk = signed_in(app, LEAD)
    assert 'name="mention"' not in desk.open(f"/desk/cases/{case_id}").text
    writing = desk.open(f"/desk/cases/{case_id}/comments/new?audience=office")
    assert 'name="mention"' in writing.text
    assert "Philipp Lüdin" in writing.text
    for nobody in ("", "everybody", "office%00"):
        assert desk.http.get(f"/desk/cases/{case_id}/comments/new?audience={nobody}").status_code == 404


def test_a_reviewer_asks_the_applicant_and_reads_the_answer(app: Flask, told: Story, case_id: UUID) -> None:
    desk, portal = signed_in(app, LEAD), signed_in(app, HEKS)
    dossier = desk.open(f"/desk/cases/{case_id}")
    [band] = re.findall(r'(?s)<section class="band band--applicant".*?</section>', dossier.text)
    assert "verlässt die Verwaltung: HEKS" in band
    writing = desk.open(f"/desk/cases/{case_id}/comments/new?audience=applicant")
    assert writing.text.index("Lesen werden:") < writing.text.index("senden</button>")
    assert "nie Ihren Namen: «Fachstelle Erwachsenenbildung»" in writing.text
    page = desk.send(saying(writing), {"text": "Wer leitet die Kurse?"})
    assert "Ist bei der Trägerschaft." in page.text
    assert "wartet auf Antwort" in page.text
    assert "Wer leitet die Kurse?" not in desk.open("/desk").text
    assert "Ihre offenen Fragen" in desk.open("/desk?tab=waiting").text

    assert "Frage beantworten" in portal.open("/applications").text
    case = portal.open(f"/applications/{case_id}")
    assert "Eine Frage an Sie" in case.text
    assert "Barbara" not in case.text
    told.wait(hours=2)
    [form] = [one for one in case.forms if one.action.endswith("/messages#messages")]
    empty = portal.send(form, {"text": " "}, status=422)
    assert 'aria-invalid="true"' in empty.text
    answered = portal.send(form, {"text": "Frau Baur, Lehrerin."})
    assert "beantwortet" in answered.text
    assert "Frage beantworten" not in portal.open("/applications").text

    assert "Miriam Aebi von der Trägerschaft schreibt" in desk.open("/desk").text
    page = desk.open(f"/desk/cases/{case_id}")
    assert "Frau Baur, Lehrerin." in page.text
    [read] = [one for one in page.forms if one.action.endswith("/comments/read")]
    desk.send(read)
    assert "Neu für Sie" not in desk.open("/desk").text


def test_an_organisation_writes_of_its_own_accord(app: Flask, told: Story, case_id: UUID) -> None:
    portal, desk = signed_in(app, HEKS), signed_in(app, CHECKER)
    path = f"/applications/{case_id}"
    empty = portal.send(portal.open(path).form("/messages"), {"text": " "}, status=422)
    assert 'id="begin-wrong"' in empty.text
    sent = portal.send(empty.form("/messages"), {"text": "Unser Kursraum ist gekündigt."})
    assert "Ihre Nachricht ist bei uns angekommen." in sent.text
    assert "Unser Kursraum ist gekündigt." in sent.text
    assert "Miriam Aebi von der Trägerschaft schreibt" in desk.open("/desk").text
    page = desk.open(f"/desk/cases/{case_id}/comments/new?audience=applicant")
    desk.send(saying(page), {"text": "Danke, wir warten."})
    assert "Danke, wir warten." in portal.open(path).text
    taken = portal.send(portal.open(path).form("/end"))
    assert "Unser Kursraum ist gekündigt." not in taken.text


def test_what_is_refused_comes_back_with_its_text(app: Flask, told: Story, case_id: UUID) -> None:
    desk = signed_in(app, LEAD)
    form = saying(desk.open(f"/desk/cases/{case_id}/comments/new?audience=office"))
    page = desk.send(form, {"text": "Liebe Kollegin.", "mention": str(person_id(SECOND))}, status=409)
    assert "Noch nicht gesendet" in page.text
    assert "Liebe Kollegin." in page.text
    assert "lässt sich darum nicht erwähnen" in page.text
    told.recuse(LEAD, case_id)
    page = desk.send(form, {"text": "Liebe Kollegin."}, status=403)
    assert "Liebe Kollegin." in page.text


def test_the_same_form_sent_twice_says_it_once(app: Flask, told: Story, case_id: UUID) -> None:
    desk = signed_in(app, LEAD)
    form = saying(desk.open(f"/desk/cases/{case_id}/comments/new?audience=office"))
    desk.send(form, {"text": "Einmal gesagt."})
    page = desk.send(form, {"text": "Einmal gesagt."})
    assert page.text.count("Einmal gesagt.") == 1
    [back] = [one for one in page.forms if one.action.endswith("/end")]
    page = desk.send(back)
    assert "Einmal gesagt." not in page.text
    assert ">zurückgezogen<" in page.text


def test_nothing_is_run_that_somebody_wrote(app: Flask, told: Story, case_id: UUID) -> None:
    say(told, LEAD, case_id, "applicant", "<script>alert(1)</script>")
    for email, path in ((HEKS, f"/applications/{case_id}"), (LEAD_TOO, f"/desk/cases/{case_id}")):
        page = signed_in(app, email).http.get(path).text
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page


def test_more_comments_take_no_more_statements(app: Flask, told: Story, case_id: UUID) -> None:
    desk, portal = signed_in(app, LEAD_TOO), signed_in(app, HEKS)
    pages = ((desk, f"/desk/cases/{case_id}"), (desk, "/desk"), (portal, "/applications"))
    called = frozenset({person_id(LEAD_TOO)})
    counts = []
    for number in (1, 6):
        for each in range(number):
            told.wait(minutes=1)
            say(told, LEAD, case_id, "office", f"Nummer {each}", mentions=called)
            say(told, LEAD, case_id, "applicant", f"Frage {each}", asks=True)
            say(told, SYNTHESIS, case_id, "reviewers", f"Hinweis {each}")
        counts.append([statements(app, browser, path) for browser, path in pages])
    few, many = counts  # the first visit may still read what is kept from then on
    assert all(one <= other for one, other in zip(many, few, strict=True))


def program(app: Flask, email: str) -> Program:
    """This person's program, over this very process."""
    http = httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://localhost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "Client", lambda **_options: http)
        return Program("http://localhost", email, "geheim")


def test_programs_read_and_say_the_same(app: Flask, told: Story, case_id: UUID) -> None:
    lead, member = program(app, LEAD), program(app, HEKS)
    path, key = f"/cases/{case_id}/comments", uuid4()
    question = {"audience": "applicant", "text": "Wer?", "asks": True}
    for repeated in (False, True):
        given = lead.post(path, question, status=201, key=key)
        assert given == {"id": str(key), "repeated": repeated}
    lead.post(path, {**question, "text": "Wo?"}, status=422, key=key)
    told.wait(minutes=1)
    answer = member.post(
        path, {"audience": "applicant", "text": "Frau Baur.", "answers": str(key)}, status=201
    )
    assert [(one["text"], one["by_name"], one["answered"]) for one in member.get(path)] == [
        ("Wer?", "", True),
        ("Frau Baur.", "Miriam Aebi", False),
    ]
    lead.ask("DELETE", f"{path}/{key}", 409)
    member.ask("DELETE", f"{path}/{answer['id']}", 204)
    lead.ask("DELETE", f"{path}/{key}", 204)
    assert [one["text"] for one in lead.get(path)] == [None, None]
