"""The desk as its people use it: the inbox, the gate, the dossier, the work of a step; who sees nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.walks import at_check, deliver
from web.cli.story import Story, application, decision, proposal, review
from web.cli.visitors import Browser, Page
from web.desk.history import sentence
from web.desk.words import Words
from workflow.engine import events as ev
from workflow.store import queries

HEKS = "miriam.aebi@heks.example"
OTHER = "daniela.frey@ggg-migration.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
LEADS_DEPUTY = "philipp.luedin@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
STRANGER = "oliver.meier@hr.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
TITLE = "Deutsch im Quartier"
ANSWERS = application(
    "HEKS",
    title=TITLE,
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)
CHECKED = {"check": {"complete": True, "responsible": True}}
REVIEW = {
    **{f"criteria.{code}": "4" for code in ("need", "goals", "access", "quality", "costs")},
    "recommendation.reasons": "Gut begründet.",
}


@pytest.fixture
def in_review(told: Story) -> UUID:
    """A case whose panel has just been seated."""
    case_id = told.submit(HEKS, ANSWERS)
    told.do(CHECKER, case_id, "complete", CHECKED)
    return case_id


def at(case_id: UUID) -> str:
    return f"/desk/cases/{case_id}"


def declared(app: Flask, email: str, case_id: UUID) -> Page:
    """The dossier, opened by this person's declaration."""
    return declare(signed_in(app, email), case_id)


def declare(browser: Browser, case_id: UUID) -> Page:
    return browser.send(browser.open(at(case_id)).form("/declare"))


def step_of(told: Story, case_id: UUID) -> str:
    found = queries.dossier(told.db, told.actors[AUDITOR], case_id, now=told.now)
    assert found is not None
    return found.step


def test_the_inbox_lists_by_due_date_and_says_what_is_late(app: Flask, told: Story) -> None:
    told.submit(HEKS, ANSWERS)
    told.wait(days=9)
    told.submit(HEKS, {**ANSWERS, "project": {**ANSWERS["project"], "title": "Das neuere"}})
    page = signed_in(app, CHECKER).open("/desk")
    assert "2 offene Pendenzen" in page.text
    assert page.text.index(TITLE) < page.text.index("Das neuere")
    assert "14.09.2026" in page.text  # five working days after the 7th, not the midnight after them
    assert "seit 2 Arbeitstagen überfällig" in page.text
    assert "noch 5 Arbeitstage" in page.text


def test_the_inbox_is_narrowed_by_its_query_string(app: Flask, told: Story) -> None:
    told.submit(HEKS, ANSWERS)
    browser = signed_in(app, CHECKER)
    assert TITLE in browser.open("/desk?area=language&stage=formal_check").text
    for other in ("area=counselling", "stage=synthesis", "late=1", "area=' OR 1=1"):
        page = browser.open(f"/desk?{other}")
        assert page.status == 200
        assert TITLE not in page.text
        assert "Nichts gefunden" in page.text
    assert TITLE in browser.open("/desk?after=nonsense&area=%00").text


def test_an_empty_inbox_says_so(app: Flask) -> None:
    assert "Alles erledigt" in signed_in(app, CHECKER).open("/desk").text


def test_the_inbox_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    told.submit(HEKS, ANSWERS)
    browser = signed_in(app, CHECKER)
    browser.open("/desk")  # published versions are read once a process
    few = statements(app, browser, "/desk")
    for _ in range(4):
        told.submit(HEKS, ANSWERS)
    assert statements(app, browser, "/desk") == few


def test_before_the_declaration_nothing_of_the_dossier_is_shown(
    app: Flask, told: Story, in_review: UUID
) -> None:
    browser = signed_in(app, LEAD)
    inbox = browser.open("/desk")
    assert TITLE not in inbox.text
    assert "zuerst Ausstand klären" in inbox.text
    page = browser.open(inbox.link(at(in_review)))
    assert "Zuerst: Ausstand klären" in page.text
    for secret in (TITLE, "38'000.00", "Güterstrasse", "Kursleitung", "Verlauf"):
        assert secret not in page.text
    opened = declare(browser, in_review)
    for shown in (TITLE, "38'000.00", "Güterstrasse", "Kursleitung", "Verlauf", "Statuten.pdf"):
        assert shown in opened.text
    assert TITLE in browser.open("/desk").text


