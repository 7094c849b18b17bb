"""What mails about cases say: in the programme's own words where it has some, else in the catalogue's.

A text knows the case's number and nothing else of it: mails carry no content of a case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.errors import RouteError
from workflow.funding.questions import Labels
from workflow.texts import is_unwritable, texts
from workflow.texts import marked as _

SUBJECTS: Mapping[str, str] = {
    "applicant_received": _("Gesuch %(number)s: eingegangen"),
    "applicant_opened": _("Zu Ihrem Gesuch: %(number)s ist eingegangen"),
    "applicant_turn": _("Gesuch %(number)s: wir brauchen etwas von Ihnen"),
    "applicant_reminder": _("Gesuch %(number)s: Erinnerung"),
    "applicant_letter": _("Gesuch %(number)s: ein Schreiben liegt für Sie bereit"),
    "applicant_paid": _("Gesuch %(number)s: es gibt etwas Neues"),
    "applicant_settled": _("Gesuch %(number)s: es gibt etwas Neues"),
    "applicant_report_due": _("Gesuch %(number)s: ein Bericht wird fällig"),
    "applicant_report_late": _("Gesuch %(number)s: der Bericht fehlt"),
    "office_turn": _("Gesuch %(number)s: eine Pendenz wartet"),
    "office_reminder": _("Gesuch %(number)s: Erinnerung an eine Pendenz"),
    "office_escalation": _("Gesuch %(number)s: eine Pendenz ist überfällig"),
    "office_report_missing": _("Gesuch %(number)s: der Bericht bleibt aus"),
    "office_appeal_ended": _("Gesuch %(number)s: ein Rekurs ist abgeschlossen"),
    "office_unstaffed": _("Gesuch %(number)s: niemand kann es bearbeiten"),
}
BODIES: Mapping[str, str] = {
    "applicant_received": _("Ihr Gesuch %(number)s ist bei uns eingegangen. Den Stand sehen Sie hier:"),
    "applicant_opened": _(
        "Zu Ihrem Gesuch ist etwas eingegangen; es hat die Nummer %(number)s. Den Stand sehen Sie hier:"
    ),
    "applicant_turn": _("Zu Ihrem Gesuch %(number)s wartet etwas auf Sie. Bitte öffnen Sie:"),
    "applicant_reminder": _(
        "Zu Ihrem Gesuch %(number)s wartet immer noch etwas auf Sie. Bis wann, und was ohne Ihre Antwort"
        " geschieht, steht hier:"
    ),
    "applicant_letter": _("Zu Ihrem Gesuch %(number)s liegt ein Schreiben bereit. Sie finden es hier:"),
    "applicant_paid": _("Zu Ihrem Gesuch %(number)s gibt es etwas Neues. Sie sehen es hier:"),
    "applicant_settled": _("Zu Ihrem Gesuch %(number)s gibt es etwas Neues. Sie sehen es hier:"),
    "applicant_report_due": _(
        "Zu Ihrem Gesuch %(number)s wird ein Bericht fällig. Bis wann, sehen Sie hier; dort reichen Sie ihn"
        " auch ein:"
    ),
    "applicant_report_late": _(
        "Zu Ihrem Gesuch %(number)s fehlt der Bericht. Bleibt er aus, wird nichts mehr ausbezahlt, und Ihre"
        " Trägerschaft kann kein neues Gesuch einreichen, bis er da ist. Einreichen können Sie ihn hier:"
    ),
    "office_turn": _("Zum Gesuch %(number)s wartet eine Pendenz auf Ihre Stelle:"),
    "office_reminder": _("Zum Gesuch %(number)s wartet immer noch eine Pendenz auf Ihre Stelle:"),
    "office_escalation": _("Zum Gesuch %(number)s ist eine Pendenz Ihrer Stelle überfällig:"),
    "office_report_missing": _(
        "Zum Gesuch %(number)s fehlt der Bericht trotz Erinnerungen. Zahlungen und neue Gesuche sind"
        " gesperrt, bis er da ist:"
    ),
    "office_appeal_ended": _(
        "Ein Rekurs zum Gesuch %(number)s ist abgeschlossen. Ob etwas neu zu entscheiden ist, sehen Sie hier:"
    ),
    "office_unstaffed": _(
        "Am Gesuch %(number)s darf in der Stelle, bei der es liegt, niemand mehr arbeiten:"
    ),
}
URGENT = frozenset({"office_escalation", "office_unstaffed"})
"""These wait for nobody's daily mail."""

GREETING = _("Guten Tag")
CLOSING = _("Diese Nachricht enthält aus Gründen des Datenschutzes keine Angaben zum Inhalt.")


@dataclass(frozen=True, slots=True)
class MailText:
    """The programme's words for one event, by language; `%(number)s` stands for the case's number."""

    subject: Labels
    body: Labels


Mails = Mapping[str, MailText]

NUMBER = re.compile(r"%%|%\(number\)s")
LONGEST = {"subject": 200, "body": 5000}


def parse_mails(raw: Mapping[str, Any]) -> Mails:
    """RouteError (mail_malformed) for an event without a mail, and for a text that no mail can carry.

    A subject is one line, as a header; a text names the number and nothing else.
    """
    found = {}
    for code, said in raw.items():
        if code not in SUBJECTS or set(said) != {"subject", "body"}:
            raise RouteError("mail_malformed", at=f"mails.{code}")
        for part in ("subject", "body"):
            for language, text in said[part].items():
                if not _can_be_sent(text, part):
                    raise RouteError("mail_malformed", at=f"mails.{code}.{part}.{language}")
        found[code] = MailText(said["subject"], said["body"])
    return found


def _can_be_sent(text: Any, part: str) -> bool:
    if not isinstance(text, str) or len(text) > LONGEST[part] or "%" in NUMBER.sub("", text):
        return False
    return not is_unwritable(text) and (part == "body" or text.splitlines() in ([], [text]))


def wording(mails: Mails, code: str, language: str, number: str) -> tuple[str, str]:
    """(subject, body) of the mail about this event; raises KeyError for an event that sends none."""
    say, own = texts(language).gettext, mails.get(code)
    subject = own.subject.get(language) if own else None
    body = own.body.get(language) if own else None
    known = {"number": number}
    return (subject or say(SUBJECTS[code])) % known, (body or say(BODIES[code])) % known
