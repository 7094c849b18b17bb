"""The one-page proposal, and many decisions in one go, through the pages of those who decide."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_appeals import SECRETARIAT, lodged
from tests.integration.test_children import opened
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    HEAD,
    HEKS,
    INADMISSIBLE,
    LEAD,
    REASONS,
    SECOND,
    SYNTHESIS,
    assert_kept,
    at_check,
    at_decision,
    at_review,
    at_synthesis,
    deliver,
    happened,
    language,
    state,
)
from web.cli.story import Story, decision, proposal, review
from web.cli.visitors import Browser, Page
from workflow.engine.commands import TakeWay
from workflow.store import queries

LIST = "/desk/decisions"
GATE = "/desk/decisions/declarations"


Of = Callable[[str], Browser]


@pytest.fixture
def of(app: Flask) -> Of:
    """The browser of somebody."""
    return partial(signed_in, app)


def ticks(page: Page, *cases: UUID) -> list[str]:
    """The values of these cases' boxes on the page."""
    boxes = re.findall(r'name="case" value="([^"]+)"', page.text)
    found = [one for one in boxes if UUID(one.split(".")[0]) in cases]
    assert len(found) == len(cases), page.words()
    return found


def open_gate(browser: Browser, *cases: UUID) -> Page:
    page = browser.open(LIST)
    return browser.send(page.form(GATE), {"case": ticks(page, *cases)})


def check(browser: Browser, *cases: UUID) -> Page:
    page = browser.open(LIST)
    return browser.send(page.form(LIST), {"case": ticks(page, *cases), "press": "check"})


def decide(browser: Browser, *cases: UUID, **said: str) -> Page:
    return browser.send(check(browser, *cases).form(LIST), {"press": "decide", **said})


def test_the_proposal_says_on_one_page_what_a_decision_needs(told: Story, of: Of) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    against = review("Zu teuer.")
    against["criteria"] = {**against["criteria"], "costs": "1"}
    told.do(SECOND, case_id, "no", against)
    told.do(SYNTHESIS, case_id, "settled", {"mediation": {"summary": "Mit kleinerer Gruppe."}})
    said = proposal(35_000_00, "Trotz Bedenken.", "Zwischenbericht im Juni.")
    said["proposal"]["dissent"] = "Die Sozialhilfe hält es für zu teuer."
    told.do(SYNTHESIS, case_id, "propose", said)
    browser = of(HEAD)
    url = f"/desk/cases/{case_id}/proposal"
    gate = browser.open(url)
    for hidden in ("Deutsch im Quartier", "35'000", "Trotz Bedenken."):
        assert hidden not in gate.text
    page = browser.send(gate.form("/declare"))
    assert page.url.endswith(url)
    assert '<a href="/desk/decisions" aria-current="page">' in page.text
    words = page.words()
    for told_there in (
        "auf der Warteliste stehen über 60 Personen",
        "CHF 35'000.00",
        "CHF 38'000.00",
        "weit auseinander",
        "dagegen",
        "Die Sozialhilfe hält es für zu teuer.",
        "Zwischenbericht im Juni.",
        "Mit kleinerer Gruppe.",
        "Danach unterschreibt noch: Abteilungsleitung",
    ):
        assert told_there in words
    form = page.form("/complete")
    fields = dict(form.fields)
    assert fields["decision.amount"] == "35'000.00"
    assert fields["decision.conditions"] == "Zwischenbericht im Juni."
    done = browser.send(form, {"outcome": "grant", "decision.reasons": REASONS})
    assert done.url.endswith(LIST)
    assert state(told, case_id).facts["granted"] == 35_000_00


def test_only_what_was_refused_counts_as_written_on_the_page_of_a_proposal(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    browser = of(HEAD)
    url = f"/desk/cases/{case_id}/proposal"
    form = browser.send(browser.open(url).form("/declare")).form("/complete")
    assert (
        "data-written" not in browser.open(url).text
    )  # else its script saves it, and drops what a device kept
    form.action = f"/desk/cases/{case_id}/statement"
    browser.send(form, {"outcome": "grant", "decision.reasons": "Halb geschr"})
    kept = browser.open(url)
    assert dict(kept.form("/complete").fields)["decision.reasons"] == "Halb geschr"
    assert "data-written" not in kept.text
    refused = browser.send(kept.form("/complete"), {"decision.amount": "viel"}, status=422)
    assert "data-written" in refused.text
    assert refused.form("/complete").fields.count(("back", LIST)) == 1
    done = browser.send(refused.form("/complete"), {"decision.amount": "30000", "decision.reasons": REASONS})
    assert done.url.endswith(LIST)


def test_who_was_heard_is_read_in_words_and_sums(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)  # and posted
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Gekürzt."))
    page = of(HEAD).open(f"/desk/cases/{case_id}/proposal").words()
    heard = page.partition("Dazu wurde gehört")[2].partition("Ergebnis")[0]
    for words in ("Beantragter Beitrag in CHF: CHF 38'000.00", "Beide Stellen empfehlen."):
        assert words in heard
    for words in ("versenden", "registered", "a_post_plus"):
        assert words not in heard


def pdf_text(browser: Browser, url: str) -> str:
    answer = browser.http.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(one.extract_text() for one in pages).split())


