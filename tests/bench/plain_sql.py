"""The same process as plain hand-written SQL from Python, about seven statements an action.

State, tasks, events, outbox; no hash chain, no idempotency, no money, no four eyes, no forms, no versions.
The routing is done inside the action, as a hand-written application would.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Json

from web.cli.embedded import OWNER, Postgres

WHAT = "plain SQL"
TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.single (id bigserial PRIMARY KEY, n int);
CREATE TABLE bench.cases (id uuid PRIMARY KEY, state text, yes int, version int);
CREATE TABLE bench.tasks (case_id uuid, step text, seat text, done_by text,
  PRIMARY KEY (case_id, step, seat));
CREATE TABLE bench.events (case_id uuid, version int, name text, data jsonb, at timestamptz DEFAULT now(),
  PRIMARY KEY (case_id, version));
CREATE TABLE bench.outbox (id bigserial PRIMARY KEY, case_id uuid, what text, done_at timestamptz);
"""
READ = "SELECT state, yes, version FROM bench.cases WHERE id = %s FOR UPDATE"
CHECK = """
SELECT (SELECT count(*) FROM bench.cases WHERE state <> 'granted' OR yes <> 2),
       (SELECT count(*) FROM bench.tasks WHERE done_by IS NULL OR seat = 'c')
"""
MOVE = "UPDATE bench.cases SET state = %s, yes = %s, version = %s WHERE id = %s"


def prepare(postgres: Postgres) -> None:
    """The tables of the plain process and of the single row."""
    with connect(postgres) as db:
        db.execute(TABLES)


def run(postgres: Postgres, clients: int, seconds: float) -> float:
    """Actions a second of so many client processes."""
    spawn = multiprocessing.get_context("spawn")
    barrier, counts = spawn.Barrier(clients), spawn.Queue()
    arguments = (postgres, seconds, barrier, counts)
    people = [spawn.Process(target=_client, args=arguments) for _ in range(clients)]
    for process in people:
        process.start()
    done = [counts.get(timeout=60) for _ in people]
    for process in people:
        process.join()
    check(postgres)
    return float(sum(count / took for count, took in done))


def connect(postgres: Postgres) -> psycopg.Connection:
    """As the owner of the peers' database, in transactions."""
    return psycopg.connect(url(postgres))


def url(postgres: Postgres) -> str:
    """The peers' database, as psycopg and its like want it."""
    return postgres.url(OWNER, "peers").replace("+psycopg", "")


def check(postgres: Postgres) -> None:
    """Every case has ended, nobody's seat is open, and the third was withdrawn."""
    with connect(postgres) as db:
        assert db.execute(CHECK).fetchone() == (0, 0)


def _client(postgres: Postgres, seconds: float, barrier: Any, counts: Any) -> None:
    with connect(postgres) as db:
        barrier.wait()
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            case_id = uuid4()
            _submit(db, case_id)
            _review(db, case_id, "a")
            _review(db, case_id, "b")
            _decide(db, case_id)
            count += 4
        counts.put((count, time.monotonic() - began))


def _submit(db: psycopg.Connection, case_id: UUID) -> None:
    with db.transaction():
        db.execute("INSERT INTO bench.cases VALUES (%s, 'review', 0, 2)", (case_id,))
        _event(db, case_id, 1, "submitted", {"requested": 400_000})
        _event(db, case_id, 2, "entered", {"step": "review"})
        for seat in ("a", "b", "c"):
            db.execute("INSERT INTO bench.tasks VALUES (%s, 'review', %s, NULL)", (case_id, seat))
        _mail(db, case_id, "received")


def _review(db: psycopg.Connection, case_id: UUID, seat: str) -> None:
    with db.transaction():
        row = db.execute(READ, (case_id,)).fetchone()
        assert row is not None
        _, yes, version = row
        db.execute(
            "UPDATE bench.tasks SET done_by = %s WHERE case_id = %s AND step = 'review' AND seat = %s",
            (seat, case_id, seat),
        )
        _event(db, case_id, version + 1, "voted", {"seat": seat, "vote": "yes"})
        if yes == 0:
            db.execute(MOVE, ("review", 1, version + 1, case_id))
            _mail(db, case_id, "voted")
            return
        _event(db, case_id, version + 2, "closed", {"verdict": "agreed"})
        db.execute("DELETE FROM bench.tasks WHERE case_id = %s AND done_by IS NULL", (case_id,))
        db.execute("INSERT INTO bench.tasks VALUES (%s, 'decide', '', NULL)", (case_id,))
        db.execute(
            "UPDATE bench.cases SET state = 'decide', yes = 2, version = %s WHERE id = %s",
            (version + 2, case_id),
        )
        _mail(db, case_id, "decide")


def _decide(db: psycopg.Connection, case_id: UUID) -> None:
    with db.transaction():
        row = db.execute(READ, (case_id,)).fetchone()
        assert row is not None
        version = row[2]
        db.execute(
            "UPDATE bench.tasks SET done_by = 'head' WHERE case_id = %s AND step = 'decide'", (case_id,)
        )
        _event(db, case_id, version + 1, "decided", {"granted": 400_000})
        _event(db, case_id, version + 2, "ended", {"ending": "granted"})
        db.execute(
            "UPDATE bench.cases SET state = 'granted', version = %s WHERE id = %s", (version + 2, case_id)
        )
        _mail(db, case_id, "granted")


def _event(db: psycopg.Connection, case_id: UUID, version: int, name: str, data: dict[str, Any]) -> None:
    db.execute(
        "INSERT INTO bench.events (case_id, version, name, data) VALUES (%s, %s, %s, %s)",
        (case_id, version, name, Json(data)),
    )


def _mail(db: psycopg.Connection, case_id: UUID, what: str) -> None:
    db.execute("INSERT INTO bench.outbox (case_id, what) VALUES (%s, %s)", (case_id, what))