def test_who_recuses_is_asked_once_more_and_sees_nothing_afterwards(
    app: Flask, told: Story, in_review: UUID
) -> None:
    browser = signed_in(app, LEAD)
    asked = browser.open(browser.open(at(in_review)).link("/recuse"))
    done = browser.send(asked.form("/recuse"))
    assert done.url.endswith("/desk")
    assert "im Ausstand" in done.text
    again = browser.open(at(in_review))
    assert TITLE not in again.text
    assert browser.http.get(f"{at(in_review)}/recuse").status_code == 404
    assert "Zuerst: Ausstand klären" in signed_in(app, LEADS_DEPUTY).open(at(in_review)).text


def test_a_reviewer_fills_in_the_form_and_is_back_at_the_inbox(
    app: Flask, told: Story, in_review: UUID
) -> None:
    browser = signed_in(app, LEAD)
    form = declare(browser, in_review).form("/complete")
    done = browser.send(form, {**REVIEW, "outcome": "yes"})
    assert done.url.endswith("/desk")
    assert "«Ja» ist eingetragen" in done.text
    assert "Alles erledigt" in done.text
    told.do(SECOND, in_review, "no", review("Wir sehen keinen Bedarf."))
    assert step_of(told, in_review) == "mediation"


def test_a_double_click_counts_once(app: Flask, told: Story, in_review: UUID) -> None:
    browser = signed_in(app, LEAD)
    form = declare(browser, in_review).form("/complete")
    for _ in range(2):
        assert browser.send(form, {**REVIEW, "outcome": "yes"}).url.endswith("/desk")
    found = queries.dossier(told.db, told.actors[AUDITOR], in_review, now=told.now)
    assert found is not None
    assert [row.name for row in found.history].count("Completed") == 2  # with the formal check


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    app: Flask, told: Story, in_review: UUID
) -> None:
    browser = signed_in(app, LEAD)
    form = declare(browser, in_review).form("/complete")
    typed = {"outcome": "reduced", "recommendation.reasons": "Zu teuer.", "recommendation.amount": "viel"}
    page = browser.send(form, typed, status=422)
    assert "Bitte einen Betrag in Franken angeben" in page.text
    assert 'href="#criteria.need"' in page.text
    kept = dict(page.form("/complete").fields)
    assert kept["outcome"] == "reduced"
    assert (kept["recommendation.reasons"], kept["recommendation.amount"]) == ("Zu teuer.", "viel")
    assert kept["command_id"] != dict(form.fields)["command_id"]
    fixed = {**REVIEW, "outcome": "reduced", "recommendation.amount": "30'000"}
    assert browser.send(page.form("/complete"), fixed).url.endswith("/desk")


