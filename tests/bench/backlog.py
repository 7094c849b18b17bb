"""Many cases at once, each a copy of one: what a backlog and a crowd of waiting cases are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from psycopg.types.json import Json

from web.cli.embedded import DATABASE
from web.cli.system import System
from workflow.settings import Settings
from workflow.store.journal import chained, entry_of
from workflow.store.tables import agenda, applications, cases, contents, work_items


@dataclass(frozen=True, slots=True)
class World:
    """A room's own database, a copy of the published one. `admin`: its superuser, each statement alone."""

    settings: Settings
    admin: psycopg.Connection


@contextmanager
def world(system: System, name: str) -> Iterator[World]:
    """Nothing of it is left behind."""
    with system.postgres.connect() as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy".encode())
        try:
            with system.postgres.connect(name) as admin:
                settings = replace(system.settings, database_url=system.postgres.url(database=name))
                yield World(settings, admin)
        finally:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def copies(admin: psycopg.Connection, case_id: UUID, count: int, due_at: str, *, history: bool) -> None:
    """So many more cases like this one: working copy, case, and agenda row due at an SQL expression.

    With `history` they have what happened too: events, each chain hashed anew, work, and what was written.
    """
    ids = [uuid4() for _ in range(count)]
    # Foreign keys hold for the copies as they do for the first; their triggers would be half of the time.
    admin.execute("SET session_replication_role = replica")
    admin.execute("CREATE TEMP TABLE new (id uuid, hash text)")
    heads = _copied_history(admin, case_id, ids) if history else [""] * count
    with admin.cursor().copy("COPY new FROM STDIN") as copy:
        for row in zip(ids, heads, strict=True):
            copy.write_row(row)
    _insert(admin, applications, "id", case_id, {"id": "new.id"})
    _insert(admin, cases, "id", case_id, {"id": "new.id", "number": "new.id::text", "hash": "new.hash"})
    _insert(admin, agenda, "case_id", case_id, {"case_id": "new.id", "due_at": due_at})
    for table in (work_items, contents) if history else ():
        _insert(admin, table, "case_id", case_id, {"case_id": "new.id"})
    admin.execute("DROP TABLE new")
    admin.execute("SET session_replication_role = origin")


def settle(admin: psycopg.Connection) -> None:
    """As a database stands that has had its night: statistics known, everything written down."""
    admin.execute("VACUUM ANALYZE applications, cases, agenda, events, work_items, contents")
    admin.execute("CHECKPOINT")


def _copied_history(admin: psycopg.Connection, case_id: UUID, ids: list[UUID]) -> list[str]:
    """Write the events; returns the head of each chain."""
    told = admin.cursor(row_factory=namedtuple_row)
    query = "SELECT * FROM events WHERE case_id = %s ORDER BY version"
    events: list[Any] = told.execute(query, (case_id,)).fetchall()
    heads = []
    columns = "case_id, version, name, data, actor, at, command_id, hash"
    with admin.cursor().copy(f"COPY events ({columns}) FROM STDIN".encode()) as copy:
        for one in ids:
            head = ""
            for row in events:
                head = chained(head, one, row.version, entry_of(row))
                said = row.name, Json(row.data), row.actor, row.at, row.command_id
                copy.write_row((one, row.version, *said, head))
            heads.append(head)
    return heads


def _insert(
    admin: psycopg.Connection, table: sa.Table, key: str, case_id: UUID, other: dict[str, str]
) -> None:
    """A row for each of `new`, like that of the case but for these columns."""
    names = [column.name for column in table.columns if column.computed is None]
    values = ", ".join(other.get(name, f"o.{name}") for name in names)
    admin.execute(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {table.name} o, new"
        f" WHERE o.{key} = %s".encode(),
        (case_id,),
    )
