"""KIP 3 published once for each test process; each test that plays in it gets a copy of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from psycopg import sql

from tests.browsing import app_for
from tests.builders import MONDAY, settings_for, story
from tests.integration.post import Inbox
from web.cli.embedded import DATABASE, OWNER, Postgres, Valkey
from web.cli.processes import free_port
from web.cli.story import Story

TEMPLATE = "kip3"
NUMBERS = itertools.count()


class Servers(Protocol):
    """The servers of this test process."""

    @property
    def postgres(self) -> Postgres: ...
    @property
    def valkey(self) -> Valkey: ...


@pytest.fixture(scope="session")
def kip3(servers: Servers) -> Mapping[str, Any]:
    """The database `kip3` with the programme and its people; returns the file of these people."""
    _copy(servers, DATABASE, TEMPLATE)
    db = sa.create_engine(servers.postgres.url(database=TEMPLATE))
    people = story(db, settings_for("", "", "", Path())).people
    db.dispose()
    return people


@pytest.fixture
def told(servers: Servers, kip3: Mapping[str, Any], tmp_path: Path) -> Iterator[Story]:
    """A story of this test alone, in a database and a folder of its own, on a Monday morning."""
    name = f"told_{next(NUMBERS)}"
    _copy(servers, TEMPLATE, name)
    url = servers.postgres.url(database=name)
    settings = settings_for(url, servers.postgres.url(OWNER, name), servers.valkey.url, tmp_path / "data")
    db = sa.create_engine(url)
    yield Story(db, settings, kip3, MONDAY)
    db.dispose()
    with servers.postgres.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def app(told: Story) -> Iterator[Flask]:
    """The web application over the story's database and clock."""
    made = app_for(told, told.settings)
    yield made
    made.extensions["foerderweg.db"].dispose()


@pytest.fixture
def inbox(told: Story) -> Iterator[Inbox]:
    """A real mail server to which the story's mails go."""
    server = Inbox()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    told.settings = replace(told.settings, smtp_url=f"smtp://127.0.0.1:{controller.port}")
    yield server
    controller.stop()


def _copy(servers: Servers, template: str, name: str) -> None:
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
    with servers.postgres.connect() as admin:
        admin.execute(make.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)))
