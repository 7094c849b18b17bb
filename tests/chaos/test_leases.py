"""Several workers share the effects that are due, and none dies: each effect comes once, however slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tasks import deliver
from tests.builders import story
from web.cli.story import application
from workflow.mail_server import CONVERSATION_SECONDS, STEP_SECONDS
from workflow.settings import Settings

ANSWERS = application(
    "HEKS", title="Lesen im Park", area="language", goals=["everyday_language"], requested=8_000_00
)


def test_slow_mail_server_doubles_no_mail(
    db: sa.Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = story(db, settings)
    for _ in range(8):
        told.submit("miriam.aebi@heks.example", ANSWERS)
    sent: Counter[str] = Counter()
    workers = 0

    def send(_db: Any, _settings: Any, due: Any, _now: Any) -> None:
        nonlocal workers
        sent[due.key] += 1
        if workers == 0:
            told.now += timedelta(seconds=STEP_SECONDS + CONVERSATION_SECONDS)
            workers = 1
            deliver.deliver_due(db, settings, lambda: told.now)  # another worker, who is fast
            workers = 0

    slow: Callable[..., None] = send
    monkeypatch.setattr(deliver, "KINDS", {"mail": slow})
    while deliver.deliver_due(db, settings, lambda: told.now):
        pass
    assert len(sent) == 16
    assert set(sent.values()) == {1}
