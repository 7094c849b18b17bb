"""The job: applications go their whole way over HTTP, by their different people, told and checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from web.cli.job_api import last_franc, small_route, strangers
from web.cli.story import ATTACHED, COMPLETE, ELIGIBLE, PDF, application, decision, dispatch, proposal, review
from web.cli.system import System
from web.cli.telling import PASSWORD, Telling, expect, together, typed
from web.cli.visitors import Browser, HtmlForm, Page, completion
from workflow.funding.money import format_chf
from workflow.people import load_people, read_people

CALL = "project-round-2027"
HEKS = "miriam.aebi@heks.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
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
    telling = Telling(system, people, say, watcher="werner.plattner@finanzkontrolle.bs.example")

    say("\n1. HEKS applies, as a browser would: CHF 38'000 for Sprache")
    case_id = _apply(telling)
    say("\n2. The formal check, with a query")
    _formal_check(telling, case_id)
    say("\n3. Two offices review at the same time")
    _reviews(telling, case_id)
    say("\n4. The synthesis reserves the money; nobody can reserve more than there is")
    _synthesis(telling, case_id)
    last_franc(telling)
    say("\n5. Four eyes grant a part; the applicant confirms; the order goes out")
    _decision(telling, case_id)
    order = _order(telling, case_id, output)
    say("\n6. The pipeline, and each figure's cases")
    _pipeline(telling)
    say("\n7. The same rules at the API; the S route, which the amount chose")
    small_route(telling)
    strangers(telling, case_id)
    say(f"\nAll went as it should. The order: {order}")


def _apply(telling: Telling) -> str:
    browser = telling.browser()
    call = browser.open(browser.open("/").link(f"/calls/{CALL}"))
    telling.sign_in(browser, HEKS)
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
    files = {path: (name, PDF, "application/pdf") for path, name in ATTACHED.items()}
    _save(browser, application_id, "attachments", files=files)
    telling.tell(HEKS, "corrects it, uploads what is asked for and saves")

    telling.system.stop("worker")
    telling.note("(the worker is stopped)")
    telephone = telling.browser()
    telling.sign_in(telephone, HEKS)
    check = telephone.open(f"/applications/{application_id}/submit")
    kept = (*ATTACHED.values(), "38'000.00")
    expect(all(one in check.text for one in kept), "all is still there")
    _submit(telling, telephone, check.form("/submit"), application_id)
    time.sleep(QUIET_SECONDS)
    expect(
        telling.program(CHECKER).get("/work-items")["total"] == 0, "without a worker there is no work item"
    )
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
        expect(page.url.endswith(application_id), "both clicks lead to the case")
    program = telling.program(HEKS)
    key = UUID(dict(form.fields)["command_id"])
    again = program.post(f"/applications/{application_id}/submission", status=201, key=key)
    expect(again["repeated"], "the same key at the API gives the first result")
    other = program.post(f"/applications/{application_id}/submission", status=409)
    expect(other["code"] == "submitted_already", "another submission is refused")
    [only] = program.get("/applications")
    expect(only["number"] == again["number"], "one application")
    telling.tell(
        HEKS, f"comes back on the telephone and submits, with a double click: {again['number']}, once"
    )


def _formal_check(telling: Telling, case_id: str) -> None:
    question = "Wie viele Kurse sind es, und wer leitet sie?"
    asked = {"check": {"sections": ["plan"], "question": question}}
    telling.program(CHECKER).complete(case_id, "query", asked)
    telling.tell(CHECKER, f"asks about «Bedarf und Vorgehen»: {question}")
    telling.reaches(case_id, "query")
    browser = telling.browser()
    telling.sign_in(browser, HEKS)
    expect(question in browser.open(f"/applications/{case_id}/step").text, "the applicant reads the question")
    program = telling.program(HEKS)
    before = program.get(f"/applications/{case_id}")
    expect(before["open_sections"] == ["plan"], "only the named section is open")
    plan_at = f"/applications/{case_id}/sections/plan"
    plan = browser.open(plan_at).form(plan_at)
    forged = HtmlForm(plan.action.replace("/plan", "/budget"), "post", plan.fields)
    browser.send(forged, {"press": "save"}, status=409)
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
        header = ["case", "entry", "offers", "opened"]
        expect(sorted(closed) == header, "before the declaration nothing is shown")
        telling.declare(email, case_id)
        expect(telling.program(email).get(f"/cases/{case_id}")["answers"], "the dossier is open")
        telling.tell(email, "sees only which case it is, declares no conflict of interest, reads the dossier")
    said = {
        LEAD: ("yes", review("Das Angebot schliesst eine Lücke und ist gut geleitet.")),
        SECOND: ("reduced", review("Sinnvoll; die Koordination ist grosszügig gerechnet.", amount=35_000_00)),
    }
    bodies = {
        email: completion(telling.program(email).get(f"/cases/{case_id}"), *vote)
        for email, vote in said.items()
    }
    got = together(
        lambda: telling.program(LEAD).try_completion(case_id, bodies[LEAD]),
        lambda: telling.program(SECOND).try_completion(case_id, bodies[SECOND]),
    )
    expect(got == [200, 200], f"both reviews are accepted: {got}")
    telling.tell(LEAD, "recommends yes; in the same instant")
    telling.tell(SECOND, "recommends CHF 35'000")
    telling.reaches(case_id, "synthesis")
    names = [event["name"] for event in telling.program(CHECKER).get(f"/cases/{case_id}/events")]
    expect(names.count("PanelClosed") == 1, "the panel closes once")
    telling.note("the panel has closed once")
    telling.pipeline(CHECKER)


def _synthesis(telling: Telling, case_id: str) -> None:
    telling.declare(SYNTHESIS, case_id)
    telling.program(SYNTHESIS).complete(
        case_id, "propose", proposal(35_000_00, "Beide Stellen empfehlen es.")
    )
    telling.tell(SYNTHESIS, "proposes CHF 35'000")
    line = telling.reaches(case_id, "decide_head")["line"]
    expect(line["reserved"] == 35_000_00, "the proposal has reserved the money")
    telling.note(f"of Sprache's {format_chf(line['ceiling'])}, {format_chf(line['left'])} are left")


def _decision(telling: Telling, case_id: str) -> None:
    telling.declare(HEAD, case_id)
    granted = decision(30_000_00, "Das Projekt entspricht den Zielen.", "Zwischenbericht bis 30. Juni 2027.")
    telling.program(HEAD).complete(case_id, "grant", granted)
    telling.tell(HEAD, "grants CHF 30'000 of the CHF 38'000")
    second = telling.reaches(case_id, "confirm_grant")
    body = {
        "step": "confirm_grant",
        "seat": "",
        "outcome": "confirm",
        "entry": second["entry"],
        "answers": None,
    }
    for email in (HEAD, CHECKER):
        expect(
            telling.program(email).try_completion(case_id, body) == 403, "the second pair of eyes is another"
        )
    telling.note("the same person, or the one of the formal check, cannot give the second signature")
    telling.declare(DIVISION, case_id)
    telling.program(DIVISION).complete(case_id, "confirm")
    telling.tell(DIVISION, "agrees")
    telling.reaches(case_id, "confirm_budget")
    browser = telling.browser()
    telling.sign_in(browser, HEKS)
    at = f"/applications/{case_id}/step"
    asked = browser.open(at)
    expect("30'000.00" in asked.text and "Zwischenbericht" in asked.text, "amount and conditions are shown")
    unchanged = browser.send(asked.form("/step"), {"outcome": "accept", "press": "send"}, status=422)
    costs = {
        "budget.costs.0.amount": "13'500",
        "budget.costs.1.amount": "13'000",
        "budget.costs.2.amount": "13'000",
    }
    browser.send(unchanged.form("/step"), {**costs, "outcome": "accept", "press": "send"})
    telling.tell(HEKS, "adapts the budget to CHF 30'000 and confirms it (the old one was refused)")


def _order(telling: Telling, case_id: str, output: Path) -> Path:
    telling.reaches(case_id, "dispatch_granted")
    tomorrow = dispatch(datetime.now(UTC) + timedelta(days=1))
    refused = telling.program(CHECKER).complete(case_id, "sent", tomorrow, status=422)
    expect([one["path"] for one in refused["errors"]] == ["dispatch.sent_on"], "nothing was sent tomorrow")
    telling.program(CHECKER).complete(case_id, "sent", dispatch(datetime.now(UTC)))
    telling.tell(CHECKER, "has posted the signed order, and records the day (tomorrow was refused)")
    case = telling.reaches(case_id, "granted")
    expect(case["case"]["committed"] == 30_000_00, "CHF 30'000 are committed")
    expect(case["case"]["held"] == 0, "nothing is reserved any more")
    browser = telling.browser()
    telling.sign_in(browser, HEKS)
    page = browser.open(f"/applications/{case_id}")
    expect("Bewilligt" in page.text, "the applicant reads the status")
    content = browser.download(page.link("/files/"))
    expect(content.startswith(b"%PDF") and len(content) > 10_000, "the order is a PDF")
    path = output / f"verfuegung-{case['case']['number']}.pdf"
    path.write_bytes(content)
    subject = f"Gesuch {case['case']['number']}: ein Schreiben liegt für Sie bereit"
    mails = telling.until(
        "the mail about the order is there",
        lambda: _mails(telling, case_id),
        lambda found: subject in [mail["Subject"] for mail in found],
    )
    texts = [str(mail.get_content()) for mail in mails]
    expect(not any("30'000" in text or "Quartier" in text for text in texts), "mails carry no content")
    expect(len({mail["Message-ID"] for mail in mails}) == len(mails) == 4, "four mails, none twice")
    telling.tell(HEKS, "has had four mails without any content; reads that it is granted, and the order")
    return path


def _mails(telling: Telling, case_id: str) -> list[EmailMessage]:
    """The mails that the applicant has had about this case."""
    files = (telling.system.settings.data_dir / "mails" / "new").iterdir()
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [mail for mail in mails if HEKS in str(mail["To"]) and case_id in str(mail.get_content())]


def _pipeline(telling: Telling) -> None:
    browser = telling.browser()
    telling.sign_in(browser, CHECKER)
    page = browser.open("/office")
    figures = sorted({link for link in page.links if link.startswith("/office/cases?")})
    expect(figures, "the pipeline's figures are links")
    expect(all(browser.open(link).status == 200 for link in figures), "each figure opens its cases")
    telling.tell(CHECKER, f"opens the pipeline page and the cases behind its {len(figures)} figures")
    program = telling.program(CHECKER)
    for row in program.get("/pipeline")["stages"]:
        behind = program.get(f"/cases?stage={row['stage']}")
        expect(behind["total"] == row["count"], f"the cases behind {row['stage']} are as many as its figure")
    telling.pipeline(CHECKER)
    for line in program.get("/money"):
        if line["reserved"] or line["committed"]:
            sums = ", ".join(f"{name} {format_chf(line[name])}" for name in ("reserved", "committed", "left"))
            telling.note(f"{line['year']} {line['area']}/{line['pot']}: {sums}")
