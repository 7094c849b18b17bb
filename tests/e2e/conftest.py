"""A real Chromium, and a whole running demo, for the tests that click."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e.person import DESKTOP, Person
from web.cli import demo_data
from web.cli.story import Story
from web.cli.system import System, programs, running_system
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

    def move_clock(self, ahead: timedelta) -> None:
        """The web server lives so much later from now on."""
        settings = replace(self.system.settings, clock_offset=ahead)
        self.system.stop("web")
        for program in programs(settings, settings.base_url.removeprefix("http://")):
            if program.name == "web":
                self.system.supervisor.add(program)
        self.system.start("web")


class Visit(Protocol):
    """Gives somebody, by name, a browser of their own."""

    def __call__(self, name: str, *, width: int = ..., script: bool = ...) -> Person: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; without one its tests are skipped, or fail if FOERDERWEG_REQUIRE_BROWSER=1."""
    with sync_playwright() as playwright:
        if (found := launch(playwright)) is None:
            missing = f"no browser found (looked for {', '.join(NAMES)})"
            if os.environ.get("FOERDERWEG_REQUIRE_BROWSER") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        yield found
        found.close()


def launch(playwright: Playwright) -> Browser | None:
    """The machine's Chromium, if there is one."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        return None
    return playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))


@contextmanager
def running_demo(data: Path, files: Sequence[str] = (demo_data.PRESENT,)) -> Iterator[Demo]:
    """All processes but worker and clock, which may start when the played past is over."""
    with running_system(
        data, demo=True, processes=("mail", "web"), postgres_options=("fsync=off",)
    ) as system:
        if files:
            demo_data.load(system.settings, lambda _line: None, files, now=datetime.now(UTC))
        db = sa.create_engine(system.settings.database_url)
        yield Demo(
            system, Story(db, system.settings, read_people(system.settings.programme), datetime.now(UTC))
        )
        db.dispose()


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo whose past was played: made once, as that takes longer than most tests."""
    data = tmp_path_factory.mktemp("played") / "data"
    with running_demo(data):
        return data


@contextmanager
def demo_from(played: Path, data: Path) -> Iterator[Demo]:
    """A running demo over a copy of the played one."""
    shutil.copytree(played, data)
    with running_demo(data, ()) as running:
        yield running


@pytest.fixture
def demo(browser: Browser, played: Path, tmp_path: Path) -> Iterator[Demo]:
    """A demo of the test's own; without a browser none."""
    assert browser.is_connected()
    with demo_from(played, tmp_path / "data") as running:
        yield running


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
