"""What the applicant does in the job, on a telephone: apply, answer, confirm, read the letter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.person import Person, Screens
from web.cli.story import ATTACHED, ELIGIBLE, PDF, application
from web.cli.telling import typed

HEKS = "Miriam Aebi"
HEKS_MAIL = "miriam.aebi@heks.example"
CALL = "/calls/project-round-2027"
Answers = Mapping[str, Mapping[str, Any]]


def language_course(title: str, requested: int) -> dict[str, dict[str, object]]:
    """Complete answers for the area Sprache; `requested` in Rappen, with a quarter of it from elsewhere."""
    answers = application(
        "HEKS Regionalstelle beider Basel",
        title=title,
        area="language",
        goals=["everyday_language"],
        requested=requested,
        target_group="recognised_refugees",
    )
    answers["project"] |= {"period_from": "11.01.2027", "period_to": "17.12.2027"}
    return answers


def begin(heks: Person, screens: Screens) -> str:
    """From the first page over the questions to an empty draft; returns the draft's address."""
    heks.open("/")
    screens.take(heks.page, "start")
    heks.follow("Gesuch beginnen")
    heks.fill({**ELIGIBLE, "place": "no"})
    heks.press("Antworten prüfen")
    heks.sees("Dieses Projekt kann hier nicht gefördert werden")
    screens.take(heks.page, "not-eligible")
    heks.fill(ELIGIBLE)
    heks.press("Antworten prüfen")
    heks.sees("Dieses Projekt passt zur Ausschreibung")
    heks.follow("Anmelden und beginnen")
    screens.take(heks.page, "sign-in")
    heks.press(HEKS)
    heks.sees("Sie schreiben das Gesuch für: HEKS Regionalstelle beider Basel.")
    screens.take(heks.page, "eligible")
    heks.press("Gesuch beginnen")
    heks.sees("Ihr Gesuch ist angelegt.")
    screens.take(heks.page, "draft")
    return heks.page.url


def fill_in(heks: Person, screens: Screens, answers: Answers) -> None:
    """Section by section up to the financing, which does not meet the costs at first."""
    heks.follow("Weiter ausfüllen")
    for section in answers:
        heks.is_at(f"/sections/{section}")
        heks.fill(typed(answers, [section]))
        if section == "financing":
            heks.fill({"financing.sources.0.amount": "9'000"})
            _is_told_that_totals_differ(heks, screens)
            heks.fill(typed(answers, ["financing"]))
        screens.take(heks.page, f"section-{section}")
        heks.press("Speichern und weiter")
        if section == "account":
            return


def _is_told_that_totals_differ(heks: Person, screens: Screens) -> None:
    heks.press("Speichern und weiter")
    heks.sees("bitte korrigieren")
    screens.take(heks.page, "something-is-wrong")
    heks.follow("Finanzierung")
    field = heks.page.locator('[name="financing.requested"]')
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("müssen gleich hoch sein"))
    screens.take(heks.page, "totals-differ")


def attach(heks: Person, screens: Screens) -> None:
    """The statutes: first a file of the wrong kind, then the right one."""
    field = heks.page.locator('[name="attachments.statutes"]')
    field.set_input_files({"name": "Statuten.pdf", "mimeType": "application/pdf", "buffer": b"kein PDF"})
    heks.press("Hochladen")
    heks.sees("«Statuten.pdf» hat nicht das richtige Format")
    screens.take(heks.page, "wrong-file")
    field.set_input_files({"name": "Statuten HEKS.pdf", "mimeType": "application/pdf", "buffer": PDF})
    heks.press("Hochladen")
    heks.sees("Statuten HEKS.pdf")
    for path in ("attachments.accounts", "attachments.cost_plan"):
        heks.page.locator(f'[name="{path}"]').set_input_files(
            {"name": ATTACHED[path], "mimeType": "application/pdf", "buffer": PDF}
        )
    heks.press("Hochladen")
    heks.sees("Kostenplan.pdf")
    screens.take(heks.page, "section-attachments")


