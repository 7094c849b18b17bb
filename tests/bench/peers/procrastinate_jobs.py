"""procrastinate: the case in a row of plain SQL; what follows from an action is a job in PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from uuid import uuid4

import procrastinate
import psycopg

TABLE = """
CREATE TABLE IF NOT EXISTS job_cases (id uuid PRIMARY KEY, stage text NOT NULL, yes int NOT NULL DEFAULT 0)
"""
FOLLOWS = """
UPDATE job_cases SET stage = CASE WHEN stage = 'submitted' THEN 'review'
                                  WHEN stage = 'granting' THEN 'granted'
                                  WHEN stage = 'review' AND yes >= 2 THEN 'decision' ELSE stage END
WHERE id = %s
"""


def prepare(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute(TABLE)
        if db.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() != (None,):
            return
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    with app.open():
        app.schema_manager.apply_schema()


def client(url: str) -> Callable[[], None]:
    """One worker in a thread of each client: as many workers as clients."""
    threading.Thread(target=_worker, args=(url,), daemon=True).start()
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    app.open()
    db = psycopg.connect(url)

    def act(case_id: str, stage: str, change: str) -> None:
        while True:
            with db.transaction():
                query = "SELECT stage FROM job_cases WHERE id = %s FOR UPDATE"
                if db.execute(query, (case_id,)).fetchone() == (stage,):
                    db.execute(f"UPDATE job_cases SET {change} WHERE id = %s", (case_id,))
                    break
            time.sleep(0.002)
        app.configure_task("route", lock=case_id).defer(case_id=case_id)

    def one_case() -> None:
        case_id = str(uuid4())
        with db.transaction():
            db.execute("INSERT INTO job_cases VALUES (%s, 'submitted')", (case_id,))
        app.configure_task("route", lock=case_id).defer(case_id=case_id)
        act(case_id, "review", "yes = yes + 1")
        act(case_id, "review", "yes = yes + 1")
        act(case_id, "decision", "stage = 'granting'")

    return one_case


def _worker(url: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="route", retry=100)
    async def route(case_id: str) -> None:
        await app.connector.execute_query_async(FOLLOWS.replace("%s", "%(id)s"), id=case_id)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(concurrency=4, install_signal_handlers=False)

    asyncio.run(work())
