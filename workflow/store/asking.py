"""The statements of the pages: written with names, prepared once a connection, their rows with names too.

A page asks ten or twenty; by SQLAlchemy each costs a third of a millisecond, and PostgreSQL plans it anew.
What can be asked together goes there and back once.

A prepared one too is planned anew each time, which can take ten times as long as reading, as long as that
promises to be cheaper for the values at hand than for any. Where the way to read is the same for all values,
the statement does not tell them beforehand: (SELECT :name) for one, and for many a JSON array, whose length
PostgreSQL does not know.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import Transformer as Reader
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGresult

from workflow.connecting import plain
from workflow.store import prepared

_NAME = re.compile(r"(?<!:):([a-z_]\w*)")


def ask(
    tx: sa.Connection, statement: str, values: Mapping[str, Any] | None = None, *, keep: bool = True
) -> list[Any]:
    """The rows of a statement with :names, as named tuples. Values are sent as text: what PostgreSQL cannot
    tell the type of has a CAST. Raises psycopg's errors.

    `keep`: prepared, and planned once; not for one whose values decide how it is best read.
    """
    connection = plain(tx)
    numbered, given = _said(statement, values)
    return _rows(Transformer(connection), prepared.sent(connection, numbered, given, keep=keep))


def ask_together(
    tx: sa.Connection, statements: Sequence[str], values: Mapping[str, Any], *, once: Sequence[str] = ()
) -> list[list[Any]]:
    """The rows of each, in one way there and back: for what does not wait for each other's answers.

    `values`: of all their names; `once`: those of them that are not kept.
    """
    connection = plain(tx)
    sent = [(*_said(one, values), one not in once) for one in statements]
    reader = Transformer(connection)
    return [_rows(reader, result) for result in prepared.sent_together(connection, sent)]


def _said(statement: str, values: Mapping[str, Any] | None) -> tuple[bytes, list[object]]:
    numbered, names = _numbered(statement)
    return numbered, [_text((values or {})[name]) for name in names]


def _rows(reader: Reader, result: PGresult) -> list[Any]:
    if not result.ntuples:
        return []
    columns = tuple(str(result.fname(at), "ascii") for at in range(result.nfields))  # type: ignore[arg-type]
    return prepared.loaded(reader, result, _row(columns))


@lru_cache(maxsize=500)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """With $1, $2 … in place of its names, and these in that order."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", statement).encode(), names


@lru_cache(maxsize=500)
def _row(columns: tuple[str, ...]) -> Any:
    row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]
    return row._make


def _text(value: object) -> object:
    """As PostgreSQL reads it: a list is an array of texts."""
    if isinstance(value, list | tuple):
        quoted = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in value)
        return _text("{" + ",".join(f'"{one}"' for one in quoted) + "}")
    if isinstance(value, str) and "\0" in value:
        raise psycopg.DataError("a text with the character NUL")  # libpq would send it up to there
    return value
