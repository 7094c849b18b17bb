"""Takes the pictures of docs/screens anew: a demo is started, and its people look at every page."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.applicant import CALL, HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, launch, running_demo
from tests.e2e.looking import NO_PAGES
from tests.e2e.person import PHONE, Person
from tests.e2e.states import post, propose, send, write_the_same
from tests.integration import walks
from web.app import create_app
from web.cli import demo_data
from web.cli.story import ELIGIBLE, review
from workflow.store import queries

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
DESK, DESK_HEIGHT, PHONE_HEIGHT = 1280, 900, 780
DESK_SCALE = 0.75  # as wide as a page that shows it, and small
BOTH = (DESK, PHONE)
ANA, GORAN, ARTA, REGULA = "Ana Petrović", "Goran Jurić", "Arta Krasniqi", "Regula Keller"
BARBARA, ANDREA, WERNER, JASMIN = "Barbara Wenger", "Andrea Bernasconi", "Werner Plattner", "Jasmin Huber"
VISITOR = ""
MAILS = {ANA: "ana.petrovic@sprachbruecke.example", GORAN: "goran.juric@beratung-rheinhafen.example"}
HEAD_MAIL = "andrea.bernasconi@integration.bs.example"


@dataclass(slots=True)
class Camera:
    """`taken`: the endpoints' addresses of which there is a picture."""

    browser: Browser
    demo: Demo
    people: dict[tuple[str, int], Person] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def person(self, name: str, width: int = DESK) -> Person:
        """Somebody signed in, with a browser for each width."""
        if (name, width) not in self.people:
            scale = DESK_SCALE if width == DESK else 1
            one = Person(self.browser, self.demo.system.base_url, name, width=width, scale=scale)
            if name:
                one.sign_in()
            self.people[name, width] = one
        return self.people[name, width]

    def take(
        self, picture: str, name: str, path: str, *, on: Sequence[int] = (DESK,), height: int = 0
    ) -> None:
        """What somebody sees at an address, at these widths."""
        for width in on:
            one = self.person(name, width)
            one.open(path)
            self.shoot(one.page, picture if width == DESK else f"{picture}-phone", height)

    def shoot(self, page: Page, picture: str, height: int = 0) -> None:
        """The page as it stands, from its top or from where it has scrolled to."""
        width = page.evaluate("innerWidth")
        page.set_viewport_size(
            {"width": width, "height": height or (DESK_HEIGHT, PHONE_HEIGHT)[width == PHONE]}
        )
        page.screenshot(path=FOLDER / f"{picture}.png", caret="initial", animations="allow")
        self.taken.add(urlsplit(page.url).path)


def main() -> None:
    """Raises SystemExit where no Chromium is found."""
    with tempfile.TemporaryDirectory(prefix="foerderweg-") as name, sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit("No Chromium found on this machine; docs/screens stays as it is.")
        for old in FOLDER.glob("*.png"):
            old.unlink()
        with running_demo(Path(name) / "data", (demo_data.PRESENT, demo_data.YEAR)) as demo:
            camera = Camera(browser, demo)
            for part in PARTS:
                part(camera)
            print("No picture of:", *sorted(without(camera)))
        browser.close()
    (FOLDER / "README.md").write_text(gallery(), "utf-8")


def gallery() -> str:
    """All pictures on one page, each page beside what it is on a telephone."""
    found: dict[str, list[str]] = {}
    for file in sorted(FOLDER.glob("*.png"), key=lambda one: (one.stem.removesuffix("-phone"), one.stem)):
        found.setdefault(file.stem.removesuffix("-phone"), []).append(file.stem)
    lines = ["# Every page, as `make screens` took it", ""]
    for page, pictures in found.items():
        shown = [f'<img src="{one}.png" alt="{one}" height="420">' for one in pictures]
        lines += [f"## {page}", "", *shown, ""]
    return "\n".join(lines)


def without(camera: Camera) -> set[str]:
    """Endpoints that people look at, and of which there is no picture."""
    rules = create_app(camera.demo.system.settings).url_map
    pages = {one.endpoint for one in rules.iter_rules() if "GET" in (one.methods or ())}
    ways = rules.bind("")
    seen = {ways.match(path, "GET")[0] for path in camera.taken if ways.test(path, "GET")}
    return {one for one in pages if not one.startswith(NO_PAGES)} - seen


