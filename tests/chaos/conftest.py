"""One whole running system for the kill tests: real processes, servers that keep what they have promised."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from web.cli.processes import LaunchError
from web.cli.story import Story
from web.cli.system import PROCESSES, System, running_system
from workflow.people import load_people, read_people


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
