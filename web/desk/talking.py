"""What is said about a case at the desk: to the own office, to all who review, to the applicant."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.desk.inbox import staff
from web.desk.words import Words
from web.errors import problem_text, text_of
from web.language import gettext, lang
from web.security import db, local_path, now, posted_uuid
from workflow import comments
from workflow.comments import NewComment
from workflow.errors import FoerderwegError, Invalid, NotAllowed, Refused
from workflow.store import queries
from workflow.texts import marked as _

SENT = {
    "office": _("Steht jetzt bei Ihrer Stelle."),
    "reviewers": _("Steht jetzt bei allen Prüfenden."),
    "applicant": _("Ist bei der Trägerschaft. Sie erhält eine Mail, dass etwas wartet."),
}


def register(blueprint: Blueprint) -> None:
    """Its addresses at the desk."""
    page = blueprint.add_url_rule
    page("/cases/<uuid:case_id>/comments/new", view_func=begin)
    page("/cases/<uuid:case_id>/comments", view_func=say, methods=["POST"])
    page("/cases/<uuid:case_id>/comments/read", view_func=read, methods=["POST"])
    page("/cases/<uuid:case_id>/comments/<uuid:comment_id>/end", view_func=take_back, methods=["POST"])


def begin(case_id: UUID) -> str:
    """The form in which to say something to those whom the address names."""
    return _say(case_id, request.args.get("audience", "")) or abort(404)


def say(case_id: UUID) -> Response | tuple[str, int]:
    """Say something to those whom the form names; refused, it comes back with the text."""
    form = request.form
    try:
        called = frozenset(UUID(one) for one in form.getlist("mention") if one)
    except ValueError:
        raise BadRequest from None
    said = NewComment(
        id=posted_uuid("command_id"),
        case_id=case_id,
        audience=form.get("audience", ""),
        text=form.get("text", ""),
        mentions=called,
        asks=form.get("asks") == "1",
    )
    try:
        comments.write(db(), staff(), said, now=now())
    except (Invalid, NotAllowed, Refused) as error:
        return _again(said, error), error.status
    nudge()
    flash(gettext(SENT[said.audience]), "done")
    return _to(case_id, said.audience)


def take_back(case_id: UUID, comment_id: UUID) -> Response:
    """Take a comment of one's own back."""
    comments.withdraw(db(), staff(), case_id, comment_id, now=now())
    flash(gettext("Zurückgezogen. Es bleibt sichtbar, dass hier etwas stand."), "done")
    return _to(case_id)


def read(case_id: UUID) -> Response:
    """All that was said is read."""
    comments.mark_read(db(), staff(), case_id, now=now())
    back = local_path(request.form.get("back"))
    return redirect(back, 303) if back else _to(case_id)


def _say(case_id: UUID, audience: str, said: NewComment | None = None, refusal: str = "") -> str | None:
    """Its page. None where there is nothing to be said to those, unless it shows what was refused."""
    found = queries.dossier(db(), staff(), case_id, now=now())
    to = queries.audience(db(), staff(), case_id, audience, now=now())
    if found is None or not (to or refusal):
        return None
    return render_template(
        "desk/say.html",
        case=found.case,
        words=Words(),
        talk=found.talk,
        audience=audience,
        to=to,
        said=said,
        refusal=refusal,
    )


def _again(said: NewComment, error: FoerderwegError) -> str:
    problems = error.fields.get("text", ()) if isinstance(error, Invalid) else ()
    refusal = problem_text(problems[0], lang()) if problems else text_of(error, lang())
    return _say(said.case_id, said.audience, said, refusal) or abort(404)


def _to(case_id: UUID, audience: str = "") -> Response:
    anchor = f"talk-{audience}" if audience else "talk"
    return redirect(url_for("desk.dossier", case_id=case_id, _anchor=anchor), 303)
