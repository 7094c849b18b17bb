"""A worker's child that takes the place of one that died has connections of its own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import signals

from tasks import app


def test_a_child_makes_its_own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimpleNamespace(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none")
    monkeypatch.setattr(app, "settings", lambda: settings)
    app.db.cache_clear()
    of_the_main_process = app.db()
    signals.worker_process_init.send(sender=None)
    assert app.db() is not of_the_main_process
    app.db.cache_clear()
