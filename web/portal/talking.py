"""What an office writes to the organisation, and what a member answers."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.errors import problem_text, text_of
from web.language import gettext, lang
from web.portal.own import own_application
from web.portal.running import Unsent, case_page
from web.security import db, now, posted_uuid, signed_in
from workflow import comments
from workflow.comments import NewComment
from workflow.errors import Invalid, NotAllowed, Refused


def answer(application_id: UUID) -> Response | tuple[str, int]:
    """Answer a message of an office, or begin one; refused, the page comes back with the text."""
    found = own_application(application_id)
    text = request.form.get("text", "")
    message = posted_uuid("message") if request.form.get("message") else None
    said = NewComment(posted_uuid("command_id"), application_id, "applicant", text, answers=message)
    try:
        comments.write(db(), signed_in().actor, said, now=now())
    except (Invalid, NotAllowed, Refused) as error:
        wrong = error.fields["text"][0] if isinstance(error, Invalid) else None
        refusal = problem_text(wrong, lang()) if wrong else text_of(error, lang())
        return case_page(found, Unsent(message, text, refusal)), error.status
    nudge()
    flash(
        gettext("Ihre Antwort ist bei uns angekommen.")
        if message
        else gettext("Ihre Nachricht ist bei uns angekommen."),
        "done",
    )
    return _to(application_id)


def take_back(application_id: UUID, comment_id: UUID) -> Response:
    """Take an answer of one's own back."""
    own_application(application_id)
    comments.withdraw(db(), signed_in().actor, application_id, comment_id, now=now())
    flash(gettext("Zurückgezogen. Es bleibt sichtbar, dass hier etwas stand."), "done")
    return _to(application_id)


def read(application_id: UUID) -> Response:
    """All messages are read."""
    own_application(application_id)
    comments.mark_read(db(), signed_in().actor, application_id, now=now())
    return _to(application_id)


def _to(application_id: UUID) -> Response:
    return redirect(url_for("portal.application", application_id=application_id, _anchor="messages"), 303)
