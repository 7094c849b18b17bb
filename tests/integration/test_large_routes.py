"""The L and XL routes, and what happens off the straight way, through the one door."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.browsing import app_for, signed_in
from tests.integration.walks import (
    CHANCELLERY,
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    NOTED,
    REASONS,
    REVIEWER,
    SECOND,
    STEERING,
    SYNTHESIS,
    THIRD,
    TREASURY,
    agree,
    assert_kept,
    at_decision,
    at_review,
    at_synthesis_of_three,
    deliver,
    language,
    order,
    rows,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow.engine.case import Case
from workflow.engine.commands import Declare, Extend, Receive, Resume, Suspend, TakeWay
from workflow.errors import Invalid, NotAllowed, Refused
from workflow.service import handle
from workflow.store import queries

L, XL = 150_000, 320_000


def at_finance(told: Story, francs: int) -> UUID:
    case_id = at_synthesis_of_three(told, francs)
    told.do(SYNTHESIS, case_id, "propose", proposal(francs * 100, "Alle drei Stellen empfehlen."))
    return case_id


def at_countersigning(told: Story) -> UUID:
    case_id = at_finance(told, L)
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    told.do(DEPARTMENT, case_id, "grant", decision(L * 100, REASONS, "Jährliches Gespräch."))
    deliver(told)
    told.route()
    return case_id


def receive(told: Story, case_id: UUID) -> None:
    told.aside(CHECKER, Receive(case_id, "countersigned", state(told, case_id).entry), "")


def test_a_large_application_ends_with_an_agreement_signed_on_both_sides(told: Story) -> None:
    case_id = at_countersigning(told)
    case = state(told, case_id)
    assert (case.step, case.status, case.held, case.committed) == ("countersigning", "agreement", L * 100, 0)
    text = order(told, case_id)
    for words in ("Leistungsvereinbarung", "75'000.00", "60'000.00", "15'000.00", "Jährliches Gespräch."):
        assert words in text
    with pytest.raises(NotAllowed):
        told.aside(LEAD, Receive(case_id, "countersigned", case.entry))
    receive(told, case_id)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", L * 100)
    assert_kept(told.db)


def test_without_a_signature_somebody_decides_what_becomes_of_it(told: Story) -> None:
    case_id = at_countersigning(told)
    told.wait(days=60)
    assert state(told, case_id).step == "unsigned"
    told.do(CHECKER, case_id, "write_off", {"unsigned": {"note": "Der Verein hat sich aufgelöst."}})
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Die Trägerschaft besteht nicht mehr."}})
    deliver(told)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert len(page.letters) == 2  # the agreement that nobody signed, and the order
    told.route()
    assert (state(told, case_id).step, state(told, case_id).held) == ("remedy_written_off", 0)
    told.wait(days=29)
    assert (state(told, case_id).ending, state(told, case_id).held) == ("written_off", 0)
    assert_kept(told.db)


def test_the_government_decides_on_the_largest_and_the_chancellery_records_it(told: Story) -> None:
    case_id = at_finance(told, XL)
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(TREASURY, case_id, "concerns", {"statement": {"objections": "Folgekosten offen."}})
    told.wait(days=30)  # the steering group keeps silent: the way goes on, and says so
    assert [act.step for act in state(told, case_id).acts][-2:] == ["finance_check", "pre_check"]
    granted = {
        "decision": {
            "number": "P260123",
            "decided_on": f"{told.now:%Y-%m-%d}",
            "amount": XL * 100,
            "reasons": REASONS,
        }
    }
    told.do(CHANCELLERY, case_id, "grant", granted)
    deliver(told)
    told.route()
    receive(told, case_id)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", XL * 100)


def split(told: Story, outcome: str) -> UUID:
    """A split about a large application, mediated with this outcome, and proposed all the same."""
    case_id = at_review(told, L)
    for email, vote in ((LEAD, "yes"), (SECOND, "no"), (REVIEWER, "yes")):
        told.do(email, case_id, vote, review("Darum."))
    told.do(SYNTHESIS, case_id, outcome, {"mediation": {"summary": "Zwei sind dafür."}})
    told.do(SYNTHESIS, case_id, "propose", proposal(L * 100, "Zwei empfehlen."))
    return case_id


def test_a_split_that_stays_is_decided_one_level_up_when_all_are_heard(told: Story) -> None:
    case_id = split(told, "unsettled")
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    assert [(seat.office, seat.role) for seat in state(told, case_id).seats] == [
        ("government", "chancellery")
    ]
    app = app_for(told, told.settings)
    browser = signed_in(app, CHECKER)
    assert "Wer entscheidet? Keine Einigung" in browser.open(f"/desk/cases/{case_id}/why").words()
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()
    said = {"number": "P260124", "decided_on": f"{told.now:%Y-%m-%d}", "amount": L * 100, "reasons": REASONS}
    told.do(CHANCELLERY, case_id, "grant", {"decision": said})
    deliver(told)
    receive(told, case_id)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", L * 100)
    assert_kept(told.db)


def test_a_split_that_is_settled_is_decided_by_the_usual_body(told: Story) -> None:
    case_id = split(told, "settled")
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    assert state(told, case_id).step == "decide"


def test_nobody_skips_to_the_usual_body_past_a_split_and_a_second_mediation_counts(told: Story) -> None:
    case_id = split(told, "unsettled")
    for to, step in (("mediation", "mediation"), ("body", "decide")):
        way = TakeWay(case_id, "override", to, entry(told, case_id))
        told.aside(CHECKER, way, "Neue Angaben.")
        if to == "mediation":
            told.declare(HEAD, case_id)
        agree(told, HEAD, way)
        told.route()
        assert state(told, case_id).step == step
        if step == "mediation":
            told.do(SYNTHESIS, case_id, "settled", {"mediation": {"summary": "Doch einig."}})
            told.do(SYNTHESIS, case_id, "propose", proposal(L * 100, "Nun alle."))


def test_the_lead_and_one_more_suffice_at_the_deadline(told: Story) -> None:
    case_id = told.submit(HEKS, language(L))
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.wait(days=35)
    assert state(told, case_id).step == "review"
    told.do(REVIEWER, case_id, "yes", review("Passt."))
    assert state(told, case_id).step == "synthesis"


def entry(told: Story, case_id: UUID) -> int:
    return state(told, case_id).entry


def test_what_is_suspended_moves_its_deadlines_when_it_goes_on(told: Story) -> None:
    case_id = at_review(told)
    before = state(told, case_id)
    told.aside(CHECKER, Suspend(case_id, before.entry), "Rekurs hängig.")
    assert queries.inbox(told.db, told.actors[LEAD], now=told.now).total == 0
    with pytest.raises(Refused, match="suspended"):
        told.aside(CHECKER, Suspend(case_id, before.entry))
    told.wait(days=42)  # longer than any deadline
    assert (state(told, case_id).step, state(told, case_id).overdue) == ("review", False)
    assert_kept(told.db)
    told.aside(CHECKER, Resume(case_id))
    assert queries.inbox(told.db, told.actors[LEAD], now=told.now).total == 1
    after = state(told, case_id)
    assert str(after.due_at) > str(before.due_at)
    assert len(after.timers) == len(before.timers)
    assert_kept(told.db)


def test_a_longer_deadline_needs_a_reason_and_moves_the_work(told: Story) -> None:
    case_id = at_review(told)
    before = state(told, case_id)
    with pytest.raises(Invalid):
        told.aside(CHECKER, Extend(case_id, 5, before.entry), "  ")
    told.aside(CHECKER, Extend(case_id, 5, before.entry), "Krankheit.")
    after = state(told, case_id)
    assert str(after.due_at) > str(before.due_at)
    page = queries.dossier(told.db, told.actors[CHECKER], case_id, now=told.now)
    assert page is not None
    assert page.due_at is not None
    assert page.due_at.isoformat() == page.due_at.fromisoformat(str(after.due_at)).isoformat()
    assert "Krankheit." in page.reasons.values()
    assert_kept(told.db)


def stands(case: Case) -> tuple[str | None, int]:
    return case.step, case.held


def test_an_override_takes_a_second_pair_of_eyes(told: Story) -> None:
    case_id = at_review(told)
    way = TakeWay(case_id, "override", "synthesis", entry(told, case_id))
    told.aside(CHECKER, way, "Zweite Stelle fällt aus.")
    assert state(told, case_id).step == "review"
    asked = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'role' = 'head'")
    assert [row.payload["text"] for row in asked] == ["office_turn"]
    with pytest.raises(NotAllowed):
        agree(told, THIRD, way)
    with pytest.raises(NotAllowed, match="declare_first"):
        agree(told, HEAD, way)
    app = app_for(told, told.settings)
    browser = signed_in(app, HEAD)
    at = f"/desk/cases/{case_id}"
    closed = browser.open(at)
    assert "Zweite Stelle fällt aus." not in closed.text
    opened = browser.send(closed.form("/declare"))
    assert "Zweite Stelle fällt aus." in opened.text
    form = next(one for one in opened.forms if ("way", "override") in one.fields)
    browser.send(form, {"to": "synthesis", "reason": "Einverstanden."})
    told.route()
    assert state(told, case_id).step == "synthesis"
    assert_kept(told.db)
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()


def test_who_meant_to_propose_agrees_with_nothing_unseen(told: Story) -> None:
    """Of two who may propose, one is the second person too, and has the page from before."""
    case_id = at_decision(told)
    both = replace(told.actors[HEAD], offices=told.actors[HEAD].offices | told.actors[CHECKER].offices)
    told.actors[HEAD] = both
    handle(told.db, Declare(case_id), both, told.next_id(), told.now)
    way = TakeWay(case_id, "override", "synthesis", entry(told, case_id))
    [offer] = [one for one in told._offers(both, case_id)[0] if one.step == "override"]
    assert offer.proposed_by == ""
    told.aside(CHECKER, way, "Zweite Stelle fällt aus.")
    with pytest.raises(Refused, match="proposed_meanwhile"):
        told.aside(HEAD, way, "Meine eigene Begründung.")
    assert state(told, case_id).step == "decide_head"
    agree(told, HEAD, way)
    told.route()
    assert state(told, case_id).step == "synthesis"


def test_who_steers_can_write_off_and_the_money_is_free_again(told: Story) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "return", {"decision": {"note": "Bitte kürzen."}})
    assert [act.voided for act in state(told, case_id).acts if act.step == "decide_head"] == [True]
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Gekürzt."))
    told.aside(CHECKER, TakeWay(case_id, "override", "synthesis", entry(told, case_id)), "Neue Angaben.")
    agree(told, HEAD, TakeWay(case_id, "override", "synthesis", entry(told, case_id)))
    gone = TakeWay(case_id, "write_off", "decide_write_off", entry(told, case_id))
    told.aside(CHECKER, gone, "Gegenstandslos.")
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Das Gesuch ist gegenstandslos."}})
    deliver(told)
    told.route()
    assert (state(told, case_id).step, state(told, case_id).held) == ("remedy_written_off", 0)
    told.wait(days=29)
    assert (state(told, case_id).ending, state(told, case_id).held) == ("written_off", 0)
    told.now += timedelta(days=1)
    assert_kept(told.db)


def test_the_signed_agreement_is_recorded_in_the_dossier(told: Story) -> None:
    case_id = at_countersigning(told)
    app = app_for(told, told.settings)
    browser = signed_in(app, CHECKER)
    page = browser.open(f"/desk/cases/{case_id}")
    assert "wartet auf «Unterschriebene Vereinbarung eingegangen»" in page.words()
    form = next(one for one in page.forms if ("message", "countersigned") in one.fields)
    done = browser.send(form, {"reason": "Original im Archiv."})
    told.route()
    assert state(told, case_id).ending == "granted"
    assert "Unterschriebene Vereinbarung eingegangen: «Original im Archiv.»" in done.text
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()


def test_what_the_route_does_not_offer_is_refused_on_the_page_with_what_holds_now(told: Story) -> None:
    case_id = at_review(told)
    app = app_for(told, told.settings)
    browser = signed_in(app, CHECKER)
    page = browser.open(f"/desk/cases/{case_id}")
    form = next(one for one in page.forms if ("action", "extend") in one.fields)
    refused = browser.send(form, {"days": "21", "reason": "Ferien."}, status=409)
    assert "höchstens 20 Arbeitstage" in refused.words()
    browser.send(form, {"days": "2", "reason": ""}, status=422)
    assert_kept(told.db)
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()


def test_the_page_that_explains_speaks_in_words_not_in_codes(told: Story) -> None:
    case_id = at_review(told)
    app = app_for(told, told.settings)
    browser = signed_in(app, CHECKER)
    words = browser.open(f"/desk/cases/{case_id}/why").words()
    assert "Förderbereich: Sprache" in words
    assert "Wichtigste Zielgruppe: Anerkannte Flüchtlinge (FL)" in words
    assert "Barbara Wenger" in words
    assert "darf, sobald geklärt ist, dass kein Ausstandsgrund besteht" in words
    for code in ("area =", "False", "target_group", "adult_education"):
        assert code not in words
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()
