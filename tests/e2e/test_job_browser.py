"""The job in a real browser: everybody at their own desk, the applicant on a telephone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import expect

from tests.e2e import applicant
from tests.e2e.applicant import HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import SCREENS, Demo, Visit
from tests.e2e.person import PHONE, Person, Screens
from web.cli.story import decision, dispatch, proposal, review
from web.cli.telling import typed
from workflow.store import queries
from workflow.texts import local_date

CHECKER, SYNTHESIS = "Regula Keller", "Mehmet Demir"
LEAD, SECOND = "Barbara Wenger", "Esther Kunz"
HEAD, DIVISION = "Andrea Bernasconi", "Thomas Iselin"
LEAD_MAIL = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND_MAIL = "esther.kunz@sozialhilfe.bs.example"
CHECKER_MAIL = "regula.keller@integration.bs.example"
SYNTHESIS_MAIL = "mehmet.demir@integration.bs.example"
HEAD_MAIL = "andrea.bernasconi@integration.bs.example"
QUIET_SECONDS = 5.0
"""Longer than the clock's beat: what workers could do would have been done."""
LEFT = 36_000_00
QUESTION = "Wie viele Kurse sind es, und wer leitet sie?"
ACTIVITIES = "Zwei Kurse zu je 20 Treffen, geleitet von zwei Lehrpersonen mit fide-Zertifikat."
LEAD_REASONS = "Das Angebot schliesst eine Lücke und ist gut geleitet."
CONDITIONS = "Die Kursleitung weist das fide-Zertifikat nach.\nZwischenbericht bis 30. Juni 2027."
COMPLETE: dict[str, dict[str, object]] = {"check": {"complete": True, "responsible": True}}


def test_the_whole_job(demo: Demo, visit: Visit) -> None:
    title, screens = "Deutsch im Quartier für Geflüchtete", Screens(SCREENS)
    answers = language_course(title, 38_000_00)
    spend_credit(demo, LEFT)
    for name in ("worker", "clock"):
        demo.system.start(name)
    heks, checker = visit(HEKS, width=PHONE), visit(CHECKER)
    checker.sign_in()
    draft = applicant.begin(heks, screens)
    applicant.fill_in(heks, screens, answers)
    applicant.attach(heks, screens)
    heks.context.close()
    heks = visit(HEKS, width=PHONE)
    applicant.come_back(heks, screens, title)
    demo.system.stop("worker")
    number = applicant.submit(heks, screens, answers, title)
    appears_with_the_worker(demo, checker, screens, number)
    ask(checker, screens, number)
    applicant.answer_query(heks, screens, draft, ACTIVITIES)
    pass_check(checker, screens, number)
    review_in_parallel(visit(LEAD), visit(SECOND, script=False), screens, number)
    propose(visit(SYNTHESIS), screens, number)
    decide(visit(HEAD), visit(DIVISION), screens, number)
    costs = {
        f"budget.costs.{row}.amount": amount for row, amount in enumerate(("13'500", "13'000", "13'000"))
    }
    applicant.confirm_budget(heks, screens, draft, costs)
    posts(checker, screens, number)
    applicant.read_letter(heks, screens, draft, number, "30'000", "Zwischenbericht", "Rekurs")
    reads_mail(checker, screens, draft)
    clicks_through_the_figures(checker, screens, number)


