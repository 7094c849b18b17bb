"""Several workers share the effects that are due, and none dies: each effect comes once, however slow."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from smtplib import SMTP
from typing import Any

import pytest
import sqlalchemy as sa

from tasks import deliver, mail
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

    class Slow(SMTP):
        """Takes as long as a conversation may at all, while another worker is fast."""

        sock: Any = "open"

        def send_message(self, msg: Any, *_: Any, **__: Any) -> Any:
            nonlocal workers
            sent[msg["Message-ID"]] += 1
            if workers == 0:
                workers = 1
                told.now += timedelta(seconds=STEP_SECONDS + CONVERSATION_SECONDS)
                deliver.deliver_due(db, settings, lambda: told.now)
                workers = 0

    monkeypatch.setattr(mail, "open_smtp", lambda _settings: nullcontext(Slow()))
    while deliver.deliver_due(db, settings, lambda: told.now):
        pass
    assert len(sent) == 16
    assert set(sent.values()) == {1}
    with db.connect() as tx:
        attempts = tx.execute(sa.text("SELECT attempts FROM outbox")).scalars().all()
    assert set(attempts) == {1}, "what was not tried for want of time does not count"
