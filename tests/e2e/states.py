"""Pages that no link leads to: refusals, forms with errors, what somebody else changed, what is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from tasks.deliver import deliver_due
from tests.e2e.applicant import CALL, HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, Visit
from tests.e2e.person import Person
from tests.integration import walks
from web.cli import demo_scenes
from web.cli.story import ELIGIBLE, review
from workflow import drafts
from workflow.engine.commands import Pay
from workflow.service import handle
from workflow.store import queries

Look = Callable[[Person, str], None]
COLLEAGUE_MAIL = "jonas.wirz@heks.example"
NOBODYS = "00000000-0000-4000-8000-000000000000"
NOTHING_FOUND = ("/desk?text=xyz", "/office/cases?text=xyz", "/office/organisations?text=xyz")
# As a page of an hour ago would send it, or a browser that checks nothing.
POST = """([address, given]) => {
  const form = document.createElement('form');
  const csrf = document.querySelector('[name=csrf]').value;
  const fields = {csrf, command_id: crypto.randomUUID(), ...given};
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('textarea');
    Object.assign(field, {name, value});
    form.append(field);
  }
  Object.assign(form, {method: 'post', action: address, hidden: true});
  document.body.append(form);
  form.submit();
}"""


def post(person: Person, address: str, /, **given: str) -> None:
    """Send this to an address, beside what every form carries."""
    with person.page.expect_navigation():
        person.page.evaluate(POST, [address, {name.replace("__", "."): text for name, text in given.items()}])


def send(person: Person, action: str) -> None:
    """Send the page's form with this address as it stands, whatever the browser thinks of it."""
    with person.page.expect_navigation():
        person.page.evaluate(
            """(action) => {
              const form = [...document.forms].find((one) => new URL(one.action).pathname.endsWith(action));
              form.noValidate = true;
              form.requestSubmit();
            }""",
            action,
        )


def of_a_visitor(demo: Demo, visit: Visit, look: Look) -> None:
    visitor = visit("")
    for path in ("/not-there", "/account/language", "/receipts", "/receipts?number=x&hash=y"):
        visitor.open(path)
        look(visitor, "")
    for address, given in (
        ("/sign-in", {"email": "x@example.org", "password": "wrong"}),
        ("/sign-in", {"email": "x" * 100_000}),
        ("/account/new", {"email": "x"}),
        ("/account/new", {"email": "new@verein.example"}),
        ("/account/language", {}),
        (f"/applications/{NOBODYS}/submit", {}),
    ):
        visitor.open("/sign-in")
        post(visitor, address, **given)
        look(visitor, "refused")
    visitor.open(CALL)
    for place in ("no", "yes"):
        visitor.fill({**ELIGIBLE, "place": place})
        visitor.press("Antworten prüfen")
        look(visitor, f"place: {place}")
    visitor.open("/account/forgotten")
    post(visitor, "/account/forgotten", email=HEKS_MAIL)
    look(visitor, "asked")
    while deliver_due(demo.story.db, demo.story.settings, lambda: datetime.now(UTC)):
        pass
    visitor.open("/demo/mails")
    way = re.search(r"/account/link/[\w-]+", visitor.page.content())
    assert way
    visitor.open(way[0])
    look(visitor, "")
    post(visitor, way[0], password="a", again="b")
    look(visitor, "passwords differ")
    visitor.open("/account/link/none")
    look(visitor, "")


