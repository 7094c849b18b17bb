"""What Finance pays out: to whom, when it is due, and the file for the bank."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_appeals import SECRETARIAT, lodged, refused
from tests.integration.test_children import amendment, opened
from tests.integration.test_children import granted as granted_at_once
from tests.integration.test_money import granted as posted
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    SYNTHESIS,
    at_once,
    costs,
    deliver,
    report,
    rows,
    state,
)
from tests.unit.test_pain001 import read
from web.cli.story import Story, decision, proposal
from web.cli.visitors import Browser, Page
from web.cli.visitors import _page as page_of
from workflow.engine.case import Actor
from workflow.engine.commands import Pay, Withdraw
from workflow.errors import NotAllowed, NotFound
from workflow.funding.payer import Payer
from workflow.payment_files import PaymentFile, Wish, make
from workflow.people import organisation_id
from workflow.service import handle
from workflow.store import organisations as store
from workflow.store import queries
from workflow.store.queries import Payable

PATH = "/office/money/payments"
IN_FORCE = timedelta(days=29)
IBAN = "CH93 0076 2011 6238 5295 7"
FOREIGN_FINANCE = "anita.schweizer@fd.bs.example"
"""Finance of another department, which no route lets pay."""


def granted(told: Story) -> UUID:
    """Granted, posted, and in force."""
    case_id = posted(told)
    told.now += IN_FORCE
    return case_id


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


def test_who_is_linked_to_the_applicant_makes_no_file_either(told: Story) -> None:
    case_id = granted(told)
    finance = told.actors[FINANCE]
    wish = Wish(case_id, 0, payable(told).due)
    with told.db.begin() as tx:
        store.note(tx, organisation_id("heks"), finance.person, "joined", told.now, UUID(finance.person))
    row = payable(told)
    assert (row.may_pay, row.account) == (False, None)
    with pytest.raises(NotAllowed, match="declare_first"):
        handle(told.db, Pay(case_id, wish.amount, 0), finance, uuid4(), told.now)
    made = make(told.db, finance, Payer("Kanton", IBAN.replace(" ", "")), [wish], sure=(), now=told.now)
    assert made.content == b""
    assert isinstance(made.refused[case_id], NotAllowed)


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


def test_an_account_that_has_changed_since_is_said_before_the_file_is_made(app: Flask, told: Story) -> None:
    case_id = granted(told)
    told_by(told, "UPDATE organisations SET iban = 'CH9300762011623852957'")
    browser = signed_in(app, FINANCE)
    assert "im Eintrag jetzt" not in browser.open(PATH).words()
    told_by(told, "UPDATE organisations SET iban = 'CH5604835012345678009'")
    assert "im Eintrag jetzt: CH56 0483 5012 3456 7800 9" in browser.open(PATH).words()
    asked = bank_file(browser, {case_id: (0, "24'000")})
    assert asked.status_code == 409
    assert "ein anderes Konto, CH56 0483 5012 3456 7800 9" in page_of(asked).words()
    sure = re.findall('name="sure" value="([^"]+)"', asked.text)
    made = read(bank_file(browser, {case_id: (0, "24'000")}, sure).content)
    assert made.findtext(".//CdtrAcct/Id/IBAN") == IBAN.replace(" ", "")


def test_who_has_seen_one_limit_or_account_has_not_seen_the_next(app: Flask, told: Story) -> None:
    case_id = granted(told)
    browser = signed_in(app, FINANCE)

    def asked(francs: str, sure: Sequence[str] = ()) -> list[str]:
        answer = bank_file(browser, {case_id: (0, francs)}, sure)
        assert answer.status_code == 409
        return re.findall('name="sure" value="([^"]+)"', answer.text)

    told_by(told, "UPDATE organisations SET iban = 'CH5604835012345678009'")
    seen = asked("24'000")
    told_by(told, "UPDATE organisations SET iban = 'CH4431999123000889012'")
    assert asked("24'000", seen) != seen
    told_by(told, f"UPDATE organisations SET iban = '{IBAN}'")
    seen = asked("30'000")
    opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert asked("30'000", seen) != seen


def test_who_settles_a_grant_learns_what_lies_in_a_file(app: Flask, told: Story) -> None:
    case_id = granted_at_once(told)
    told.now += IN_FORCE
    browser = signed_in(app, FINANCE)
    amount = f"{payable(told).due / 100:.2f}"
    message_of(bank_file(browser, {case_id: (0, amount)}))
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    checker = signed_in(app, CHECKER)
    said = "In einer Zahlungsdatei liegen CHF 30'400.00"
    assert said in checker.open(f"/desk/cases/{child}").words()
    handle(told.db, Pay(case_id, payable(told).due, 0), told.actors[FINANCE], uuid4(), told.now)
    assert said not in checker.open(f"/desk/cases/{child}").words()


def test_nothing_is_due_before_the_order_is_in_force_nor_while_an_appeal_runs(
    app: Flask, told: Story
) -> None:
    case_id = posted(told)
    assert (payable(told).due, payable(told).in_force) == (0, date(2026, 10, 6))
    browser = signed_in(app, FINANCE)
    page = browser.open(PATH)
    assert "rechtskräftig ab etwa 06.10.2026" in page.words()
    assert "data-later" in page.text
    told.now += IN_FORCE
    assert (payable(told).due, payable(told).in_force) == (24_000_00, None)
    opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert (payable(told).due, payable(told).appealed) == (0, True)
    assert "wartet auf: Entscheid über den Rekurs" in signed_in(app, FINANCE).open(PATH).words()


def test_nothing_is_due_of_what_is_to_be_decided_anew(app: Flask, told: Story) -> None:
    case_id = granted(told)
    appeal = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, appeal, "propose", {"findings": {"findings": "Die Auflage ist unklar."}})
    told.do(DEPARTMENT, appeal, "uphold", {"decision": {"reasons": "Die Auflage ist unklar."}})
    deliver(told)
    assert (payable(told).due, payable(told).appealed, payable(told).upheld) == (0, False, True)
    said = "wartet auf: neuen Entscheid, der Rekurs ist gutgeheissen"
    assert said in signed_in(app, FINANCE).open(PATH).words()
    child = opened(told, HEKS, case_id, "amendment", amendment())
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    assert payable(told).upheld
    handle(told.db, Withdraw(child), told.actors[HEKS], uuid4(), told.now)
    deliver(told)
    assert (state(told, child).ending, payable(told).upheld) == ("withdrawn", True)
    child = opened(told, HEKS, case_id, "amendment", amendment())
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, child, "approve", {"decision": {"reasons": "Die Auflage fällt weg."}})
    told.do(DIVISION, child, "confirm", {"decision": {}})
    deliver(told)
    assert (payable(told).due, payable(told).upheld) == (24_000_00, False)
    assert said not in signed_in(app, FINANCE).open(PATH).words()


def test_what_was_granted_after_an_upheld_appeal_is_due(told: Story) -> None:
    case_id = refused(told)
    appeal = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, appeal, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, appeal, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Gut begründet."))
    told.do(HEAD, case_id, "grant", decision(30_000_00, "Gut begründet."))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    told.now += IN_FORCE
    assert state(told, case_id).ending == "granted"
    assert (payable(told).due, payable(told).upheld) == (24_000_00, False)


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
    answers = report(told, case_id)
    answers["accounts"]["costs"][0]["spent"] -= 1_000_00
    child = opened(told, HEKS, case_id, "report", answers)
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


def test_what_an_amendment_added_goes_where_its_grant_goes_and_waits_for_the_same_report(
    told: Story,
) -> None:
    case_id = granted_at_once(told)
    more = opened(told, HEKS, case_id, "amendment", amendment(5_000))
    told.do(CHECKER, more, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, more, "grant", decision(4_000_00, "Der Kurs ist ausgebucht."))
    told.do(DIVISION, more, "confirm", {"decision": {}})
    deliver(told)
    told.now += IN_FORCE
    found = queries.payables(told.db, told.actors[FINANCE], [case_id, more], now=told.now) or {}
    assert found[more].account == found[case_id].account is not None
    assert (found[more].due, found[more].waits) == (3_200_00, None)
    handle(told.db, Pay(more, 3_200_00, 0), told.actors[FINANCE], uuid4(), told.now)
    found = queries.payables(told.db, told.actors[FINANCE], [more], now=told.now) or {}
    assert (found[more].due, found[more].waits is None) == (0, False)
    answers = report(told, case_id)
    answers["accounts"]["costs"][0]["spent"] += 4_000_00
    child = opened(told, HEKS, case_id, "report", answers)
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 42_000_00}})
    deliver(told)
    found = queries.payables(told.db, told.actors[FINANCE], [more], now=told.now) or {}
    assert (found[more].due, found[more].waits) == (800_00, None)


def test_a_file_for_the_bank_is_made_of_what_is_ticked_and_records_nothing(app: Flask, told: Story) -> None:
    cases = [granted(told), granted(told)]
    before = rows(told.db, "SELECT count(*) FROM events")
    browser = signed_in(app, FINANCE)
    assert "Sie trägt nichts ein" in browser.open(PATH).words()
    answer = bank_file(browser, dict.fromkeys(cases, (0, "24'000")))
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "attachment; filename=Zahlungsdatei-2026" in answer.headers["Content-Disposition"]
    tree = read(answer.content)
    assert tree.findtext(".//CtrlSum") == "48000.00"
    assert tree.findtext(".//DbtrAcct/Id/IBAN") == "CH8500770000000000000"
    [first, second] = tree.findall(".//CdtTrfTxInf")
    assert first.findtext("PmtId/EndToEndId") == "KIP3-2027-00001-0"
    assert second.findtext("PmtId/EndToEndId") == "KIP3-2027-00002-0"
    assert first.findtext("RmtInf/Ustrd") == "KIP3-2027-00001, Tranche 1/2"
    assert first.findtext("Cdtr/Nm") == "HEKS"
    assert first.findtext("Cdtr/PstlAdr/BldgNb") == "41"
    assert rows(told.db, "SELECT count(*) FROM events") == before
    assert [row.paid for row in rows(told.db, "SELECT paid FROM cases")] == [0, 0]
    assert browser.open(PATH).text.count("in der Datei vom") == 2
    assert "in der Datei vom" not in signed_in(app, CHECKER).open(PATH).text
    pay(browser, cases[0], 0, "24'000")
    assert browser.open(PATH).text.count("in der Datei vom") == 1


def test_the_same_file_again_is_the_same_message_and_another_one_asks_first(app: Flask, told: Story) -> None:
    one, other = granted(told), granted(told)
    browser = signed_in(app, FINANCE)
    [message] = {message_of(bank_file(browser, {one: (0, "24'000")})) for _ in range(2)}
    both = {one: (0, "24'000"), other: (0, "24'000")}
    told.wait(hours=1)
    asked = bank_file(browser, both)
    assert asked.status_code == 409
    assert "Diese Zahlung steht schon in der Datei vom" in asked.text
    assert "von Karin Möschlin" in asked.text
    assert rows(told.db, "SELECT count(*) FROM filed_payments")[0][0] == 1
    sure = re.findall('name="sure" value="([^"]+)"', asked.text)
    assert sure == [f"{one}.2400000.{message}"]
    assert (
        bank_file(browser, both, [f"{one}.2400000"]).status_code == 409
    )  # nobody has seen that it lies there
    again = message_of(bank_file(browser, both, sure))
    assert again != message
    assert {row.message for row in rows(told.db, "SELECT message FROM filed_payments")} == {again}


def test_the_same_file_after_a_payment_was_taken_back_asks_first(app: Flask, told: Story) -> None:
    case_id, actor = granted(told), told.actors[FINANCE]
    browser, wanted = signed_in(app, FINANCE), {case_id: (0, "24'000")}
    message = message_of(bank_file(browser, wanted))
    handle(told.db, Pay(case_id, 24_000_00, 0), actor, uuid4(), told.now)
    told.wait(hours=2)
    back = Pay(case_id, -24_000_00, 24_000_00)
    handle(told.db, back, actor, uuid4(), told.now, {"reason": "Von der Bank zurück."})
    told.wait(hours=1)
    asked = bank_file(browser, wanted)
    assert asked.status_code == 409
    assert "seither wurde eine Zahlung zurückgenommen" in asked.text
    sure = re.findall('name="sure" value="([^"]+)"', asked.text)
    assert message_of(bank_file(browser, wanted, sure)) == message
    assert message_of(bank_file(browser, wanted)) == message  # it was made since


def test_what_cannot_be_in_a_file_is_named_and_unticked_before_there_is_one(app: Flask, told: Story) -> None:
    good, bare, foreign, homeless, odd, late = (granted(told) for _ in range(6))
    for case_id, iban in ((bare, ""), (foreign, "DE89370400440532013000")):
        told_by(
            told,
            f"UPDATE contents SET data = jsonb_set(data, '{{account,iban}}', '\"{iban}\"')"
            f" WHERE case_id = '{case_id}'",
        )
    told_by(
        told,
        "INSERT INTO organisations (id, name, legal_form) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 'Ohne Ort', 'association')",
    )
    told_by(
        told,
        f"UPDATE cases SET organisation_id = '00000000-0000-0000-0000-000000000001' WHERE id = '{homeless}'",
    )
    told_by(
        told,
        f"INSERT INTO reports_due VALUES ('{late}', now(), true) ON CONFLICT (case_id)"
        " DO UPDATE SET stopped = true",
    )
    browser = signed_in(app, FINANCE)
    wanted = dict.fromkeys((good, bare, foreign, homeless, late), (0, "24'000")) | {odd: (0, "viel")}
    answer = bank_file(browser, wanted)
    assert answer.status_code == 409
    assert "5 Zahlungen kommen nicht in die Datei" in answer.text
    for said in (
        "2</a>: Es ist kein Konto angegeben",
        "3</a>: Das Konto liegt im Ausland.",
        "4</a>: Im Eintrag der Trägerschaft fehlt der Ort",
        "5</a>: Das ist kein Betrag.",
        "6</a>: Der Bericht zu diesem Gesuch fehlt.",
    ):
        assert said in answer.text
    assert re.findall(r'value="([^"]+)" checked', answer.text) == [f"{good}.0"]
    assert rows(told.db, "SELECT FROM filed_payments") == []
    assert len(read(bank_file(browser, {good: (0, "24'000")}).content).findall(".//CdtTrfTxInf")) == 1


def test_what_was_paid_meanwhile_or_is_not_due_is_in_no_file_unseen(app: Flask, told: Story) -> None:
    case_id = granted(told)
    browser = signed_in(app, FINANCE)
    over = bank_file(browser, {case_id: (0, "30'000")})
    assert "CHF 30'000.00 ist mehr, als jetzt fällig ist: CHF 24'000.00." in page_of(over).words()
    assert bank_file(browser, {case_id: (0, "30'000")}, [f"{case_id}.2400000"]).status_code == 409
    assert bank_file(browser, {case_id: (0, "30'000.05")}).status_code == 409
    assert bank_file(browser, {case_id: (0, "24'000")}).status_code == 200
    both = page_of(bank_file(browser, {case_id: (0, "30'000")})).words()
    assert "von Karin Möschlin. CHF 30'000.00 ist mehr" in both
    pay(browser, case_id, 0, "24'000")
    late = bank_file(browser, {case_id: (0, "24'000")}, [f"{case_id}.2400000"])
    assert "ausbezahlt sind jetzt CHF 24'000.00" in page_of(late).words()
    assert len(rows(told.db, "SELECT FROM filed_payments")) == 1


def test_who_was_slower_is_told_of_what_is_no_longer_listed(app: Flask, told: Story) -> None:
    gone, left = granted(told), granted(told)
    handle(told.db, Pay(gone, 30_000_00, 0), told.actors[FINANCE], uuid4(), told.now)
    browser = signed_in(app, FINANCE)
    form = browser.open(PATH).form(PATH)
    nobodys = uuid4()
    both: dict[str, str | Sequence[str]] = {"case": [f"{one}.0" for one in (gone, left, nobodys)]}
    both |= {f"amount.{gone}": "30'000", f"amount.{left}": "100", f"amount.{nobodys}": "NaN"}
    answer = browser.http.post(PATH, data=form.filled(both))
    page = page_of(answer)
    assert answer.status_code == 409
    assert "KIP3-2027-00001: Inzwischen" in page.words()
    assert "Was nicht mehr auf dieser Liste steht: Das ist kein Betrag." in page.words()
    assert "1 Auszahlung ist eingetragen." in page.text
    assert (state(told, gone).paid, state(told, left).paid) == (30_000_00, 100_00)
    assert "KIP3-2027-00001" in page_of(bank_file(browser, {gone: (0, "30'000")})).words()


def test_who_was_sure_of_one_thing_is_asked_about_the_next(app: Flask, told: Story) -> None:
    case_id, other = granted(told), granted(told)
    first, second = signed_in(app, FINANCE), signed_in(app, FINANCE)
    wanted = {case_id: (0, "30'000")}  # more than is due
    seen = re.findall('name="sure" value="([^"]+)"', bank_file(second, wanted).text)
    message = message_of(bank_file(first, wanted, seen))
    both = wanted | {other: (0, "24'000")}
    told.wait(hours=1)
    asked = bank_file(second, both, seen)
    assert asked.status_code == 409
    assert "Diese Zahlung steht schon in der Datei vom" in asked.text
    again = message_of(bank_file(second, both, re.findall('name="sure" value="([^"]+)"', asked.text)))
    kept = rows(told.db, "SELECT message, earlier FROM filed_payments WHERE case_id = :id", id=case_id)
    assert kept == [(again, [message])]
    assert "vorher in 1 anderen" in first.open(PATH).text


def test_what_was_recorded_wrongly_is_still_in_its_file(app: Flask, told: Story) -> None:
    case_id = granted(told)
    browser = signed_in(app, FINANCE)
    message_of(bank_file(browser, {case_id: (0, "24'000")}))
    assert "Anders eingetragen, als es in der Zahlungsdatei steht" in pay(browser, case_id, 0, "240").text
    assert "in der Datei vom" in browser.open(PATH).text
    asked = bank_file(browser, {case_id: (240_00, "23'760")})
    assert asked.status_code == 409
    assert "Diese Zahlung steht schon in der Datei vom" in asked.text
    assert "Anders eingetragen" not in pay(browser, case_id, 240_00, "23'760").text
    assert "in der Datei vom" not in browser.open(PATH).text


def test_money_in_a_file_that_counts_on_more_is_in_it_all_the_same(app: Flask, told: Story) -> None:
    case_id = granted(told)
    browser = signed_in(app, FINANCE)
    actor = told.actors[FINANCE]
    handle(told.db, Pay(case_id, 10_000_00, 0), actor, uuid4(), told.now)
    early = message_of(bank_file(browser, {case_id: (10_000_00, "14'000")}))
    back = Pay(case_id, -10_000_00, 10_000_00)
    handle(told.db, back, actor, uuid4(), told.now, {"reason": "Ein Versehen."})
    asked = bank_file(browser, {case_id: (0, "24'000")})
    assert asked.status_code == 409
    sure = re.findall('name="sure" value="([^"]+)"', asked.text)
    assert early in sure[0]
    later = message_of(bank_file(browser, {case_id: (0, "24'000")}, sure))
    handle(told.db, Pay(case_id, 10_000_00, 0), actor, uuid4(), told.now)
    asked = bank_file(browser, {case_id: (10_000_00, "13'000")})  # both are named, and can be overridden
    [sure] = [re.findall('name="sure" value="([^"]+)"', asked.text)]
    assert early in sure[0]
    assert later in sure[0]
    assert message_of(bank_file(browser, {case_id: (10_000_00, "13'000")}, sure)) not in (early, later)


def test_one_that_cannot_be_recorded_does_not_hold_up_the_others(app: Flask, told: Story) -> None:
    one, none, other = granted(told), granted(told), granted(told)
    browser = signed_in(app, FINANCE)
    form = browser.open(PATH).form(PATH)
    amounts = {one: "100", none: "0", other: "200"}
    ticked: dict[str, str | Sequence[str]] = {"case": [f"{case_id}.0" for case_id in amounts]}
    ticked |= {f"amount.{case_id}": francs for case_id, francs in amounts.items()}
    answer = browser.http.post(PATH, data=form.filled(ticked))
    assert answer.status_code == 409
    assert "Bitte einen Betrag über null angeben." in page_of(answer).words()
    assert "2 Auszahlungen sind eingetragen." in answer.text
    assert (state(told, one).paid, state(told, none).paid, state(told, other).paid) == (100_00, 0, 200_00)
    twice = browser.http.post(PATH, data=form.filled(ticked | {f"amount.{one}": "150"}))
    assert twice.status_code == 409
    assert state(told, one).paid == 100_00


def test_whoever_does_not_pay_makes_no_file(app: Flask, told: Story) -> None:
    case_id = granted(told)
    payer = queries.programme(told.db).programme.payer
    assert payer is not None
    for email in (AUDITOR, CHECKER, FOREIGN_FINANCE):
        made = make(told.db, told.actors[email], payer, [Wish(case_id, 0, 100)], sure=(), now=told.now)
        assert ([str(why) for why in made.refused.values()], made.content) == (["not_yours"], b"")
    with pytest.raises(NotFound):
        make(told.db, told.actors[HEKS], payer, [Wish(case_id, 0, 100)], sure=(), now=told.now)


def test_two_at_once_never_have_one_payment_in_two_files(told: Story) -> None:
    one, other = granted(told), granted(told)
    payer = queries.programme(told.db).programme.payer
    assert payer is not None

    def makes(*cases: UUID) -> PaymentFile:
        wishes = [Wish(case_id, 0, 24_000_00) for case_id in cases]
        return make(told.db, told.actors[FINANCE], payer, wishes, sure=(), now=told.now)

    found = at_once(lambda: makes(one, other), lambda: makes(other, one), lambda: makes(other))
    files = {made.message for made in found if isinstance(made, PaymentFile) and made.content}
    assert len(files) == 1
    assert len(rows(told.db, "SELECT DISTINCT message FROM filed_payments")) == 1


def bank_file(
    browser: Browser, wanted: Mapping[UUID, tuple[int, str]], sure: Sequence[str] = ()
) -> httpx.Response:
    """What comes of ticking these (Rappen paid before, francs) and asking for a file."""
    page = browser.open(PATH)
    form = page.form(PATH)
    assert f'formaction="{PATH}/bank-file"' in page.text
    ticked: dict[str, str | Sequence[str]] = {
        "case": [f"{case_id}.{paid}" for case_id, (paid, _) in wanted.items()],
        "sure": [*sure],
    }
    ticked |= {f"amount.{case_id}": francs for case_id, (_, francs) in wanted.items()}
    return browser.http.post(f"{PATH}/bank-file", data=form.filled(ticked))


def message_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return read(answer.content).findtext(".//MsgId") or ""


def told_by(told: Story, statement: str) -> None:
    """As if a programme kept its accounts elsewhere."""
    with told.db.begin() as tx:
        tx.exec_driver_sql(statement)


def test_the_list_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    posted(told)
    browser = signed_in(app, FINANCE)
    few = [statements(app, browser, path) for path in (PATH, f"{PATH}.csv")]
    for _ in range(2):
        posted(told)
    browser.open(PATH)
    assert [statements(app, browser, path) for path in (PATH, f"{PATH}.csv")] == few
    assert browser.open(PATH).text.count(IBAN) == 3
