"""Mails beside the way of a case: that something waits for somebody, and where; never what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.mail import compose
from workflow.funding.mails import CLOSING
from workflow.mail_server import open_smtp
from workflow.settings import Settings
from workflow.store import sign_in
from workflow.store.outbox import Due
from workflow.texts import marked as _
from workflow.texts import texts

SUBJECTS: Mapping[str, str] = {
    "organisation_waits": _("Eine Trägerschaft wartet auf Bestätigung"),
    "organisation_confirmed": _("Ihre Trägerschaft ist bestätigt"),
    "organisation_refused": _("Ihre Trägerschaft: bitte ergänzen"),
    "signature_wanted": _("Ein Gesuch wartet auf Ihre Unterschrift"),
    "signature_void": _("Ihre Unterschrift gilt nicht mehr"),
    "comment_mention": _("Sie sind in einem Dossier erwähnt"),
    "comment_answered": _("Eine Trägerschaft hat geantwortet"),
    "inquiry_answered": _("Eine Stelle hat auf Ihre Anfrage geantwortet"),
    "comment_question": _("Zu Ihrem Gesuch gibt es eine Frage"),
    "comment_message": _("Zu Ihrem Gesuch gibt es eine Nachricht"),
}
BODIES: Mapping[str, str] = {
    "organisation_waits": _("Eine Trägerschaft hat sich registriert. Bitte bestätigen Sie sie hier:"),
    "organisation_confirmed": _(
        "Die Fachstelle hat Ihre Trägerschaft bestätigt. Sie können jetzt einreichen:"
    ),
    "organisation_refused": _(
        "Die Fachstelle konnte Ihre Trägerschaft nicht bestätigen. Warum, lesen Sie hier:"
    ),
    "signature_wanted": _(
        "Eine Person Ihrer Trägerschaft hat ein Gesuch unterschrieben. Es braucht eine zweite Unterschrift:"
    ),
    "signature_void": _(
        "Sie haben ein Gesuch unterschrieben. Danach wurde es geändert. Bitte lesen Sie es nochmals:"
    ),
    "comment_mention": _("Jemand hat Sie in einem Dossier erwähnt. Sie lesen es hier:"),
    "comment_answered": _("Auf Ihre Nachricht an eine Trägerschaft ist eine Antwort da. Sie lesen sie hier:"),
    "inquiry_answered": _("Auf Ihre Anfrage an eine andere Stelle ist die Antwort da. Sie lesen sie hier:"),
    "comment_question": _("Wir haben eine Frage zu Ihrem Gesuch. Bitte lesen und beantworten Sie sie hier:"),
    "comment_message": _("Wir haben Ihnen zu Ihrem Gesuch geschrieben. Sie lesen es hier:"),
}


def send_notice(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """Send one mail, in each language of those who get it; raises what SMTP raises."""
    with db.connect() as tx:
        to = _addresses(tx, due.payload)
    what = due.payload["text"]
    subjects, words = [], []
    for language in dict.fromkeys(row.language for row in to):
        say = texts(language).gettext
        subjects.append(say(SUBJECTS[what]))
        words += [say(BODIES[what]), f"{settings.base_url}/{due.payload['path']}", say(CLOSING)]
    message = compose(settings, due.key, [row.email for row in to], " / ".join(subjects), words, now)
    if message is not None:
        with open_smtp(settings) as smtp:
            smtp.send_message(message)


def _addresses(tx: sa.Connection, payload: Mapping[str, Any]) -> list[sa.Row[Any]]:
    """One person, those with a role, or those who sign for an organisation but for one."""
    if "person" in payload:
        person = sign_in.person_by_id(tx, UUID(payload["person"]))
        return [person] if person is not None else []
    if "role" in payload:
        return sign_in.addresses_of_role(tx, payload["role"])
    rows = sign_in.addresses_of_members(tx, UUID(payload["organisation"]))
    return [row for row in rows if str(row.id) != payload.get("but")]
