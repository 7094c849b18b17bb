"""A decision round of twenty in a browser: declared, ticked and decided by one, confirmed by another."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from playwright.sync_api import Route, expect

from tests.e2e.conftest import Demo, Visit
from tests.e2e.person import Person
from tests.integration.walks import CHECKER, COMPLETE, HEKS, LEAD, SECOND, SYNTHESIS, language, state
from web.cli.story import proposal, review
from workflow.texts import local_date

ROUND = 20
LIST = "/desk/decisions"


def at_decision(demo: Demo, number: int) -> UUID:
    """An application that two offices recommend; its money is reserved."""
    answers = language(15_000 + 100 * number)
    answers["project"]["title"] = f"Deutsch in der Runde {number}"
    case_id = demo.story.submit(HEKS, answers)
    demo.story.do(CHECKER, case_id, "complete", COMPLETE)
    demo.story.do(LEAD, case_id, "yes", review("Gut begründet."))
    demo.story.do(SECOND, case_id, "yes", review("Passt."))
    demo.story.do(SYNTHESIS, case_id, "propose", proposal(15_000_00 + 100_00 * number, "Im Rahmen."))
    return case_id


def opened(person: Person) -> None:
    """The list, with every dossier of the round declared free of conflicts."""
    person.sign_in()
    person.open(LIST)
    gate = person.page.locator(".decide-gate")
    expect(gate).to_contain_text("Ausstand")
    for row in gate.locator("tbody tr", has_text="HEKS").all():
        row.locator("input[name=case]").check()
    person.press("Bei den angekreuzten: kein Ausstandsgrund")
    person.sees(f"{ROUND} Dossiers sind geöffnet.")


def decided(person: Person) -> None:
    """All of the round ticked, its sum looked at, decided with one press."""
    rows = person.page.locator("table.decisions tr", has_text="Deutsch in der Runde")
    expect(rows).to_have_count(ROUND)
    for row in rows.all():
        row.locator("input[name=case]").check()
    expect(person.page.locator("[data-ticked]:visible output")).to_have_text(re.compile(rf"^{ROUND}, CHF 0"))
    person.press("Angekreuzte prüfen und entscheiden")
    person.sees("321'000.00")
    person.press(f"{ROUND} Entscheide fällen")
    person.sees(f"{ROUND} Entscheide sind eingetragen")


def posted(person: Person) -> None:
    """All orders of the round go to the post on one day, which is said once."""
    person.sign_in()
    person.waits_for("/desk", "steht mehrmals hier")
    person.follow("Auf einmal eintragen")
    rows = person.page.locator("main tbody tr", has_text="Deutsch in der Runde")
    expect(rows).to_have_count(ROUND)
    for row in rows.all():
        row.locator("input[name=case]").check()
    person.page.get_by_label("Versandt am").fill(local_date(datetime.now(UTC)))
    person.page.get_by_label("A-Post Plus").check()
    person.press("Bei den angekreuzten eintragen")
    person.sees(f"Bei {ROUND} Gesuchen eingetragen.")


def test_twenty_decisions_and_twenty_letters(demo: Demo, visit: Visit) -> None:
    cases = [at_decision(demo, number) for number in range(1, ROUND + 1)]
    demo.system.start("worker")
    demo.system.start("clock")
    head = visit("Andrea Bernasconi")
    opened(head)
    decided(head)
    head.page.reload()  # sent again: no double
    head.sees(f"{ROUND} Entscheide sind eingetragen")
    second = visit("Thomas Iselin")
    second.sign_in()
    # One of the demo waits there too.
    second.waits_for(LIST, f"{ROUND + 1} Gesuche warten auf Ihren Entscheid")
    opened(second)
    second.sees("entschieden von Andrea Bernasconi")
    decided(second)
    applicant = visit("Miriam Aebi")
    applicant.sign_in()
    for case_id in cases:
        applicant.waits_for(f"/applications/{case_id}", "Entscheid wird zugestellt", "main .badge")
    posted(visit("Regula Keller"))
    for case_id in cases:
        applicant.waits_for(f"/applications/{case_id}", "Bewilligt", "main .badge")
        applicant.sees("Verfügung-")
    assert {state(demo.story, case_id).ending for case_id in cases} == {"granted"}
    assert {len(state(demo.story, case_id).letters) for case_id in cases} == {1}
    with demo.story.db.connect() as tx:
        query = "SELECT count(*) FROM events WHERE case_id = ANY(:ids) AND name = 'Completed'"
        assert tx.execute(sa.text(query), {"ids": cases}).scalar_one() == 7 * ROUND


def test_a_proposal_that_is_opened_again_keeps_what_the_device_has(demo: Demo, visit: Visit) -> None:
    case_id = at_decision(demo, 1)
    head = visit("Andrea Bernasconi")
    head.sign_in()
    here = f"/desk/cases/{case_id}/proposal"
    head.open(here)
    head.press("Kein Ausstandsgrund")
    reasons = head.page.locator("[name='decision.reasons']")
    expect(reasons).to_have_value("Im Rahmen.")
    expect(head.page.locator("[data-saving]")).to_have_text("")  # reading is no writing
    head.context.set_offline(True)
    head.fill({"decision.reasons": "Im Zug geschrieben."})
    expect(head.page.locator("[data-saving]")).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    head.page.close()
    head.context.set_offline(False)
    head.page = head.context.new_page()
    head.open(here)
    expect(head.page.locator("[name='decision.reasons']")).to_have_value("Im Zug geschrieben.")
    expect(head.page.locator("[data-saving]")).to_have_text(re.compile(r"^Gespeichert um"))
    head.complaints.clear()  # the browser reports that it was offline


def test_what_the_server_has_is_not_taken_for_what_it_has_not(demo: Demo, visit: Visit) -> None:
    case_id = at_decision(demo, 2)
    head = visit("Andrea Bernasconi")
    head.sign_in()
    here = f"/desk/cases/{case_id}/proposal"
    head.open(here)
    head.press("Kein Ausstandsgrund")
    status = "[data-saving]"

    def answer_is_lost(route: Route) -> None:
        route.fetch()
        route.abort()

    head.page.route("**/statement", answer_is_lost)
    head.fill({"decision.reasons": "Der Zug fährt in den Tunnel."})
    expect(head.page.locator(status)).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    head.page.close()
    head.page = head.context.new_page()
    head.open(here)
    expect(head.page.locator("[name='decision.reasons']")).to_have_value("Der Zug fährt in den Tunnel.")
    expect(head.page.locator(status)).to_have_text(re.compile(r"^Gespeichert um"))
    head.context.set_offline(True)
    head.fill({"decision.reasons": "Im Zug geschrieben."})
    expect(head.page.locator(status)).to_have_text("Nicht verbunden, auf diesem Gerät behalten")
    head.page.close()
    head.context.set_offline(False)
    there = visit("Andrea Bernasconi")
    there.sign_in()
    there.open(here)
    there.fill({"decision.reasons": "Am Schreibtisch geschrieben."})
    expect(there.page.locator(status)).to_have_text(re.compile(r"^Gespeichert um"))
    head.page = head.context.new_page()
    head.open(here)
    expect(head.page.locator(status)).to_contain_text("inzwischen haben Sie anderswo weitergeschrieben")
    head.page.get_by_role("button", name="Text dieses Geräts holen").click()
    expect(head.page.locator("[name='decision.reasons']")).to_have_value("Im Zug geschrieben.")
    expect(head.page.locator(status)).to_have_text(re.compile(r"^Gespeichert um"))
    head.complaints.clear()  # the browser reports that it was offline
