"""What mails beside the way of a case say: that something waits for somebody; never what."""

from __future__ import annotations

from collections.abc import Mapping

from workflow.texts import marked as _

SUBJECTS: Mapping[str, str] = {
    "organisation_waits": _("Eine Trägerschaft wartet auf Bestätigung"),
    "organisation_confirmed": _("Ihre Trägerschaft ist bestätigt"),
    "organisation_refused": _("Ihre Trägerschaft: bitte ergänzen"),
    "organisation_merged": _("Ihre Trägerschaft ist mit einer anderen zusammengelegt"),
    "organisation_taken": _("Die Trägerschaft, die Sie registriert haben, gab es schon"),
    "signature_wanted": _("Ein Gesuch wartet auf Ihre Unterschrift"),
    "giving_up_wanted": _("Etwas wartet auf Ihre Unterschrift"),
    "signature_void": _("Ihre Unterschrift gilt nicht mehr"),
    "draft_ends": _("Ein Entwurf wird bald gelöscht"),
    "comment_mention": _("Sie sind in einem Dossier erwähnt"),
    "comment_answered": _("Eine Trägerschaft hat geantwortet"),
    "comment_begun": _("Eine Trägerschaft hat geschrieben"),
    "inquiry_answered": _("Eine Stelle hat auf Ihre Anfrage geantwortet"),
    "proposal_waits": _("Eine Änderung am Programm wartet auf eine zweite Person"),
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
    "organisation_merged": _(
        "Die Fachstelle hat Ihre Trägerschaft mit einer zusammengelegt, die dieselbe ist. Wer dazugehört,"
        " lesen Sie hier; wer fehlt und dazugehört, den laden Sie ein:"
    ),
    "organisation_taken": _(
        "Die Fachstelle hat sie mit der zusammengelegt, die sie schon kannte. Auch Ihre Entwürfe sind jetzt"
        " dort. Wenn Sie dazugehören, lassen Sie sich von den Unterzeichnenden einladen. Ihre Gesuche:"
    ),
    "signature_wanted": _(
        "Eine Person Ihrer Trägerschaft hat ein Gesuch unterschrieben. Es braucht eine zweite Unterschrift:"
    ),
    "giving_up_wanted": _(
        "Eine Person Ihrer Trägerschaft hat etwas unterschrieben, das erst mit einer zweiten Unterschrift"
        " gilt. Worum es geht, lesen Sie hier:"
    ),
    "signature_void": _(
        "Sie haben ein Gesuch unterschrieben. Danach wurde es geändert. Bitte lesen Sie es nochmals:"
    ),
    "draft_ends": _(
        "An einem Entwurf Ihrer Trägerschaft hat seit fast einem Jahr niemand geschrieben. In 30 Tagen"
        " wird er gelöscht. Wenn Sie ihn noch brauchen, schreiben Sie daran weiter:"
    ),
    "comment_mention": _("Jemand hat Sie in einem Dossier erwähnt. Sie lesen es hier:"),
    "comment_answered": _("Auf Ihre Nachricht an eine Trägerschaft ist eine Antwort da. Sie lesen sie hier:"),
    "comment_begun": _("Eine Trägerschaft hat Ihnen zu ihrem Gesuch geschrieben. Sie lesen es hier:"),
    "inquiry_answered": _("Auf Ihre Anfrage an eine andere Stelle ist die Antwort da. Sie lesen sie hier:"),
    "proposal_waits": _(
        "Jemand schlägt eine Änderung am Programm vor. Wirksam wird sie, wenn eine zweite Person sie"
        " veröffentlicht. Hier sehen Sie sie an:"
    ),
    "comment_question": _("Wir haben eine Frage zu Ihrem Gesuch. Bitte lesen und beantworten Sie sie hier:"),
    "comment_message": _("Wir haben Ihnen zu Ihrem Gesuch geschrieben. Sie lesen es hier:"),
}
