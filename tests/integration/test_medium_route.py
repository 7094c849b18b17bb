"""The M route through the one door: from submission to each of its orders, with all that belongs to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    HEAD,
    HEKS,
    INADMISSIBLE,
    LEAD,
    QUERY,
    REASONS,
    SECOND,
    SYNTHESIS,
    assert_kept,
    at_check,
    at_confirmation,
    at_decision,
    at_review,
    at_synthesis,
    costs,
    deliver,
    happened,
    order,
    rows,
    state,
)
from web.cli.story import Story, application, decision, proposal, review
from workflow.engine.calendar import Calendar
from workflow.store import published, queries

REWORK = {"decision": {"note": "Bitte kürzen."}}


def calendar(told: Story) -> Calendar:
    """The working days of Basel that the cases are pinned to."""
    with told.db.connect() as tx:
        return published.calendar(tx, published.current(tx))


def times(told: Story, case_id: UUID, *names: str) -> list[datetime]:
    """When these events happened."""
    query = "SELECT at FROM events WHERE case_id = :id AND name = ANY(:names) ORDER BY version"
    return [row.at for row in rows(told.db, query, id=case_id, names=list(names))]


def test_a_grant_in_part_ends_with_an_order(told: Story) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes_with_conditions", review("Passt.", conditions="Anmeldung über uns."))
    told.do(SYNTHESIS, case_id, "propose", proposal(35_000_00, "Beide Stellen empfehlen."))
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS, "Zwischenbericht im Juni."))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert state(told, case_id).step == "confirm_budget"
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    case = state(told, case_id)
    assert (case.ending, case.committed, case.held, case.status) == ("granted", 30_000_00, 0, "granted")
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert [letter.name for letter in page.letters] == [f"Verfügung-{page.number}.pdf"]
    assert (page.granted, page.conditions) == (30_000_00, "Zwischenbericht im Juni.")
    text = order(told, case_id)
    for words in ("30'000.00", "38'000.00", "Zwischenbericht im Juni.", REASONS, "Bernasconi", "Iselin"):
        assert words in text
    for words in ("Anmeldung über uns", "Passt.", "35'000"):
        assert words not in text
    assert_kept(told.db)


def test_a_grant_in_full_needs_no_other_budget(told: Story) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert state(told, case_id).step == "order_granted"
    deliver(told)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", 38_000_00)


def test_a_rejection_takes_two_persons_as_well(told: Story) -> None:
    case_id = at_synthesis(told)
    told.do(SYNTHESIS, case_id, "propose_rejection", {"proposal": {"reasons": "Zu teuer."}})
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Der Kredit reicht nicht aus."}})
    assert state(told, case_id).step == "confirm_rejection"
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, case_id).step == "remedy_period"
    told.wait(days=29)
    assert state(told, case_id).ending == "rejected"
    assert "Der Kredit reicht nicht aus." in order(told, case_id)


def test_a_query_that_is_answered_goes_back_to_the_check(told: Story) -> None:
    case_id = at_check(told)
    for _ in range(3):
        told.do(CHECKER, case_id, "query", QUERY)
        told.do(HEKS, case_id, "answered")
    assert state(told, case_id).step == "formal_check"
    with pytest.raises(LookupError, match="may not query"):
        told.do(CHECKER, case_id, "query", QUERY)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    assert state(told, case_id).step == "review"


def test_silence_after_a_query_leads_to_a_decision_of_inadmissibility(told: Story) -> None:
    case_id, working = at_check(told), calendar(told)
    told.do(CHECKER, case_id, "query", QUERY)
    asked = told.now
    told.wait(days=20)
    assert times(told, case_id, "Reminded")[-1] >= working.after(asked, 5)
    [lapsed] = times(told, case_id, "Lapsed")
    assert timedelta() <= lapsed - working.after(asked, 10) <= timedelta(hours=12)
    assert state(told, case_id).step == "inadmissible_proposal"
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Die Angaben fehlen."}})
    deliver(told)
    assert (state(told, case_id).step, state(told, case_id).ending) == ("remedy_inadmissible", None)
    told.wait(days=29)
    assert (state(told, case_id).ending, state(told, case_id).status) == ("inadmissible", "inadmissible")
    assert "Die Angaben fehlen." in order(told, case_id)
    assert_kept(told.db)


def test_what_the_check_calls_inadmissible_can_be_admitted_all_the_same(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "admit", {"decision": {"note": "Der Ort stimmt."}})
    assert state(told, case_id).step == "review"


def test_a_split_is_mediated(told: Story) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "yes", review("Ja."))
    told.do(SECOND, case_id, "no", review("Nein."))
    assert state(told, case_id).step == "mediation"
    told.do(SYNTHESIS, case_id, "settled", {"mediation": {"summary": "Mit kleinerer Gruppe einverstanden."}})
    assert state(told, case_id).step == "synthesis"


def test_a_split_that_stays_goes_to_the_department_which_reserves_the_money_itself(told: Story) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "no", review("Nein."))
    told.do(SECOND, case_id, "reduced", review("Weniger.", amount=20_000_00))
    told.do(SYNTHESIS, case_id, "unsettled", {"mediation": {"summary": "Keine Einigung."}})
    assert state(told, case_id).held == 0
    told.do(DEPARTMENT, case_id, "grant", decision(20_000_00, REASONS))
    assert state(told, case_id).held == 20_000_00
    told.do(HEKS, case_id, "accept", costs(20_000))
    deliver(told)
    assert state(told, case_id).committed == 20_000_00
    text = order(told, case_id)
    assert "Burckhardt" in text
    assert "Bernasconi" not in text


def test_at_the_deadline_the_lead_is_enough_and_the_missing_seat_is_noted(told: Story) -> None:
    case_id, working = at_review(told), calendar(told)
    entered = times(told, case_id, "Entered")[-1]
    told.do(LEAD, case_id, "yes", review("Ja."))
    told.wait(days=40)
    [closed] = rows(
        told.db, "SELECT at, data FROM events WHERE case_id = :id AND name = 'PanelClosed'", id=case_id
    )
    assert (closed.data["outcome"], closed.data["missing"]) == ("agreed", ["second"])
    assert timedelta() <= closed.at - working.after(entered, 15) <= timedelta(hours=12)
    assert queries.inbox(told.db, told.actors[SECOND], now=told.now).rows == []
    assert_kept(told.db)


def test_without_the_lead_the_panel_waits_and_the_office_is_told(told: Story) -> None:
    case_id = at_review(told)
    told.do(SECOND, case_id, "yes", review("Ja."))
    told.wait(days=60)
    assert state(told, case_id).step == "review"
    assert happened(told, case_id)[-4:] == ["Reminded", "Reminded", "DeadlinePassed", "Escalated"]
    escalated = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' = 'office_escalation'")
    assert [row.payload["office"] for row in escalated] == ["adult_education"]
    told.do(LEAD, case_id, "no", review("Nein."))
    assert state(told, case_id).step == "mediation"


def test_an_advisory_office_is_asked_and_not_waited_for(told: Story) -> None:
    answers = application(
        "HEKS",
        title="Dolmetschen",
        area="interpreting",
        goals=["interpreting_access"],
        requested=20_000_00,
        target_group="recognised_refugees",
    )
    court = told.actors["katharina.vischer@appellationsgericht.bs.example"]
    case_id = told.submit(HEKS, answers)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    assert queries.inbox(told.db, court, now=told.now).total == 1
    said = review("Ja.", area="interpreting")
    told.do("nadine.oser@integration.bs.example", case_id, "yes", said)
    told.do(SECOND, case_id, "yes", said)
    assert state(told, case_id).step == "synthesis"
    assert queries.inbox(told.db, court, now=told.now).total == 0


def test_silence_about_the_budget_writes_the_application_off(told: Story) -> None:
    case_id, working = at_confirmation(told), calendar(told)
    asked = told.now
    told.wait(days=30)
    deliver(told)
    [lapsed] = times(told, case_id, "Lapsed")
    assert timedelta() <= lapsed - working.after(asked, 15) <= timedelta(hours=12)
    case = state(told, case_id)
    assert (case.status, case.held) == ("remedy_written_off", 0)  # free again, though an appeal may come
    told.wait(days=29)
    case = state(told, case_id)
    assert (case.ending, case.held, case.committed) == ("written_off", 0, 0)
    assert "abgeschrieben" in order(told, case_id)
    assert_kept(told.db)


def test_doing_without_the_contribution_writes_it_off_at_once(told: Story) -> None:
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "decline", {})
    deliver(told)
    assert (state(told, case_id).status, state(told, case_id).held) == ("remedy_written_off", 0)
    told.wait(days=29)
    assert state(told, case_id).ending == "written_off"


def test_the_synthesis_is_reworked_twice_at_most_then_somebody_decides(told: Story) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "return", REWORK)
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Gekürzt."))
    assert state(told, case_id).held == 30_000_00
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    told.do(DIVISION, case_id, "return", REWORK)
    told.do(SYNTHESIS, case_id, "propose", proposal(25_000_00, "Nochmals gekürzt."))
    with pytest.raises(LookupError, match="may not return"):
        told.do(HEAD, case_id, "return", REWORK)
    told.do(HEAD, case_id, "grant", decision(25_000_00, REASONS))
    told.do(DIVISION, case_id, "pass_up", REWORK)
    told.do(DEPARTMENT, case_id, "grant", decision(38_000_00, "Doch alles."))
    deliver(told)
    assert state(told, case_id).committed == 38_000_00
    assert "Doch alles." in order(told, case_id)
    assert_kept(told.db)


def test_withdrawing_is_possible_until_the_decision_is_made(told: Story) -> None:
    waiting, decided = at_decision(told), at_confirmation(told)
    told.withdraw(HEKS, waiting)
    assert (state(told, waiting).ending, state(told, waiting).held) == ("withdrawn", 0)
    page = queries.application(told.db, told.actors[HEKS], decided)
    assert page is not None
    assert "withdraw" not in [offer.action for offer in page.offers]
    assert queries.inbox(told.db, told.actors[HEAD], now=told.now).rows == []