def before_applying(camera: Camera) -> None:
    camera.take("start", VISITOR, "/", on=BOTH)
    camera.take("needs", VISITOR, "/needs", on=BOTH)
    visitor = camera.person(VISITOR, PHONE)
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("main").get_by_role("link").nth(1).click()
    camera.shoot(visitor.page, "need-phone")
    for width, end in ((DESK, ""), (PHONE, "-phone")):
        visitor = camera.person(VISITOR, width)
        visitor.open(CALL)
        visitor.fill(ELIGIBLE)
        visitor.press("Antworten prüfen")
        camera.shoot(visitor.page, f"call{end}", 1000)
    camera.take("sign-in", VISITOR, "/sign-in")
    camera.take("sign-up", VISITOR, "/account/new", on=(PHONE,))
    camera.take("forgotten", VISITOR, "/account/forgotten", height=620)
    camera.take("receipts", VISITOR, "/receipts", height=620)
    camera.take("not-found", VISITOR, "/not-there", height=620)


def applying(camera: Camera) -> None:
    story = camera.demo.story
    answers = language_course("Deutsch im Quartier", 38_000_00)
    unfinished = {name: answers[name] for name in ("organisation", "project", "people", "plan")}
    at = f"/applications/{story.draft(HEKS_MAIL, unfinished)}"
    camera.take("draft", HEKS, at, on=BOTH)
    camera.take("section", HEKS, f"{at}/sections/project", on=BOTH)
    camera.take("missing", HEKS, f"{at}/submit", on=BOTH)
    ready = story.draft(HEKS_MAIL, language_course("Deutsch am Abend im Quartier", 38_000_00))
    at = f"/applications/{ready}"
    camera.take("budget", HEKS, f"{at}/sections/budget", on=BOTH)
    camera.take("check", HEKS, f"{at}/submit")
    heks = camera.person(HEKS)
    heks.open(f"{at}/sections/budget")
    seen = heks.page.input_value("input[name=seen]")
    post(heks, f"{at}/sections/budget", seen=seen, press="next", budget__costs__0__amount="viel")
    camera.shoot(heks.page, "section-wrong")
    heks = camera.person(HEKS, PHONE)
    heks.open(f"{at}/sections/plan")
    seen = heks.page.input_value("input[name=seen]")
    write_the_same(camera.demo, ready)
    post(heks, f"{at}/sections/plan", seen=seen, press="next", plan__need="Der Bedarf, wie ich ihn sehe")
    heks.page.locator(".clash").first.scroll_into_view_if_needed()
    camera.shoot(heks.page, "two-write-the-same-phone")
    camera.take("my-applications", HEKS, "/applications", on=BOTH)


def after_applying(camera: Camera) -> None:
    for name, status, picture in ((GORAN, "confirm", "confirm-budget"), (ANA, "granted", "granted")):
        at = f"/applications/{own(camera.demo, name, status)}"
        camera.take(picture, name, at, on=BOTH)
        if status == "confirm":
            camera.take(f"{picture}-step", name, f"{at}/step", on=BOTH)
    ana = camera.person(ANA)
    for link, picture in (("Bericht einreichen", "report"), ("Änderung beantragen", "amendment")):
        ana.open(at)
        ana.follow(link)
        camera.shoot(ana.page, picture, 1300)
    arta = camera.person(ARTA, PHONE)
    arta.open("/applications")
    arta.follow("Elternbildung auf Albanisch")
    camera.shoot(arta.page, "query-phone")
    arta.follow("Ansehen und antworten")
    camera.shoot(arta.page, "query-step-phone")
    at = f"/applications/{walks.at_check(camera.demo.story)}"
    camera.take("submitted", HEKS, at, on=BOTH)
    camera.take("withdraw", HEKS, f"{at}/withdraw", height=700)


def organisations(camera: Camera) -> None:
    [organisation] = camera.demo.story.actors[HEKS_MAIL].organisations
    camera.take("organisations", HEKS, "/organisations")
    camera.take("organisation", HEKS, f"/organisations/{organisation}", on=BOTH)
    camera.take("organisation-record", HEKS, f"/organisations/{organisation}/record")
    camera.take("organisation-new", HEKS, "/organisations/new", on=(PHONE,))


def desk(camera: Camera) -> None:
    story, demo = camera.demo.story, camera.demo
    camera.take("inbox", BARBARA, "/desk", on=BOTH)
    camera.take("away", BARBARA, "/desk/away")
    case_id = walks.at_review(story)
    at = f"/desk/cases/{case_id}"
    camera.take("gate", BARBARA, at, on=BOTH)
    camera.take("recuse", BARBARA, f"{at}/recuse", height=700)
    story.declare(walks.LEAD, case_id)
    camera.take("dossier", BARBARA, at, on=BOTH)
    lead = camera.person(BARBARA)
    lead.open(at)
    lead.fill(
        {"outcome": "yes", **{f"criteria.{one}": "4" for one in ("need", "goals", "access", "quality")}}
    )
    lead.fill({"criteria.costs": "3", "recommendation.reasons": "Das Angebot schliesst eine Lücke."})
    camera.shoot(lead.page, "review")
    story.do(walks.LEAD_TOO, case_id, "yes", review("Gut begründet."))
    send(lead, f"{at}/complete")
    camera.shoot(lead.page, "somebody-was-faster")
    against = review("Zu teuer.")
    against["criteria"] |= {"need": "2", "costs": "1"}
    story.do(walks.SECOND, case_id, "no", against)
    camera.take("compare", REGULA, f"{at}#statements")
    camera.take("why", REGULA, f"{at}/why")
    deciding = next(row.case_id for row in _inbox(demo, HEAD_MAIL) if row.step == "decide_head")
    story.declare(HEAD_MAIL, deciding)
    camera.take("decision", ANDREA, f"/desk/cases/{deciding}")
    camera.take("proposal", ANDREA, f"/desk/cases/{deciding}/proposal", height=1200)
    camera.take("decisions", ANDREA, "/desk/decisions")


