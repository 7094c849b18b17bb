"""A real Chromium, and a whole running demo, for the tests that click."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.person import DESKTOP, Person
from web.cli import demo_data
from web.cli.story import Story
from web.cli.system import System, running_system
from workflow.people import read_people

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses root with its sandbox; it opens nothing but our own pages here
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SCREENS = Path(__file__).parents[2] / "var" / "screens"


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo with its applications. `story` plays people through the one door, at this moment."""

    system: System
    story: Story


class Visit(Protocol):
    """Gives somebody, by name, a browser of their own."""

    def __call__(self, name: str, *, width: int = ..., script: bool = ...) -> Person: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; without one its tests are skipped, or fail if FOERDERWEG_REQUIRE_BROWSER=1."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        missing = f"no browser found (looked for {', '.join(NAMES)})"
        if os.environ.get("FOERDERWEG_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def demo(browser: Browser, tmp_path: Path) -> Iterator[Demo]:
    """All processes but worker and clock, which the test starts when the played past is over."""
    assert browser.is_connected()  # no browser, no system
    with running_system(
        tmp_path / "data", demo=True, processes=("mail", "web"), postgres_options=("fsync=off",)
    ) as system:
        demo_data.load(system.settings, lambda _line: None)
        db = sa.create_engine(system.settings.database_url)
        people = read_people(system.settings.programme)
        yield Demo(system, Story(db, system.settings, people, datetime.now(UTC)))
        db.dispose()


@pytest.fixture
def visit(demo: Demo, browser: Browser) -> Iterator[Visit]:
    """Opens browsers for people; none of them may have complained in the end."""
    persons: list[Person] = []

    def opened(name: str, *, width: int = DESKTOP, script: bool = True) -> Person:
        persons.append(Person(browser, demo.system.base_url, name, width=width, script=script))
        return persons[-1]

    yield opened
    for person in persons:
        person.context.close()
    assert not [complaint for person in persons for complaint in person.complaints]
