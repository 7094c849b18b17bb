"""Mails: they say that something waits, and where; never what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
import structlog

from workflow.mail_server import open_smtp
from workflow.settings import Settings
from workflow.store import journal, sign_in
from workflow.store.outbox import Due
from workflow.texts import marked as _
from workflow.texts import texts

LOG = structlog.get_logger()


SUBJECTS: Mapping[str, str] = {
    "applicant_received": _("Gesuch %(number)s: eingegangen"),
    "applicant_opened": _("Geschäft %(number)s zu Ihrem Gesuch: eröffnet"),
    "applicant_turn": _("Gesuch %(number)s: wir brauchen etwas von Ihnen"),
    "applicant_reminder": _("Gesuch %(number)s: Erinnerung"),
    "applicant_letter": _("Gesuch %(number)s: ein Schreiben liegt für Sie bereit"),
    "office_turn": _("Gesuch %(number)s: eine Pendenz wartet"),
    "office_reminder": _("Gesuch %(number)s: Erinnerung an eine Pendenz"),
    "office_escalation": _("Gesuch %(number)s: eine Pendenz ist überfällig"),
}
BODIES: Mapping[str, str] = {
    "applicant_received": _("Ihr Gesuch %(number)s ist bei uns eingegangen. Den Stand sehen Sie hier:"),
    "applicant_opened": _("Zu Ihrem Gesuch ist das Geschäft %(number)s eröffnet. Den Stand sehen Sie hier:"),
    "applicant_turn": _("Zu Ihrem Gesuch %(number)s wartet etwas auf Sie. Bitte öffnen Sie:"),
    "applicant_reminder": _("Zu Ihrem Gesuch %(number)s wartet immer noch etwas auf Sie. Bitte öffnen Sie:"),
    "applicant_letter": _("Zu Ihrem Gesuch %(number)s liegt ein Schreiben bereit. Sie finden es hier:"),
    "office_turn": _("Zum Gesuch %(number)s wartet eine Pendenz auf Ihre Stelle:"),
    "office_reminder": _("Zum Gesuch %(number)s wartet immer noch eine Pendenz auf Ihre Stelle:"),
    "office_escalation": _("Zum Gesuch %(number)s ist eine Pendenz Ihrer Stelle überfällig:"),
}
CLOSING = _("Diese Nachricht enthält aus Gründen des Datenschutzes keine Angaben zum Inhalt.")


def send_mail(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """Send one mail about a case, in each language of those who get it; raises what SMTP raises.

    Sent again, it carries the same Message-ID.
    """
    with db.connect() as tx:
        number = journal.read(tx, due.case).number
        to = _addresses(tx, due, now)
    what = due.payload["text"]
    path = f"applications/{due.case}" if "organisation" in due.payload else f"desk/cases/{due.case}"
    subjects, words = [], []
    for language in dict.fromkeys(row.language for row in to):
        say = texts(language).gettext
        subjects.append(say(SUBJECTS[what]) % {"number": number})
        words += [say(BODIES[what]) % {"number": number}, f"{settings.base_url}/{path}", say(CLOSING)]
    send(settings, due.key, [row.email for row in to], " / ".join(subjects), words, now)


def send(
    settings: Settings, key: str, to: Sequence[str], subject: str, words: Sequence[str], now: datetime
) -> None:
    """Hand one mail with these paragraphs to the mail server; raises what SMTP raises."""
    if not to:
        LOG.warning("mail_without_address", effect=key)
        return
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.mail_from
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, settings.base_url)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(words) + "\n")
    with open_smtp(settings) as smtp:
        smtp.send_message(message)


def _addresses(tx: sa.Connection, due: Due, now: datetime) -> list[sa.Row[Any]]:
    if "organisation" in due.payload:
        return sign_in.addresses_of_members(tx, UUID(due.payload["organisation"]))
    return sign_in.addresses_of_staff(tx, due.payload["office"], due.payload["role"], now)


def message_id(key: str, base_url: str) -> str:
    """The same for the same effect, however often it is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{urlsplit(base_url).hostname}>"
