"""The job's part at the API alone: the last franc, the S route, and what strangers get to see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from web.cli.story import ATTACHED, COMPLETE, ELIGIBLE, PDF, application, decision, dispatch, proposal, review
from web.cli.telling import Telling, expect, together
from web.cli.visitors import API, completion
from workflow.funding.money import format_chf

CALL = "project-round-2027"
STRANGER = "ana.petrovic@sprachbruecke.example"
FRAUENCAFE = "fatma.yildiz@frauencafe.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
OTHER_SYNTHESIS = "sarah.leuenberger@integration.bs.example"
REVIEWER = "nadine.oser@integration.bs.example"
SOCIAL_WELFARE = "esther.kunz@sozialhilfe.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"


def last_franc(telling: Telling) -> None:
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
        telling.declare(email, case_id)
    telling.program(SYNTHESIS).complete(first, "propose", proposal(30_000_00, "Empfohlen."))
    telling.tell(
        SYNTHESIS, "proposes CHF 30'000 for the first of three applications for CHF 40'000 of credit"
    )
    telling.reaches(first, "decide_head")
    too_much = proposal(15_000_00, "Empfohlen.")
    refused = telling.program(SYNTHESIS).complete(second, "propose", too_much, status=409)
    expect(
        (refused["code"], refused["params"]["left"]) == ("not_enough_money", 10_000_00), "refused with 10'000"
    )
    telling.tell(SYNTHESIS, "proposes CHF 15'000 for the second one and is refused")
    telling.note(refused["detail"])
    reaching = {SYNTHESIS: second, OTHER_SYNTHESIS: third}
    bodies = {
        email: completion(
            telling.program(email).get(f"/cases/{case_id}"), "propose", proposal(10_000_00, "Empfohlen.")
        )
        for email, case_id in reaching.items()
    }
    got = together(
        lambda: telling.program(SYNTHESIS).try_completion(second, bodies[SYNTHESIS]),
        lambda: telling.program(OTHER_SYNTHESIS).try_completion(third, bodies[OTHER_SYNTHESIS]),
    )
    expect(sorted(got) == [200, 409], f"of two who reach for the last franc one gets it: {got}")
    telling.tell(SYNTHESIS, "and in the same instant")
    telling.tell(OTHER_SYNTHESIS, "reach for the last CHF 10'000: one gets it, the other is refused")
    winner = second if got[0] == 200 else third
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
    for reviewer in (REVIEWER, SOCIAL_WELFARE):
        telling.declare(reviewer, case_id)
        telling.program(reviewer).complete(
            case_id, "yes", review("Der Bedarf ist belegt.", area="interpreting")
        )
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
    for path, name in ATTACHED.items():
        program.upload(at, path, (name, PDF, "application/pdf"))
    done = program.post(f"{at}/submission", status=201)
    title, requested = answers["project"]["title"], answers["financing"]["requested"]
    telling.tell(email, f"applies at the API for {format_chf(requested)}, «{title}»: {done['number']}")
    return case_id


def small_route(telling: Telling) -> None:
    """CHF 8'000: the lead office reviews, the head of the Fachstelle decides alone."""
    answers = application(
        "Interkulturelles Frauencafé St. Johann",
        title="Erzählcafé im St. Johann",
        area="living_together",
        goals=["contact"],
        requested=8_000_00,
    )
    case_id = _apply_at_the_api(telling, FRAUENCAFE, answers)
    found = telling.reaches(case_id, "formal_check")
    expect(found["case"]["size"] == "S", "the amount has chosen the size")
    telling.program(CHECKER).complete(case_id, "complete", COMPLETE)
    telling.tell(CHECKER, "finds it complete")
    [seat] = telling.reaches(case_id, "review")["seats"]
    expect(seat["office"] == "integration", "the lead office reviews alone")
    telling.declare(REVIEWER, case_id)
    telling.program(REVIEWER).complete(case_id, "yes", review("Bringt das Quartier zusammen."))
    telling.tell(REVIEWER, "declares no conflict of interest and recommends yes")
    telling.reaches(case_id, "decide")
    telling.declare(HEAD, case_id)
    telling.program(HEAD).complete(case_id, "grant", decision(8_000_00, "Das Angebot überzeugt."))
    telling.tell(HEAD, "grants it all, alone")
    telling.reaches(case_id, "dispatch_granted")
    telling.program(CHECKER).complete(case_id, "sent", dispatch(datetime.now(UTC)))
    telling.tell(CHECKER, "has posted the order")
    case = telling.reaches(case_id, "granted")
    expect((case["case"]["committed"], len(case["letters"])) == (8_000_00, 1), "one order over CHF 8'000")
    telling.pipeline(CHECKER)


def strangers(telling: Telling, case_id: str) -> None:
    """Another organisation's member guesses addresses, and finds nothing."""
    program, browser = telling.program(STRANGER), telling.browser()
    letter = telling.dossier(case_id)["letters"][0]["id"]
    for path in (f"/applications/{case_id}", f"/cases/{case_id}", f"/files/{letter}", "/pipeline"):
        program.get(path, 404)
    program.post(f"/cases/{case_id}/withdrawal", status=404)
    telling.sign_in(browser, STRANGER)
    pages = (f"/applications/{case_id}", f"/desk/cases/{case_id}", f"/files/{letter}", "/office", "/desk")
    expect([browser.open(page).status for page in pages] == [404] * len(pages), "every page is 404")
    telling.tell(STRANGER, f"guesses {len(pages)} pages and 5 addresses of the API: 404 each time")
    document = httpx.get(f"{telling.system.base_url}{API}/openapi.json").json()
    expect(f"{API}/cases/{{case_id}}/completions" in document["paths"], "the API is described")
    telling.note(f"{API}/openapi.json describes {len(document['paths'])} paths")
