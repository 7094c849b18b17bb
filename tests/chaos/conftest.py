"""One whole running system for the kill tests: real processes, servers that keep what they have promised."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa

from web.cli.embedded import DATABASE
from web.cli.processes import LaunchError
from web.cli.story import Story
from web.cli.system import PROCESSES, System, running_system
from workflow.people import load_people, read_people

LOG_SHOWN = 3_000
ACTIVITY = (
    "SELECT pid, state, wait_event, now() - xact_start, left(query, 150)"
    " FROM pg_stat_activity WHERE datname IS NOT NULL"
)
LEFT = "SELECT * FROM agenda WHERE due_at <= now() OR parked_at IS NOT NULL"


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system")) as system:
        engine = sa.create_engine(system.settings.database_url)
        load_people(engine, read_people(system.settings.programme), password="geheim")
        engine.dispose()
        yield system


@pytest.fixture
def system(started: System) -> System:
    """The system with all its processes, whatever the test before has left of it."""
    started.supervisor.lost()
    for name in ("postgres", "valkey", *PROCESSES):
        with contextlib.suppress(LaunchError):  # it runs
            started.start(name)
    return started


@pytest.fixture
def told(system: System, request: pytest.FixtureRequest) -> Iterator[Story]:
    """The people of the programme, who act at the present time and beside the processes."""
    engine = sa.create_engine(system.settings.database_url, pool_pre_ping=True)
    people = read_people(system.settings.programme)
    yield Story(engine, system.settings, people, datetime.now(UTC), seed=request.node.name)
    engine.dispose()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the processes of its system said and what the database did at that moment."""
    report = yield
    system = item.funcargs.get("system")
    if report.failed and isinstance(system, System):
        for log in sorted((system.settings.data_dir / "log").glob("*.log")):
            report.sections.append((f"last of {log.name}", log.read_text("utf-8", "replace")[-LOG_SHOWN:]))
        for query in (ACTIVITY, LEFT):
            report.sections.append((query, _asked(system, query)))
    return report


def _asked(system: System, query: str) -> str:
    try:
        with system.postgres.connect(DATABASE) as db:
            return "\n".join(map(str, db.execute(query.encode()).fetchall()))
    except psycopg.Error as error:
        return str(error)
