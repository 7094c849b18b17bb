"""What Finance pays out: to whom, when it is due, and the file for the bank."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_children import opened
from tests.integration.test_money import granted
from tests.integration.walks import AUDITOR, CHECKER, FINANCE, HEKS, deliver, report, rows
from web.cli.story import Story
from web.cli.visitors import Browser, Page
from workflow.engine.case import Actor
from workflow.store import queries
from workflow.store.queries import Payable

PATH = "/office/money/payments"
IBAN = "CH93 0076 2011 6238 5295 7"
FOREIGN_FINANCE = "anita.schweizer@fd.bs.example"
"""Finance of another department, which no route lets pay."""


def payable(told: Story, viewer: Actor | None = None) -> Payable:
    found = queries.payments(told.db, viewer or told.actors[FINANCE], now=told.now)
    assert found is not None
    [row] = found.rows
    return row


def test_who_pays_and_auditors_see_whose_account_it_is_and_nobody_else(app: Flask, told: Story) -> None:
    granted(told)
    for email, sees in ((FINANCE, True), (AUDITOR, True), (CHECKER, False), (FOREIGN_FINANCE, False)):
        browser = signed_in(app, email)
        assert (IBAN in browser.open(PATH).words()) is sees, email
        file = browser.http.get(f"{PATH}.csv").text
        assert (IBAN in file, ";IBAN" in file) == (sees, sees), email


def test_an_auditor_of_the_organisation_itself_sees_no_account(told: Story) -> None:
    case_id = granted(told)
    [row] = rows(told.db, "SELECT organisation_id FROM cases WHERE id = :id", id=case_id)
    auditor = told.actors[AUDITOR]
    assert payable(told, auditor).account is not None
    of_both = Actor(auditor.person, auditor.offices, {str(row.organisation_id): frozenset({"read"})})
    assert payable(told, of_both).account is None


def test_the_account_is_what_was_handed_in_else_the_records(told: Story) -> None:
    case_id = granted(told)
    record = "UPDATE organisations SET iban = 'CH5604835012345678009', holder = 'Quartierkasse'"
    told_by(told, record)
    account = payable(told).account
    assert account is not None
    assert (account.iban, account.holder) == (IBAN.replace(" ", ""), "HEKS")
    assert (account.street, account.town) == ("Pfeffingerstrasse 41", "Basel")
    told_by(told, f"UPDATE contents SET data = data - 'account' WHERE case_id = '{case_id}'")
    account = payable(told).account
    assert account is not None
    assert (account.iban, account.holder) == ("CH5604835012345678009", "Quartierkasse")


def test_the_second_instalment_waits_for_the_report_and_more_than_is_due_is_recorded_with_a_warning(
    app: Flask, told: Story
) -> None:
    case_id = granted(told)
    browser = signed_in(app, FINANCE)
    row = payable(told)
    assert (row.due, row.waits) == (24_000_00, None)
    pay(browser, case_id, 0, "24'000")
    row = payable(told)
    assert (row.due, row.instalment) == (0, (2, 2, 6_000_00))
    page = browser.open(PATH)
    assert "wartet auf: Genehmigung des Schlussberichts" in page.words()
    assert "data-later" in page.text
    after = pay(browser, case_id, 24_000_00, "1'000")
    assert "Mehr eingetragen, als fällig war: KIP3-2027-00001." in after.text
    assert ";0.00;Genehmigung des Schlussberichts;" in browser.http.get(f"{PATH}.csv").text
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    assert payable(told).due == 0
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 29_000_00}})
    deliver(told)
    row = payable(told)
    assert (row.due, row.waits) == (4_000_00, None)
    after = pay(browser, case_id, 25_000_00, "4'000")
    assert "1 Auszahlung ist eingetragen." in after.text
    assert "Mehr eingetragen" not in after.text


def pay(browser: Browser, case_id: UUID, before: int, francs: str) -> Page:
    """Ticks one row of the list, and records it."""
    form = browser.open(PATH).form(PATH)
    return browser.send(form, {"case": f"{case_id}.{before}", f"amount.{case_id}": francs})


def told_by(told: Story, statement: str) -> None:
    """As if a programme kept its accounts elsewhere."""
    with told.db.begin() as tx:
        tx.exec_driver_sql(statement)


def test_the_list_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    granted(told)
    browser = signed_in(app, FINANCE)
    few = [statements(app, browser, path) for path in (PATH, f"{PATH}.csv")]
    for _ in range(2):
        granted(told)
    browser.open(PATH)
    assert [statements(app, browser, path) for path in (PATH, f"{PATH}.csv")] == few
    assert browser.open(PATH).text.count(IBAN) == 3