def office(camera: Camera) -> None:
    camera.take("pipeline", REGULA, "/office", on=BOTH, height=1040)
    camera.take("cases", REGULA, "/office/cases", on=BOTH)
    camera.take("money", REGULA, "/office/money", height=1040)
    camera.take("payments", "Karin Möschlin", "/office/money/payments", on=BOTH)
    with camera.demo.story.db.connect() as tx:
        report = tx.execute(
            sa.text("SELECT id FROM cases WHERE state->'facts' ? 'settled' LIMIT 1")
        ).scalar_one()
    camera.take("report-checked", REGULA, f"/desk/cases/{report}", height=1500)
    camera.take("reports", REGULA, "/office/money/reports", on=BOTH, height=800)
    camera.take("office-mails", REGULA, "/office/mails")
    camera.take("account-mails", REGULA, "/account/mails", on=BOTH)
    camera.take("what-if", REGULA, "/office/money/what-if?year=2027&cut=8", height=1040)
    camera.take("time", REGULA, "/office/time", on=BOTH, height=1040)
    camera.take("route", REGULA, "/office/routes/medium", height=1000)
    camera.take("check-route", REGULA, "/office/routes/-/check", height=700)
    camera.take("organisations-office", REGULA, "/office/organisations")
    [organisation] = camera.demo.story.actors[HEKS_MAIL].organisations
    camera.take("organisation-office", REGULA, f"/office/organisations/{organisation}")
    camera.take("mails", REGULA, "/demo/mails")


def administration(camera: Camera) -> None:
    elias = "Elias Graber"
    camera.take("administration-part", elias, "/administration/parts/routes/small")
    camera.take("administration-parts", elias, "/administration/parts")
    admin = camera.person(elias)
    propose(admin, "routes/small", "due: 5", "due: 6")
    camera.shoot(admin.page, "administration-proposal")
    camera.take("administration", elias, "/administration")
    for name in ("limits", "credits", "carried", "areas", "offices", "holidays", "people"):
        camera.take(f"administration-{name}", elias, f"/administration/{name}")
    camera.take("administration-calls", REGULA, "/administration/calls")
    at = "/administration/calls/project-round-2027?next=1"
    camera.take("administration-call", REGULA, at, on=BOTH, height=1040)
    camera.take("inbox-second-person", REGULA, "/desk")
    camera.take("reads", WERNER, "/office/reads")
    camera.take("steering", "Gabriela Thommen", "/office/steering")


def broken(camera: Camera) -> None:
    troubled(camera.demo)
    camera.take("operations", JASMIN, "/operations", height=1100)


def own(demo: Demo, name: str, status: str) -> str:
    """The newest application of somebody that has come to this."""
    rows = queries.my_applications(demo.story.db, demo.story.actors[MAILS[name]])
    return str(next(row.id for row in rows if row.status == status))


def _inbox(demo: Demo, email: str) -> list[queries.ItemRow]:
    return queries.inbox(demo.story.db, demo.story.actors[email], now=demo.story.now, limit=200).rows


def troubled(demo: Demo) -> None:
    """A case and two mails that were given up, as after a bad night."""
    error = "ConnectionRefusedError(111, 'Connection refused')"
    with demo.story.db.begin() as tx:
        tx.execute(
            sa.text(
                "UPDATE outbox SET done_at = NULL, parked_at = now(), attempts = 8, error = :error"
                " WHERE key IN (SELECT key FROM outbox WHERE kind = 'mail' ORDER BY done_at DESC LIMIT 2)"
            ),
            {"error": error},
        )
        tx.execute(
            sa.text(
                "UPDATE agenda SET parked_at = now(), error = 'RouteError: unknown_step at=review'"
                " WHERE case_id = (SELECT id FROM cases WHERE step = 'review' ORDER BY number LIMIT 1)"
            )
        )


PARTS = (before_applying, applying, after_applying, organisations, desk, office, administration, broken)

if __name__ == "__main__":
    main()