def test_the_applicant_needs_no_script(demo: Demo, visit: Visit) -> None:
    """The small route; the staff's part is played."""
    title, screens = "Deutsch am Mittag", Screens(SCREENS / "no-script")
    answers = language_course(title, 9_600_00)
    heks = visit(HEKS, width=PHONE, script=False)
    draft = applicant.begin(heks, screens)
    applicant.fill_in(heks, screens, answers)
    applicant.attach(heks, screens)
    applicant.come_back(heks, screens, title)
    number = applicant.submit(heks, screens, answers, title)
    case_id = UUID(draft.rpartition("/")[2])
    demo.story.now = datetime.now(UTC)
    demo.story.route()
    demo.story.do(CHECKER_MAIL, case_id, "query", {"check": {"sections": ["plan"], "question": QUESTION}})
    found = queries.application(demo.story.db, demo.story.actors[HEKS_MAIL], case_id)
    assert found is not None
    assert found.due_at is not None
    last_day = found.due_at - timedelta(seconds=1)  # it is due at midnight
    heks.waits_for(draft, f"Bitte bis am {local_date(last_day)}.")
    applicant.answer_query(heks, screens, draft, ACTIVITIES)
    demo.story.now = datetime.now(UTC)
    demo.story.route()
    demo.story.do(CHECKER_MAIL, case_id, "complete", COMPLETE)
    demo.story.do(LEAD_MAIL, case_id, "yes", review(LEAD_REASONS))
    demo.story.do(HEAD_MAIL, case_id, "grant", decision(8_000_00, "Das Angebot überzeugt.", CONDITIONS))
    costs = {f"budget.costs.{row}.amount": amount for row, amount in enumerate(("4'000", "3'200", "3'200"))}
    applicant.confirm_budget(heks, screens, draft, costs)
    demo.system.start("worker")
    demo.system.start("clock")
    heks.waits_for(draft, "Entscheid wird zugestellt", "main .badge")
    demo.story.now = datetime.now(UTC)
    demo.story.post()
    applicant.read_letter(heks, screens, draft, number, "8'000", "Zwischenbericht", "Rekurs")
    heks.sees("Auf Papier versandt am")


