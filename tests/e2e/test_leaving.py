"""What was written and is saved nowhere is not left without a question."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Dialog

from tests.e2e.conftest import Demo, Visit

AWAITED = """
SELECT r.case_id, p.name FROM reports_due r JOIN cases c ON c.id = r.case_id
JOIN memberships m USING (organisation_id) JOIN persons p ON p.id = m.person_id
WHERE 'sign' = ANY(m.rights) ORDER BY c.number, p.name LIMIT 1"""


def test_a_report_asks_before_it_is_left_and_not_when_it_is_sent(demo: Demo, visit: Visit) -> None:
    with demo.story.db.connect() as tx:
        case_id, name = tx.execute(sa.text(AWAITED)).one()
    signer = visit(name)
    signer.sign_in()
    signer.open(f"/applications/{case_id}/children/report")
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
    page.keyboard.type("Alle Plätze waren besetzt.")
    leave()
    assert asked == ["beforeunload"]
    page.locator("tr:not(:has(.planned + input)) input[name$='.label']").first.fill("Bücher")
    page.locator("form[data-live] .bar button").click()
    page.locator(".summary[role=alert]").wait_for()  # much is missing
    assert asked == ["beforeunload"]
    leave()
    assert len(asked) == 2
    with page.expect_navigation():
        page.get_by_role("button", name="Entfernen").first.click()
    assert page.locator("textarea").first.input_value() == "Alle Plätze waren besetzt."
    leave()
    assert len(asked) == 3


def test_a_report_that_was_not_sent_is_there_again_until_one_signs_out(demo: Demo, visit: Visit) -> None:
    with demo.story.db.connect() as tx:
        case_id, name = tx.execute(sa.text(AWAITED)).one()
    signer = visit(name)
    signer.sign_in()
    path = f"/applications/{case_id}/children/report"
    signer.open(path)
    page = signer.page
    page.locator("textarea").first.fill("Alle Plätze waren besetzt.")
    rows = page.locator("table[data-table='accounts.costs'] tbody tr")
    planned = page.locator("table[data-table='accounts.costs'] .planned + input[name$='.label']").count()
    spent = page.locator("input[name='accounts.costs.0.spent']")
    spent.fill("1'200")
    for _ in range(3):
        page.get_by_role("button", name="Zeile hinzufügen").first.click()
    last = rows.count() - 1
    page.locator(f"input[name='accounts.costs.{last}.label']").fill("Bücher")
    assert "Auf diesem Gerät behalten" in page.locator("[data-kept]").inner_text()
    again = page.context.new_page()
    page.close()
    again.goto(path)
    assert "ist wieder da" in again.locator("[data-kept]").inner_text()
    assert again.locator("textarea").first.input_value() == "Alle Plätze waren besetzt."
    assert again.locator("input[name='accounts.costs.0.spent']").input_value() == "1'200"
    assert again.locator(f"input[name='accounts.costs.{planned}.label']").input_value() == "Bücher"
    total = again.locator("table[data-table='accounts.costs'] [data-total=spent]")
    assert total.inner_text() == "CHF 1'200.00"
    with again.expect_navigation():
        again.locator("form[action$='/sign-out'] button").evaluate("button => button.click()")
    signer.page = again
    signer.sign_in()
    again.goto(path)
    assert again.locator("textarea").first.input_value() == ""
