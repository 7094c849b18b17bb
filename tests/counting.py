"""What SQL a page sends: a list must not ask more for more rows, nor read all there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq.abc import PGresult

from web.cli.visitors import Browser
from workflow.connecting import plain
from workflow.store import prepared


class Hot(NamedTuple):
    """One that is sent by `prepared`. `along`: with one before it, in one way there and back."""

    statement: bytes
    values: tuple[object, ...]
    along: bool = False


def statements(app: Flask, browser: Browser, path: str) -> int:
    """How many SQL statements this page takes."""
    browser.http.get(path)  # what is read once is read, and no connection has lain idle
    with listening() as heard:
        assert browser.http.get(path).status_code == 200
    return len(heard)


def ways(app: Flask, browser: Browser, path: str) -> int:
    """How often this page goes to PostgreSQL and back."""
    browser.http.get(path)
    with listening() as heard:
        assert browser.http.get(path).status_code == 200
    return sum(not (isinstance(one, Hot) and one.along) for one in heard)


def plans(
    db: sa.Engine, ask: Callable[[], object], *parts: bytes, run: bytes = b""
) -> list[list[dict[str, Any]]]:
    """The nodes of the plan of each of our own statements that is sent while asking. `parts`: of those with
    one of these in it. `run`: "ANALYZE," for what was met."""
    with listening() as heard:
        ask()
    with db.connect() as tx:
        explained = [
            prepared.rows(plain(tx), b"EXPLAIN (%s FORMAT JSON) " % run + one.statement, one.values)
            for one in heard
            if isinstance(one, Hot) and (not parts or any(part in one.statement for part in parts))
        ]
    assert explained
    return [list(_nodes(json["Plan"])) for [[[json]]] in explained]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@contextmanager
def listening() -> Iterator[list[str | Hot]]:
    """Every statement that is sent meanwhile."""
    heard: list[str | Hot] = []

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        heard.append(str(said[0]))
        return sends(cursor, *said, **how)

    def hot(
        connection: psycopg.Connection[Any], statement: bytes, values: Iterable[object], **how: bool
    ) -> PGresult:
        given = tuple(values)
        heard.append(Hot(statement, given))
        return sends_prepared(connection, statement, given, **how)

    def together(connection: psycopg.Connection[Any], asked: Sequence[prepared.Asked]) -> list[PGresult]:
        heard.extend(Hot(what, tuple(values), at > 0) for at, (what, values, _) in enumerate(asked))
        return sends_together(connection, asked)

    sends, sends_prepared = psycopg.Cursor.execute, prepared.sent
    sends_together = prepared.sent_together
    with pytest.MonkeyPatch.context() as patch:  # all statements come by one of these
        patch.setattr(psycopg.Cursor, "execute", execute)
        patch.setattr(prepared, "sent", hot)
        patch.setattr(prepared, "sent_together", together)
        yield heard
