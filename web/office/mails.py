"""What mails about cases say, each event in each language, with the number of a case that there is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.exports import Column, export
from web.language import gettext as _
from web.screens import languages, programme
from web.security import db, now, settings, signed_in
from workflow.funding.mails import CLOSING, GREETING, SUBJECTS, Mails, wording
from workflow.store import queries
from workflow.texts import texts


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail as it would go out; `own`: in the programme's words."""

    code: str
    language: str
    subject: str
    words: tuple[str, ...]
    own: bool


def mails() -> str:
    """All of them; `number`: of the case they are shown with, else the newest there is."""
    viewer = signed_in().actor
    if not viewer.has_role(*queries.PROGRAMME_READERS):
        abort(404)
    own = programme().mails
    shown, number = shown_with(own, request.args.get("number", "").strip())
    return render_template("office/mails.html", shown=shown, number=number, own=len(own), at=now())


def mails_file(kind: str) -> Response:
    """The same as a file."""
    if not signed_in().actor.has_role(*queries.PROGRAMME_READERS):
        abort(404)
    shown, _number = shown_with(programme().mails, request.args.get("number", "").strip())
    columns: list[Column[Shown]] = [
        Column(_("Ereignis"), lambda row: row.code),
        Column(_("Sprache"), lambda row: row.language),
        Column(_("Betreff"), lambda row: row.subject),
        Column(_("Text"), lambda row: "\n".join(row.words)),
        Column(_("Herkunft"), lambda row: _("Programm") if row.own else _("Grundtext")),
    ]
    return export(kind, _("Mails"), columns, shown)


def shown_with(own: Mails, number: str = "") -> tuple[list[Shown], str]:
    """All mails in these words, and the number of the case that they are shown with."""
    found = queries.sample_case(db(), signed_in().actor, number)
    number, case_id = found or (_("(noch kein Gesuch)"), "…")
    return [_shown(own, code, one, number, str(case_id)) for code in SUBJECTS for one in languages()], number


def _shown(own: Mails, code: str, language: str, number: str, case_id: str) -> Shown:
    subject, body = wording(own, code, language, number)
    path = "applications" if code.startswith("applicant_") else "desk/cases"
    link = f"{settings().base_url}/{path}/{case_id}"
    say = texts(language).gettext
    said = (say(GREETING), body, link, say(CLOSING))
    return Shown(code, language, subject, said, code in own and language in own[code].subject)