def of_an_applicant(demo: Demo, visit: Visit, look: Look) -> None:
    story, heks = demo.story, visit(HEKS)
    draft = story.draft(HEKS_MAIL, language_course("Deutsch am Morgen", 38_000_00))
    unfinished = story.draft(HEKS_MAIL, {"project": {"title": "Noch nichts"}})
    running = f"/applications/{walks.at_check(story)}"
    heks.sign_in()
    at = f"/applications/{draft}"
    heks.open(f"{at}/sections/budget")
    seen = heks.page.input_value("input[name=seen]")
    post(heks, f"{at}/sections/budget", seen=seen, press="next", budget__costs__0__amount="viel")
    look(heks, "unreadable")
    for path in ("project?check", "plan?check", "declarations?check", "budget?more=budget.costs"):
        heks.open(f"/applications/{unfinished}/sections/{path}")
        look(heks, "")
    heks.open(f"{at}/sections/plan")
    seen = heks.page.input_value("input[name=seen]")
    write_the_same(demo, draft)
    post(heks, f"{at}/sections/plan", seen=seen, press="next", plan__need="Mein Bedarf")
    look(heks, "somebody else saved the same")
    heks.open(f"{at}/sections/attachments")
    heks.page.locator("input[type=file]").first.set_input_files(
        {"name": "Statuten.pdf", "mimeType": "application/pdf", "buffer": b"kein PDF"}
    )
    heks.press("Hochladen")
    look(heks, "a wrong file")
    heks.open(f"/applications/{unfinished}/submit")
    post(heks, f"/applications/{unfinished}/submit")
    look(heks, "not complete")
    heks.open(running)
    look(heks, "runs")
    heks.open(f"{running}/withdraw")
    look(heks, "")
    post(heks, f"{running}/submit")
    look(heks, "submitted already")
    heks.open("/organisations/new")
    post(heks, "/organisations/new")
    look(heks, "empty")
    [organisation] = story.actors[HEKS_MAIL].organisations
    for part in ("record", "members"):
        heks.open(f"/organisations/{organisation}")
        post(heks, f"/organisations/{organisation}/{part}")
        look(heks, f"{part}: empty")
    granted = visit("Ana Petrović")
    granted.sign_in()
    granted.follow("Deutsch am Abend")
    granted.follow("Änderung beantragen")
    send(granted, "/children/amendment")
    look(granted, "empty")
    goran = visit("Goran Jurić")
    goran.sign_in()
    goran.follow("Beratung im Hafenquartier")
    goran.follow("Ansehen und antworten")
    goran.page.get_by_label("Budget bestätigen").check()
    goran.press("Antwort senden")
    look(goran, "the budget does not fit")


def write_the_same(demo: Demo, draft: UUID) -> None:
    """A colleague does, elsewhere."""
    actor = demo.story.actors[COLLEAGUE_MAIL]
    found = queries.application(demo.story.db, actor, draft)
    assert found is not None
    plan = {"plan": {**found.answers["plan"], "need": "Bedarf von Jonas"}}
    drafts.save(demo.story.db, actor, draft, plan, revision=found.revision, now=demo.story.now)


def propose(admin: Person, part: str, old: str, new: str) -> None:
    """A change of the programme that waits for a second person; they are at its page then."""
    admin.open(f"/administration/parts/{part}")
    text = admin.page.locator("[name=text]")
    text.fill(text.input_value().replace(old, new, 1))
    admin.page.locator("[name=reason]").fill("So ist es einfacher.")
    with admin.page.expect_navigation():
        admin.page.locator("button[value=propose]").click()


def withdraw(admin: Person) -> None:
    """What they have just proposed and see."""
    admin.page.locator("summary", has_text="Zurückziehen").click()
    admin.page.locator("#reason").fill("Ein Versehen.")
    with admin.page.expect_navigation():
        admin.page.locator("button[value=refuse]").click()


