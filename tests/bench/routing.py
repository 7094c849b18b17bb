"""Routing by Celery: a backlog of due cases, drained by two worker processes of ours.

Beside it plain Celery with a task for each transition, and the limit of rows committed one by one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import sqlalchemy as sa
from celery import Celery

from tests.bench import limit, plain_sql
from tests.bench.backlog import World, copies, settle, world
from tests.bench.core import submitted
from tests.bench.figures import Figure, medians, to
from web.cli.processes import Program
from web.cli.system import System, process_env
from workflow.store import journal

DUE, TASKS, PROCESSES, LIMIT_CLIENTS = 10_000, 2_000, 2, 8
POLL_SECONDS, MOST_SECONDS = 0.01, 120.0
PLAIN = "plain Celery, a task a transition"
DUE_STILL = "SELECT 1 FROM agenda WHERE due_at <= now() AND parked_at IS NULL LIMIT 1"
LEFT = "SELECT count(*) FROM agenda WHERE due_at <= now() AND parked_at IS NULL"
OURS = "Förderweg, routing by Celery"


def figures(system: System) -> list[Figure]:
    """Transitions a second by two worker processes."""
    rates = medians(
        {
            PLAIN: partial(_plain, system),
            OURS: partial(_ours, system),
            limit.WHAT: partial(limit.run, system.postgres, LIMIT_CLIENTS),
        }
    )
    return [
        to(PLAIN, PROCESSES, rates[PLAIN], PLAIN, rates[PLAIN]),
        to(limit.WHAT, LIMIT_CLIENTS, rates[limit.WHAT], PLAIN, rates[PLAIN]),
        to(OURS, PROCESSES, rates[OURS], PLAIN, rates[PLAIN]),
        to(OURS, PROCESSES, rates[OURS], f"{limit.WHAT}, 8 clients", rates[limit.WHAT]),
    ]


def _ours(system: System) -> float:
    """From the first batch to the last, as beside it from the first transition to the last."""
    with world(system, "routing") as here:
        case_id = submitted(here.settings, datetime.now(UTC))
        copies(here.admin, case_id, DUE - 1, "o.due_at", history=True)
        settle(here.admin)
        with worker(system, "tests.bench.routing_only", process_env(here.settings)):
            broker = Celery(broker=system.settings.redis_url)
            sent, began, left = time.monotonic(), 0.0, DUE
            broker.send_task("route")  # one nudge: whoever meets a backlog calls for help
            while here.admin.execute(DUE_STILL).fetchone():
                if left == DUE:  # until the first batch, what is new to a process is read
                    [(left,)], began = here.admin.execute(LEFT).fetchall(), time.monotonic()
                time.sleep(POLL_SECONDS)
                assert time.monotonic() - sent < MOST_SECONDS, "the backlog does not get smaller"
            took = time.monotonic() - began
        found = here.admin.execute(
            "SELECT (SELECT count(*) FROM cases WHERE step = 'review' AND version = 2),"
            " (SELECT count(*) FROM work_items WHERE closed_at IS NULL),"
            " (SELECT count(*) FROM agenda WHERE parked_at IS NOT NULL)"
        ).fetchone()
        assert found == (DUE, 3 * DUE, 0), found
        _check_chains(here)
    return float(left / took)


def _check_chains(here: World) -> None:
    """A hundred of the cases, folded anew from their events, are as they stand, and so is their chain."""
    db = sa.create_engine(here.settings.database_url)
    with db.connect() as tx:
        for row in tx.execute(sa.text("SELECT id, hash FROM cases ORDER BY id LIMIT 100")):
            assert journal.replayed(tx, row.id) == (journal.read(tx, row.id).case, row.hash)
    db.dispose()


def _plain(system: System) -> float:
    """From the first transition to the last, so that it is not the start of the workers that is measured."""
    broker, ids = Celery(broker=system.settings.redis_url), [uuid4() for _ in range(TASKS)]
    with plain_sql.connect(system.postgres) as db:
        db.execute("TRUNCATE bench.cases, bench.events, bench.tasks, bench.outbox")
        db.execute("INSERT INTO bench.cases SELECT id, 'submitted', 0, 1 FROM unnest(%s) AS n(id)", (ids,))
        db.commit()
        db.autocommit = True
        for one in ids:
            broker.send_task("tests.bench.plain_celery.route", (str(one),), queue="plain")
        done = "SELECT count(*), extract(epoch FROM max(at) - min(at)) FROM bench.events"
        began = time.monotonic()
        with worker(system, "tests.bench.plain_celery", plain_env(system)):
            while (row := db.execute(done).fetchone()) and row[0] < TASKS:
                time.sleep(0.1)
                assert time.monotonic() - began < MOST_SECONDS, "the tasks are not done"
        seated = db.execute("SELECT count(*) FROM bench.tasks JOIN bench.cases ON id = case_id").fetchone()
        assert row is not None
        assert seated == (3 * TASKS,)
    return float((TASKS - 1) / row[1])


def plain_env(system: System) -> dict[str, str]:
    """What the plain workers must be told."""
    url = plain_sql.url(system.postgres)
    return {
        **process_env(system.settings),
        "PLAIN_BROKER": system.settings.redis_url,
        "PLAIN_DATABASE": url,
    }


@contextmanager
def worker(system: System, module: str, env: dict[str, str], processes: int = PROCESSES) -> Iterator[None]:
    """A Celery worker that answers."""
    broker = Celery(broker=env["REDIS_URL"])
    name = module.rpartition(".")[2]
    command = (sys.executable, "-m", "celery", "-A", module, "worker", "--concurrency", str(processes))
    host = ("--hostname", f"{name}@bench", "--loglevel", "WARNING")
    system.supervisor.run(
        Program(
            name,
            (*command, *host),
            lambda: bool(broker.control.ping([f"{name}@bench"], timeout=0.2)),
            env,
        )
    )
    try:
        yield
    finally:
        system.supervisor.stop(name)
        broker.connection_for_write().default_channel.client.flushdb()  # the mails that were left for later
