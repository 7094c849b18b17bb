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

    Who meets more than one batch calls another process to help, which does the same.
    """
    total = 0
    while moved := advance_due(db(), now(), BATCH):
        if not total and moved == BATCH:
            nudge("route")
        total += moved
        nudge("deliver")
    if total:
        LOG.info("routed", cases=total)
