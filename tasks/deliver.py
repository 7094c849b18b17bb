"""Brings about what the outbox asks for: each effect with no transaction open, then recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
import structlog

from tasks.app import app, db, now, settings
from tasks.letters import make_letter
from tasks.mail import send_mail
from tasks.nudge import nudge
from workflow.engine.commands import Report
from workflow.service import handle
from workflow.settings import Settings
from workflow.store import outbox
from workflow.store.reading import SYSTEM

BATCH = 10
LOG = structlog.get_logger()

Clock = Callable[[], datetime]
KINDS: Mapping[str, Callable[[sa.Engine, Settings, outbox.Due, datetime], None]] = {
    "mail": send_mail,
    "letter": make_letter,
}


@app.task(name="deliver")
def deliver() -> None:
    """Any number of these may run at once: an effect is leased to one of them."""
    while deliver_due(db(), settings(), now):
        nudge("route")


def deliver_due(db: sa.Engine, settings: Settings, clock: Clock) -> int:
    """One batch of due effects; returns how many there were."""
    began = clock()
    leased = outbox.lease(db, began, BATCH)
    for due in leased:
        if clock() - began > outbox.LEASE / 2:
            break  # slow today: what is left goes on when its lease ends, here or elsewhere
        log = LOG.bind(effect=due.key, case_id=str(due.case_id), attempt=due.attempt)
        try:
            KINDS[due.kind](db, settings, due, clock())
        except Exception as error:
            parked = outbox.failed(db, due, repr(error), clock())
            log.warning("effect_failed", error=repr(error), parked=parked)
            if parked and "entry" in due.payload:
                _call_failed(db, due, clock())
        else:
            outbox.done(db, due.key, clock())
            log.info("effect_done", kind=due.kind)
    return len(leased)


def _call_failed(db: sa.Engine, due: outbox.Due, now: datetime) -> None:
    """A step waits for this effect: tell its case, so that an operator gets a work item."""
    report = Report(due.case_id, due.payload["entry"], due.payload["attempt"], error="call_failed")
    handle(db, report, SYSTEM, outbox.report_id(due, "failed"), now)
