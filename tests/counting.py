"""Counts the SQL statements of a page: a list must not ask more for more rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from web.cli.visitors import Browser


def statements(app: Flask, browser: Browser, path: str) -> int:
    """How many SQL statements this page takes."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = app.extensions["foerderweg.db"]
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert browser.http.get(path).status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen)
