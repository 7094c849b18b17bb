"""The job: applications go their whole way over HTTP, by their different people, told and checked."""

from __future__ import annotations

import mailbox
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from web.cli.story import ELIGIBLE, PDF, application, decision, proposal, review
from web.cli.system import System
from web.cli.telling import PASSWORD, Telling, expect, together, typed
from web.cli.visitors import Browser, HtmlForm, Page, Unexpected, completion
from workflow.funding.money import format_chf
from workflow.people import load_people, organisation_id, read_people

CALL = "project-round-2027"
HEKS = "miriam.aebi@heks.example"
STRANGER = "ana.petrovic@sprachbruecke.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
OTHER_SYNTHESIS = "sarah.leuenberger@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
REVIEWER = "nadine.oser@integration.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
COMPLETE = {"check": {"complete": True, "responsible": True}}
ANSWERS = application(
    "HEKS Regionalstelle beider Basel",
    title="Deutsch im Quartier für Geflüchtete",
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)
QUIET_SECONDS = 5.0
"""Longer than the clock's beat: what the workers could do would have been done."""


def run(system: System, output: Path, say: Callable[[str], None]) -> None:
    """Do the whole job on an empty system and leave the order under `output`; raises Unexpected."""
    people = read_people(system.settings.programme)
    engine = sa.create_engine(system.settings.database_url)
    load_people(engine, people, password=PASSWORD)
    engine.dispose()
    telling = Telling(system, people, say)

    say("\n1. HEKS applies, as a browser would: CHF 38'000 for Sprache")
    case_id = _apply(telling)
    say("\n2. The formal check, with a query")
    _formal_check(telling, case_id)
    say("\n3. Two offices review at the same time")
    _reviews(telling, case_id)
    say("\n4. The synthesis reserves the money; nobody can reserve more than there is")
    _synthesis(telling, case_id)
    _last_franc(telling)
    say("\n5. Four eyes grant a part; the applicant confirms; the order goes out")
    _decision(telling, case_id)
    order = _order(telling, case_id, output)
    say("\n6. The pipeline, and each figure's cases")
    _pipeline(telling)
    say("\n7. The same rules at the API; the S route, which the amount chose")
    _small(telling)
    _strangers(telling, case_id)
    say(f"\nAll went as it should. The order: {order}")


def _apply(telling: Telling) -> str:
    browser = Browser(telling.system.base_url)
    call = browser.open(browser.open("/").link(f"/calls/{CALL}"))
    browser.sign_in(HEKS, PASSWORD)
    outside = browser.send(call.form(CALL, "get"), {**ELIGIBLE, "place": "no"})
    expect(all(one.method == "get" for one in outside.forms if CALL in one.action), "not eligible: no begin")
    begin = browser.send(call.form(CALL, "get"), ELIGIBLE).form(CALL)
    page = browser.send(begin)
    expect(page.url == browser.send(begin).url, "beginning twice is beginning once")
    application_id = page.url.rsplit("/", 1)[1]
    telling.tell(HEKS, "answers the eligibility questions and begins an application")
    for section in ANSWERS:
        _save(browser, application_id, section)
    telling.tell(HEKS, f"fills in {len(ANSWERS)} sections, with a budget that does not meet its financing")
    _save(browser, application_id, "financing", {"financing.sources.0.amount": "9'000"})
    refused = telling.program(HEKS).post(f"/applications/{application_id}/submission", status=422)
    codes = {one["code"] for one in refused["errors"]}
    expect(codes == {"totals_differ", "file_required"}, f"refused for two reasons, not {codes}")
    telling.note("refused: " + " ".join(one["detail"] for one in refused["errors"]))
    _save(browser, application_id, "financing")
    files = {"attachments.statutes": ("Statuten HEKS.pdf", PDF, "application/pdf")}
    _save(browser, application_id, "attachments", files=files)
    telling.tell(HEKS, "corrects it, uploads the statutes and saves")

    telling.system.stop("worker")
    telling.note("(the worker is stopped)")
    telephone = Browser(telling.system.base_url)
    telephone.sign_in(HEKS, PASSWORD)
    check = telephone.open(f"/applications/{application_id}/submit")
    expect("Statuten HEKS.pdf" in check.text and "38'000.00" in check.text, "all is still there")
    _submit(telling, telephone, check.form("/submit"), application_id)
    time.sleep(QUIET_SECONDS)
    expect(telling.program(CHECKER).get("/work-items")["total"] == 0, "without a worker there is no work item")
    telling.note(f"after {QUIET_SECONDS:.0f} seconds without a worker: accepted, and in nobody's inbox")
    began = time.monotonic()
    telling.system.start("worker")
    telling.reaches(application_id, "formal_check")
    telling.note(f"(the worker is started: {time.monotonic() - began:.1f} seconds later it is there)")
    return application_id


