"""The coordinator's Monday after the closing date: what came in shows by itself, and leads to the work."""

from __future__ import annotations

import re

import redis
from playwright.sync_api import expect

from tasks.nudge import CHANGED
from tests.e2e.applicant import language_course
from tests.e2e.conftest import Demo, Visit

APPLICANT = "miriam.aebi@heks.example"
TITLE = "Velokurs und Deutsch am Montag"


def test_the_coordinators_monday(demo: Demo, visit: Visit) -> None:
    regula = visit("Regula Keller")
    regula.sign_in()
    regula.open("/office")
    regula.sees("Das Dringendste zuerst")
    formal = (
        regula.page.locator("#stage-formal_check")
        .locator("xpath=ancestor::li")
        .locator(".pipeline__count dd")
    )
    before = int(formal.inner_text())

    # An application comes in elsewhere; the open page shows it without anybody asking.
    with regula.page.expect_response(re.compile("/office/changes")):
        regula.page.reload()
    demo.story.submit(APPLICANT, language_course(TITLE, 38_000_00))
    tell(demo)
    expect(formal).to_have_text(str(before + 1), timeout=10_000)

    # Words are found by their stem, the view gets a name, and the name leads back to it.
    regula.fill({"text": "Velokurse"})
    regula.press("Filtern")
    regula.sees("1 Geschäft")
    regula.page.get_by_text("Ansichten verwalten").click()
    regula.fill({"name": "Velo"})
    regula.press("Ansicht speichern")
    regula.open("/office")
    regula.follow("Velo")
    expect(regula.page).to_have_url(re.compile("text=Velokurse"))

    # The figure opens its case, and the case is where the work is done.
    regula.follow("Formelle Prüfung")
    regula.sees(TITLE)
    regula.follow(TITLE)
    regula.is_at("")
    expect(regula.page).to_have_url(re.compile("/desk/cases/"))

    # Before anybody decides: what a cut would mean, as a link that changes nothing.
    regula.open("/office/money")
    regula.follow("Was wäre wenn")
    regula.fill({"cut": "8"})
    regula.press("Rechnen")
    regula.sees("Platz haben heute")
    expect(regula.page).to_have_url(re.compile("cut=8"))
    regula.open("/office/time")
    regula.sees("Was voraussichtlich überfällig wird")

    # Without the line (refused, as when all places are taken) the open page asks by itself every half minute.
    page = regula.page
    page.route("**/office/changes*", lambda one: one.fulfill(status=503))
    page.clock.install()
    with page.expect_response(re.compile("/office/changes")):
        regula.open("/office")
    before = int(formal.inner_text())
    demo.story.submit(APPLICANT, language_course("Velokurs ohne Leitung", 38_000_00))
    tell(demo)
    page.clock.fast_forward(20_000)
    expect(formal).to_have_text(str(before))
    with page.expect_response(re.compile("/office$")):
        page.clock.fast_forward(11_000)
    expect(formal).to_have_text(str(before + 1))
    regula.complaints.clear()  # the browser reports each refused line


def tell(demo: Demo) -> None:
    """What the web process does after each commit; the story commits in this one."""
    with redis.Redis.from_url(demo.system.settings.redis_url) as client:
        client.publish(CHANGED, str(client.incr(CHANGED)))
