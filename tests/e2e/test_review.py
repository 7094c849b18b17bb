"""A review in a real browser: what is written is kept by itself, and without script by a button."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.person import PHONE, Person

TITLE = "Eltern begleiten Hausaufgaben"
REASONS = "Der Bedarf ist belegt, die Kosten sind hoch"


def opened(person: Person) -> Person:
    """At the dossier, after declaring that there is no conflict of interest."""
    person.sign_in()
    person.open("/desk")
    person.follow("KIP3")  # the title is told behind the gate
    if person.page.get_by_role("button", name="Kein Ausstandsgrund").is_visible():
        person.press("Kein Ausstandsgrund")
    person.sees(TITLE)
    return person


def test_a_review_is_kept_while_it_is_written(visit: Visit) -> None:
    lead = opened(visit("Nicole Schär"))
    lead.page.get_by_role("link", name="Jemandem übergeben").click()
    expect(lead.page.locator("[id^=hand-over] :focus")).to_be_visible()  # opened beside what is being written
    lead.fill({"criteria.need": "4", "criteria.goals": "3"})
    expect(lead.page.locator(".task__total output")).to_have_text("–")
    lead.fill({f"criteria.{code}": "3" for code in ("access", "quality", "parents", "costs")})
    expect(lead.page.locator(".task__total output")).to_have_text("3.15")
    lead.fill({"recommendation.reasons": REASONS})
    expect(lead.page.locator("[data-saving]")).to_have_text(re.compile(r"^Gespeichert um \d\d:\d\d$"))
    lead.context.set_offline(True)
    lead.fill({"recommendation.reasons": f"{REASONS}."})
    expect(lead.page.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    lead.context.set_offline(False)
    expect(lead.page.locator("[data-saving]")).to_have_text(re.compile(r"^Gespeichert"), timeout=20_000)
    lead.page.reload()
    expect(lead.page.locator("[name='recommendation.reasons']")).to_have_value(f"{REASONS}.")
    expect(lead.page.locator(".task__total output")).to_have_text("3.15")
    lead.context.set_offline(True)
    lead.fill({"recommendation.reasons": f"{REASONS}. Im Zug geschrieben."})
    expect(lead.page.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    here = lead.page.url
    lead.page.close()
    lead.context.set_offline(False)
    lead.page = lead.context.new_page()
    lead.open(here)
    written = lead.page.locator("[name='recommendation.reasons']")
    expect(written).to_have_value(f"{REASONS}. Im Zug geschrieben.")
    expect(lead.page.locator("[data-saving]")).to_have_text(re.compile(r"^Gespeichert um"))
    assert not lead.page.evaluate("Object.keys(localStorage).some((one) => one.startsWith('foerderweg:'))")
    lead.complaints.clear()  # the browser reports that it was offline


def test_without_script_on_a_phone_a_button_keeps_it(visit: Visit) -> None:
    colleague = opened(visit("Amina Diallo", width=PHONE, script=False))
    colleague.fill({"criteria.need": "2", "recommendation.reasons": REASONS})
    colleague.press("Zwischenspeichern")
    colleague.sees("Zwischengespeichert")
    expect(colleague.page.locator("[name='recommendation.reasons']")).to_have_value(REASONS)
    expect(colleague.page.locator("[name='criteria.need'][value='2']")).to_be_checked()
