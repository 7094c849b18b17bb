"""A reviewer asks the applicant and another office, each in their own browser, and reads both answers."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.e2e.conftest import Demo, Visit
from tests.e2e.person import PHONE
from tests.e2e.test_review import opened

TITLE = "Eltern begleiten Hausaufgaben"
QUESTION, REPLY = "Wer leitet die Kurse?", "Frau Kumar, Lehrerin mit Diplom."
ASKED, KNOWN = "Wie viele Familien betrifft das?", "Rund 340, Stand Sommer."


def route(demo: Demo) -> None:
    """What the worker does, by this moment's clock."""
    demo.story.now = datetime.now(UTC)
    demo.story.route()


def test_a_reviewer_asks_the_applicant_and_another_office(demo: Demo, visit: Visit) -> None:
    lead = opened(visit("Nicole Schär"))
    lead.page.get_by_role("link", name="Die Trägerschaft fragen").click()
    band = lead.page.locator("#talk-applicant")
    assert "verlässt die Verwaltung" in band.inner_text()
    expect(band.locator("textarea")).to_be_focused()  # it has opened in the dossier
    assert "nie Ihren Namen" in band.inner_text()
    lead.page.keyboard.type(QUESTION)
    lead.press("An Tamilischer Eltern- und Schulverein Basel senden")
    lead.sees("wartet auf Antwort")
    lead.follow("Anfrage an eine andere Stelle")
    lead.sees("Die Trägerschaft erfährt nichts davon.")
    lead.fill({"inquiry.office": "social_welfare", "inquiry.question": ASKED})
    lead.press("Anfrage senden")
    lead.sees(ASKED)
    route(demo)

    member = visit("Kavitha Rajan", width=PHONE, script=False)
    member.sign_in()
    member.open("/applications")
    member.follow("Frage beantworten")
    member.sees(QUESTION)
    member.sees("Zentrum für Frühförderung")
    member.sees_not("Nicole Schär")
    member.sees_not(ASKED)
    member.page.locator("#messages textarea").first.fill(REPLY)
    member.press("Antwort senden")
    member.sees("beantwortet")

    other = visit("Esther Kunz")
    other.sign_in()
    other.open("/desk")
    other.page.locator("tr", has_text="Anfrage beantworten").get_by_role("link").first.click()
    other.press("Kein Ausstandsgrund")
    other.sees(ASKED)
    other.page.get_by_label("Antworten", exact=True).check()
    other.fill({"reply.answer": KNOWN})
    other.press("Eintragen und abschliessen")
    route(demo)

    lead.open("/desk")
    lead.sees("Kavitha Rajan von der Trägerschaft schreibt")
    lead.follow(TITLE)
    lead.sees(REPLY)
    lead.sees(KNOWN)
