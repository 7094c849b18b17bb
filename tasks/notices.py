"""Mails beside the way of a case: that something waits for somebody, and where; never what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.compose import compose
from tasks.digest import put_off
from workflow.funding.mails import CLOSING, GREETING
from workflow.funding.notices import BODIES, SUBJECTS
from workflow.mail_server import open_smtp
from workflow.settings import Settings
from workflow.store import sign_in
from workflow.store.outbox import Due
from workflow.texts import texts


def send_notice(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """Send one mail, in each language of those who get it; raises what SMTP raises."""
    what = due.payload["text"]
    subject, body = SUBJECTS[what], BODIES[what]
    with db.begin() as tx:
        all_of = _addresses(tx, due.payload, now)
        to = put_off(tx, due, all_of, due.payload["path"], now)
    if all_of and not to:
        return
    subjects, words = [], []
    for language in dict.fromkeys(row.language for row in to):
        say = texts(language).gettext
        subjects.append(say(subject))
        words += [say(GREETING), say(body), f"{settings.base_url}/{due.payload['path']}", say(CLOSING)]
    message = compose(settings, due.key, [row.email for row in to], " / ".join(subjects), words, now)
    if message is not None:
        with open_smtp(settings) as smtp:
            smtp.send_message(message)


def _addresses(tx: sa.Connection, payload: Mapping[str, Any], now: datetime) -> list[sa.Row[Any]]:
    """One person, those with a role; but for one those with any of roles, or who sign for an organisation."""
    if "person" in payload:
        person = sign_in.person_by_id(tx, UUID(payload["person"]))
        return [person] if person is not None else []
    if "role" in payload:
        return sign_in.addresses_of_roles(tx, [payload["role"]], now)
    if "roles" in payload:
        rows = sign_in.addresses_of_roles(tx, payload["roles"], now)
    else:
        rows = sign_in.addresses_of_members(tx, UUID(payload["organisation"]))
    return [row for row in rows if str(row.id) != payload.get("but")]
