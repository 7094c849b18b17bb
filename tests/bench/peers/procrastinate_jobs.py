"""procrastinate: a case and its seats are rows of plain SQL; what follows from an action is a job."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from uuid import uuid4

import procrastinate
import psycopg

TABLES = """
CREATE TABLE IF NOT EXISTS job_cases (id uuid PRIMARY KEY, stage text NOT NULL);
CREATE TABLE IF NOT EXISTS job_seats (case_id uuid, seat text, outcome text, PRIMARY KEY (case_id, seat));
"""
FOLLOWS = """
WITH moved AS (
  UPDATE job_cases c SET stage = CASE stage
    WHEN 'submitted' THEN 'review' WHEN 'granting' THEN 'granted'
    WHEN 'review' THEN
      CASE WHEN (SELECT count(*) FROM job_seats s WHERE s.case_id = c.id AND outcome = 'yes') < 2
           THEN 'review' ELSE 'decision' END
    ELSE stage END
  WHERE id = %(id)s RETURNING id, old.stage AS was, new.stage AS stage
), seated AS (
  INSERT INTO job_seats SELECT id, unnest(ARRAY['a', 'b', 'c']) FROM moved WHERE was = 'submitted'
)
UPDATE job_seats s SET outcome = 'withdrawn' FROM moved
WHERE s.case_id = id AND (was, stage) = ('review', 'decision') AND outcome IS NULL
"""
VOTE = "UPDATE job_seats SET outcome = 'yes' WHERE case_id = %s AND seat = %s AND outcome IS NULL"
DECIDE = "UPDATE job_cases SET stage = 'granting' WHERE id = %s"
UNFINISHED = """
SELECT count(*) FILTER (WHERE stage <> 'granted' OR outcome IS DISTINCT FROM 'withdrawn'), count(*)
FROM job_cases LEFT JOIN job_seats ON case_id = id AND seat = 'c'
"""


def prepare(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute(TABLES)
        if db.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() != (None,):
            return
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    with app.open():
        app.schema_manager.apply_schema()


def unfinished(url: str) -> tuple[int, int]:
    with psycopg.connect(url) as db:
        return db.execute(UNFINISHED).fetchone()


def client(url: str) -> Callable[[], None]:
    """One worker in a thread of each client: as many workers as clients."""
    threading.Thread(target=_worker, args=(url,), daemon=True).start()
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    app.open()
    db = psycopg.connect(url)

    def act(case_id: str, stage: str, change: str, *said: str) -> None:
        while True:
            with db.transaction():
                query = "SELECT stage FROM job_cases WHERE id = %s FOR UPDATE"
                if db.execute(query, (case_id,)).fetchone() == (stage,):
                    assert db.execute(change, (case_id, *said)).rowcount == 1
                    break
            time.sleep(0.002)
        app.configure_task("route", lock=case_id).defer(case_id=case_id)

    def one_case() -> None:
        case_id = str(uuid4())
        with db.transaction():
            db.execute("INSERT INTO job_cases VALUES (%s, 'submitted')", (case_id,))
        app.configure_task("route", lock=case_id).defer(case_id=case_id)
        act(case_id, "review", VOTE, "a")
        act(case_id, "review", VOTE, "b")
        act(case_id, "decision", DECIDE)

    return one_case


def _worker(url: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="route", retry=100)
    async def route(case_id: str) -> None:
        await app.connector.execute_query_async(FOLLOWS, id=case_id)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(concurrency=4, install_signal_handlers=False)

    asyncio.run(work())
