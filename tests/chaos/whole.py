"""What must hold of everything stored after any death: nothing missing, nothing half, nothing twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from mailbox import Maildir

import sqlalchemy as sa

from tasks.compose import message_id
from workflow.settings import Settings
from workflow.verify import verify

CATCH_UP_SECONDS = 30.0
"""A dead worker's leases (20 s), the clock's beat, and the work itself."""

CASES_LEFT = "SELECT count(*) FROM agenda WHERE due_at <= now() OR parked_at IS NOT NULL"
EFFECTS_LEFT = "SELECT count(*) FROM outbox WHERE done_at IS NULL"


def wait_for(what: Callable[[], object], seconds: float = CATCH_UP_SECONDS) -> None:
    """Wait until something holds; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, f"not within {seconds:.0f} seconds"
        time.sleep(0.02)


def catch_up(db: sa.Engine) -> None:
    """Wait until the workers have done all that is due; fails when that takes longer than it may."""
    until = time.monotonic() + CATCH_UP_SECONDS
    while any(left := (_count(db, CASES_LEFT), effects_left(db))):
        assert time.monotonic() < until, f"left undone: {left[0]} cases, {left[1]} effects"
        time.sleep(0.1)


def effects_left(db: sa.Engine) -> int:
    """How many effects are not done."""
    return _count(db, EFFECTS_LEFT)


def assert_whole(db: sa.Engine, settings: Settings) -> None:
    """All that is stored agrees with the events, once nothing is due any more. `settings`: where files lie.

    No case is parked and no effect undone; letters: one a call; mails: one an effect, more only where it was
    tried more than once, and then under the same Message-ID.
    """
    found = verify(settings.database_url, settings.data_dir, jobs=1).findings
    assert [str(finding) for finding in found] == []
    with db.connect() as tx:
        assert tx.execute(sa.text("SELECT FROM agenda WHERE parked_at IS NOT NULL")).all() == []
        effects = tx.execute(sa.text("SELECT * FROM outbox")).all()
        twice = (
            "SELECT application_id, step FROM files WHERE kind = 'letter'"
            " GROUP BY application_id, step HAVING count(*) > 1"
        )
        assert tx.execute(sa.text(twice)).all() == []
    undone = [(row.key, row.error) for row in effects if row.done_at is None or row.parked_at is not None]
    assert not undone
    attempts = {message_id(row.key, settings.base_url): row.attempts for row in effects if row.kind == "mail"}
    caught = Counter(mail["Message-ID"] for mail in Maildir(settings.data_dir / "mails", create=False))
    assert caught.keys() == attempts.keys()
    assert {name: count for name, count in caught.items() if count > attempts[name]} == {}


def _count(db: sa.Engine, query: str) -> int:
    with db.connect() as tx:
        return int(tx.execute(sa.text(query)).scalar_one())
