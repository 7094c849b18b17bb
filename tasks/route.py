"""Moves due cases on, batch by batch, until nothing is due."""

from __future__ import annotations

import structlog

from tasks.app import app, db, now
from tasks.nudge import nudge
from workflow.service import advance_due

BATCH = 100
LOG = structlog.get_logger()


@app.task(name="route")
def route() -> None:
    """Any number of these may run at once, and a doubled one finds nothing to do.

    Who meets a full batch calls another process to help, which does the same. A batch that is not full has
    left nothing: what has become due since then comes with a nudge of its own.
    """
    total, moved = 0, BATCH
    while moved == BATCH:
        moved = advance_due(db(), now(), BATCH)
        if not total and moved == BATCH:
            nudge("route")
        if moved:
            nudge("deliver")
        total += moved
    if total:
        LOG.info("routed", cases=total)
