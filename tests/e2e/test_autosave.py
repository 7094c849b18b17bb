"""The form saves itself: through a lost connection, a closed tab, and beside somebody else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.applicant import HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, Visit, demo_from
from tests.e2e.person import PHONE, Person
from workflow.store import queries

COLLEAGUE = "Jonas Wirz"
STATUS = "[data-saving]"
# Like 3G: 1.6 Mbit/s down, 750 kbit/s up, at least 150 ms from the asking to the first answer.
THREE_G = {"latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4  # times: a telephone of some years ago beside this machine
USABLE_SECONDS = 3.0
TYPED = "Im Tunnel geschrieben, Buchstabe um Buchstabe, während nichts hinausgeht. " * 3 + "Ende."
SAVED = re.compile(r"Gespeichert um \d\d:\d\d")


@pytest.fixture(scope="module")
def demo(browser: Browser, played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this module; each has a draft of its own."""
    assert browser.is_connected()
    with demo_from(played, tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


def draft(demo: Demo) -> UUID:
    return demo.story.draft(HEKS_MAIL, language_course("Deutsch im Park", 38_000_00))


def stored(demo: Demo, application_id: UUID, path: str) -> object:
    found = queries.application(demo.story.db, demo.story.actors[HEKS_MAIL], application_id)
    assert found is not None
    section, code = path.split(".")
    return found.answers[section].get(code)


def section(person: Person, application_id: UUID, code: str) -> Page:
    person.sign_in()
    person.open(f"/applications/{application_id}/sections/{code}")
    return person.page


def line(phone: CDPSession, *, offline: bool = False) -> None:
    """A line like 3G, or none."""
    phone.send("Network.emulateNetworkConditions", {**THREE_G, "offline": offline})


def usable(person: Person, phone: CDPSession) -> float:
    """Seconds until the first page, of which nothing is in the browser's cache, can be read and pressed."""
    phone.send("Network.clearBrowserCache")
    begun = time.monotonic()
    person.page.goto("/", wait_until="domcontentloaded")
    person.page.get_by_role("main").get_by_role("link", name="Gesuch beginnen").first.click(trial=True)
    return time.monotonic() - begun


def kept(page: Page) -> int:
    """How many answers wait on this device."""
    found: int = page.evaluate(
        "Object.keys(localStorage).filter((one) => one.startsWith('foerderweg:')).length"
    )
    return found


def test_an_old_phone_on_a_slow_line_with_a_hole_of_thirty_seconds(demo: Demo, visit: Visit) -> None:
    """The first page is usable in time, and what is typed in the hole is saved to the last keystroke."""
    mine, heks = draft(demo), visit(HEKS, width=PHONE)
    phone = heks.context.new_cdp_session(heks.page)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    phone.send("Network.enable")
    line(phone)
    assert min(usable(heks, phone) for _ in range(3)) < USABLE_SECONDS  # the machine may be busy with others
    page = section(heks, mine, "plan")
    need = page.locator('[name="plan.need"]')
    need.fill("Erst verbunden. ")
    expect(page.locator(STATUS)).to_have_text(SAVED)
    assert stored(demo, mine, "plan.need") == "Erst verbunden."
    line(phone, offline=True)
    hole = time.monotonic()
    need.press("End")
    page.keyboard.type(TYPED, delay=50)
    expect(page.locator(STATUS)).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    page.get_by_role("button", name="Speichern und weiter").click()
    page.wait_for_timeout(max(0.0, 30 - (time.monotonic() - hole)) * 1000)
    page.locator('[name="plan.risks"]').fill("Funklöcher.")
    assert stored(demo, mine, "plan.need") == "Erst verbunden."
    assert kept(page) == 2
    heks.complaints.clear()  # the browser's own, about the missing network
    line(phone)
    page.locator('[name="plan.risks"]').press("End")
    page.keyboard.type(" Und Tunnel.")
    expect(page.locator(STATUS)).to_have_text(SAVED, timeout=15_000)
    assert stored(demo, mine, "plan.need") == f"Erst verbunden. {TYPED}"
    assert stored(demo, mine, "plan.risks") == "Funklöcher. Und Tunnel."
    assert kept(page) == 0


def test_a_closed_tab_loses_no_keystroke(demo: Demo, visit: Visit) -> None:
    mine, heks = draft(demo), visit(HEKS)
    page = section(heks, mine, "budget")
    heks.context.set_offline(True)
    page.get_by_role("button", name="Zeile hinzufügen").click()
    page.locator('[name="budget.costs.3.label"]').fill("Kinderbetreuung")
    page.locator('[name="budget.costs.3.amount"]').fill("250")
    page.close()
    heks.complaints.clear()
    heks.context.set_offline(False)
    page = heks.page = heks.context.new_page()
    heks.open(f"/applications/{mine}/sections/budget")
    expect(page.locator(STATUS)).to_have_text(SAVED)
    expect(page.locator('[name="budget.costs.3.label"]')).to_have_value("Kinderbetreuung")
    costs = stored(demo, mine, "budget.costs")
    assert isinstance(costs, list)
    assert costs[3] == {"label": "Kinderbetreuung", "amount": 250_00}


def test_signing_out_leaves_nothing_on_the_device(demo: Demo, visit: Visit) -> None:
    mine, heks = draft(demo), visit(HEKS)
    page = section(heks, mine, "plan")
    page.route("**/autosave", lambda route: route.abort())
    page.locator('[name="plan.need"]').fill("Geheim.")
    expect(page.locator(STATUS)).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    assert kept(page) == 1
    heks.complaints.clear()
    page.locator("summary", has_text=HEKS).click()
    heks.press("Abmelden")
    assert kept(page) == 0


def test_two_members_side_by_side(demo: Demo, visit: Visit) -> None:
    """Different fields go together; the same field asks which version holds, and each choice does."""
    mine, miriam, jonas = draft(demo), visit(HEKS), visit(COLLEAGUE, width=PHONE)
    hers, his = section(miriam, mine, "plan"), section(jonas, mine, "plan")
    hers.locator('[name="plan.need"]').fill("Bedarf von Miriam.")
    his.locator('[name="plan.risks"]').fill("Risiken von Jonas.")
    for page in (hers, his):
        expect(page.locator(STATUS)).to_have_text(SAVED)
    assert stored(demo, mine, "plan.need") == "Bedarf von Miriam."
    assert stored(demo, mine, "plan.risks") == "Risiken von Jonas."
    his.locator('[name="plan.need"]').fill("Bedarf von Jonas.")
    clash = his.locator(".clash")
    expect(clash).to_contain_text("Miriam Aebi hat hier inzwischen etwas anderes gespeichert")
    expect(clash).to_contain_text("Bedarf von Miriam.")
    expect(his.locator('[name="plan.need"]')).to_have_value("Bedarf von Jonas.")
    assert stored(demo, mine, "plan.need") == "Bedarf von Miriam."
    clash.get_by_role("button", name="Meine Fassung gilt").click()
    expect(his.locator(STATUS)).to_have_text(SAVED)
    expect(clash).to_have_count(0)
    assert stored(demo, mine, "plan.need") == "Bedarf von Jonas."
    hers.locator('[name="plan.need"]').fill("Bedarf von Miriam, länger.")
    hers.locator(".clash").get_by_role("button", name="Die andere Fassung gilt").click()
    expect(hers.locator('[name="plan.need"]')).to_have_value("Bedarf von Jonas.")
    assert stored(demo, mine, "plan.need") == "Bedarf von Jonas."
    hers, his = section(miriam, mine, "budget"), section(jonas, mine, "budget")
    hers.locator('[name="budget.costs.0.label"]').fill("Kursleitung, neu")
    expect(hers.locator(STATUS)).to_have_text(SAVED)
    his.get_by_role("button", name="Zeile hinzufügen").click()
    his.locator('[name="budget.costs.3.label"]').fill("Tee")
    expect(his.locator(".joined")).to_contain_text("Miriam Aebi hat in dieser Tabelle inzwischen")
    expect(his.locator('[name="budget.costs.0.label"]')).to_have_value("Kursleitung, neu")
    costs = stored(demo, mine, "budget.costs")
    assert isinstance(costs, list)
    assert [costs[0]["label"], costs[3]["label"]] == ["Kursleitung, neu", "Tee"]


def test_the_form_counts_along(demo: Demo, visit: Visit) -> None:
    """Characters left, sums, the difference to the financing, a unit, a question that comes."""
    mine, heks = draft(demo), visit(HEKS)
    page = section(heks, mine, "plan")
    page.locator('[name="plan.need"]').fill("x" * 2990)
    expect(page.locator('[data-count="plan.need"]')).to_have_text("Noch 10 Zeichen")
    expect(page.locator('[data-unit-of="plan.targets.0.indicator"]')).to_have_text("Personen")
    page.locator('[name="plan.targets.0.indicator"]').select_option("lessons")
    expect(page.locator('[data-unit-of="plan.targets.0.indicator"]')).to_have_text("Lektionen")
    assert page.locator('[name="plan.targets.0.indicator"] option[value="assignments"]').count() == 0
    heks.open(f"/applications/{mine}/sections/financing")
    expect(page.locator("[data-even]")).to_be_visible()
    page.locator('[name="financing.requested"]').fill("60'000")
    expect(page.locator("[data-difference]")).to_have_text("CHF -22'000.00")
    expect(page.locator(STATUS)).to_have_text(SAVED)
    heks.open(f"/applications/{mine}/sections/attachments")
    heks.sees("Letzter Revisionsbericht")
    heks.open(f"/applications/{mine}/sections/people")
    page.locator('[name="people.participants.0.hours"]').fill("20")
    expect(page.locator('[id="people.participants.0.hours_total"]')).to_have_text("960")
    heks.open(f"/applications/{mine}/sections/particulars")
    expect(page.locator('[name="particulars.children"]')).to_be_hidden()
    page.locator('[name="particulars.child_care"]').check()
    expect(page.locator('[name="particulars.children"]')).to_be_visible()


def test_on_a_phone_the_next_row_comes_when_one_is_begun(demo: Demo, visit: Visit) -> None:
    mine, heks = draft(demo), visit(HEKS, width=PHONE)
    page = section(heks, mine, "plan")
    expect(page.locator('[name="plan.targets.1.goal"]')).to_be_visible()
    expect(page.locator('[name="plan.targets.2.goal"]')).to_be_hidden()
    page.locator('[name="plan.targets.1.goal"]').fill("Alle kennen den Park.")
    expect(page.locator('[name="plan.targets.2.goal"]')).to_be_visible()
    for row in (3, 4):
        page.get_by_role("button", name="Zeile hinzufügen").click()
        expect(page.locator(f'[name="plan.targets.{row}.goal"]')).to_be_focused()
