"""Timers: firing 10,000 of them while a million others wait, beside firing as many while few wait.

A case that waits is a working copy, a case and an agenda row, due at some time of the coming year; those that
fire lie scattered among them. The events before are left out: firing reads none.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from tasks.route import BATCH
from tests.bench.backlog import World, copies, settle, world
from tests.bench.core import NOW, submitted
from tests.bench.figures import Figure, medians, to
from web.cli.system import System
from workflow.connecting import connect
from workflow.service import advance_due

FIRED, FEW, MANY, PROCESSES = 10_000, 10_000, 1_000_000, 2
LATER = "'2027-01-01'::timestamptz + random() * interval '1 year'"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Waiting cases like `model`; their first reminder is due at `fires_at`."""

    here: World
    model: UUID
    fires_at: datetime


def figures(system: System) -> list[Figure]:
    """Timers fired a second by two processes, many others waiting, to few others waiting."""
    with ExitStack() as stack:
        measures: dict[str, Callable[[], float]] = {}
        for count in (FEW, MANY):
            print(f"  making {count:,} waiting cases", flush=True)
            crowd = _crowd(stack.enter_context(world(system, f"timers_{count}")), count)
            measures[f"{FIRED:,} timers fired, {count:,} waiting"] = partial(_fire, crowd)
        rates = medians(measures)
    few = next(iter(rates))
    return [to(what, PROCESSES, rate, few, rates[few]) for what, rate in rates.items()]


def _crowd(here: World, count: int) -> Crowd:
    model = submitted(here.settings, NOW)
    db = connect(here.settings.database_url)
    advance_due(db, NOW)
    db.dispose()
    query = "UPDATE agenda a SET due_at = NULL FROM agenda o WHERE (a.case_id, o.case_id) = (%s, a.case_id)"
    row = here.admin.execute(f"{query} RETURNING o.due_at".encode(), (model,)).fetchone()
    assert row is not None
    copies(here.admin, model, count + FIRED, LATER, history=False)
    return Crowd(here, model, row[0])


def _fire(crowd: Crowd) -> float:
    """Those that fired in the round before are followed by as many new ones."""
    admin = crowd.here.admin
    admin.execute(
        "UPDATE agenda SET due_at = %s - random() * interval '1 hour' WHERE case_id IN"
        " (SELECT case_id FROM agenda WHERE due_at >= '2027-01-01' ORDER BY random() LIMIT %s)",
        (crowd.fires_at, FIRED),
    )
    settle(admin)
    before = _reminded(admin)
    spawn = multiprocessing.get_context("spawn")
    barrier, ends = spawn.Barrier(PROCESSES + 1), spawn.Queue()
    arguments = (crowd.here.settings.database_url, crowd.fires_at, barrier, ends)
    workers = [spawn.Process(target=_worker, args=arguments, daemon=True) for _ in range(PROCESSES)]
    for one in workers:
        one.start()
    barrier.wait(60)
    began = time.monotonic()
    took = max(ends.get(timeout=120) for _ in workers) - began
    for one in workers:
        one.join()
    assert _reminded(admin) == before + FIRED
    copies(admin, crowd.model, FIRED, LATER, history=False)
    return float(FIRED / took)


def _reminded(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT count(*) FROM events WHERE name = 'Reminded'").fetchone()
    assert row is not None
    return int(row[0])


def _worker(url: str, fires_at: datetime, barrier: Any, ends: Any) -> None:
    db = connect(url)
    advance_due(db, NOW)  # what a process does once: it connects
    barrier.wait(60)
    while advance_due(db, fires_at, BATCH):
        pass
    ends.put(time.monotonic())
    db.dispose()
