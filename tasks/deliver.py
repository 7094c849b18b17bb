"""Brings about what the outbox asks for: each effect with no transaction open, then recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
import structlog

from tasks.app import app, db, now, settings
from tasks.digest import send_digest
from tasks.letters import make_letter
from tasks.links import send_link
from tasks.mail import send_mails
from tasks.notices import send_notice
from tasks.nudge import nudge
from tasks.parents import tell_parent
from workflow.engine.commands import Report
from workflow.log import brief
from workflow.service import handle
from workflow.settings import Settings
from workflow.store import outbox
from workflow.store.reading import SYSTEM

TURN_SECONDS = 0.2
"""So long routing waits at most while all processes deliver; in one conversation go few mails for that."""
MAILS = 10
LOG = structlog.get_logger()

Clock = Callable[[], datetime]
AWAITED: Mapping[str, Callable[[sa.Engine, Settings, outbox.Due, datetime], None]] = {
    "link": send_link,
    "notice": send_notice,
    "digest": send_digest,
    "parent": tell_parent,
    "letter": make_letter,
}
"""What a person at the sign-in page or a case waits for: in this order, one at a time, before any mail.

A later version's kinds are left to its own workers.
"""


@app.task(name="deliver")
def deliver() -> None:
    """Any number of these may run at once: an effect is leased to one of them.

    After its turn it asks for another one, so that routing is never kept waiting by a long queue of mails.
    """
    until = time.monotonic() + TURN_SECONDS
    while kind := deliver_due(db(), settings(), now):
        if kind != "mail":
            nudge("route")  # its case may go on
        if time.monotonic() > until:
            nudge("deliver")
            return


def deliver_due(db: sa.Engine, settings: Settings, clock: Clock) -> str | None:
    """Bring about the next effect that is awaited, else some mails; returns the kind, if any was due."""
    for kind in AWAITED:
        for due in outbox.lease(db, kind, clock(), 1):
            _record(db, due, _attempt(db, settings, due, clock), clock)
            return kind
    mails = outbox.lease(db, "mail", clock(), MAILS)
    left = {due.key: due for due in mails}
    for due, error in send_mails(db, settings, mails, clock):
        _record(db, left.pop(due.key), error, clock)
    if left:
        outbox.put_back(db, left, clock())
    return "mail" if mails else None


def _attempt(db: sa.Engine, settings: Settings, due: outbox.Due, clock: Clock) -> Exception | None:
    try:
        AWAITED[due.kind](db, settings, due, clock())
    except Exception as error:
        return error
    return None


def _record(db: sa.Engine, due: outbox.Due, error: Exception | None, clock: Clock) -> None:
    log = LOG.bind(effect=due.key, case_id=str(due.case_id or ""), attempt=due.attempt)
    if error is None:
        outbox.done(db, due.key, clock())
        log.info("effect_done", kind=due.kind)
        return
    if due.attempt >= outbox.MOST_ATTEMPTS and "entry" in due.payload:
        _call_failed(db, due, clock())  # before it is parked: after a death in between it comes again
    parked = outbox.failed(db, due, brief(error), clock())
    log.warning("effect_failed", error=brief(error), parked=parked)


def _call_failed(db: sa.Engine, due: outbox.Due, now: datetime) -> None:
    """A step waits for this effect: tell its case, so that an operator gets a work item."""
    report = Report(due.case, due.payload["entry"], due.payload["attempt"], error="call_failed")
    handle(db, report, SYSTEM, outbox.report_id(due, "failed"), now)
