"""What is asked of an applicant: until when, what follows from silence, and an answer in words."""

from __future__ import annotations

from flask import Flask

from tests.browsing import signed_in
from tests.integration.walks import CHECKER, HEKS, QUERY, at_check, at_confirmation, deliver, state
from web.cli.story import Story


def test_who_is_asked_reads_until_when_and_what_silence_leads_to(app: Flask, told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    browser = signed_in(app, HEKS)
    for path in (f"/applications/{case_id}", f"/applications/{case_id}/step"):
        words = browser.open(path).words()
        assert "Antworten können Sie noch bis am 21.09.2026. Ohne Ihre Antwort schlagen wir vor" in words, (
            path
        )
    told.wait(days=20)
    assert state(told, case_id).step == "inadmissible_proposal"
    words = signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "Ihre Antwort auf unsere Fragen Keine Antwort, 2" in words


def test_an_answer_in_words_is_read_by_who_asked(app: Flask, told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    browser = signed_in(app, HEKS)
    page = browser.open(f"/applications/{case_id}/step")
    form = page.form(f"/applications/{case_id}/step")
    browser.send(form, {"answer.text": "Das Büro ist der Raum im zweiten Stock."})
    told.route()
    assert state(told, case_id).step == "formal_check"
    assert "Das Büro ist der Raum" in signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()


def test_the_way_says_what_the_applicant_said(app: Flask, told: Story) -> None:
    case_id = at_confirmation(told)
    words = signed_in(app, HEKS).open(f"/applications/{case_id}/step").words()
    assert "Ohne Ihre Antwort wird das Gesuch abgeschrieben, und der Beitrag verfällt." in words
    told.do(HEKS, case_id, "decline")
    deliver(told)
    words = signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "Sie bestätigen das Budget ✓ Auf den Beitrag verzichten, 07.09.2026" in words
