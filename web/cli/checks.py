"""Is everything there that an installation needs? Each finding says what is wrong and what it should be."""

from __future__ import annotations

import smtplib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from workflow.mail_server import open_smtp
from workflow.settings import LOOPBACK, Settings, wrong_settings
from workflow.store import queries

TABLES = {
    "missing": "holds no tables: run `foerderweg migrate`",
    "older": "holds the tables of an earlier version: run `foerderweg migrate`",
    "newer": "holds the tables of a later version: install that one",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`fatal`: nothing can run like this; else it runs, and something will be missed."""

    about: str
    says: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{'wrong   ' if self.fatal else 'warning '} {self.about} {self.says}"


def check(env: Mapping[str, str]) -> list[Finding]:
    """Everything that is wrong with the settings and the servers that they name, worst first."""
    wrong = wrong_settings(env)
    if wrong:
        return [Finding(error.variable, str(error).removeprefix(f"{error.variable} ")) for error in wrong]
    settings = Settings.from_env(env)
    found = [
        *_database(settings),
        *_data_folder(settings),
        *_redis(settings),
        *_mail_server(settings),
        *_address(settings),
    ]
    return sorted(found, key=lambda finding: not finding.fatal)


def _database(settings: Settings) -> Iterator[Finding]:
    engine = sa.create_engine(settings.database_url, connect_args={"connect_timeout": 5})
    try:
        fit = queries.fitness(engine)
    except SQLAlchemyError as error:
        yield Finding("DATABASE_URL", f"leads to no database that answers: {_first_line(error)}")
        return
    finally:
        engine.dispose()
    if fit.server < queries.LEAST_SERVER:
        needed = f"PostgreSQL {queries.LEAST_SERVER} or newer is needed"
        yield Finding("DATABASE_URL", f"leads to PostgreSQL {fit.server}: {needed}")
    if fit.tables != "right":
        yield Finding("DATABASE_URL", TABLES[fit.tables])
    elif not fit.has_programme:
        yield Finding("DATABASE_URL", "holds no programme: run `foerderweg init`")
    if fit.may_change_facts:
        role = urlsplit(settings.database_url).username
        yield Finding("DATABASE_URL", f"should name the role foerderweg_app: {role} may change what happened")


def _data_folder(settings: Settings) -> Iterator[Finding]:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        yield Finding("FOERDERWEG_DATA", f"should be a folder that can be written to: {error}")


def _redis(settings: Settings) -> Iterator[Finding]:
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
            policy = dict(client.config_get("maxmemory-policy")).get("maxmemory-policy")
    except redis.exceptions.NoPermissionError:
        return
    except redis.RedisError as error:
        yield Finding("REDIS_URL", f"leads to no Redis that answers: {error}")
        return
    if policy != "noeviction":
        says = (
            f"leads to a Redis with maxmemory-policy {policy}: noeviction loses no hint when memory is full"
        )
        yield Finding("REDIS_URL", says, fatal=False)


def _mail_server(settings: Settings) -> Iterator[Finding]:
    try:
        with open_smtp(settings) as smtp:
            smtp.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("SMTP_URL", f"leads to no mail server that answers: {error}; mails wait", fatal=False)


def _address(settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.base_url)
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        says = "should begin with https://: what people send could be read on its way"
        yield Finding("FOERDERWEG_BASE_URL", says, fatal=False)


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0]
