"""Published versions as screens need them, and whether the database has all its migrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.funding.forms import Form
from workflow.funding.programme import Bundle, Programme
from workflow.settings import Settings
from workflow.store import files, published, reading
from workflow.store.queries.rows import FileRow


@dataclass(frozen=True, slots=True)
class Published:
    hash: str
    programme: Programme


MIGRATIONS = Path(__file__).parent.parent / "migrations"


def programme(db: sa.Engine) -> Published:
    """The version that new applications take; raises NotFound when none is published."""
    with autocommit(db) as tx:
        name = published.current(tx)
        return Published(name, published.programme(tx, name))


def programme_of(db: sa.Engine, name: str) -> Published:
    with db.connect() as tx:
        return Published(name, published.programme(tx, name))


def bundle(db: sa.Engine, viewer: Actor) -> tuple[Bundle, Programme] | None:
    """The programme that new applications take, as its folder was; None for who has no overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        name = published.current(tx)
        return published.bundle(tx, name), published.programme(tx, name)


def form(db: sa.Engine, programme_hash: str, code: str) -> Form:
    with db.connect() as tx:
        return published.form(tx, programme_hash, code)


def route_data(db: sa.Engine, name: str) -> Mapping[str, Any]:
    """A route as it was published, with the titles of its steps and outcomes; what is known asks nobody."""
    if (known := published.known(name)) is not None:
        return known
    with autocommit(db) as tx:
        return published.content(tx, name)


def migrated(db: sa.Engine) -> bool:
    """Whether every migration that this program knows has run."""
    with db.connect() as tx:
        if not sa.inspect(tx).has_table("alembic_version"):
            return False
        return (
            tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
            == newest_revision()
        )


@cache
def newest_revision() -> str:
    """The last migration of this program: files begin with their revision, and these sort as text."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def file_path(settings: Settings, row: FileRow) -> Path:
    """Where the content of a file lies on the disk."""
    return files.path_of(settings.data_dir, row.sha256)
