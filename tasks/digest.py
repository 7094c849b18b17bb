"""Mails that wait: for the hour at which a person wants them gathered, or for the end of quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.compose import compose
from workflow.funding.mails import CLOSING, GREETING, URGENT, Mails, wording
from workflow.funding.notices import SUBJECTS
from workflow.mail_server import open_smtp
from workflow.mail_times import MailTimes, wanted_at
from workflow.settings import Settings
from workflow.store import mail_times, outbox, published, sign_in
from workflow.store.outbox import Due
from workflow.texts import marked as _
from workflow.texts import texts

SUBJECT = _("Ihre gesammelten Meldungen: %(n)s")
HOW = _("Wann Sie Mails bekommen, bestimmen Sie hier:")


def put_off(
    tx: sa.Connection, due: Due, to: Sequence[sa.Row[Any]], path: str, now: datetime
) -> list[sa.Row[Any]]:
    """Those of `to` (id, email, language) who want this mail now; for the others it is kept until their time.

    Somebody for whom it was kept at an attempt before stays with that.
    """
    kept = mail_times.waiting(tx, due.key) if due.attempt > 1 else frozenset()
    chosen = mail_times.of(tx, [row.id for row in to])
    text, later = due.payload["text"], []
    for person in chosen.keys() - kept:
        if at := wanted_at(MailTimes(*chosen[person]), now, urgent=text in URGENT):
            later.append(mail_times.Held(person, due.key, at, text, path, due.case_id))
    mail_times.hold(tx, later)
    waiting = kept | {one.person_id for one in later}
    return [row for row in to if row.id not in waiting]


def send_digest(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """One mail with a line for each that waits for this person; raises what SMTP raises."""
    person_id, at = UUID(due.payload["person"]), datetime.fromisoformat(due.payload["at"])
    with db.connect() as tx:
        person = sign_in.person_by_id(tx, person_id)
        effects = mail_times.due(tx, person_id, at)
        held = mail_times.held(tx, person_id, effects)
        about = published.mailing(tx, {row.case_id for row in held if row.case_id})
    # Who stepped back since they were kept is not written to about it any more.
    held = [
        row
        for row in held
        if not (row.case_id and row.path.startswith("desk/"))
        or str(person_id) not in about[row.case_id].kept_out
    ]
    if person is not None and held:
        say = texts(person.language).gettext
        words = [say(GREETING)]
        words += [
            _line(settings, row, about[row.case_id].words if row.case_id else {}, person.language)
            for row in held
        ]
        words += [f"{say(HOW)}\n{settings.base_url}/account/mails", say(CLOSING)]
        subject = say(SUBJECT) % {"n": len(held)}
        message = compose(settings, due.key, [person.email], subject, words, now)
        assert message is not None, person
        with open_smtp(settings) as smtp:
            smtp.send_message(message)
    with db.begin() as tx:
        outbox.done_in(tx, due.key, now)  # first: what comes from here on makes a digest of its own
        mail_times.drop(tx, person_id, effects)
        if mail_times.due(tx, person_id, at):  # came while this one was sent
            outbox.add(tx, f"{due.key}+", "digest", due.payload, now)


def _line(settings: Settings, row: sa.Row[Any], own: Mails, language: str) -> str:
    if row.text in SUBJECTS:
        subject = texts(language).gettext(SUBJECTS[row.text])
    else:
        subject, _body = wording(own, row.text, language, row.number)
    return f"{subject}\n{settings.base_url}/{row.path}"
