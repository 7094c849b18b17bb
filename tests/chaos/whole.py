"""What must hold of everything stored after any death: nothing missing, nothing half, nothing twice."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from mailbox import Maildir
from typing import Any

import sqlalchemy as sa

from tasks.mail import message_id
from workflow.engine import events as ev
from workflow.engine.advance import next_due
from workflow.engine.case import EMPTY, Case, evolve
from workflow.funding.effects import Effect, effects_of
from workflow.settings import Settings
from workflow.store import files, journal, published

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
    """All that is stored belongs together, once nothing is due any more. `settings` say where files lie.

    Each case: its events make the stored state and the head of the chain; its work items, agenda row,
    commands and effects are those that follow from them. Letters: one a call. Money: double entry. Mails:
    one an effect, more only where it was tried more than once, and then under the same Message-ID.
    """
    effects: dict[str, Effect] = {}
    letters: set[tuple[Any, str]] = set()
    with db.connect() as tx:
        for row in tx.execute(sa.text("SELECT * FROM cases")).all():
            for event, case_effects in _assert_case(tx, row):
                effects |= {effect.key: effect for effect in case_effects}
                if isinstance(event, ev.CallReturned):
                    letters.add((row.id, event.content))
        _assert_effects(tx, effects, settings)
        _assert_files(tx, letters, settings)
        _assert_money(tx)


def _assert_case(tx: sa.Connection, row: Any) -> list[tuple[ev.Event, list[Effect]]]:
    """The case's events, each with the effects that it must have had."""
    where = {"id": row.id}
    stored = journal.read(tx, row.id)
    assert journal.replayed(tx, row.id) == (stored.case, stored.head), f"{row.number}: replay differs"
    case = EMPTY
    happened = []
    commands = set()
    for one in tx.execute(sa.text("SELECT * FROM events WHERE case_id = :id ORDER BY version"), where):
        event = ev.load(one.name, one.data)
        before, case = case, evolve(case, event)
        assert one.version == case.version
        assert isinstance(event, ev.Submitted) == (one.version == 1)
        happened.append((event, list(effects_of(row.id, event, before, case))))
        if one.command_id:
            commands.add((one.command_id, one.actor, one.version))
    assert happened, f"{row.number} has no events"
    kept = tx.execute(sa.text("SELECT command_id, actor, version FROM commands WHERE case_id = :id"), where)
    assert {tuple(one) for one in kept} == commands
    _assert_columns(row, case)
    items = tx.execute(
        sa.text("SELECT entry, seat, office, role FROM work_items WHERE case_id = :id AND closed_at IS NULL"),
        where,
    )
    wanted = [(case.entry, seat.code, seat.office, seat.role) for seat in case.open_seats]
    assert sorted(tuple(one) for one in items) == sorted(wanted), f"{row.number}: work items"
    agenda = tx.execute(sa.text("SELECT due_at, parked_at FROM agenda WHERE case_id = :id"), where).one()
    route = published.route(tx, stored.route_hash)
    assert tuple(agenda) == (next_due(route, case, datetime.now(UTC)), None), f"{row.number}: agenda"
    return happened


def _assert_columns(row: Any, case: Case) -> None:
    """What lists are filtered by says the same as the state."""
    at = [datetime.fromisoformat(text) if text else None for text in (case.entered_at, case.due_at)]
    assert (row.version, row.stage, row.step, row.status, row.ending) == (
        case.version,
        case.stage,
        case.step,
        case.status,
        case.ending,
    )
    assert [row.entered_at, row.due_at] == at
    assert (row.held, row.committed, row.requested) == (case.held, case.committed, case.facts["requested"])


def _assert_effects(tx: sa.Connection, wanted: Mapping[str, Effect], settings: Settings) -> None:
    """Each effect that the events ask for is there once and done, and its mail has arrived."""
    rows = tx.execute(sa.text("SELECT * FROM outbox")).all()
    assert {row.key: Effect(row.key, row.kind, row.payload) for row in rows} == wanted
    undone = [(row.key, row.error) for row in rows if row.done_at is None or row.parked_at is not None]
    assert not undone
    attempts = {message_id(row.key, settings.base_url): row.attempts for row in rows if row.kind == "mail"}
    caught = Counter(mail["Message-ID"] for mail in Maildir(settings.data_dir / "mails", create=False))
    assert caught.keys() == attempts.keys()
    assert {name: count for name, count in caught.items() if count > attempts[name]} == {}


def _assert_files(tx: sa.Connection, letters: set[tuple[Any, str]], settings: Settings) -> None:
    """One letter for each call that returned, and every file lies on the disk as it was kept."""
    rows = tx.execute(sa.text("SELECT * FROM files")).all()
    made = [(row.application_id, row.sha256) for row in rows if row.kind == "letter"]
    assert sorted(made) == sorted(letters)
    calls = Counter((row.application_id, row.step) for row in rows if row.kind == "letter")
    assert [call for call, count in calls.items() if count > 1] == []
    for name in {row.sha256 for row in rows}:
        content = files.path_of(settings.data_dir, name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == name


def _assert_money(tx: sa.Connection) -> None:
    """The postings sum to zero, make the balances, and the balances are what the cases have."""
    unbalanced = (
        "SELECT case_id, version FROM postings GROUP BY line_id, case_id, version HAVING sum(amount) <> 0"
    )
    assert tx.execute(sa.text(unbalanced)).all() == []
    lines = tx.execute(
        sa.text("""
SELECT l.*, p.ceiling AS posted_ceiling, p.available AS posted_available, p.reserved AS posted_reserved,
       p.committed AS posted_committed, c.held AS cases_held, c.committed AS cases_committed
FROM budget_lines l
LEFT JOIN LATERAL (
  SELECT coalesce(-sum(amount) FILTER (WHERE account = 'ceiling'), 0) AS ceiling,
         coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,
         coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved,
         coalesce(sum(amount) FILTER (WHERE account = 'committed'), 0) AS committed
  FROM postings WHERE line_id = l.id) p ON true
LEFT JOIN LATERAL (
  SELECT coalesce(sum(held), 0) AS held, coalesce(sum(committed), 0) AS committed
  FROM cases WHERE line_id = l.id) c ON true""")
    ).all()
    for line in lines:
        balances = (line.ceiling, line.available, line.reserved, line.committed)
        posted = (line.posted_ceiling, line.posted_available, line.posted_reserved, line.posted_committed)
        assert balances == posted
        assert (line.reserved, line.committed) == (line.cases_held, line.cases_committed)
        assert line.ceiling == line.available + line.reserved + line.committed


def _count(db: sa.Engine, query: str) -> int:
    with db.connect() as tx:
        return int(tx.execute(sa.text(query)).scalar_one())