def spend_credit(demo: Demo, left: int) -> None:
    """Other applications reserve the money of Sprache, until so many Rappen are left."""
    story = demo.story
    lines = queries.money(story.db, story.actors[CHECKER_MAIL]) or []
    [line] = [one for one in lines if (one.year, one.area, one.pot) == (2027, "language", "lump_sum")]
    rest = line.left - left
    for number in range(count := -(-rest // 50_000_00), 0, -1):
        amount = rest // number // 100 * 100
        rest -= amount
        case_id = story.submit(
            "ana.petrovic@sprachbruecke.example", language_course(f"Deutschkurs {number} von {count}", amount)
        )
        story.do(CHECKER_MAIL, case_id, "complete", COMPLETE)
        for reviewer in (LEAD_MAIL, SECOND_MAIL):
            story.do(reviewer, case_id, "yes", review("Empfohlen."))
        story.do(SYNTHESIS_MAIL, case_id, "propose", proposal(amount, "Beide Stellen empfehlen es."))


def appears_with_the_worker(demo: Demo, checker: Person, screens: Screens, number: str) -> None:
    """Celery brings the case to the inbox: not without the worker, and with it at once."""
    time.sleep(QUIET_SECONDS)
    checker.open("/desk")
    checker.sees_not(number)
    screens.take(checker.page, "inbox-without-worker")
    demo.system.start("worker")
    checker.waits_for("/desk", number)
    screens.take(checker.page, "inbox-with-worker")


def ask(checker: Person, screens: Screens, number: str) -> None:
    """A query about one section."""
    open_case(checker, number)
    screens.take(checker.page, "formal-check")
    complete(checker, "query", {"check": {"sections": ["plan"], "question": QUESTION}}, screens, "query")


def pass_check(checker: Person, screens: Screens, number: str) -> None:
    """The answer is in the dossier; it is complete now."""
    checker.waits_for("/desk", number)
    open_case(checker, number)
    checker.sees(ACTIVITIES)
    complete(checker, "complete", COMPLETE, screens, "check-passes")


def review_in_parallel(lead: Person, second: Person, screens: Screens, number: str) -> None:
    """The gate, and one's own review before the other's can be read. `second` has no script."""
    for reviewer, name in ((lead, "lead"), (second, "second")):
        reviewer.sign_in()
        reviewer.waits_for("/desk", number)
        open_case(reviewer, number)
        reviewer.sees_not(ACTIVITIES)
        screens.take(reviewer.page, f"gate-{name}")
        declare(reviewer)
        reviewer.sees(ACTIVITIES)
        screens.take(reviewer.page, f"dossier-{name}")
    complete(lead, "yes", review(LEAD_REASONS), screens, "review-lead")
    second.page.reload()
    second.sees_not(LEAD_REASONS)
    reduced = review("Sinnvoll; die Koordination ist grosszügig gerechnet.", amount=35_000_00)
    at = second.page.url
    complete(second, "reduced", reduced, screens, "review-second")
    second.open(at)
    second.sees(LEAD_REASONS)
    screens.take(second.page, "own-first-then-compare")


def propose(synthesis: Person, screens: Screens, number: str) -> None:
    """More than is left is refused with the figure; less is reserved."""
    synthesis.sign_in()
    synthesis.waits_for("/desk", number)
    open_case(synthesis, number)
    declare(synthesis)
    screens.take(synthesis.page, "synthesis")
    send(synthesis, "propose", proposal(38_000_00, "Beide Stellen empfehlen es."))
    expect(synthesis.page.get_by_role("alert")).to_contain_text("36'000")
    screens.take(synthesis.page, "more-than-is-left")
    complete(
        synthesis,
        "propose",
        proposal(35_000_00, "Beide Stellen empfehlen es.", CONDITIONS),
        screens,
        "proposal",
    )


def decide(head: Person, division: Person, screens: Screens, number: str) -> None:
    """Four eyes: the head grants a part, the head of division agrees."""
    granted = decision(30_000_00, "Das Projekt entspricht den Zielen des Programms.", CONDITIONS)
    for person, outcome, answers, name in (
        (head, "grant", granted, "head"),
        (division, "confirm", {}, "division"),
    ):
        person.sign_in()
        person.waits_for("/desk", number)
        open_case(person, number)
        declare(person)
        screens.take(person.page, f"decision-{name}")
        complete(person, outcome, answers, screens, f"decided-{name}")


def posts(checker: Person, screens: Screens, number: str) -> None:
    """The signed order goes to the post, and the day is recorded."""
    checker.waits_for("/desk", "Verfügung versenden")
    open_case(checker, number)
    screens.take(checker.page, "dispatch")
    complete(checker, "sent", dispatch(datetime.now(UTC)), screens, "dispatched")


def reads_mail(checker: Person, screens: Screens, draft: str) -> None:
    """The mail says that the order is there, and nothing of what it says."""
    checker.open("/demo/mails")
    mail = checker.page.locator(".mail", has_text=draft).first
    expect(mail).to_contain_text(HEKS_MAIL)
    expect(mail).not_to_contain_text("30'000")
    screens.take(checker.page, "mails")


def clicks_through_the_figures(checker: Person, screens: Screens, number: str) -> None:
    """Each stage's figure opens as many cases, and among the closed ones is this one."""
    checker.open("/office")
    screens.take(checker.page, "pipeline")
    figures = checker.page.locator(".pipeline__count a").all()
    counts = [(one.inner_text(), one.get_attribute("href") or "") for one in figures]
    assert len(counts) > 5
    for count, address in counts:
        checker.open(address)
        expect(checker.page.locator("main .title p")).to_contain_text(f"{count} Gesuch")
        expect(checker.page.locator("main tbody tr")).to_have_count(int(count))
    checker.open("/office")
    checker.follow("Abgeschlossen")
    screens.take(checker.page, "cases")
    open_case(checker, number)
    checker.sees("CHF 30'000.00")
    screens.take(checker.page, "granted-dossier")
    checker.open("/office/money")
    screens.take(checker.page, "money")


def open_case(person: Person, number: str) -> None:
    """From the inbox or a list."""
    with person.page.expect_navigation():
        person.page.locator("tr", has_text=number).get_by_role("link").first.click()


def declare(person: Person) -> None:
    """No conflict of interest."""
    person.press("Kein Ausstandsgrund")


def send(person: Person, outcome: str, answers: dict[str, dict[str, object]]) -> None:
    """Fill in the step's form and send it."""
    person.fill({"outcome": outcome, **typed(answers, answers)})
    person.press("Eintragen und abschliessen")


def complete(
    person: Person, outcome: str, answers: dict[str, dict[str, object]], screens: Screens, name: str
) -> None:
    """Send it and be back at the inbox, where it says so."""
    send(person, outcome, answers)
    person.is_at("/desk")
    person.sees("ist eingetragen.")
    screens.take(person.page, name)
