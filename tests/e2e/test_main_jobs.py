"""Each person's main job on a telephone, at a desk, and without script."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from tests.e2e import applicant
from tests.e2e.applicant import HEKS, language_course
from tests.e2e.conftest import SCREENS, Demo, Visit, demo_from
from tests.e2e.person import DESKTOP, PATIENCE_SECONDS, PHONE, Person, Screens
from tests.e2e.screens import troubled
from tests.e2e.test_job_browser import COMPLETE, CONDITIONS, QUESTION, declare, open_case, send
from tests.integration import walks
from web.cli.story import decision, proposal, review
from web.portal.running import VIEWABLE
from workflow.store import files

PUT_IN_PLACE = """
UPDATE files SET media_type = :type, sha256 = :sha256, size = :size WHERE application_id = :case"""
WAYS = pytest.mark.parametrize(
    ("width", "script"),
    [
        pytest.param(PHONE, True, id="phone"),
        pytest.param(DESKTOP, True, id="desktop"),
        pytest.param(PHONE, False, id="without-script"),
    ],
)


@pytest.fixture(scope="module")
def demo(browser: Browser, played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this module; each takes a case of its own."""
    assert browser.is_connected()
    with demo_from(played, tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


def number(demo: Demo, case_id: object) -> str:
    found = walks.rows(demo.story.db, "SELECT number FROM cases WHERE id = :id", id=case_id)
    return str(found[0].number)


def at_work(visit: Visit, name: str, width: int, script: bool) -> Person:
    person = visit(name, width=width, script=script)
    person.sign_in()
    return person


def says_it_is_done(person: Person) -> None:
    person.is_at("/desk")
    person.sees("ist eingetragen.")


def test_the_applicant_at_a_desk(visit: Visit) -> None:
    """On a telephone, with script and without, the whole job shows it."""
    title, screens = "Deutsch am Fluss", Screens(SCREENS / "desk")
    answers = language_course(title, 38_000_00)
    heks = visit(HEKS)
    applicant.begin(heks, screens)
    applicant.fill_in(heks, screens, answers)
    applicant.attach(heks, screens)
    applicant.come_back(heks, screens, title)
    applicant.submit(heks, screens, answers, title)
    heks.follow(title)
    folded = str(answers["plan"]["activities"])
    heks.page.emulate_media(media="print")
    expect(heks.page.get_by_text(folded)).to_be_visible()  # folded on the screen
    expect(heks.page.get_by_role("navigation").first).to_be_hidden()
    assert heks.page.pdf().startswith(b"%PDF")
    heks.page.emulate_media(media="screen")
    expect(heks.page.get_by_text(folded)).to_be_hidden()
    expect(heks.page.get_by_role("button", name="Drucken")).to_be_visible()


@WAYS
def test_the_reviewer_reviews(demo: Demo, visit: Visit, width: int, script: bool) -> None:
    case_id = walks.at_review(demo.story)
    lead = at_work(visit, "Barbara Wenger", width, script)
    open_case(lead, number(demo, case_id))
    declare(lead)
    send(lead, "yes_with_conditions", review("Gut begründet.", conditions=CONDITIONS))
    says_it_is_done(lead)


HOSTILE = (
    b"%PDF-1.4\n<html><svg onload=\"fetch('/owned')\"><script>fetch('/owned'); document.title = 'owned'; "
    b"parent.document.title = 'owned'; top.location = '/owned'</script></html>"
)


def test_what_was_sent_along_is_shown_in_place_and_runs_nothing(demo: Demo, visit: Visit) -> None:
    """A PDF stands in its viewer in a sandbox; a page under the name of any type does nothing anywhere."""
    case_id = walks.at_review(demo.story)
    lead, asked = at_work(visit, "Barbara Wenger", DESKTOP, script=True), list[str]()
    lead.context.on("request", lambda request: asked.append(request.url))
    open_case(lead, number(demo, case_id))
    declare(lead)
    viewer = lead.page.locator("details.viewer").first
    viewer.locator("summary").click()
    address = str(viewer.locator("iframe").get_attribute("src"))
    viewer.locator("iframe").scroll_into_view_if_needed()
    end = time.monotonic() + PATIENCE_SECONDS
    while not any(frame.url.startswith("chrome-extension://") for frame in lead.page.frames):
        assert time.monotonic() < end, "the browser shows no PDF"
        lead.page.wait_for_timeout(100)
    data, db = demo.system.settings.data_dir, demo.story.db
    sha256, size = files.keep(data, io.BytesIO(HOSTILE), 10_000, lambda _file, _size: None)
    for media_type in VIEWABLE:
        with db.begin() as tx:
            row = {"case": case_id, "type": media_type, "sha256": sha256, "size": size}
            tx.execute(sa.text(PUT_IN_PLACE), row)
        lead.page.reload()
        for one in lead.page.locator("details.viewer").all():
            one.locator("summary").click()
        lead.page.wait_for_timeout(300)
        lead.open(address)
        lead.page.wait_for_timeout(300)
        assert lead.page.title() != "owned"
        lead.page.go_back()
        assert lead.page.title() != "owned"
    assert sum("/view" in url for url in asked) > len(VIEWABLE)
    assert not [url for url in asked if "owned" in url]


@WAYS
def test_the_coordinator_checks_and_asks(demo: Demo, visit: Visit, width: int, script: bool) -> None:
    asked, passed = walks.at_check(demo.story), walks.at_check(demo.story)
    checker = at_work(visit, "Regula Keller", width, script)
    open_case(checker, number(demo, asked))
    send(checker, "query", {"check": {"sections": ["plan"], "question": QUESTION}})
    says_it_is_done(checker)
    open_case(checker, number(demo, passed))
    send(checker, "complete", COMPLETE)
    says_it_is_done(checker)
    checker.open("/office")
    checker.follow("Formelle Prüfung")
    checker.is_at("/office/cases")
    expect(checker.page.locator("main tbody tr").first).to_be_visible()


@WAYS
def test_money_is_proposed_and_granted(demo: Demo, visit: Visit, width: int, script: bool) -> None:
    case_id = walks.at_synthesis(demo.story)
    which = number(demo, case_id)
    granted = decision(30_000_00, "Es entspricht den Zielen.", CONDITIONS)
    for name, outcome, said in (
        ("Mehmet Demir", "propose", proposal(35_000_00, "Beide Stellen empfehlen es.", CONDITIONS)),
        ("Andrea Bernasconi", "grant", granted),
        ("Thomas Iselin", "confirm", {}),
    ):
        person = at_work(visit, name, width, script)
        open_case(person, which)
        if person.page.get_by_role("button", name="Kein Ausstandsgrund").is_visible():
            declare(person)
        send(person, outcome, said)
        says_it_is_done(person)
        demo.story.now = datetime.now(UTC)
        demo.story.route()


@WAYS
def test_finance_and_auditor_read(demo: Demo, visit: Visit, width: int, script: bool) -> None:
    finance = at_work(visit, "Karin Möschlin", width, script)
    finance.open("/office/money")
    finance.sees("Sprache")
    auditor = at_work(visit, "Werner Plattner", width, script)
    auditor.open("/office/cases")
    auditor.follow("Deutsch am Abend")
    auditor.sees("Verlauf")
    auditor.follow("Warum steht es hier?")


@WAYS
def test_the_operator_sends_again(demo: Demo, visit: Visit, width: int, script: bool) -> None:
    troubled(demo)
    operator = at_work(visit, "Jasmin Huber", width, script)
    operator.open("/operations")
    operator.page.get_by_label("Grund").first.fill("Die Datenbank ist wieder da.")
    operator.press("Noch einmal versuchen")
    operator.sees("läuft wieder")
