"""What is said about a case at the desk: to the own office, to all who review, to the applicant."""

from __future__ import annotations

from typing import Any
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
    page("/cases/<uuid:case_id>/comments", view_func=say, methods=["POST"])
    page("/cases/<uuid:case_id>/comments/read", view_func=read, methods=["POST"])
    page("/cases/<uuid:case_id>/comments/<uuid:comment_id>/end", view_func=take_back, methods=["POST"])


def shown(found: queries.Dossier) -> dict[str, Any]:
    """What the dossier shows of it, once it is open."""
    if not found.opened:
        return {"talk": None, "inquiries": []}
    viewer, case_id = staff(), found.case.id
    return {
        "talk": queries.talk(db(), viewer, case_id, now=now()),
        "inquiries": queries.inquiries(db(), viewer, case_id, now=now()),
    }


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


def _again(said: NewComment, error: FoerderwegError) -> str:
    found = queries.dossier(db(), staff(), said.case_id, now=now())
    if found is None:
        abort(404)
    problems = error.fields.get("text", ()) if isinstance(error, Invalid) else ()
    return render_template(
        "desk/say_again.html",
        dossier=found,
        case=found.case,
        words=Words(),
        talk=queries.talk(db(), staff(), said.case_id, now=now()),
        said=said,
        refusal=problem_text(problems[0], lang()) if problems else text_of(error, lang()),
    )


def _to(case_id: UUID, audience: str = "") -> Response:
    anchor = f"talk-{audience}" if audience else "talk"
    return redirect(url_for("desk.dossier", case_id=case_id, _anchor=anchor), 303)
