"""The operations desk: who is alive, what was given up; it is tried again, left, or handed to a person."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.alarms import alarms_of
from web.desk.words import Words
from web.errors import problem_text, text_of
from web.language import gettext as _
from web.language import lang, ngettext
from web.security import db, now, posted_uuid, signed_in
from workflow import operations
from workflow.errors import FoerderwegError, Invalid, NotFound, Refused
from workflow.store import queries

blueprint = Blueprint("operations", __name__, url_prefix="/operations")


@blueprint.get("")
def page() -> str:
    """Health, failed effects, parked cases, and what operators did."""
    viewer = signed_in().actor
    found = queries.operations(db(), viewer, now=now())
    if found is None:
        abort(404)
    return render_template(
        "operations.html",
        found=found,
        alarms=alarms_of(found.health, now()),
        at=now(),
        may_act=viewer.has_role(*operations.OPERATORS),
        me=viewer.person,
        words=Words(),
    )


@blueprint.post("/effects")
def effects() -> Response:
    """Retry one effect, or all with its error; or skip it."""
    actor, form, reason = signed_in().actor, request.form, request.form.get("reason", "")
    key = form.get("key", "")
    try:
        if form.get("press") == "skip":
            operations.skip_effect(db(), actor, key, reason=reason, now=now())
            flash(_("Übersprungen. Der Grund ist festgehalten."))
        else:
            alike = {"error": form.get("error", "")} if form.get("press") == "retry_alike" else {"key": key}
            count = operations.retry_effects(db(), actor, **alike, reason=reason, now=now())
            nudge("deliver")
            flash(ngettext("%(n)s Zustellung läuft wieder.", "%(n)s Zustellungen laufen wieder.", count))
    except (Invalid, NotFound, Refused) as error:
        return _refused(error)
    return redirect(url_for("operations.page"), 303)


@blueprint.post("/cases")
def cases() -> Response:
    """Retry a parked case, or hand it to a person."""
    actor, case_id, reason = signed_in().actor, posted_uuid("case_id"), request.form.get("reason", "")
    try:
        if request.form.get("press") == "hand_over":
            person = posted_uuid("person")
            operations.hand_over(db(), actor, case_id, person, reason=reason, now=now())
            flash(_("Übergeben. Die Person sieht die Störung bei ihren Pendenzen."))
        else:
            operations.retry_case(db(), actor, case_id, reason=reason, now=now())
            nudge("route")
            flash(_("Das Gesuch läuft wieder. Bleibt es noch einmal liegen, steht es wieder hier."))
    except (Invalid, NotFound, Refused) as error:
        return _refused(error)
    return redirect(url_for("operations.page"), 303)


def _refused(error: FoerderwegError) -> Response:
    if isinstance(error, Invalid):
        [problem] = error.fields["reason"]
        empty = problem.code == "required"
        said = _("Bitte geben Sie einen Grund an.") if empty else problem_text(problem, lang())
    else:
        said = text_of(error, lang())
    flash(said, "danger")
    return redirect(url_for("operations.page"), 303)
