"""A French-speaking applicant of a programme in German: the whole way in French, but for the letters."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.browsing import app_for, signed_in, visitor
from tests.integration.members import HEKS, actor
from tests.integration.test_web_portal import CALL
from tests.integration.walks import language, rows
from web.cli.story import Story
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


def test_a_visitor_is_offered_the_languages_that_pages_and_programme_speak(app: Flask) -> None:
    page = visitor(app).open("/")
    assert "Français" in page.text or "français" in page.text
    assert "Italiano" not in page.text  # its texts are there, the pages' own are not
