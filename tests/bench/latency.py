"""Latency: from the commit of a command to the commit of the work items that follow from it.

Twenty commands a second, by one process that nudges as the web server does; the moments are PostgreSQL's own
(track_commit_timestamp). Beside them, in the same run, an empty Celery task there and its answer back.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.bench.backlog import World, world
from tests.bench.core import APPLICANT, draft, people
from tests.bench.figures import Figure
from tests.bench.routing import plain_env, worker
from web.cli.system import System, process_env
from workflow.connecting import connect
from workflow.engine.commands import Submit
from workflow.service import handle

COMMANDS, BEFORE, A_SECOND = 400, 40, 20
"""The first ones, at which each process connects and reads its route, are not counted."""
PROCESSES = 4
"""As many as the program starts."""
OPTION = "track_commit_timestamp=on"
LATENCIES = f"""
SELECT extract(epoch FROM min(pg_xact_commit_timestamp(w.xmin)) - pg_xact_commit_timestamp(e.xmin))::float
FROM events e JOIN work_items w USING (case_id) WHERE e.version = 1 GROUP BY e.case_id, e.xmin, e.position
ORDER BY e.position OFFSET {BEFORE}
"""


def figures(system: System) -> list[Figure]:
    """Median and 99th percentile, each to that of the empty task."""
    with (
        world(system, "latency") as here,
        worker(system, "tests.bench.plain_celery", plain_env(system)),
        worker(system, "tasks.app", process_env(here.settings), PROCESSES),
    ):
        spawn = multiprocessing.get_context("spawn")
        trips = spawn.Queue()
        environment = {**process_env(here.settings), **plain_env(system)}
        people_at_work = spawn.Process(target=_act, args=(here.settings.database_url, environment, trips))
        people_at_work.start()
        empty = trips.get(timeout=(BEFORE + COMMANDS) / A_SECOND + 120)
        people_at_work.join()
        routed = _routed(here)
    return [
        _figure("median", statistics.median(routed), statistics.median(empty)),
        _figure("99th percentile", _percentile(routed), _percentile(empty)),
    ]


def _act(url: str, environment: dict[str, str], trips: Any) -> None:
    """A command every 50 ms, an empty task half way to the next one."""
    os.environ.update(environment)
    from tasks.nudge import nudge
    from tests.bench.plain_celery import empty

    db, who = connect(url), people()[APPLICANT]
    ids = [draft(db, who) for _ in range(BEFORE + COMMANDS)]
    for _ in range(10):
        empty.delay().get(timeout=10)
    took, began = [], time.monotonic()
    for number, case_id in enumerate(ids):
        _wait_until(began + number / A_SECOND)
        handle(db, Submit(case_id), who, uuid4(), datetime.now(UTC))
        nudge()
        _wait_until(began + (number + 0.5) / A_SECOND)
        sent = time.monotonic()
        empty.delay().get(timeout=10)
        took.append(time.monotonic() - sent)
    trips.put(took[BEFORE:])
    db.dispose()


def _routed(here: World) -> list[float]:
    """Seconds, once all are routed."""
    for _ in range(600):
        found = [float(row[0]) for row in here.admin.execute(LATENCIES)]
        if len(found) == COMMANDS:
            return found
        time.sleep(0.1)
    raise RuntimeError("the worker does not route")


def _figure(what: str, ours: float, empty: float) -> Figure:
    return Figure(
        f"command to work item, {what}: {1000 * ours:.1f} ms",
        1,
        A_SECOND,
        float(f"{ours / empty:.4g}"),
        f"an empty Celery task, {what}: {1000 * empty:.1f} ms",
    )


def _percentile(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
