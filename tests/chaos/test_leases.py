"""Several workers share the effects that are due, and nobody dies: each is brought about once, however slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tasks import deliver
from tasks.mail import TIMEOUT_SECONDS
from tests.builders import story
from web.cli.story import application
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

    def work() -> None:
        while deliver.deliver_due(db, settings, lambda: told.now):
            pass

    def send(_db: Any, _settings: Any, due: Any, _now: Any) -> None:
        sent[due.key] += 1
        told.now += timedelta(seconds=TIMEOUT_SECONDS)
        if len(sent) % 4 == 0:
            work()  # another worker, meanwhile

    slow: Callable[..., None] = send
    monkeypatch.setattr(deliver, "KINDS", {"mail": slow})
    work()
    assert len(sent) == 16
    assert set(sent.values()) == {1}
