"""Mails: they say that something waits, and where; never what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from smtplib import SMTP, SMTPException
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.compose import compose
from tasks.digest import put_off
from workflow.funding.mails import CLOSING, GREETING, SUBJECTS, Mails, wording
from workflow.mail_server import open_smtp
from workflow.settings import Settings
from workflow.store import published, sign_in
from workflow.store.outbox import Due
from workflow.texts import texts

UNSTAFFED = "office_unstaffed"
"""Nobody is left for a seat: where this reaches no head, it goes to the coordinators."""

BEGIN = timedelta(seconds=2)
"""With the longest conversation (17 s) still less than a lease."""


def send_mails(
    db: sa.Engine, settings: Settings, mails: Sequence[Due], clock: Callable[[], datetime]
) -> Iterator[tuple[Due, Exception | None]]:
    """Send mails about cases in one conversation; gives each as soon as it was sent, or why it was not.

    Another one is only begun within BEGIN of the first: those for which time was short are not given. A mail
    that is sent again carries the same Message-ID.
    """
    until = clock() + BEGIN
    left = deque(_written(db, settings, mails, clock()))
    while left and clock() <= until:
        try:
            with open_smtp(settings) as smtp:
                while left and smtp.sock is not None and clock() <= until:
                    due, message = left.popleft()
                    yield due, _sent(smtp, message)
        except (OSError, SMTPException) as error:  # nobody answers: for none of them
            yield from ((due, error) for due, _ in left)
            return


def _sent(smtp: SMTP, message: EmailMessage | Exception | None) -> Exception | None:
    if isinstance(message, EmailMessage):
        try:
            smtp.send_message(message)
        except Exception as error:
            return error
        return None
    return message


def _written(
    db: sa.Engine, settings: Settings, mails: Sequence[Due], now: datetime
) -> list[tuple[Due, EmailMessage | Exception | None]]:
    """Each with its mail, or why it could not be written; None: nobody is there to read it."""
    found: list[tuple[Due, EmailMessage | Exception | None]] = []
    known: dict[tuple[str, ...], list[sa.Row[Any]]] = {}
    with db.begin() as tx:  # what waits for somebody's time is kept before anything is sent
        about = published.mailing(tx, {due.case_id for due in mails if due.case_id})
        for due in mails:
            try:
                readers = _readers(due)
                if readers not in known:
                    known[readers] = _addresses(tx, readers, now)
                words, kept_out = about[due.case]
                to = [row for row in known[readers] if len(readers) == 1 or str(row.id) not in kept_out]
                if not to and due.payload["text"] == UNSTAFFED:  # its head keeps out too
                    keepers = sign_in.addresses_of_roles(tx, ("coordinator",), now)
                    to = [row for row in keepers if str(row.id) not in kept_out]
                found.append((due, _mail(tx, settings, due, words, to, now)))
            except (
                LookupError,
                ValueError,
            ) as error:  # a later version's: of this one alone
                found.append((due, error))
    return found


def _mail(
    tx: sa.Connection, settings: Settings, due: Due, own: Mails, all_of: Sequence[sa.Row[Any]], now: datetime
) -> EmailMessage | None:
    """One mail about a case, in each language of those who get it now. `own`: its programme's words."""
    what = due.payload["text"]
    if what not in SUBJECTS:
        raise KeyError(what)
    path = f"applications/{due.case}" if "organisation" in due.payload else f"desk/cases/{due.case}"
    to = put_off(tx, due, all_of, path, now)
    if all_of and not to:
        return None
    subjects, words = [], []
    for language in dict.fromkeys(row.language for row in to):
        subject, body = wording(own, what, language, due.number)
        subjects.append(subject)
        say = texts(language).gettext
        words += [say(GREETING), body, f"{settings.base_url}/{path}", say(CLOSING)]
    return compose(settings, due.key, [row.email for row in to], " / ".join(subjects), words, now)


def _readers(due: Due) -> tuple[str, ...]:
    """An organisation, or an office and a role."""
    if "organisation" in due.payload:
        return (due.payload["organisation"],)
    return due.payload["office"], due.payload["role"]


def _addresses(tx: sa.Connection, readers: tuple[str, ...], now: datetime) -> list[sa.Row[Any]]:
    match readers:
        case (organisation,):
            return sign_in.addresses_of_members(tx, UUID(organisation))
        case (office, role):
            return sign_in.addresses_of_staff(tx, office, role, now)
    raise ValueError(readers)
