"""Throw-away servers for every test: each test process starts its own, each test gets its own database."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from argon2 import PasswordHasher
from psycopg import sql

from web.cli.data_folder import open_data_folder
from web.cli.embedded import DATABASE, OWNER, Postgres, Valkey, start_postgres, start_valkey
from web.cli.migrations import migrate
from web.cli.processes import Supervisor
from workflow import accounts
from workflow.settings import Settings

NUMBERS = itertools.count()

# Hashing a password is slow on purpose; that it is done is tested, how slowly is argon2's own affair.
accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
UNIT_TEST_SECONDS = 0.01
SLOW_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Servers:
    """One test process's PostgreSQL, with the migrated database `foerderweg` as template, and its Valkey."""

    postgres: Postgres
    valkey: Valkey


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both servers, ended with the session; without fsync, as nothing here outlives them."""
    with (
        open_data_folder(tmp_path_factory.mktemp("servers")) as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        postgres = start_postgres(supervisor, folder, ("fsync=off", "max_connections=200"))
        valkey = start_valkey(supervisor, folder)
        migrate(postgres.url(OWNER))
        yield Servers(postgres, valkey)


@pytest.fixture
def database(servers: Servers) -> Iterator[str]:
    """The name of a migrated, empty database of this test alone."""
    name = f"test_{next(NUMBERS)}"
    with servers.postgres.connect() as db:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        db.execute(make.format(sql.Identifier(name), sql.Identifier(DATABASE), sql.Identifier(OWNER)))
        yield name
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def db_url(servers: Servers, database: str) -> str:
    """The URL of the test's database for the application's role."""
    return servers.postgres.url(database=database)


@pytest.fixture
def owner_db_url(servers: Servers, database: str) -> str:
    """The URL of the test's database for the owner of the tables."""
    return servers.postgres.url(OWNER, database)


@pytest.fixture
def db(db_url: str) -> Iterator[sa.Engine]:
    """The test's database as the application sees it."""
    engine = sa.create_engine(db_url)
    yield engine
    engine.dispose()


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """A Redis without any key, shared with no other test that runs now."""
    with redis.Redis.from_url(servers.valkey.url) as client:
        client.flushall()
    return servers.valkey.url


@pytest.fixture
def settings(db_url: str, owner_db_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of a program on the test's own database, Redis and folder; its mail server does not answer."""
    return Settings(
        database_url=db_url,
        owner_database_url=owner_db_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:9",
        data_dir=tmp_path / "data",
        base_url="http://localhost",
        mail_from="foerderweg@example.org",
        secret_key="a secret of the tests, long enough for the check",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report the unit tests over 10 ms: such a test does more than one unit's work."""
    passed: list[pytest.TestReport] = terminalreporter.getreports("passed")
    units = [report for report in passed if report.when == "call" and report.nodeid.startswith("tests/unit/")]
    slow = sorted(
        (u for u in units if u.duration > UNIT_TEST_SECONDS), key=lambda u: u.duration, reverse=True
    )
    if slow:
        terminalreporter.section(f"{len(slow)} unit tests took more than {UNIT_TEST_SECONDS * 1000:.0f} ms")
    for report in slow[:SLOW_SHOWN]:
        terminalreporter.line(f"{report.duration * 1000:6.0f} ms  {report.nodeid}")
