"""Celery as its documentation would have it: a task for each transition, a message for each task.

No hash chain, no ledger, no agenda: a message that is lost is a case that stands still.
"""

from __future__ import annotations

import os
from functools import cache

import psycopg
from celery import Celery
from psycopg.types.json import Json

app = Celery("plain", broker=os.environ.get("PLAIN_BROKER"), backend=os.environ.get("PLAIN_BROKER"))
app.conf.broker_connection_retry_on_startup = True
app.conf.task_default_queue = "plain"


@cache
def db() -> psycopg.Connection:
    """This process's connection, kept."""
    return psycopg.connect(os.environ["PLAIN_DATABASE"])


@app.task(ignore_result=True)
def route(case_id: str) -> None:
    """A submitted case goes to its three reviewers."""
    with db().transaction():
        query = "SELECT state, version FROM bench.cases WHERE id = %s FOR UPDATE"
        row = db().execute(query, (case_id,)).fetchone()
        if row is None or row[0] != "submitted":
            return  # the message had come before
        db().execute(
            "INSERT INTO bench.events (case_id, version, name, data, at)"
            " VALUES (%s, %s, 'entered', %s, clock_timestamp())",
            (case_id, row[1] + 1, Json({"step": "review"})),
        )
        for seat in ("a", "b", "c"):
            db().execute("INSERT INTO bench.tasks VALUES (%s, 'review', %s, NULL)", (case_id, seat))
        db().execute("INSERT INTO bench.outbox (case_id, what) VALUES (%s, 'review')", (case_id,))
        update = "UPDATE bench.cases SET state = 'review', version = version + 1 WHERE id = %s"
        db().execute(update, (case_id,))


@app.task
def empty() -> None:
    """Nothing at all: what a message there and its answer back cost."""
