"""The applicants' pages of a running case: a query, a grant in part, what was paid, a withdrawal."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.test_dispatch import made
from tests.integration.walks import (
    CHECKER,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    SECOND,
    SYNTHESIS,
    agree,
    costs,
    deliver,
    language,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow.engine.commands import Pay, TakeWay
from workflow.service import handle
from workflow.store import queries

MORE_REACHED = {"goal": "Fest im Quartier", "indicator": "events", "reached": "2"}
DRAFTER = "selin.arslan@heks.example"


def test_a_query_opens_its_sections_alone_and_is_answered(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, language())
    question = {"check": {"sections": ["plan"], "question": "Wie viele Kurse sind es?"}}
    told.do(CHECKER, case_id, "query", question)
    browser, path = signed_in(app, HEKS), f"/applications/{case_id}"
    assert "Das wartet auf Sie" in browser.open("/applications").text
    assert "Jetzt sind Sie an der Reihe" in browser.open(path).text
    step = browser.open(f"{path}/step")
    assert "Wie viele Kurse sind es?" in step.text
    assert browser.open(f"{path}/sections/project").url.endswith(path)
    drafter = signed_in(app, DRAFTER)
    assert drafter.open(path).link("/sections/plan")
    assert drafter.open(f"{path}/step").url.endswith(path)
    plan = f"{path}/sections/plan"
    form = browser.open(plan).form(plan)
    assert browser.send(form, {"plan.need": "", "press": "next"}).url.endswith("/step")
    refused = browser.send(step.form("/step"), status=422)
    assert "Welcher Bedarf besteht?" in refused.text
    browser.send(browser.open(plan).form(plan), {"plan.need": "Es sind vier Kurse.", "press": "save"})
    closed = browser.http.post(f"{path}/sections/project", data=form.filled({"project.title": "X"}))
    assert closed.status_code == 409
    done = browser.send(browser.open(f"{path}/step").form("/step"))
    assert "Ihre Antwort ist bei uns angekommen" in done.text
    assert "Antwort eingegangen" in done.text
    assert "badge--query" not in done.text
    told.route()
    assert "Antwort eingegangen" not in browser.open(path).text
    assert browser.open(f"{path}/step").url.endswith(path)
    browser.send(step.form("/step"), status=409)
    kept = queries.application(told.db, told.actors[HEKS], case_id)
    assert kept is not None
    assert kept.answers["plan"]["need"] == "Es sind vier Kurse."


def granted(told: Story) -> UUID:
    """All that was asked for, its order issued."""
    case_id = granted_in_part(told, 38_000_00)
    told.route()
    deliver(told)
    return case_id


def granted_in_part(told: Story, amount: int = 30_000_00) -> UUID:
    case_id = told.submit(HEKS, language())
    told.do(CHECKER, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SYNTHESIS, case_id, "propose", proposal(amount, "Beide Stellen empfehlen."))
    told.do(HEAD, case_id, "grant", decision(amount, "Im Rahmen des Kredits.", "Zwischenbericht im Juni."))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    return case_id


def test_a_grant_in_part_is_confirmed_and_the_order_is_there_to_read(app: Flask, told: Story) -> None:
    case_id = granted_in_part(told)
    browser, path = signed_in(app, HEKS), f"/applications/{case_id}"
    step = browser.open(f"{path}/step")
    assert "CHF 30'000.00" in step.text
    assert "Zwischenbericht im Juni." in step.text
    form = step.form("/step")
    assert ("budget.costs.0.label", "Kursleitung") in form.fields
    nothing = browser.send(form, {"press": "send"}, status=409)
    assert "Bitte wählen Sie eine Antwort" in nothing.text
    wrong = browser.send(nothing.form("/step"), {"outcome": "accept", "press": "send"}, status=422)
    assert "Bewilligt sind CHF 30'000.00." in wrong.text
    assert 'href="#budget.costs"' in wrong.text
    assert "CHF 47'500.00" in wrong.text
    more = browser.send(wrong.form("/step"), {"press": "add:budget.costs"})
    assert ("outcome", "accept") in more.form("/step").fields
    costs = dict(more.form("/step").fields)["budget.costs.0.amount"]
    less = f"{float(costs.replace(chr(39), '')) - 8000:.2f}"
    done = browser.send(more.form("/step"), {"budget.costs.0.amount": less, "press": "send"})
    assert done.status == 200, done.text
    told.route()
    assert "Bewilligt CHF 30'000.00" in browser.open(path).words()  # as they have just read
    deliver(told)
    page = browser.open(path)
    assert "Bewilligt" in page.text
    words = page.words()
    assert "1. Tranche 80 % CHF 24'000.00" in words
    assert "2. Tranche 20 % CHF 6'000.00" in words
    assert "Innert 60 Tagen nach dem Ende des Projekts: Schlussbericht mit Abrechnung." in words
    assert browser.download(page.link("/files/")).startswith(b"%PDF")
    handle(told.db, Pay(case_id, 25_000_00, 0), told.actors[FINANCE], uuid4(), told.now)
    words = browser.open(path).words()
    assert "1. Tranche 80 % CHF 24'000.00 CHF 24'000.00" in words
    assert "2. Tranche 20 % CHF 6'000.00 CHF 1'000.00" in words
    assert "Ausbezahlt sind CHF 25'000.00 von CHF 30'000.00, zuletzt am" in words


def test_a_report_is_written_beside_the_budget_and_checked_beside_it(app: Flask, told: Story) -> None:
    case_id = granted(told)
    browser = signed_in(app, HEKS)
    page = browser.open(browser.open(f"/applications/{case_id}").link("/children/report"))
    form = page.form("/children/report")
    fields = dict(form.fields)
    assert "Teilnehmende erreicht Anzahl Teilnehmende 48 Personen" in page.words()
    budget = [fields[f"accounts.costs.{row}.planned"] for row in range(3)]
    assert fields["accounts.costs.0.label"] == "Kursleitung"
    assert "accounts.costs.3.planned" not in fields  # what was not planned has no plan
    said = {"results.participants": "44", "results.goals": "Alle Plätze waren besetzt."}
    said |= {"results.targets.0.reached": "40", "results.targets.0.planned": "7"}
    said |= {f"results.targets.1.{code}": text for code, text in MORE_REACHED.items()}
    said |= {"accounts.costs.0.spent": "1", "accounts.costs.0.planned": "1.00"}
    refused = browser.send(form, said, status=422)
    assert "Kursleitung" in refused.words()  # and the row is still the plan's
    again = browser.send(form, {**said, "press": "drop:accounts.costs.3"})
    assert "data-written" in again.text  # what stands there is saved nowhere
    assert "data-written" not in page.text
    form = refused.form("/children/report")
    spent = {f"accounts.costs.{row}.spent": amount for row, amount in enumerate(budget)}
    more = {"kind": "material", "label": "Bücher", "spent": "250"}
    spent |= {f"accounts.costs.3.{code}": text for code, text in more.items()}
    sent = browser.send(form, {**spent, "accounts.sources.0.received": "0"})
    assert sent.url.rsplit("/", 1)[1] != str(case_id)
    child = UUID(sent.url.rsplit("/", 1)[1])
    told.route()
    assert "nach dem Ende des Projekts:" not in browser.open(f"/applications/{case_id}").words()
    words = signed_in(app, CHECKER).open(f"/desk/cases/{child}").words()
    assert "Teilnehmende erreicht Anzahl Teilnehmende 48 Personen 40 Personen -8 Personen -17 %" in words
    assert "Fest im Quartier Anzahl Veranstaltungen – 2 Veranstaltungen 2 Veranstaltungen" in words
    assert f"Kursleitung CHF {budget[0]} CHF {budget[0]} CHF 0.00 " in words
    assert "Bücher – CHF 250.00 CHF 250.00" in words
    assert "-100 %" in words
    told.do(CHECKER, child, "query", {"check": {"sections": ["accounts"], "question": "Welche Bücher?"}})
    path = f"/applications/{child}/sections/accounts"
    form = browser.open(path).form(path)
    assert dict(form.fields)["accounts.costs.0.planned"] == budget[0]
    browser.send(form, {"accounts.costs.3.label": "Bücher für den Kurs", "press": "save"})
    browser.send(browser.open(f"/applications/{child}/step").form("/step"))
    told.route()
    assert "Bücher für den Kurs – CHF 250.00" in signed_in(app, CHECKER).open(f"/desk/cases/{child}").words()


def test_what_is_taken_back_is_not_said_to_be_granted(app: Flask, told: Story) -> None:
    case_id = granted_in_part(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    made(told)
    assert state(told, case_id).step == "dispatch_granted"
    browser, path = signed_in(app, HEKS), f"/applications/{case_id}"
    assert "CHF 30'000.00" in browser.open(path).words()
    way = TakeWay(case_id, "take_back", "synthesis", state(told, case_id).entry)
    told.aside(SYNTHESIS, way, "Der Betrag ist falsch.")
    agree(told, HEAD, way)
    assert state(told, case_id).step == "synthesis"
    assert "CHF 30'000.00" not in browser.open(path).words()


def test_withdrawing_asks_once_more(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, language())
    browser, path = signed_in(app, HEKS), f"/applications/{case_id}"
    asked = browser.open(browser.open(path).link("/withdraw"))
    refused = browser.send(asked.form("/withdraw"), {"reason": "x" * 4001}, status=422)
    assert "Zu lang: höchstens 4000 Zeichen." in refused.words()
    assert "x" * 4001 in refused.text
    done = browser.send(refused.form("/withdraw"), {"reason": "Der Raum ist gekündigt."})
    assert "zurückgezogen" in done.text
    told.route()
    desk = signed_in(app, "regula.keller@integration.bs.example")
    assert "Gesuch zurückgezogen: «Der Raum ist gekündigt.»" in desk.open(f"/desk/cases/{case_id}").words()
    page = browser.open(f"{path}/withdraw")
    assert page.url.endswith(path)
    assert "Zurückgezogen" in page.text


def test_what_the_plan_cannot_say_any_more_is_asked(
    app: Flask, told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"label": "Kurs", "planned": 100_00}, {"kind": "rent", "label": "Raum", "planned": 50_00}]
    begins = queries.Opening({"accounts": {"costs": rows, "sources": []}})
    monkeypatch.setattr(queries, "opening", lambda *_: begins)
    page = signed_in(app, HEKS).open(f"/applications/{granted(told)}/children/report")
    assert '<select id="accounts.costs.0.kind"' in page.text
    assert '<select id="accounts.costs.1.kind"' not in page.text
    assert '<select id="accounts.costs.2.kind"' in page.text  # a row of its own
    assert 'name="accounts.costs.0.planned" value="100.00"' in page.text
