"""Takes the pictures of docs/screens anew: a demo is started, and its people look at three pages."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import Demo, launch, running_demo
from tests.e2e.person import PHONE, Person
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
        with running_demo(Path(name) / "data") as demo:
            url = demo.system.base_url
            take(Person(browser, url, "Regula Keller"), "/office", "pipeline", 1040)
            take(Person(browser, url, "Andrea Bernasconi"), f"/desk/cases/{waiting(demo)}", "dossier", 1000)
            ana = Person(browser, url, "Ana Petrović", width=PHONE)
            take(ana, f"/applications/{granted(demo)}", "portal-phone", 800)
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


def take(person: Person, path: str, name: str, height: int) -> None:
    """So many pixels of what this person sees there."""
    person.sign_in()
    person.open(path)
    width = person.page.evaluate("innerWidth")
    person.page.set_viewport_size({"width": width, "height": height})
    person.page.screenshot(path=FOLDER / f"{name}.png", caret="initial", animations="allow")


if __name__ == "__main__":
    main()
