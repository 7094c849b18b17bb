"""When a person of the staff wants mails: each at once or gathered once a day, and never in quiet hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from workflow.errors import Invalid, Problem
from workflow.store import mail_times as store
from workflow.texts import ZURICH

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class MailTimes:
    """Hours of Europe/Zurich, 0 to 23.

    `digest_hour`: all mails gathered, once a day; None: each by itself. `quiet_from` to `quiet_until`: no
    mails, over midnight if the first is the greater; both None: no such hours. `quiet_weekend`: none on
    Saturday and Sunday either.
    """

    digest_hour: int | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    quiet_weekend: bool = False

    def problems(self) -> dict[str, Problem]:
        """What makes no sense, by field."""
        hours = {name: getattr(self, name) for name in ("digest_hour", "quiet_from", "quiet_until")}
        found = {name: Problem("not_an_hour") for name, hour in hours.items() if (hour or 0) not in range(24)}
        if (self.quiet_from is None) != (self.quiet_until is None):
            found["quiet_from" if self.quiet_from is None else "quiet_until"] = Problem("required")
        elif self.quiet_from is not None and self.quiet_from == self.quiet_until:
            found["quiet_until"] = Problem("always_quiet")
        return found


AT_ONCE = MailTimes()


def wanted_at(times: MailTimes, now: datetime, *, urgent: bool = False) -> datetime | None:
    """The moment (UTC) at which a mail of `now` is wanted; None: at once.

    What is urgent waits for no digest, but for the end of quiet hours.
    """
    moment = local = now.astimezone(ZURICH)
    if times.digest_hour is not None and not urgent:
        moment = local.replace(hour=times.digest_hour, minute=0, second=0, microsecond=0)
        if moment <= local:
            moment += timedelta(days=1)
    while _is_quiet(times, moment):
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return None if moment == local else moment.astimezone(UTC)


def _is_quiet(times: MailTimes, local: datetime) -> bool:
    if times.quiet_weekend and local.weekday() >= SATURDAY:
        return True
    if times.quiet_from is None or times.quiet_until is None:
        return False
    since = (local.hour - times.quiet_from) % 24
    return since < (times.quiet_until - times.quiet_from) % 24


def times_of(db: Engine, person_id: UUID) -> MailTimes:
    """What this person has chosen; each mail at once, if nothing."""
    with db.connect() as tx:
        return MailTimes(*store.of(tx, [person_id]).get(person_id, ()))


def choose(db: Engine, person_id: UUID, times: MailTimes) -> None:
    """From the next mail on. Raises Invalid by field."""
    if problems := times.problems():
        raise Invalid({name: [problem] for name, problem in problems.items()})
    with db.begin() as tx:
        chosen = (times.digest_hour, times.quiet_from, times.quiet_until, times.quiet_weekend)
        store.choose(tx, person_id, None if times == AT_ONCE else chosen)
