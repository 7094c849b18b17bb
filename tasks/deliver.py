"""Brings about what the outbox asks for: each effect with no transaction open, then recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
import structlog

from tasks.app import app, db, now, settings
from tasks.letters import make_letter
from tasks.links import send_link
from tasks.mail import send_mail
from tasks.nudge import nudge
from tasks.parents import tell_parent
from workflow.engine.commands import Report
from workflow.service import handle
from workflow.settings import Settings
from workflow.store import outbox
from workflow.store.reading import SYSTEM

TURN_SECONDS = 1.0
LOG = structlog.get_logger()

Clock = Callable[[], datetime]
KINDS: Mapping[str, Callable[[sa.Engine, Settings, outbox.Due, datetime], None]] = {
    "mail": send_mail,
    "letter": make_letter,
    "link": send_link,
    "parent": tell_parent,
}


@app.task(name="deliver")
def deliver() -> None:
    """Any number of these may run at once: an effect is leased to one of them.

    After its turn it asks for another one, so that routing is never kept waiting by a long queue of mails.
    """
    until = time.monotonic() + TURN_SECONDS
    while deliver_due(db(), settings(), now):
        nudge("route")
        if time.monotonic() > until:
            nudge("deliver")
            return


def deliver_due(db: sa.Engine, settings: Settings, clock: Clock) -> bool:
    """The next due effect, leased alone: behind slow ones it would outlive its lease. False: none is due."""
    due = outbox.lease(db, KINDS, clock())
    if due is None:
        return False
    log = LOG.bind(effect=due.key, case_id=str(due.case_id or ""), attempt=due.attempt)
    try:
        KINDS[due.kind](db, settings, due, clock())
    except Exception as error:
        if due.attempt >= outbox.MOST_ATTEMPTS and "entry" in due.payload:
            _call_failed(db, due, clock())  # before it is parked: after a death in between it comes again
        parked = outbox.failed(db, due, repr(error), clock())
        log.warning("effect_failed", error=repr(error), parked=parked)
    else:
        outbox.done(db, due.key, clock())
        log.info("effect_done", kind=due.kind)
    return True


def _call_failed(db: sa.Engine, due: outbox.Due, now: datetime) -> None:
    """A step waits for this effect: tell its case, so that an operator gets a work item."""
    report = Report(due.case, due.payload["entry"], due.payload["attempt"], error="call_failed")
    handle(db, report, SYSTEM, outbox.report_id(due, "failed"), now)
