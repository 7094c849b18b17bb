"""How the installation is: what waits, what was given up, who is alive. No content of any dossier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.store.asking import ask
from workflow.store.interventions import HELPERS

VIEWERS = ("operator", "admin", "coordinator", "auditor")
ALIVE = timedelta(seconds=60)
SHOWN = 100
VERIFIED = "SELECT at, cases, findings, first FROM verifications ORDER BY id DESC LIMIT 1"

NEEDED = """o.skipped_at IS NULL AND NOT (o.payload ? 'attempt' AND (c.ending IS NOT NULL
  OR (o.payload->>'entry')::int <> (c.state->>'entry')::int
  OR (o.payload->>'attempt')::int <> (c.state->>'attempt')::int))"""
"""Not skipped, and not a call that its case has made anew since."""

FAILED = """
SELECT * FROM outbox WHERE done_at IS NULL AND parked_at IS NULL AND error IS NOT NULL UNION ALL
SELECT * FROM outbox WHERE done_at IS NULL AND parked_at IS NOT NULL AND skipped_at IS NULL"""
"""Each half reads a partial index; of done effects there are millions."""


@dataclass(frozen=True, slots=True)
class FailedEffect:
    """An effect that failed. `parked_at` None: it will be tried again at `next_try`. `number` of its case."""

    key: str
    kind: str
    case_id: UUID | None
    number: str | None
    error: str
    attempts: int
    next_try: datetime
    parked_at: datetime | None
    alike: int


@dataclass(frozen=True, slots=True)
class ParkedCase:
    case_id: UUID
    number: str
    step: str
    route_hash: str
    error: str
    parked_at: datetime
    handed_to: UUID | None
    handed_to_name: str | None


@dataclass(frozen=True, slots=True)
class Intervention:
    at: datetime
    person: str
    kind: str
    number: str | None
    effect: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    kind: str
    release: str
    started_at: datetime
    seen_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of what is due, failing and given up; the oldest due moments, None where nothing is due."""

    cases_due: int
    oldest_case_due: datetime | None
    cases_parked: int
    effects_due: int
    oldest_effect_due: datetime | None
    effects_failing: int
    effects_parked: int
    mails_failing: int
    processes: tuple[Process, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """`foerderweg verify` has compared so many cases with their events; `first`: some of its findings."""

    at: datetime
    cases: int
    findings: int
    first: Sequence[str]


@dataclass(frozen=True, slots=True)
class Operations:
    """`helpers`: (id, name) of those to whom a parked case can be handed; none while none is parked.

    `verified`: the last time, None for never.
    """

    health: Health
    effects: list[FailedEffect]
    cases: list[ParkedCase]
    interventions: list[Intervention]
    helpers: list[tuple[UUID, str]]
    verified: Verification | None


def health(db: sa.Engine, *, now: datetime) -> Health:
    """The figures that page, status and metrics show alike."""
    with db.connect() as tx:
        return _health(tx, now)


def _health(tx: sa.Connection, now: datetime) -> Health:
    row: Any = tx.execute(sa.text(HEALTH), {"now": now}).one()
    processes = tx.execute(sa.text("SELECT * FROM processes ORDER BY kind, id")).all()
    return Health(
        **row._mapping,
        processes=tuple(
            Process(one.id, one.kind, one.release, one.started_at, one.seen_at, now - one.seen_at < ALIVE)
            for one in processes
        ),
    )


HEALTH = f"""
SELECT due.*, parked.*, effects.*, given_up.* FROM (
  SELECT count(*) AS cases_due, min(due_at) AS oldest_case_due
  FROM agenda WHERE due_at <= :now AND parked_at IS NULL) due, (
  SELECT count(*) AS cases_parked FROM agenda WHERE parked_at IS NOT NULL) parked, (
  SELECT count(*) FILTER (WHERE next_try <= :now) AS effects_due,
         min(next_try) FILTER (WHERE next_try <= :now) AS oldest_effect_due,
         count(*) FILTER (WHERE error IS NOT NULL) AS effects_failing,
         count(*) FILTER (WHERE error IS NOT NULL AND kind <> 'letter') AS mails_failing
  FROM outbox WHERE done_at IS NULL AND parked_at IS NULL) effects, (
  SELECT count(*) AS effects_parked FROM outbox o LEFT JOIN cases c ON c.id = o.case_id
  WHERE o.done_at IS NULL AND o.parked_at IS NOT NULL AND {NEEDED}) given_up"""
"""Each part reads one partial index: of what is due, of what is parked."""


def operations(db: sa.Engine, viewer: Actor, *, now: datetime) -> Operations | None:
    """Everything that the operations desk shows; None for those who have no business there."""
    if not viewer.has_role(*VIEWERS):
        return None
    with db.connect() as tx:
        effects = tx.execute(
            sa.text(f"""
SELECT o.key, o.kind, o.case_id, c.number, o.error, o.attempts, o.next_try, o.parked_at,
       count(*) FILTER (WHERE o.parked_at IS NOT NULL) OVER (PARTITION BY o.error) AS alike
FROM ({FAILED}) o LEFT JOIN cases c ON c.id = o.case_id WHERE {NEEDED}
ORDER BY o.parked_at IS NULL, o.parked_at, o.next_try LIMIT {SHOWN}""")
        ).all()
        parked = _parked(tx)
        helpers = tx.execute(sa.text(f"{HELPERS} ORDER BY p.name")).all() if parked else []
        verified = tx.execute(sa.text(VERIFIED)).one_or_none()
        return Operations(
            _health(tx, now),
            [FailedEffect(**row._mapping) for row in effects],
            parked,
            [Intervention(**row._mapping) for row in tx.execute(sa.text(INTERVENTIONS)).all()],
            [(row.id, row.name) for row in helpers],
            Verification(**verified._mapping) if verified else None,
        )


def troubles(db: sa.Engine, viewer: Actor) -> int:
    """How many parked effects and cases wait for this operator, or were handed to this person."""
    everything = viewer.has_role("operator", "admin")
    with autocommit(db) as tx:
        [[count]] = ask(tx, TROUBLES if everything else HANDED, None if everything else {"me": viewer.person})
    return int(count)


def _parked(tx: sa.Connection) -> list[ParkedCase]:
    return [ParkedCase(**row._asdict()) for row in ask(tx, PARKED)]


HANDED = "SELECT count(*) FROM agenda WHERE parked_at IS NOT NULL AND handed_to = CAST(:me AS uuid)"
TROUBLES = f"""
SELECT (SELECT count(*) FROM agenda WHERE parked_at IS NOT NULL)
  + (SELECT count(*) FROM outbox o LEFT JOIN cases c ON c.id = o.case_id
     WHERE o.parked_at IS NOT NULL AND o.done_at IS NULL AND {NEEDED})"""
PARKED = f"""
SELECT a.case_id, c.number, c.step, c.route_hash, coalesce(a.error, '') AS error, a.parked_at, a.handed_to,
       p.name AS handed_to_name
FROM agenda a JOIN cases c ON c.id = a.case_id LEFT JOIN persons p ON p.id = a.handed_to
WHERE a.parked_at IS NOT NULL ORDER BY a.parked_at LIMIT {SHOWN}"""
INTERVENTIONS = """
SELECT i.at, p.name AS person, i.kind, c.number, i.effect, i.reason
FROM interventions i JOIN persons p ON p.id = i.person_id LEFT JOIN cases c ON c.id = i.case_id
ORDER BY i.id DESC LIMIT 20"""
