"""What SQL a page sends: a list must not ask more for more rows, nor read all there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq.abc import PGresult

from web.cli.visitors import Browser
from workflow.connecting import plain
from workflow.store import prepared


def statements(app: Flask, browser: Browser, path: str) -> int:
    """How many SQL statements this page takes."""
    browser.http.get(path)  # what is read once is read, and no connection has lain idle
    with listening() as heard:
        assert browser.http.get(path).status_code == 200
    return len(heard)


def plans(db: sa.Engine, ask: Callable[[], object]) -> list[list[dict[str, Any]]]:
    """The nodes of the plan, whatever is asked for, of each statement that is prepared while asking."""
    with listening() as heard:
        ask()
    with db.connect() as tx:
        explained = [
            plain(tx).execute(b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + one).fetchone()
            for one in heard
            if isinstance(one, bytes)
        ]
    assert explained
    return [list(_nodes(found[0][0]["Plan"])) for found in explained if found]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@contextmanager
def listening() -> Iterator[list[str | bytes]]:
    """Every statement that is sent meanwhile; those that are prepared as bytes."""
    heard: list[str | bytes] = []

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        heard.append(str(said[0]))
        return sends(cursor, *said, **how)

    def hot(connection: psycopg.Connection[Any], statement: bytes, values: Iterable[object]) -> PGresult:
        heard.append(statement)
        return sends_prepared(connection, statement, values)

    sends, sends_prepared = psycopg.Cursor.execute, prepared.sent
    with pytest.MonkeyPatch.context() as patch:  # all statements come by one of these
        patch.setattr(psycopg.Cursor, "execute", execute)
        patch.setattr(prepared, "sent", hot)
        yield heard