def _save(
    browser: Browser, application_id: str, section: str, values: dict[str, str] | None = None, **more: Any
) -> Page:
    at = f"/applications/{application_id}/sections/{section}"
    fields = typed(ANSWERS, [section] if section in ANSWERS else [])
    return browser.send(browser.open(at).form(at), {**fields, **(values or {}), "press": "save"}, **more)


def _submit(telling: Telling, browser: Browser, form: HtmlForm, application_id: str) -> None:
    """A double click, then the same command at the API, then a second command: one application."""
    for page in together(lambda: browser.send(form), lambda: browser.send(form)):
        expect(page.status == 200 and page.url.endswith(application_id), "both clicks lead to the case")
    program = telling.program(HEKS)
    key = UUID(dict(form.fields)["command_id"])
    again = program.post(f"/applications/{application_id}/submission", status=201, key=key)
    expect(again["repeated"], "the same key at the API gives the first result")
    other = program.post(f"/applications/{application_id}/submission", status=409)
    expect(other["code"] == "submitted_already", "another submission is refused")
    [only] = program.get("/applications")
    expect(only["number"] == again["number"], "one application")
    telling.tell(HEKS, f"comes back on the telephone and submits, with a double click: {again['number']}, once")


def _formal_check(telling: Telling, case_id: str) -> None:
    question = "Wie viele Kurse sind es, und wer leitet sie?"
    asked = {"check": {"sections": ["plan"], "question": question}}
    telling.program(CHECKER).complete(case_id, "query", asked)
    telling.tell(CHECKER, f"asks about «Bedarf und Vorgehen»: {question}")
    telling.reaches(case_id, "query")
    browser = Browser(telling.system.base_url)
    browser.sign_in(HEKS, PASSWORD)
    expect(question in browser.open(f"/applications/{case_id}/step").text, "the applicant reads the question")
    program = telling.program(HEKS)
    before = program.get(f"/applications/{case_id}")
    expect(before["open_sections"] == ["plan"], "only the named section is open")
    plan_at = f"/applications/{case_id}/sections/plan"
    plan = browser.open(plan_at).form(plan_at)
    forged = HtmlForm(plan.action.replace("/plan", "/budget"), "post", plan.fields)
    expect(browser.send(forged, {"press": "save"}).status == 409, "a closed section is refused")
    after = program.get(f"/applications/{case_id}")
    expect(after["answers"]["budget"] == before["answers"]["budget"], "the budget is untouched")
    activities = "Zwei Kurse zu je 20 Treffen, geleitet von zwei Lehrpersonen mit fide-Zertifikat."
    browser.send(plan, {"plan.activities": activities, "press": "save"})
    browser.send(browser.open(f"/applications/{case_id}/step").form("/step"))
    telling.tell(HEKS, "can change that section alone, and answers")
    found = telling.reaches(case_id, "formal_check")
    expect(found["answers"]["plan"]["activities"] == activities, "the answer is in the dossier")
    telling.program(CHECKER).complete(case_id, "complete", COMPLETE)
    telling.tell(CHECKER, "finds it complete")
    telling.reaches(case_id, "review")
    telling.pipeline(CHECKER)


def _reviews(telling: Telling, case_id: str) -> None:
    for email in (LEAD, SECOND):
        closed = telling.program(email).get(f"/cases/{case_id}")
        expect(sorted(closed) == ["case", "offers", "opened"], "before the declaration nothing is shown")
        _declare(telling, email, case_id)
        expect(telling.program(email).get(f"/cases/{case_id}")["answers"], "the dossier is open")
        telling.tell(email, "sees only which case it is, declares no conflict of interest, reads the dossier")
    said = {
        LEAD: ("yes", review("Das Angebot schliesst eine Lücke und ist gut geleitet.")),
        SECOND: ("reduced", review("Sinnvoll; die Koordination ist grosszügig gerechnet.", amount=35_000_00)),
    }
    bodies = {
        email: completion(telling.program(email).get(f"/cases/{case_id}"), *vote) for email, vote in said.items()
    }
    together(*(_completing(telling, email, case_id, bodies[email]) for email in said))
    telling.tell(LEAD, "recommends yes; in the same instant")
    telling.tell(SECOND, "recommends CHF 35'000")
    telling.reaches(case_id, "synthesis")
    names = [event["name"] for event in telling.program(CHECKER).get(f"/cases/{case_id}/events")]
    expect(names.count("PanelClosed") == 1, "the panel closes once")
    telling.note("the panel has closed once")
    telling.pipeline(CHECKER)


def _synthesis(telling: Telling, case_id: str) -> None:
    _declare(telling, SYNTHESIS, case_id)
    telling.program(SYNTHESIS).complete(case_id, "propose", proposal(35_000_00, "Beide Stellen empfehlen es."))
    telling.tell(SYNTHESIS, "proposes CHF 35'000")
    line = telling.reaches(case_id, "decide_head")["line"]
    expect(line["reserved"] == 35_000_00, "the proposal has reserved the money")
    telling.note(f"of Sprache's {format_chf(line['ceiling'])}, {format_chf(line['left'])} are left")


