"""Counts the SQL statements of a page: a list must not ask more for more rows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask

from web.cli.visitors import Browser


def statements(app: Flask, browser: Browser, path: str) -> int:
    """How many SQL statements this page takes."""
    seen: list[str] = []

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        seen.append(str(said[0]))
        return sends(cursor, *said, **how)

    sends = psycopg.Cursor.execute
    browser.http.get(path)  # what is read once is read, and no connection has lain idle
    with pytest.MonkeyPatch.context() as patch:  # all statements come by here, the hot ones too
        patch.setattr(psycopg.Cursor, "execute", execute)
        assert browser.http.get(path).status_code == 200
    return len(seen)
