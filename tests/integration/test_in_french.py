"""A French-speaking applicant of a programme in German: the whole way in French, but for the letters."""

from __future__ import annotations

import html
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask

from tests.browsing import app_for, signed_in, visitor
from tests.integration.members import HEKS, actor
from tests.integration.test_web_portal import CALL
from tests.integration.walks import at_confirmation, costs, deliver, language, report, rows, state
from web.cli.story import Story
from workflow.engine.commands import OpenChild
from workflow.service import handle
from workflow.store import queries
from workflow.texts import label


@pytest.fixture
def app(told: Story) -> Iterator[Flask]:
    with told.db.begin() as tx:
        tx.exec_driver_sql(f"UPDATE persons SET language = 'fr' WHERE email = '{HEKS}'")
    made = app_for(told, told.settings)
    yield made
    made.extensions["foerderweg.db"].dispose()


def test_every_section_asks_in_french_and_nothing_in_german(told: Story, app: Flask) -> None:
    draft = told.draft(HEKS, language(60_000))
    found = queries.application(told.db, actor(told, HEKS), draft)
    assert found is not None
    browser = signed_in(app, HEKS)
    for section in found.form.sections:
        text = html.unescape(browser.open(f"/applications/{draft}/sections/{section.code}").text)
        assert '<html lang="fr">' in text
        for one in section.fields:
            assert label(one.label, "fr") in text, one.code
            assert one.label["de"] == one.label["fr"] or f">{one.label['de']}<" not in text, one.code
    words = browser.open(f"/applications/{draft}/submit").words()
    assert "Vérifier et déposer" in words
    assert "Prüfen" not in words


def test_the_way_the_need_and_the_call_are_said_in_french(told: Story, app: Flask) -> None:
    case_id = told.submit(HEKS, language())
    browser = signed_in(app, HEKS)
    page = browser.open(f"/applications/{case_id}").words()
    assert "Examen formel" in page
    assert "Service de la formation des adultes" in page or "Service de l'intégration" in html.unescape(page)
    assert "Prüfung" not in page
    assert "Le projet a-t-il lieu" in browser.open(CALL).text
    assert rows(told.db, "SELECT FROM persons WHERE language = 'fr'")


def test_what_belongs_to_an_application_is_named_in_french(told: Story, app: Flask) -> None:
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    child, by = uuid4(), told.actors[HEKS]
    command = OpenChild(case_id, "report", child, state(told, case_id).entry)
    handle(told.db, command, by, uuid4(), told.now, report(told, case_id))
    browser = signed_in(app, HEKS)
    assert "Rapport et décompte: Deutsch im Quartier" in browser.open("/applications").words()
    page = browser.open(f"/applications/{child}").text
    assert "<h1>Rapport et décompte: Deutsch im Quartier</h1>" in page
    assert "Bericht und Abrechnung" not in page


def test_a_visitor_is_offered_the_languages_that_pages_and_programme_speak(app: Flask) -> None:
    page = visitor(app).open("/")
    assert "Français" in page.text or "français" in page.text
    assert "Italiano" not in page.text  # its texts are there, the pages' own are not