def test_a_field_of_another_outcome_says_so(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    page = signed_in(app, CHECKER).open(at(case_id))
    assert "nur bei «Angaben nachfordern»" in " ".join(page.text.split()).replace("bei «", "bei «")


def test_no_outcome_chosen_is_refused_and_nothing_lost(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    browser = signed_in(app, CHECKER)
    form = browser.open(at(case_id)).form("/complete")
    page = browser.send(form, {"check.question": "Wie viele?"}, status=409)
    assert "Bitte wählen Sie ein Ergebnis." in page.text
    assert "Jetzt gilt" not in page.text
    assert dict(page.form("/complete").fields)["check.question"] == "Wie viele?"
    assert step_of(told, case_id) == "formal_check"


def test_who_records_an_appeal_stays_at_the_case_that_they_may_read(app: Flask, told: Story) -> None:
    """Nobody of the first instance opens the appeal itself."""
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "complete", CHECKED)
    told.do(LEAD, case_id, "no", review("Es fehlt der Bedarf."))
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Es fehlt der Bedarf."}})
    deliver(told)
    browser = signed_in(app, CHECKER)
    asked = browser.open(browser.open(at(case_id)).link("/children/appeal"))
    assert "Eintragen" in asked.words()
    day = f"{told.now:%d.%m.%Y}"
    said = {"appeal.delivered_on": day, "appeal.lodged_on": day, "appeal.request": "Aufzuheben."}
    done = browser.send(asked.form("/children/appeal"), said)
    assert done.url.endswith(at(case_id))
    assert "Eingetragen." in done.text
    assert "Rekurs" in done.words()


def test_an_auditor_reads_that_nobody_has_written(app: Flask, in_review: UUID) -> None:
    assert "Bis jetzt hat niemand etwas geschrieben." in signed_in(app, AUDITOR).open(at(in_review)).words()


def test_who_comes_second_learns_what_holds_now_and_keeps_the_text(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    browser = signed_in(app, SYNTHESIS)
    form = browser.open(at(case_id)).form("/complete")
    told.do(CHECKER, case_id, "complete", CHECKED)
    late = {"outcome": "query", "check.sections": ["plan"], "check.question": "Mein langer Text."}
    page = browser.send(form, late, status=409)
    assert "jemand anders war schneller" in page.text
    assert "Jetzt gilt: Fachprüfung." in page.text
    assert "Mein langer Text." in page.text
    assert "Gewählt hatten Sie: Angaben nachfordern" in page.words()


def test_more_than_is_left_is_refused_with_the_figure(app: Flask, told: Story, in_review: UUID) -> None:
    told.do(LEAD, in_review, "yes", review("Ja."))
    told.do(SECOND, in_review, "yes", review("Ja."))
    with told.db.connect() as tx:
        held = sa.text("SELECT count(*) FROM budget_lines WHERE reserved > 0")
        assert tx.execute(held).scalar_one() == 0
    browser = signed_in(app, SYNTHESIS)
    page = declare(browser, in_review)
    assert "Geld im Förderbereich" in page.text
    typed = {"outcome": "propose", "proposal.amount": "39'000", "proposal.reasons": "Beide empfehlen."}
    refused = browser.send(page.form("/complete"), typed, status=422)
    assert "höchstens CHF 38'000.00" in refused.text
    done = browser.send(refused.form("/complete"), {**typed, "proposal.amount": "38'000"})
    assert done.url.endswith("/desk")
    told.route()
    assert step_of(told, in_review) == "decide_head"


def test_reviews_stand_side_by_side_with_the_dissent_named(app: Flask, told: Story, in_review: UUID) -> None:
    apart = review("Wir sehen keinen Bedarf.")
    apart["criteria"] = {**apart["criteria"], "need": "1"}
    told.do(LEAD, in_review, "yes", review("Gut begründet."))
    told.do(SECOND, in_review, "no", apart)
    page = signed_in(app, AUDITOR).open(at(in_review))
    assert "Die Stellen sind sich nicht einig." in page.text
    assert page.text.count("weit auseinander") == 1
    for said in ("Gut begründet.", "Wir sehen keinen Bedarf.", "Barbara Wenger", "Esther Kunz"):
        assert said in page.text
    assert "Nichts zu tun" in page.text


def test_a_reviewer_sees_no_other_review_before_their_own(app: Flask, told: Story, in_review: UUID) -> None:
    told.do(LEAD, in_review, "yes", review("Die Meinung der anderen Stelle."))
    browser = signed_in(app, SECOND)
    page = declare(browser, in_review)
    assert "Die Meinung der anderen Stelle." not in page.text
    assert "eingegangen" in page.text
    browser.send(page.form("/complete"), {**REVIEW, "outcome": "yes"})
    told.route()
    told.do(SYNTHESIS, in_review, "propose", proposal(38_000_00, "Beide empfehlen."))
    told.do(HEAD, in_review, "grant", decision(38_000_00, "Wie beantragt."))
    assert "Wie beantragt." in signed_in(app, AUDITOR).open(at(in_review)).text


def test_there_is_no_desk_for_those_who_have_nothing_to_do_with_it(
    app: Flask, told: Story, in_review: UUID
) -> None:
    for email in (HEKS, OTHER):
        browser = signed_in(app, email)
        assert browser.open("/desk").status == 404
        assert browser.open(at(in_review)).status == 404
    stranger = signed_in(app, STRANGER)
    assert stranger.open("/desk").status == 200
    assert stranger.open(at(in_review)).status == 404
    token = dict(stranger.open("/desk").form("/sign-out").fields)["csrf"]
    sent = {"csrf": token, "command_id": str(uuid4()), "step": "review", "seat": "lead", "entry": "2"}
    assert stranger.http.post(f"{at(in_review)}/complete", data=sent).status_code == 404
    assert signed_in(app, LEAD).open(at(uuid4())).status == 404


def test_every_kind_of_event_has_its_sentence(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    found = queries.dossier(told.db, told.actors[AUDITOR], case_id, now=told.now)
    assert found is not None
    when = told.now.isoformat()
    seat = {"code": "lead", "office": "integration", "role": "reviewer", "mandatory": True}
    due = (told.now + timedelta(days=1)).isoformat()
    everything: list[ev.Event] = [
        ev.Submitted("x", {}, "", "formal_check"),
        ev.Entered("review", 2, "review", "in_review", when, due, (seat,), ()),
        ev.Reseated("review", 2, (seat,)),
        ev.Nudged("review", "x"),
        ev.Paid("x", 24_000_00),
        ev.ChildOpened("c", "appeal", "x", when, freezes=True),
        ev.ChildDue("granted", 2, "report", 14, False, "integration", "coordinator"),
        ev.ChildEnded("c", "appeal", "dismissed"),
        ev.Settled(1_000_00),
        ev.ChildAwaited("remedy_period", "c", "dismissed", "rejected"),
        ev.Declared("x"),
        ev.Recused("x"),
        ev.Unstaffed("review", "lead", 2),
        ev.Assigned("review", "lead", 2, "p", "p"),
        ev.Completed("synthesis", "", "propose", 3, "x", "decide_head", {}, holds=100),
        ev.PanelClosed("review", "split", "mediation", ("second",)),
        ev.Chosen("partial", 0, "confirm_budget", {}),
        ev.Called("order_granted", 5, "letter", "order_granted", 2),
        ev.CallReturned("order_granted", "", "granted"),
        ev.CallFailed("order_granted", "away"),
        ev.Reminded("review", 2, 0, 80, ("lead",)),
        ev.Escalated("review", 2, 2, 120, ("lead",), ("lead",)),
        ev.DeadlinePassed("review", 2, 3),
        ev.Lapsed("query", 1, "silent", "inadmissible_proposal"),
        ev.Received("countersigning", "countersigned", "x", "granted"),
        ev.WayProposed("override", "x", "synthesis", "integration", "head"),
        ev.WayTaken("override", "x", "mediation"),
        ev.Suspended("x", when),
        ev.Resumed("x", 3, due, ()),
        ev.Extended("review", "x", 2, due, ()),
        ev.Migrated("new", "old", "x"),
        ev.Withdrawn("x", "withdrawn"),
        ev.Ended("granted", "granted", "closed", "granted", when, 0, 3_000_000),
    ]
    with app.test_request_context():
        words = Words()
        said = [sentence(*ev.dump(one), found.case.route_hash, words) for one in everything]
    assert len(set(said)) == len(ev.Event.__args__) == len(said)
    assert "Fachprüfung abgeschlossen: Geteilt. Ohne Stellungnahme: Zweite Stelle" in said
    assert "Synthese und Antrag: Bewilligung beantragen, reserviert sind CHF 1.00" in said
    assert "Abgeschlossen: Bewilligt, zugesichert sind CHF 30'000.00" in said


def test_a_reason_that_is_too_long_is_called_so(app: Flask, in_review: UUID) -> None:
    browser = signed_in(app, CHECKER)
    form = next(one for one in browser.open(at(in_review)).forms if ("action", "suspend") in one.fields)
    page = browser.send(form, {"reason": "x" * 4001}, status=422)
    assert "höchstens 4000" in page.words()
    assert "Bitte sagen Sie, warum" not in page.words()