def come_back(heks: Person, screens: Screens, title: str) -> None:
    """On another day: the draft is in the list, and says what is missing."""
    heks.sign_in()
    heks.open("/applications")
    screens.take(heks.page, "my-applications")
    heks.follow(title)
    heks.sees("9 von 10 Abschnitten sind vollständig.")
    screens.take(heks.page, "come-back")
    heks.follow("Prüfen und einreichen")
    screens.take(heks.page, "something-missing")
    expect(heks.page.get_by_role("button", name="Gesuch einreichen")).to_have_count(0)
    heks.follow("Die Angaben sind vollständig und wahr")


def submit(heks: Person, screens: Screens, answers: Answers, title: str) -> str:
    """The declarations, a double click, and once more in a second tab: one number, which is returned."""
    heks.fill(typed(answers, ["declarations"]))
    screens.take(heks.page, "section-declarations")
    heks.press("Speichern und weiter")
    heks.sees("Alles ist da")
    heks.sees("Statuten HEKS.pdf")
    screens.take(heks.page, "check")
    second_tab = heks.context.new_page()
    second_tab.goto(heks.page.url)
    heks.page.get_by_role("button", name="Gesuch einreichen").dblclick()
    heks.sees("Ihr Gesuch ist eingereicht.")
    screens.take(heks.page, "submitted")
    number = heks.page.locator("main .badge + .quiet").inner_text()
    second_tab.get_by_role("button", name="Gesuch einreichen").click()
    expect(second_tab.get_by_role("main")).to_contain_text("schon eingereicht")
    screens.take(second_tab, "submitted-already")
    heks.open("/applications")
    expect(heks.page.get_by_role("link", name=title)).to_have_count(1)
    return number


def answer_query(heks: Person, screens: Screens, draft: str, activities: str) -> None:
    """Only the section that the office has opened can be changed."""
    heks.waits_for(draft, "Jetzt sind Sie an der Reihe")
    screens.take(heks.page, "asked")
    heks.follow("Ansehen und antworten")
    screens.take(heks.page, "question")
    expect(heks.page.locator("main .table tbody tr")).to_have_count(1)
    heks.open(f"{draft}/sections/budget")
    heks.is_at(draft)
    heks.open(f"{draft}/step")
    heks.follow("Bedarf und Vorgehen")
    heks.fill({"plan.activities": activities})
    screens.take(heks.page, "reopened-section")
    heks.press("Speichern und weiter")
    screens.take(heks.page, "answer")
    heks.press("Antwort einreichen")
    heks.sees("Ihre Antwort ist bei uns angekommen.")


def confirm_budget(heks: Person, screens: Screens, draft: str, costs: Mapping[str, str]) -> None:
    """The old budget does not fit the new amount; the revised one does."""
    heks.waits_for(draft, "Bitte Budget bestätigen")
    heks.follow("Ansehen und antworten")
    screens.take(heks.page, "granted-in-part")
    heks.page.get_by_label("Budget bestätigen").check()
    heks.press("Antwort senden")
    expect(heks.page.locator(".summary")).to_be_visible()
    screens.take(heks.page, "budget-does-not-fit")
    heks.fill(costs)
    screens.take(heks.page, "revised-budget")
    heks.press("Antwort senden")
    heks.sees("Ihre Antwort ist bei uns angekommen.")


def read_letter(heks: Person, screens: Screens, draft: str, *expected: str) -> None:
    """The status, and the order as a PDF that says all this."""
    heks.waits_for(draft, "Bewilligt", "main .badge")
    screens.take(heks.page, "granted")
    with heks.page.expect_download() as waiting:
        heks.page.get_by_role("link", name="Verfügung-").click()
    order = screens.folder / "verfuegung.pdf"
    waiting.value.save_as(order)
    assert order.read_bytes().startswith(b"%PDF")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(order).pages).split())
    for part in expected:
        assert part in text
