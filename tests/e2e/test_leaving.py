"""What was written and is saved nowhere is not left without a question."""

from __future__ import annotations

import re

import sqlalchemy as sa
from playwright.sync_api import Dialog, expect

from tests.e2e.conftest import Demo, Visit
from tests.e2e.person import Person

AWAITED = """
SELECT r.case_id, p.name FROM reports_due r JOIN cases c ON c.id = r.case_id
JOIN memberships m USING (organisation_id) JOIN persons p ON p.id = m.person_id
WHERE 'sign' = ANY(m.rights) ORDER BY c.number, p.name LIMIT 1"""


ON_THE_WAY = """
SELECT c.id, p.name FROM cases c JOIN memberships m USING (organisation_id)
JOIN persons p ON p.id = m.person_id WHERE c.step = 'review' AND 'sign' = ANY(m.rights)
ORDER BY c.number, p.name LIMIT 1"""
SAVED = re.compile(r"Gespeichert um \d\d:\d\d")
KEPT_HERE = "Object.keys(localStorage).filter((one) => one.startsWith('foerderweg:')).length"


def test_a_reason_asks_before_it_is_left_and_not_when_it_is_sent(demo: Demo, visit: Visit) -> None:
    with demo.story.db.connect() as tx:
        case_id, name = tx.execute(sa.text(ON_THE_WAY)).one()
    signer = visit(name)
    signer.sign_in()
    signer.open(f"/applications/{case_id}/withdraw")
    page, asked = signer.page, list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    def leave() -> None:
        page.get_by_role("heading", level=1).click()  # a browser asks nothing where nobody has touched it
        page.locator("main a").first.click(no_wait_after=True)
        page.wait_for_timeout(500)

    page.on("dialog", stay)
    page.reload()
    assert asked == []  # nothing is written yet
    page.locator("textarea").first.click()
    page.keyboard.type("Der Raum ist gekündigt.")
    leave()
    assert asked == ["beforeunload"]
    # whoever gets past the browser's limit: the page that says so is as written as the one before
    page.locator("textarea").first.evaluate("one => one.removeAttribute('maxlength')")
    page.locator("textarea").first.fill("x" * 4001)
    page.locator("form:has(textarea) button").last.click()
    page.get_by_text("Zu lang").first.wait_for()
    assert asked == ["beforeunload"]
    leave()
    assert len(asked) == 2


def at_report(demo: Demo, visit: Visit) -> tuple[Person, str, str]:
    """Who hands in a report, at its form; their name, and the form's path."""
    with demo.story.db.connect() as tx:
        case_id, name = tx.execute(sa.text(AWAITED)).one()
    signer, path = visit(name), f"/applications/{case_id}/children/report"
    signer.sign_in()
    signer.open(path)
    return signer, name, path


def test_a_report_is_saved_while_it_is_written_and_there_on_another_device(demo: Demo, visit: Visit) -> None:
    signer, name, path = at_report(demo, visit)
    page = signer.page
    page.locator("textarea").first.fill("Alle Plätze waren besetzt.")
    rows = page.locator("table[data-table='accounts.costs'] tbody tr")
    planned = page.locator("table[data-table='accounts.costs'] .planned + input[name$='.label']").count()
    page.locator("input[name='accounts.costs.0.spent']").fill("1'200")
    for _ in range(3):
        page.get_by_role("button", name="Zeile hinzufügen").first.click()
    last = rows.count() - 1
    page.locator(f"input[name='accounts.costs.{last}.label']").fill("Bücher")
    expect(page.locator("[data-saving]")).to_have_text(SAVED)
    assert page.evaluate(KEPT_HERE) == 0

    there = visit(name)
    there.sign_in()
    there.open(path)
    assert there.page.locator("textarea").first.input_value() == "Alle Plätze waren besetzt."
    assert there.page.locator("input[name='accounts.costs.0.spent']").input_value() == "1'200.00"
    assert there.page.locator(f"input[name='accounts.costs.{planned}.label']").input_value() == "Bücher"
    total = there.page.locator("table[data-table='accounts.costs'] [data-total=spent]")
    assert total.inner_text() == "CHF 1'200.00"


def test_without_a_line_a_report_stays_on_the_device_until_one_signs_out(demo: Demo, visit: Visit) -> None:
    signer, _, path = at_report(demo, visit)
    page = signer.page
    page.context.set_offline(True)
    page.locator("textarea").first.fill("Im Tunnel geschrieben.")
    expect(page.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    again = page.context.new_page()
    page.close()
    page.context.set_offline(False)
    again.goto(path)
    assert again.locator("textarea").first.input_value() == "Im Tunnel geschrieben."
    expect(again.locator("[data-saving]")).to_have_text(SAVED)
    again.context.set_offline(True)
    again.locator("textarea").first.fill("Noch ein Tunnel.")
    expect(again.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    again.context.set_offline(False)
    with again.expect_navigation():
        again.locator("form[action$='/sign-out'] button").evaluate("button => button.click()")
    assert again.evaluate(KEPT_HERE) == 0
    signer.complaints.clear()  # the browser reports that it was offline


def test_what_an_old_device_has_kept_does_not_replace_what_is_newer(demo: Demo, visit: Visit) -> None:
    signer, name, path = at_report(demo, visit)
    page = signer.page
    page.context.set_offline(True)
    page.locator("textarea").nth(1).fill("Unterwegs geschrieben.")
    expect(page.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    old = page.context.new_page()
    page.close()
    there = visit(name)
    there.sign_in()
    there.open(path)
    there.page.locator("textarea").nth(1).fill("Am Schreibtisch geschrieben.")
    expect(there.page.locator("[data-saving]")).to_have_text(SAVED)

    old.context.set_offline(False)
    old.goto(path)
    assert old.locator("textarea").nth(1).input_value() == "Am Schreibtisch geschrieben."
    expect(old.locator("[data-saving]")).to_contain_text("inzwischen haben Sie anderswo weitergeschrieben")
    old.get_by_role("button", name="Text dieses Geräts holen").click()
    assert old.locator("textarea").nth(1).input_value() == "Unterwegs geschrieben."
    expect(old.locator("[data-saving]")).to_have_text(SAVED)

    there.page.locator("textarea").nth(1).fill("Zugleich im anderen Fenster.")
    expect(there.page.locator("[data-saving]")).to_contain_text("Was hier steht, ist nicht gespeichert")
    signer.complaints.clear()  # the browser reports that it was offline
    there.complaints.clear()  # and that it was refused


def test_what_was_sent_does_not_stay_on_the_device(demo: Demo, visit: Visit) -> None:
    signer, _, _ = at_report(demo, visit)
    page = signer.page
    page.locator("textarea").nth(2).fill("Wird gleich gesendet.")
    page.locator("form[data-live] .bar .button--strong").click()
    page.locator(".summary[role=alert]").wait_for()  # much is missing, and it is all there again
    assert page.locator("textarea").nth(2).input_value() == "Wird gleich gesendet."
    expect(page.locator("[data-saving]")).to_have_text(SAVED)
    signer.open("/applications")
    assert page.evaluate(KEPT_HERE) == 0
    assert page.evaluate(KEPT_HERE.replace("localStorage", "sessionStorage")) == 0
    signer.complaints.clear()  # the browser reports that it was refused
