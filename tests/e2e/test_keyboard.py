"""The three main jobs by keyboard alone: applying, reviewing, working the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.applicant import HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, Visit, demo_from
from tests.e2e.person import PHONE, Person
from tests.integration import walks

MOST_STOPS = 200
# A focused element is marked, and not wholly behind what sticks to the window's edge (WCAG 2.4.7, 2.4.11).
FOCUS = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));  // scrolled there
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const seen = [0.1, 0.5, 0.9].some((share) => {
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + share * box.height);
    return hit && (one.contains(hit) || hit.contains(one) && hit.tagName === 'LABEL');
  });
  const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const before = there ? there.outerHTML.slice(0, 120) : `outside the window, at ${box.y}`;
  return {tag: one.tagName, text: (one.innerText || one.name || '').trim(), seen, marked, before};
}"""


@pytest.fixture(scope="module")
def demo(browser: Browser, played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this module, in which cases move only with the people here."""
    assert browser.is_connected()
    with demo_from(played, tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


def test_the_applicant_submits(demo: Demo, visit: Visit) -> None:
    application_id = demo.story.draft(HEKS_MAIL, language_course("Deutsch am Abend", 38_000_00))
    heks = visit(HEKS, width=PHONE)
    heks.sign_in()
    heks.open(f"/applications/{application_id}/sections/organisation")
    heks.page.keyboard.press("Tab")
    assert focus(heks)["text"] == "Zum Inhalt"
    heks.page.keyboard.press("Enter")
    assert heks.page.evaluate("document.activeElement.id") == "main"
    assert "organisation.signatories" in tab_to(heks, "Speichern und weiter")
    enter(heks)
    heks.is_at("/sections/project")
    tab_to(heks, "project.title")
    heks.page.keyboard.press("Control+a")
    heks.page.keyboard.type("Deutsch ohne Maus")
    tab_to(heks, "Speichern und weiter")
    enter(heks)
    heks.open(f"/applications/{application_id}/submit")
    heks.sees("Deutsch ohne Maus")
    tab_to(heks, "Gesuch einreichen")
    enter(heks)
    heks.sees("Ihr Gesuch ist eingereicht.")


def test_the_reviewer_takes_declares_scores_and_hands_in(demo: Demo, visit: Visit) -> None:
    case_id = walks.at_review(demo.story)
    lead = visit("Barbara Wenger")
    lead.sign_in()
    number = number_of(lead, str(case_id))
    lead.page.keyboard.press("j")
    stops = 0
    while number not in row_text(lead):
        lead.page.keyboard.press("j")
        stops += 1
        assert stops < MOST_STOPS, f"{number} is not reached by j"
    assert focus(lead)["marked"]
    lead.page.keyboard.press("k")
    lead.page.keyboard.press("j")
    tab_to(lead, "Ich übernehme")
    enter(lead)
    lead.sees("Sie")
    lead.page.keyboard.press("j")
    while number not in row_text(lead):
        lead.page.keyboard.press("j")
    enter(lead)
    lead.is_at(f"/desk/cases/{case_id}")
    tab_to(lead, "Kein Ausstandsgrund")
    enter(lead)
    tab_to(lead, "outcome")
    lead.page.keyboard.press("Space")
    for criterion in ("need", "goals", "access", "quality", "costs"):
        tab_to(lead, f"criteria.{criterion}")
        lead.page.keyboard.press("ArrowUp")  # from the first choice round to the last
    tab_to(lead, "recommendation.reasons")
    lead.page.keyboard.type("Gut begründet.")
    tab_to(lead, "Eintragen und abschliessen")
    enter(lead)
    lead.is_at("/desk")
    lead.sees("ist eingetragen.")


def test_errors_are_where_the_keyboard_goes_on(demo: Demo, visit: Visit) -> None:
    case_id = walks.at_review(demo.story)
    lead = visit("Barbara Wenger")
    lead.sign_in()
    lead.open(f"/desk/cases/{case_id}")
    lead.press("Kein Ausstandsgrund")
    lead.fill({"outcome": "yes"})
    lead.press("Eintragen und abschliessen")
    summary = lead.page.locator(".summary")
    expect(summary).to_be_focused()
    lead.page.keyboard.press("Tab")
    enter_link = focus(lead)
    assert enter_link["tag"] == "A"
    assert enter_link["marked"]
    lead.page.keyboard.press("Enter")
    assert lead.page.evaluate("location.hash").startswith("#criteria")


def test_the_coordinator_works_the_pipeline(demo: Demo, visit: Visit) -> None:
    checker = visit("Regula Keller")
    checker.sign_in()
    tab_to(checker, "Übersicht")
    enter(checker)
    checker.is_at("/office")
    tab_to(checker, "Formelle Prüfung")
    enter(checker)
    checker.is_at("/office/cases")
    tab_to(checker, "Sprachtandem Rheinufer")
    with checker.page.expect_navigation():
        checker.page.keyboard.press("Enter")
    passed = tab_to(checker, "outcome")
    assert "Verlauf" in passed
    checker.page.keyboard.press("Space")
    for box in ("check.complete", "check.responsible"):
        tab_to(checker, box)
        checker.page.keyboard.press("Space")
    tab_to(checker, "Eintragen und abschliessen")
    enter(checker)
    checker.sees("ist eingetragen.")
    checker.page.keyboard.press("/")
    assert checker.page.evaluate("document.activeElement.closest('.filters') !== null")


def number_of(person: Person, case_id: str) -> str:
    """The number of a case in the inbox, whose title is told behind the gate."""
    person.open("/desk")
    link = person.page.locator(f"a[href='/desk/cases/{case_id}']").first
    return str(link.inner_text()).strip()


def row_text(person: Person) -> str:
    found: str = person.page.evaluate("document.activeElement.closest('tr')?.innerText ?? ''")
    return found


def enter(person: Person) -> None:
    """Press Enter, and wait for the page that this leads to."""
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")


def tab_to(person: Person, wanted: str) -> list[str]:
    """Press Tab until it is there, each stop seen and marked; returns the names of the stops."""
    stops: list[str] = []
    while wanted not in stops:
        person.page.keyboard.press("Tab")
        found = focus(person)
        assert found["tag"] != "BODY", f"{wanted} is not reached by Tab: {stops}"
        assert found["seen"], f"{found} is hidden, after {stops}"
        assert found["marked"], f"{found} is not marked, after {stops}"
        stops.append(str(found["text"]))
    return stops


def focus(person: Person) -> dict[str, object]:
    """Where the keyboard is."""
    found: dict[str, object] = person.page.evaluate(FOCUS)
    return found
