"""What is not posted is the office's, and can be taken back; what came back goes out again."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.test_appeals import SECRETARIAT, lodged, refused
from tests.integration.test_children import amendment, granted, opened
from tests.integration.test_dispatch import made, ordered, sent
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    HEAD,
    HEKS,
    LEAD,
    REASONS,
    SYNTHESIS,
    agree,
    assert_kept,
    at_check,
    costs,
    deliver,
    order,
    report,
    rows,
    state,
)
from web.cli.story import Story, decision, review
from web.cli.visitors import Browser
from workflow.engine.commands import TakeWay
from workflow.errors import NotAllowed, Refused
from workflow.store import queries


def letters_of(told: Story, case_id: UUID, reader: str = HEKS) -> list[str]:
    """The hashes of the letters that the applicant finds, newest first."""
    page = queries.application(told.db, told.actors[reader], case_id)
    assert page is not None
    return [one.sha256 for one in page.letters]


def mailed(told: Story, case_id: UUID) -> int:
    """Mails that said to the applicant that a letter is there."""
    found = rows(told.db, "SELECT key FROM outbox WHERE payload->>'text' = 'applicant_letter'")
    return sum(one.key.startswith(str(case_id)) for one in found)


def test_an_order_is_the_office_s_until_it_is_posted(app: Flask, told: Story) -> None:
    case_id = ordered(told)
    [made] = state(told, case_id).letters
    [file] = [one for one in rows(told.db, "SELECT id, sha256 FROM files") if one.sha256 == made]
    heks, desk = signed_in(app, HEKS), signed_in(app, CHECKER)

    def reads(browser: Browser) -> tuple[int, bool]:
        whole = browser.http.get(f"/applications/{case_id}/archive")
        return browser.http.get(f"/files/{file.id}").status_code, b"Briefe/" in whole.content

    assert (letters_of(told, case_id), mailed(told, case_id)) == ([], 0)
    assert (reads(heks), reads(desk)) == ((404, False), (200, True))
    assert "noch nicht versandt" in desk.open(f"/desk/cases/{case_id}").words()
    told.do(CHECKER, case_id, "sent", sent(told))
    assert (letters_of(told, case_id), mailed(told, case_id)) == ([made], 1)
    assert reads(heks) == (200, True)
    assert "noch nicht versandt" not in desk.open(f"/desk/cases/{case_id}").words()
    heks.http.close()
    desk.http.close()


def test_an_order_that_is_not_posted_is_taken_back_by_two(told: Story) -> None:
    case_id = ordered(told, "grant")
    [first] = state(told, case_id).letters
    way = TakeWay(case_id, "take_back", "decide", state(told, case_id).entry)
    told.aside(CHECKER, way, "Der Betrag ist falsch.")
    with pytest.raises(NotAllowed, match="four_eyes"):
        agree(told, CHECKER, way)
    agree(told, HEAD, way)
    case = state(told, case_id)
    assert (case.step, case.held, case.committed) == ("decide", 9_000_00, 0)
    told.wait(days=1)
    told.do(HEAD, case_id, "grant", decision(9_000_00, REASONS))
    made(told)
    told.do(CHECKER, case_id, "sent", sent(told))
    case = state(told, case_id)
    assert (case.ending, case.held, case.committed) == ("granted", 0, 9_000_00)
    assert (len(case.letters), case.letters[0], case.unsent) == (2, first, (first,))
    assert letters_of(told, case_id) == [case.letters[1]]
    assert mailed(told, case_id) == 1
    assert_kept(told.db)


def test_who_is_asked_to_agree_sees_it_and_nothing_is_posted_unseen(app: Flask, told: Story) -> None:
    case_id = ordered(told, "grant")
    entry = state(told, case_id).entry
    told.aside(CHECKER, TakeWay(case_id, "take_back", "decide", entry), "Der Betrag ist falsch.")
    head, other = signed_in(app, HEAD), signed_in(app, SYNTHESIS)
    inbox = head.open("/desk").words()
    assert "1 Vorschlag wartet auf eine zweite Person" in inbox
    assert "Regula Keller" in inbox
    assert "wartet auf eine zweite Person" not in signed_in(app, CHECKER).open("/desk").words()
    for browser in (head, other):
        words = browser.open(f"/desk/cases/{case_id}").words()
        assert "Regula Keller schlägt vor: Verfügung vor dem Versand zurücknehmen" in words
        assert "Der Betrag ist falsch." in words
    batch = "/desk/together/dispatch"
    page = other.open(batch)
    assert "etwas anderes vorgeschlagen" in page.words()
    assert f"{case_id}.{entry}" not in page.text
    said = {"case": [f"{case_id}.{entry}"], "dispatch.sent_on": "07.09.2026", "dispatch.by": "registered"}
    refused = other.send(page.form(batch), said, status=409)
    assert "etwas anderes vorgeschlagen" in refused.words()
    assert state(told, case_id).step == "dispatch_granted"
    agree(told, HEAD, TakeWay(case_id, "take_back", "decide", entry))
    assert "schlägt vor" not in head.open(f"/desk/cases/{case_id}").words()
    assert "wartet auf eine zweite Person" not in head.open("/desk").words()


def taken_back(told: Story, case_id: UUID, to: str) -> None:
    way = TakeWay(case_id, "take_back", to, state(told, case_id).entry)
    told.aside(CHECKER, way, "Ein Fehler.")
    agree(told, HEAD, way)


def test_what_was_sent_is_not_taken_back_though_it_goes_out_again(told: Story) -> None:
    case_id = ordered(told)
    told.do(CHECKER, case_id, "sent", sent(told))
    again = TakeWay(case_id, "send_again", "dispatch_rejected", state(told, case_id).entry)
    told.aside(CHECKER, again, "Zurück an Absender.")
    with pytest.raises(Refused, match="sent_already"):
        taken_back(told, case_id, "decide")


def test_after_a_grant_that_was_taken_back_a_refusal_holds_no_money(told: Story) -> None:
    case_id = ordered(told, "grant")
    taken_back(told, case_id, "decide")
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Doch nicht."}})
    made(told)
    assert (state(told, case_id).step, state(told, case_id).held) == ("dispatch_rejected", 0)
    assert_kept(told.db)


def test_a_budget_that_was_confirmed_for_another_decision_counts_no_more(told: Story) -> None:
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes", review("So ist es."))
    told.do(HEAD, case_id, "grant", decision(6_000_00, REASONS))
    told.do(HEKS, case_id, "accept", costs(6_000))
    made(told)
    taken_back(told, case_id, "decide")
    told.do(HEAD, case_id, "grant", decision(9_000_00, REASONS))
    deliver(told)
    said = order(told, case_id)
    assert "bestätigte" not in said
    form = queries.form(told.db, application(told, case_id).programme_hash, "report")
    plan = queries.planned_rows(told.db, told.actors[HEKS], case_id, form)
    planned = sum(row["planned"] for row in plan["accounts"]["costs"])
    assert planned == 11_250_00  # as applied for, and not the 6,000 of the grant that was taken back
    assert_kept(told.db)


def application(told: Story, case_id: UUID) -> queries.Application:
    found = queries.application(told.db, told.actors[HEKS], case_id)
    assert found is not None
    return found


def test_an_amendment_taken_back_and_approved_without_money_awards_none(told: Story) -> None:
    child = opened(told, HEKS, granted(told), "amendment", amendment(5_000))
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, child, "grant", decision(4_000_00, "Ausgebucht."))
    told.do(DIVISION, child, "confirm", {"decision": {}})
    made(told)
    taken_back(told, child, "level")
    told.do(HEAD, child, "approve", {"decision": {"reasons": "Doch ohne Geld."}})
    told.do(DIVISION, child, "confirm", {"decision": {}})
    deliver(told)
    said = order(told, child)
    assert "erhöht" not in said
    assert (said.count("Bernasconi"), said.count("Iselin")) == (
        1,
        1,
    )
    assert (state(told, child).held, state(told, child).committed) == (0, 0)
    assert_kept(told.db)


def test_a_grant_that_nobody_can_be_given_any_more_is_written_off(told: Story) -> None:
    case_id = ordered(told, "grant")
    entry = state(told, case_id).entry
    told.aside(CHECKER, TakeWay(case_id, "write_off", "decide_write_off", entry), "Verein aufgelöst.")
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Der Verein ist aufgelöst."}})
    assert state(told, case_id).held == 0
    deliver(told)
    told.wait(days=40)
    assert state(told, case_id).ending == "written_off"
    assert_kept(told.db)


def test_what_came_back_goes_out_again_and_the_period_runs_anew(told: Story) -> None:
    case_id = ordered(told)
    told.do(CHECKER, case_id, "sent", sent(told))
    told.wait(days=20)
    again = TakeWay(case_id, "send_again", "dispatch_rejected", state(told, case_id).entry)
    told.aside(CHECKER, again, "Zurück an Absender: neue Adresse.")
    told.do(CHECKER, case_id, "sent", sent(told))
    assert (len(letters_of(told, case_id)), mailed(told, case_id)) == (1, 1)
    told.wait(days=27)
    assert state(told, case_id).step == "remedy_period"
    told.wait(days=3)
    assert state(told, case_id).ending == "rejected"


def test_the_figures_count_what_was_posted(told: Story) -> None:
    def decided() -> list[int]:
        found = queries.quarter(told.db, told.actors[HEAD], 2026, 3, size="S")
        assert found is not None
        return [one.granted for one in found.decided]

    case_id = ordered(told, "grant")
    assert decided() == []
    taken_back(told, case_id, "decide")
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Doch nicht."}})
    made(told)
    assert decided() == []
    told.do(CHECKER, case_id, "sent", sent(told))
    assert decided() == [0]


def test_a_settlement_that_is_taken_back_is_checked_anew(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    told.do(
        CHECKER, child, "cut", {"check": {"settled": 20_000_00, "why": "Nicht belegt.", "heard": "Nichts."}}
    )
    told.do(HEAD, child, "settle", {"decision": {"reasons": "Die Belege fehlen."}})
    made(told)
    taken_back(told, child, "check")
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).worth) == ("accepted", 38_000_00)
    assert letters_of(told, child) == []
    assert_kept(told.db)


def test_a_decision_not_to_take_it_up_is_taken_back(told: Story) -> None:
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "inadmissible", {"check": {"reasons": "Nicht in Basel."}})
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Das Projekt ist anderswo."}})
    made(told)
    entry = state(told, case_id).entry
    way = TakeWay(case_id, "take_back_inadmissible", "inadmissible_proposal", entry)
    told.aside(CHECKER, way, "Ein Kurs ist in Basel.")
    agree(told, HEAD, way)
    told.do(HEAD, case_id, "admit", {"decision": {"note": "Ein Kurs ist in Basel."}})
    assert state(told, case_id).step == "review"
    assert letters_of(told, case_id) == []
    assert_kept(told.db)


def test_a_decision_on_an_appeal_is_taken_back_by_those_who_made_it(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.do(SECRETARIAT, child, "received")
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gewahrt."}})
    told.do(DEPARTMENT, child, "dismiss", {"decision": {"reasons": "Die Erwägungen überzeugen."}})
    made(told)
    way = TakeWay(child, "take_back", "instruct", state(told, child).entry)
    told.aside(SECRETARIAT, way, "Eine Beilage ist übersehen.")
    agree(told, DEPARTMENT, way)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).step) == ("upheld", "synthesis")
    assert len(letters_of(told, child)) == 1
    assert_kept(told.db)