def _last_franc(telling: Telling) -> None:
    """Three applications for one small credit: CHF 40'000 for interpreting with people under protection."""
    first, second, third = (
        _until_synthesis(telling, email, title)
        for email, title in (
            ("daniela.frey@ggg-migration.example", "Dolmetschen am Elternabend"),
            ("ivana.kostic@dolmetschforum.example", "Telefondolmetschen für Vereine"),
            ("goran.juric@beratung-rheinhafen.example", "Dolmetschen in der Beratung"),
        )
    )
    for email, case_id in ((SYNTHESIS, first), (SYNTHESIS, second), (OTHER_SYNTHESIS, third)):
        _declare(telling, email, case_id)
    telling.program(SYNTHESIS).complete(first, "propose", proposal(30_000_00, "Empfohlen."))
    telling.tell(SYNTHESIS, "proposes CHF 30'000 for the first of three applications for CHF 40'000 of credit")
    telling.reaches(first, "decide_head")
    too_much = proposal(15_000_00, "Empfohlen.")
    refused = telling.program(SYNTHESIS).complete(second, "propose", too_much, status=409)
    expect((refused["code"], refused["params"]["left"]) == ("not_enough_money", 10_000_00), "refused with 10'000")
    telling.tell(SYNTHESIS, "proposes CHF 15'000 for the second one and is refused")
    telling.note(refused["detail"])
    bodies = {
        case_id: completion(telling.dossier_of(email, case_id), "propose", proposal(10_000_00, "Empfohlen."))
        for email, case_id in ((SYNTHESIS, second), (OTHER_SYNTHESIS, third))
    }
    tried = together(
        _completing(telling, SYNTHESIS, second, bodies[second], refusable=True),
        _completing(telling, OTHER_SYNTHESIS, third, bodies[third], refusable=True),
    )
    expect(sorted(tried) == [False, True], "of two who reach for the last franc one gets it")
    telling.tell(SYNTHESIS, "and in the same instant")
    telling.tell(OTHER_SYNTHESIS, "reach for the last CHF 10'000: one gets it, the other is refused")
    winner = second if tried[0] else third
    line = telling.reaches(winner, "decide_head")["line"]
    expect((line["left"], line["reserved"]) == (0, 40_000_00), "not a franc more than the credit is reserved")
    telling.pipeline(CHECKER)


def _until_synthesis(telling: Telling, email: str, title: str) -> str:
    """An application for interpreting, through the API, up to its synthesis."""
    answers = application(
        telling.names[email].partition("(")[2].rstrip(")"),
        title=title,
        area="interpreting",
        goals=["interpreting_access"],
        requested=30_000_00,
        target_group="provisionally_admitted",
    )
    case_id = _apply_at_the_api(telling, email, answers)
    telling.reaches(case_id, "formal_check")
    telling.program(CHECKER).complete(case_id, "complete", COMPLETE)
    telling.tell(CHECKER, "finds it complete")
    telling.reaches(case_id, "review")
    for reviewer in (REVIEWER, SECOND):
        _declare(telling, reviewer, case_id)
        telling.program(reviewer).complete(case_id, "yes", review("Der Bedarf ist belegt."))
        telling.tell(reviewer, "declares no conflict of interest and recommends yes")
    telling.reaches(case_id, "synthesis")
    return case_id


def _apply_at_the_api(telling: Telling, email: str, answers: dict[str, Any]) -> str:
    program = telling.program(email)
    [organisation] = program.get("/me")["organisations"]
    body = {"call": CALL, "organisation": organisation["id"], "eligibility": ELIGIBLE}
    case_id = str(program.post("/applications", body, status=201)["id"])
    at = f"/applications/{case_id}"
    program.ask("PATCH", at, 200, json={"answers": answers}, headers={"If-Match": '"1"'})
    program.upload(at, "attachments.statutes", ("Statuten.pdf", PDF, "application/pdf"))
    done = program.post(f"{at}/submission", status=201)
    title, requested = answers["project"]["title"], answers["financing"]["requested"]
    telling.tell(email, f"applies at the API for {format_chf(requested)}, «{title}»: {done['number']}")
    return case_id


def _declare(telling: Telling, email: str, case_id: str) -> None:
    telling.program(email).post(f"/cases/{case_id}/declaration", {"conflict": False})


def _completing(
    telling: Telling, email: str, case_id: str, body: dict[str, Any], *, refusable: bool = False
) -> Callable[[], bool]:
    """A call that sends a completion: True when it was done, False when it was refused for want of money."""
    program = telling.program(email)

    def send() -> bool:
        try:
            program.post(f"/cases/{case_id}/completions", body)
        except Unexpected as error:
            if refusable and "not_enough_money" in str(error):
                return False
            raise
        return True

    return send
