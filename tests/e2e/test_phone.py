"""Every page on a narrow screen and by keyboard alone: nothing scrolls sideways, everything is reached."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.e2e.applicant import HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, Visit, running_demo
from tests.e2e.person import PHONE, Person

NARROW = 320  # CSS pixels: 1280 at 400 per cent zoom (WCAG 2.2, 1.4.10)
STAFF = ("Regula Keller", "Nadine Oser", "Andrea Bernasconi", "Thomas Iselin")
APPLICANTS = (HEKS, "Arta Krasniqi", "Goran Jurić", "Ana Petrović")
EACH = 3
"""Of addresses that differ in ids or query alone, so many are looked at for each person."""
ELSEWHERE = ("/files/", "/demo/", "/calls/project-round-2026")
"""Downloads, and pages that the visitor has looked at."""
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll'))
  .map((one) => one.outerHTML.slice(0, 120))"""
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
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this module, in which no case moves on."""
    assert browser.is_connected()
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


@pytest.mark.parametrize("people", [APPLICANTS, STAFF], ids=["portal", "desk-and-office"])
def test_no_page_scrolls_sideways(demo: Demo, visit: Visit, people: tuple[str, ...]) -> None:
    demo.story.draft(
        HEKS_MAIL, language_course("Donaudampfschifffahrtsgesellschaftskapitänsdeutsch", 38_000_00)
    )
    wide: list[str] = []
    looked: Counter[str] = Counter()
    visitor = visit("", width=NARROW)
    wide += look_at_every_page(visitor, ["/", "/sign-in", "/not-there", "/demo/mails"], looked)
    for name in people:
        person = visit(name, width=NARROW)
        person.sign_in()
        wide += look_at_every_page(person, [urlsplit(person.page.url).path], looked)
        person.context.close()
    assert not wide, "\n".join(wide)
    kinds = (
        "/applications/:id/submit /applications/:id/step"
        if people is APPLICANTS
        else "/office /desk/cases/:id"
    )
    assert all(looked[kind] for kind in kinds.split()), looked


def look_at_every_page(person: Person, start: list[str], looked: Counter[str]) -> list[str]:
    """Follow all links from here; returns the pages that are wider than the window."""
    wide, waiting, known, mine = [], [*start], set(start), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", ":id", urlsplit(address).path)
        mine[kind] += 1
        if mine[kind] > EACH:
            continue
        looked[kind] += 1
        person.open(address)
        for width in (NARROW, PHONE):
            person.page.set_viewport_size({"width": width, "height": 740})
            person.page.wait_for_function(f"innerWidth === {width}")
            if person.page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
                wide.append(f"{person.name}, {width} px, {address}: {person.page.evaluate(TOO_WIDE)}")
        links = person.page.eval_on_selector_all(
            "a[href^='/']", "all => all.map((a) => a.getAttribute('href'))"
        )
        for link in links:
            path = link.partition("#")[0]
            if path not in known and not (
                path.startswith(ELSEWHERE) or path.endswith((".bpmn", "/receipt", "/archive"))
            ):
                known.add(path)
                waiting.append(path)
    return wide


def test_the_applicant_needs_no_mouse(demo: Demo, visit: Visit) -> None:
    application_id = demo.story.draft(HEKS_MAIL, language_course("Deutsch am Abend", 38_000_00))
    heks = visit(HEKS, width=PHONE)
    heks.sign_in()
    heks.open(f"/applications/{application_id}/sections/organisation")
    heks.page.keyboard.press("Tab")
    assert focus(heks)["text"] == "Zum Inhalt"
    heks.page.keyboard.press("Enter")
    assert heks.page.evaluate("document.activeElement.id") == "main"
    assert "organisation.signatories" in tab_to(heks, "Speichern und weiter")
    heks.page.keyboard.press("Enter")
    heks.is_at("/sections/project")
    heks.open(f"/applications/{application_id}/submit")
    tab_to(heks, "Gesuch einreichen")
    heks.page.keyboard.press("Enter")
    heks.sees("Ihr Gesuch ist eingereicht.")


def test_the_staff_need_no_mouse(demo: Demo, visit: Visit) -> None:
    checker = visit("Regula Keller")
    checker.sign_in()
    tab_to(checker, "Sprachtandem Rheinufer")
    with checker.page.expect_navigation():  # the inbox names the step too: without this, Tab goes on there
        checker.page.keyboard.press("Enter")
    checker.sees("Formelle Prüfung")
    passed = tab_to(checker, "outcome")
    assert "Verlauf" in passed
    checker.page.keyboard.press("Space")
    tab_to(checker, "Eintragen und abschliessen")


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
