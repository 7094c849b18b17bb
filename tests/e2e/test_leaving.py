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