def of_the_staff(demo: Demo, visit: Visit, look: Look) -> None:
    story, lead = demo.story, visit("Barbara Wenger")
    case_id = walks.at_review(story)
    at = f"/desk/cases/{case_id}"
    lead.sign_in()
    lead.open(at)
    look(lead, "the gate")
    lead.press("Kein Ausstandsgrund")
    look(lead, "declared")
    send(lead, f"{at}/complete")
    look(lead, "nothing filled in")
    lead.open(at)
    lead.fill({"outcome": "yes", "recommendation.reasons": "Was ich schon geschrieben habe."})
    story.do(walks.LEAD_TOO, case_id, "yes", review("Der Kollege war schneller."))
    send(lead, f"{at}/complete")
    look(lead, "somebody was faster")
    lead.open("/desk/away")
    post(lead, "/desk/away", person=story.actors[walks.LEAD].person)
    look(lead, "empty")
    coordinator = visit("Regula Keller")
    coordinator.sign_in()
    for path in NOTHING_FOUND:
        coordinator.open(path)
        look(coordinator, "")
    coordinator.open("/office/routes/-/check")
    post(coordinator, "/office/routes/-/check", text="code: [")
    look(coordinator, "unreadable")
    [organisation] = story.actors[HEKS_MAIL].organisations
    coordinator.open(f"/office/organisations/{organisation}")
    post(coordinator, f"/office/organisations/{organisation}", press="refuse")
    look(coordinator, "no reason")
    for _ in range(2):
        rejected(demo, posted=False)
    together = "/desk/together/dispatch"
    for path in ("/desk", together):
        coordinator.open(path)
        look(coordinator, "two orders to post")
    tick = coordinator.page.locator("input[name=case]").first.get_attribute("value")
    post(coordinator, together, case=tick or "", dispatch__sent_on="1.1.2099")
    look(coordinator, "nothing fits")
    coordinator.open(f"/desk/cases/{rejected(demo)}")
    coordinator.follow("Rekurs eintragen")
    look(coordinator, "")
    send(coordinator, "/children/appeal")
    look(coordinator, "empty")
    admin = visit("Elias Graber")
    admin.sign_in()
    propose(admin, "routes/small", "kind: task", "kind: tusk")
    look(admin, "no such kind")
    auditor = visit("Werner Plattner")
    auditor.sign_in()
    post(auditor, "/desk/away", person=story.actors[walks.LEAD].person)
    look(auditor, "forbidden")


GRANTED = """
SELECT c.id, c.paid, p.email FROM reports_due r JOIN cases c ON c.id = r.case_id
JOIN memberships m USING (organisation_id) JOIN persons p ON p.id = m.person_id
WHERE c.committed > c.paid AND 'sign' = ANY(m.rights) ORDER BY c.number DESC, p.email LIMIT 1"""


def owe(demo: Demo) -> None:
    """A project of which the report says that it needed nothing, and which was paid for."""
    story = demo.story
    with story.db.connect() as tx:
        case_id, paid, signer = tx.execute(sa.text(GRANTED)).one()
    pay = Pay(case_id, 1_000_00, paid)
    handle(story.db, pay, story.actors[walks.FINANCE], story.next_id(), story.now)
    report, accounted = demo_scenes.reported(story, signer, case_id, spent=0)
    story.do(walks.CHECKER, report, "accept", {"check": {"plausible": True, "settled": accounted}})
    while deliver_due(story.db, story.settings, lambda: story.now):
        story.route()


def rejected(demo: Demo, *, posted: bool = True) -> UUID:
    """A case whose rejection is made, and against which one may still appeal. `posted`: it has gone out."""
    story = demo.story
    case_id = walks.at_review(story)
    story.do(walks.LEAD, case_id, "no", review("Es fehlt der Bedarf."))
    story.do(walks.SECOND, case_id, "no", review("Es fehlt der Bedarf."))
    refused = {"proposal": {"reasons": walks.REASONS}}
    story.do(walks.SYNTHESIS, case_id, "propose_rejection", refused)
    story.do(walks.HEAD, case_id, "reject", {"decision": {"reasons": walks.REASONS}})
    story.do(walks.DIVISION, case_id, "confirm", {"decision": {}})
    while deliver_due(story.db, story.settings, lambda: story.now):
        story.route()
    if posted:
        walks.deliver(story)
    return case_id


def of_what_is_broken(demo: Demo, visit: Visit, look: Look) -> None:
    """Last: afterwards nothing works."""
    owner = sa.create_engine(demo.system.settings.owner_database_url)
    operator = visit("Jasmin Huber")
    operator.sign_in()
    with owner.begin() as tx:
        tx.execute(sa.text("ALTER TABLE outbox RENAME TO outbox_away"))
    operator.open("/operations")
    operator.complaints.clear()
    look(operator, "a fault of ours")
    owner.dispose()
    demo.system.kill("postgres")
    operator.open("/operations")
    operator.complaints.clear()
    look(operator, "no database")


ALL = (of_a_visitor, of_an_applicant, of_the_staff, of_what_is_broken)
