"""The life of routes: past cases played on a new version, and running ones moved to the published one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from workflow.engine import events as ev
from workflow.engine.advance import next_due
from workflow.engine.case import Actor, evolve
from workflow.engine.moving import why_not
from workflow.engine.parsing import parse_route
from workflow.engine.rerun import Run, recorded, rerun
from workflow.engine.route import Route
from workflow.interchange.xes import Trace
from workflow.store import journal, published, versions


@dataclass(frozen=True, slots=True)
class Move:
    """A running case on an older version: where it stands, and what keeps it there (None: it can move)."""

    case_id: UUID
    number: str
    step: str
    hindrance: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A past case as it went, and as it would have gone."""

    number: str
    then: Run
    now: Run


def moves(db: Engine, now: datetime) -> list[Move]:
    """Every running case that does not follow the version that is published for its route now."""
    with db.connect() as tx:
        return [move for move, _, _ in _moves(tx, now)]


def migrate(db: Engine, actor: Actor, now: datetime) -> list[Move]:
    """Let the cases that can follow the published version, each as an event; returns what `moves` tells.

    A case goes with its whole programme: forms, letters, calendar. Each moves in a transaction of its own.
    """
    with db.connect() as tx:
        told = list(_moves(tx, now))
    for move, programme_hash, route_hash in told:
        if move.hindrance is None:
            with db.begin() as tx:
                _migrate(tx, move.case_id, programme_hash, route_hash, actor, now)
    return [move for move, _, _ in told]


def _migrate(
    tx: Connection, case_id: UUID, programme_hash: str, route_hash: str, actor: Actor, now: datetime
) -> None:
    stored = journal.read(tx, case_id, lock=True)
    before, after = published.route(tx, stored.route_hash), published.route(tx, route_hash)
    calendar = published.calendar(tx, programme_hash)
    why = why_not(before, after, stored.case, calendar.day_of(now))
    if stored.programme_hash == programme_hash or why is not None:
        return  # it has moved on in the meantime
    event = ev.Migrated(route_hash, stored.route_hash, actor.person)
    case = evolve(stored.case, event)
    look_at = next_due(after, case, now, calendar)
    change = journal.Change(stored, case, [event], actor.person, now, look_at)
    journal.commit(tx, change)
    versions.pin(tx, case_id, programme_hash, route_hash)


def _moves(tx: Connection, now: datetime) -> Iterator[tuple[Move, str, str]]:
    name = published.current(tx)
    today = published.calendar(tx, name).day_of(now)
    current: Mapping[str, str] = published.content(tx, name)["routes"]
    for case_id in versions.running_on_others(tx, current.values(), name):
        stored = journal.read(tx, case_id)
        route = published.route(tx, stored.route_hash)
        step = stored.case.step or ""
        if route.code not in current:
            yield Move(case_id, stored.number, step, f"route_gone:{route.code}"), name, ""
            continue
        target = current[route.code]
        hindrance = why_not(route, published.route(tx, target), stored.case, today)
        yield Move(case_id, stored.number, step, hindrance), name, target


def log(db: Engine) -> Iterator[Trace]:
    """Every case with its facts and events, for process mining; one case in memory at a time."""
    with db.connect() as tx:
        for number, facts, events in versions.logs(tx):
            yield Trace(number, facts, events)


def replayed(db: Engine, routes: Mapping[str, Mapping[str, Any]], since: datetime) -> Iterator[Compared]:
    """Every case since then whose route is among these (compiled) ones: as it went, and would have gone."""
    parsed: dict[str, Route] = {code: parse_route(raw) for code, raw in routes.items()}
    with db.connect() as tx:
        for row in versions.submitted_since(tx, since):
            route = parsed.get(published.route(tx, row.route_hash).code)
            if route is not None:
                happened = journal.happened(tx, row.id)
                calendar = published.calendar(tx, row.programme_hash)
                yield Compared(row.number, recorded(happened, calendar), rerun(route, happened, calendar))
