"""Counts the SQL statements of a page: a list must not ask more for more rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.pq.abc import PGresult

from web.cli.visitors import Browser
from workflow.store import prepared


def statements(app: Flask, browser: Browser, path: str) -> int:
    """How many SQL statements this page takes."""
    seen: list[str] = []

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        seen.append(str(said[0]))
        return sends(cursor, *said, **how)

    def hot(connection: psycopg.Connection[Any], statement: bytes, values: Iterable[object]) -> PGresult:
        seen.append(statement.decode())
        return sends_prepared(connection, statement, values)

    sends, sends_prepared = psycopg.Cursor.execute, prepared.sent
    browser.http.get(path)  # what is read once is read, and no connection has lain idle
    with pytest.MonkeyPatch.context() as patch:  # all statements come by one of these
        patch.setattr(psycopg.Cursor, "execute", execute)
        patch.setattr(prepared, "sent", hot)
        assert browser.http.get(path).status_code == 200
    return len(seen)
