"""Mails with a one-time link. The link is made when the mail is sent: no secret waits in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from tasks.compose import compose
from workflow import accounts
from workflow.funding.mails import GREETING
from workflow.mail_server import open_smtp
from workflow.settings import Settings
from workflow.store.outbox import Due
from workflow.texts import marked as _
from workflow.texts import texts

SUBJECTS: Mapping[str, str] = {
    "invitation": _("Ihr Zugang zu Förderweg"),
    "reset": _("Neues Passwort für Förderweg"),
    "sign_up": _("Ihr neuer Zugang zu Förderweg"),
    "known": _("Ihr Zugang zu Förderweg"),
    "joining": _("Einladung in eine Trägerschaft"),
}
BODIES: Mapping[str, str] = {
    "invitation": _(
        "Für Sie wurde ein Zugang zu Förderweg eingerichtet. Bitte wählen Sie hier ein Passwort:"
    ),
    "reset": _("Für Ihren Zugang zu Förderweg wurde ein neues Passwort verlangt. Sie wählen es hier:"),
    "sign_up": _("Mit diesem Link bestätigen Sie Ihre Adresse und richten Ihren Zugang ein:"),
    "known": _(
        "Sie haben bei Förderweg schon einen Zugang. "
        "Wissen Sie Ihr Passwort nicht mehr, so wählen Sie hier ein neues:"
    ),
    "joining": _("Sie sind eingeladen, bei einer Trägerschaft mitzuarbeiten. Hier antworten Sie:"),
}
BY_NAME = _(
    "%(by)s lädt Sie ein, auf Förderweg bei «%(organisation)s» mitzuarbeiten: Dort beantragen"
    " Organisationen Beiträge des Kantons. Hier antworten Sie:"
)
VALID: Mapping[str, str] = {
    "invitation": _("Der Link gilt sieben Tage und nur einmal."),
    "reset": _(
        "Der Link gilt eine Stunde und nur einmal. Haben Sie nichts verlangt, so ist nichts zu tun:"
        " Ihr Passwort bleibt, wie es ist."
    ),
    "sign_up": _(
        "Der Link gilt einen Tag und nur einmal. Haben Sie nichts verlangt, so ist nichts zu tun:"
        " Es entsteht kein Zugang."
    ),
    "known": _(
        "Der Link gilt eine Stunde und nur einmal. Haben Sie nichts verlangt, so ist nichts zu tun:"
        " Ihr Passwort bleibt, wie es ist."
    ),
    "joining": _("Die Einladung gilt sieben Tage. Sagt sie Ihnen nichts, so brauchen Sie nichts zu tun."),
}


def send_link(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """Send a person the way to choose a password; raises what SMTP raises.

    Sent again after a death, it carries the same Message-ID and another link; both are good.
    """
    what = due.payload["text"]
    made = accounts.make_link(db, UUID(due.payload["person"]), what, now=now)
    if made is None:
        return
    say = texts(made.language).gettext
    way = f"account/link/{made.token}" if made.token else "organisations"
    address = f"{settings.base_url}/{way}"
    body = say(BY_NAME) % due.payload if "by" in due.payload else say(BODIES[what])
    words = [say(GREETING), body, address, say(VALID[what])]
    if message := compose(settings, due.key, [made.email], say(SUBJECTS[what]), words, now):
        with open_smtp(settings) as smtp:
            smtp.send_message(message)
