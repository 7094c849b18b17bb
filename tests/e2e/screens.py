"""Takes the pictures of docs/screens anew: a demo is started, and its people look at some pages."""

from __future__ import annotations

import tempfile
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import Demo, launch, running_demo
from tests.e2e.person import PHONE, Person
from web.cli import demo_data
from workflow.store import queries

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
APPLICANT = "ana.petrovic@sprachbruecke.example"
HEAD = "andrea.bernasconi@integration.bs.example"


def main() -> None:
    """Raises SystemExit where no Chromium is found."""
    with tempfile.TemporaryDirectory(prefix="foerderweg-") as name, sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit("No Chromium found on this machine; docs/screens stays as it is.")
        with running_demo(Path(name) / "data", (demo_data.PRESENT, demo_data.YEAR)) as demo:
            url = demo.system.base_url
            take(Person(browser, url, "Regula Keller"), "/office", "pipeline", 1040)
            take(Person(browser, url, "Regula Keller"), "/office/routes/medium", "route", 1000)
            take(Person(browser, url, "Andrea Bernasconi"), f"/desk/cases/{waiting(demo)}", "dossier", 1000)
            ana = Person(browser, url, "Ana Petrović", width=PHONE)
            take(ana, f"/applications/{granted(demo)}", "portal-phone", 800)
            troubled(demo)
            take(Person(browser, url, "Jasmin Huber"), "/operations", "operations", 1100)
        browser.close()


def waiting(demo: Demo) -> str:
    """A case that waits for the head's decision, which she has declared that she may take."""
    inbox = queries.inbox(demo.story.db, demo.story.actors[HEAD], now=demo.story.now)
    case_id = next(row.case_id for row in inbox.rows if row.step == "decide_head")
    demo.story.declare(HEAD, case_id)
    return str(case_id)


def granted(demo: Demo) -> str:
    """An application that has come to its good end."""
    rows = queries.my_applications(demo.story.db, demo.story.actors[APPLICANT])
    return str(next(row.id for row in rows if row.status == "granted"))


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


def take(person: Person, path: str, name: str, height: int) -> None:
    """So many pixels of what this person sees there."""
    person.sign_in()
    person.open(path)
    width = person.page.evaluate("innerWidth")
    person.page.set_viewport_size({"width": width, "height": height})
    person.page.screenshot(path=FOLDER / f"{name}.png", caret="initial", animations="allow")


if __name__ == "__main__":
    main()