def test_the_letter_is_seen_as_it_would_go_out_and_the_proposal_on_paper(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    browser = of(HEAD)
    url = f"/desk/cases/{case_id}/proposal"
    assert browser.http.get(f"{url}.pdf").status_code == 404
    assert browser.http.get(f"{url}/grant.pdf").status_code == 404
    browser.send(browser.open(url).form("/declare"))
    grant = pdf_text(browser, f"{url}/grant.pdf")
    for words in ("ENTWURF", "Verfügung", "38'000.00", "Beide Stellen empfehlen.", "Andrea Bernasconi"):
        assert words in grant
    assert "Es wird verfügt" in pdf_text(browser, f"{url}/reject.pdf")
    assert browser.http.get(f"{url}/return.pdf").status_code == 404
    paper = pdf_text(browser, f"{url}.pdf")
    for words in ("Antrag", "CHF 38'000.00 bewilligen", "Beide Stellen empfehlen.", "Empfehlung"):
        assert words in paper
    assert happened(told, case_id)[-1] == "Declared"


def test_twenty_are_decided_in_one_go_and_confirmed_by_a_second_person(told: Story, of: Of) -> None:
    cases = [at_decision(told, francs) for francs in (15_000, 20_000, 25_000)]
    head, division = of(HEAD), of(DIVISION)
    assert "noch geschlossen" in head.open(LIST).words()
    opened = open_gate(head, *cases)
    assert "3 Dossiers sind geöffnet" in opened.text
    page = check(head, *cases)
    assert "60'000.00" in page.words()
    done = head.send(page.form(LIST), {"press": "decide"})
    assert "3 Entscheide sind eingetragen" in done.words()
    assert {state(told, one).step for one in cases} == {"decide_head"}
    again = head.send(page.form(LIST), {"press": "decide"})
    assert "3 Entscheide sind eingetragen" in again.words()
    told.route()
    assert {state(told, one).step for one in cases} == {"confirm_grant"}
    assert [happened(told, one).count("Completed") for one in cases] == [5, 5, 5]
    open_gate(division, *cases)
    assert "entschieden von Andrea Bernasconi" in division.open(LIST).words()
    assert "3 Entscheide sind eingetragen" in decide(division, *cases).words()
    told.route()
    deliver(told)
    assert [state(told, one).ending for one in cases] == ["granted"] * 3
    assert sum(len(state(told, one).letters) for one in cases) == 3
    assert_kept(told.db)


def test_what_is_no_longer_there_when_many_dossiers_are_opened_is_named(told: Story, of: Of) -> None:
    first, gone, open_already = (at_decision(told) for _ in range(3))
    head = of(HEAD)
    page = head.open(LIST)
    chosen = ticks(page, first, gone, open_already)
    told.withdraw(HEKS, gone)
    told.declare(HEAD, open_already)
    said = head.send(page.form(GATE), {"case": chosen}).text
    assert "1 Dossier ist geöffnet." in said
    assert "KIP3-2027-00002: Inzwischen liegt es nicht mehr bei Ihnen." in said
    assert "KIP3-2027-00003: Ihre Erklärung liegt schon vor." in said


def test_the_check_names_what_is_proposed_and_its_conditions(told: Story, of: Of) -> None:
    granted, refused = at_synthesis(told), at_check(told)
    told.do(SYNTHESIS, granted, "propose", proposal(38_000_00, "Gut.", "Zwischenbericht im Juni."))
    told.do(CHECKER, refused, "inadmissible", INADMISSIBLE)
    browser = of(HEAD)
    open_gate(browser, granted, refused)
    listed = browser.open(LIST).words()
    assert "Nichteintreten beantragen" in listed
    asked = check(browser, granted, refused)
    for cell in re.findall(r"<td data-label[^>]*>(.*?)</td>", browser.open(LIST).text + asked.text, re.S):
        assert "<br>" not in cell or cell.strip().startswith(("<span", "<div")), (
            cell
        )  # one thing beside its name
    checked = asked.words()
    assert "Zwischenbericht im Juni." in checked
    assert "Nichteintreten beantragen" in checked
    assert "Ablehnen" not in checked
    page = browser.open(f"/desk/cases/{refused}/proposal").words()
    assert "Antrag Nichteintreten beantragen" in page


def test_one_that_fails_is_named_with_its_reason_and_leaves_the_others(told: Story, of: Of) -> None:
    moved, fine = at_decision(told), at_decision(told, 20_000)
    head = of(HEAD)
    open_gate(head, moved, fine)
    page = check(head, moved, fine)
    told.do("andrea.bernasconi@integration.bs.example", moved, "return", {"decision": {"note": "Kürzen."}})
    done = head.send(page.form(LIST), {"press": "decide"})
    assert "1 Entscheid ist eingetragen" in done.words()
    assert "1 Gesuch ist nicht entschieden" in done.words()
    assert "liegt es nicht mehr bei Ihnen" in done.words()
    told.route()
    assert (state(told, moved).step, state(told, fine).step) == ("rework", "confirm_grant")


def small(told: Story, francs: int, *, area: str = "discrimination") -> UUID:
    """An S application at its decision: money is reserved by the decision itself."""
    answers = language(francs)
    answers["project"] |= {"area": area, "goals": ["support"]}
    case_id = told.submit(HEKS, answers)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do("nadine.oser@integration.bs.example", case_id, "yes", review("Ja.", area=area))
    return case_id


def test_money_that_is_gone_refuses_the_last_ones(told: Story, of: Of) -> None:
    with told.db.begin() as tx:
        tx.exec_driver_sql(
            "UPDATE budget_lines SET available = 1500000 WHERE year = 2027 AND area = 'discrimination'"
        )
    first, second = small(told, 9_000), small(told, 9_500)
    head = of(HEAD)
    open_gate(head, first, second)
    page = check(head, first, second)
    assert "Das Geld reicht nicht für alle" in page.words()
    lacking = head.send(page.form(LIST), {"press": "decide"}, status=422)
    assert "Erwägungen" in lacking.words()
    assert lacking.link("#decision.decision.reasons")
    assert "Ja." not in lacking.words()
    done = head.send(lacking.form(LIST), {"press": "decide", "decision.decision.reasons": REASONS})
    assert "1 Entscheid ist eingetragen" in done.words()
    assert "1 Gesuch ist nicht entschieden" in done.words()
    assert sum(state(told, one).held > 0 for one in (first, second)) == 1


def test_a_form_asks_nothing_that_belongs_to_an_outcome_of_another_route(told: Story, of: Of) -> None:
    """The form of a decision knows a way back that the small route does not have."""
    alone, two = small(told, 5_000), at_decision(told)
    head = of(HEAD)
    open_gate(head, alone, two)
    assert "Warum zurück" in head.open(f"/desk/cases/{two}").words()
    words = head.open(f"/desk/cases/{alone}").words()
    assert "Bewilligter Beitrag" in words
    assert "Warum zurück" not in words


def test_four_eyes_and_recusal_hold_in_a_list_too(told: Story, of: Of) -> None:
    mine, away = at_decision(told), at_decision(told)
    told.recuse(HEAD, away)
    head = of(HEAD)
    page = head.open(LIST)
    assert str(away) not in page.text
    open_gate(head, mine)
    form = check(head, mine).form(LIST)
    told.recuse(HEAD, mine)
    done = head.send(form, {"press": "decide"}, status=409)
    assert "1 Gesuch ist nicht entschieden" in done.words()
    assert state(told, mine).step == "decide_head"


def test_what_somebody_else_proposed_off_the_way_is_decided_singly(told: Story, of: Of) -> None:
    case_id = at_synthesis(told)
    told.aside(SYNTHESIS, TakeWay(case_id, "write_off", "decide_write_off", state(told, case_id).entry))
    told.route()
    head = of(HEAD)
    open_gate(head, case_id)
    page = head.open(LIST)
    assert "Einzeln zu entscheiden" in page.words()
    assert 'name="case"' not in page.text


def test_an_order_that_an_appeal_has_overturned_is_proposed_to_nobody(told: Story, of: Of) -> None:
    case_id = small(told, 9_000)
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    deliver(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    assert state(told, case_id).step == "decide"
    head = of(HEAD)
    page = head.open(LIST)
    assert "Einzeln zu entscheiden" in page.words()
    assert 'name="case"' not in page.text
    alone = head.open(f"/desk/cases/{case_id}/proposal")
    assert "(wie beantragt)" not in alone.words()
    assert dict(alone.form("/complete").fields)["decision.reasons"] == ""
    assert "Zu teuer." not in pdf_text(head, alone.link("/proposal/reject.pdf"))
    grant = f"/desk/cases/{case_id}/proposal/grant.pdf"
    assert grant not in alone.links  # nobody has named an amount
    assert head.http.get(grant).status_code == 404


def test_what_a_second_person_did_not_confirm_is_decided_singly(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "pass_up", {"decision": {"note": "Die Mietkosten sind doppelt gerechnet."}})
    department = of(DEPARTMENT)
    open_gate(department, case_id)
    page = department.open(LIST)
    assert "nicht bestätigt von Thomas Iselin" in page.words()
    assert 'name="case"' not in page.text
    alone = department.open(f"/desk/cases/{case_id}/proposal").words()
    assert "Die Mietkosten sind doppelt gerechnet." in alone
    assert "(wie beantragt)" not in alone
    letter = pdf_text(department, f"/desk/cases/{case_id}/proposal/grant.pdf")
    assert "Christine Burckhardt" in letter
    assert "Bernasconi" not in letter  # the department signs alone


def test_what_is_used_up_is_not_said_to_follow(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    url, head = f"/desk/cases/{case_id}/proposal", of(HEAD)
    assert "Zurück zur Synthese" in head.send(head.open(url).form("/declare")).words()
    for _ in range(2):
        told.do(HEAD, case_id, "return", {"decision": {"note": "Kürzen."}})
        told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Gekürzt."))
    ways = head.open(url).words().partition("Was danach geschieht")[2]
    assert "Bewilligen" in ways
    assert "Zurück zur Synthese" not in ways


def test_others_find_no_decisions_and_no_proposal(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    assert "Nichts zu entscheiden" in of(LEAD).open(LIST).words()
    assert of(DEPARTMENT).open(f"/desk/cases/{case_id}/proposal").status == 404
    assert "Nichts zu tun" in of(AUDITOR).open(f"/desk/cases/{case_id}/proposal").words()
    head = of(HEAD)
    assert head.http.post(LIST, data={"case": "x.y"}).status_code == 400


def test_the_list_takes_as_many_statements_for_one_as_for_many(told: Story, app: Flask, of: Of) -> None:
    first = at_decision(told)
    head = of(HEAD)
    open_gate(head, first)
    one = statements(app, head, LIST)
    more = [at_decision(told, 12_000) for _ in range(4)]
    open_gate(head, *more)
    assert statements(app, head, LIST) == one


def test_a_decision_that_was_written_alone_stands_beside_the_list(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    division = of(DIVISION)
    open_gate(division, case_id)
    assert "CHF 30'000.00" in division.open(LIST).words()
    decide(division, case_id)
    told.route()
    assert state(told, case_id).step == "confirm_budget"


def test_staff_read_what_was_granted_once_it_was(told: Story) -> None:
    case_id = at_decision(told)

    def granted(email: str) -> int | None:
        page = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
        assert page is not None
        assert page.opened
        return page.granted

    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    told.declare(DIVISION, case_id)
    assert granted(DIVISION) is None  # one more has to sign
    told.do(DIVISION, case_id, "return", {"decision": {"note": "Kürzen."}})
    told.do(SYNTHESIS, case_id, "propose", proposal(25_000_00, "Gekürzt."))
    assert granted(HEAD) is None
    told.do(HEAD, case_id, "grant", decision(25_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert granted(HEAD) == 25_000_00
    told.do(HEKS, case_id, "decline")
    assert granted(HEAD) is None


def test_what_is_gone_was_ticked_all_the_same(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    head = of(HEAD)
    open_gate(head, case_id)
    page = head.open(LIST)
    chosen = ticks(page, case_id)
    told.withdraw(HEKS, case_id)
    gone = head.send(page.form(LIST), {"case": chosen, "press": "check"}).words()
    assert "1 angekreuztes Gesuch liegt inzwischen nicht mehr so bei Ihnen" in gone
    assert "Sie haben nichts angekreuzt" not in gone
    assert "Sie haben nichts angekreuzt" in head.send(page.form(LIST), {"press": "check"}).words()
