"""Organisations as the Fachstelle sees them: confirming, refusing, merging what was registered twice."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.errors import problem_text, text_of
from web.exports import MOST_ROWS, export
from web.language import gettext, lang
from web.office import columns
from web.security import db, now, posted_uuid, signed_in
from workflow import organisations as door
from workflow.errors import Invalid, NotAllowed, Refused
from workflow.store import queries
from workflow.store.queries import Registered


def organisations() -> str:
    """All of them, those that wait first."""
    text = request.args.get("text", "").strip()
    form = queries.record_form(db())
    return render_template("office/organisations.html", rows=_registered(200), text=text, form=form)


def organisations_file(kind: str) -> Response:
    """All of them as a file."""
    rows = _registered(MOST_ROWS + 1)
    return export(kind, gettext("Trägerschaften"), columns.of_organisations(queries.record_form(db())), rows)


def organisation(organisation_id: UUID) -> str:
    """One with its members, its log, and others that may be the same."""
    return _page(organisation_id)


def act(organisation_id: UUID) -> Response | str | tuple[str, int]:
    """Confirm it, refuse it, or merge it with another one."""
    person, press = signed_in().actor, request.form.get("press", "")
    try:
        if press == "merge":
            stays = posted_uuid("stays")
            gone = posted_uuid("other") if stays == organisation_id else organisation_id
            door.merge(db(), person, gone, stays, now=now())
            said = gettext("Zusammengelegt. Die frühere Adresse führt hierher.")
        elif press in ("confirm", "refuse"):
            stays, reason = organisation_id, request.form.get("reason", "")
            confirm = press == "confirm"
            door.decide(db(), person, organisation_id, confirm=confirm, reason=reason, now=now())
            said = (
                gettext("Bestätigt.") if confirm else gettext("Nicht bestätigt. Die Trägerschaft erfährt es.")
            )
        else:
            raise BadRequest
    except Invalid as error:
        return _page(organisation_id, problem_text(error.fields["reason"][0], lang())), error.status
    except (Refused, NotAllowed) as error:
        return _page(organisation_id, text_of(error, lang())), error.status
    nudge("deliver")
    flash(said, "done")
    return redirect(url_for("office.organisation", organisation_id=stays), 303)


def _registered(limit: int) -> list[Registered]:
    text = request.args.get("text", "").strip()
    rows = queries.registered(db(), signed_in().actor, text=text, limit=limit)
    return rows if rows is not None else abort(404)


def _page(organisation_id: UUID, refusal: str | None = None) -> str:
    found = queries.organisation(db(), signed_in().actor, organisation_id, now=now())
    if found is None or not signed_in().actor.has_role(*queries.ORGANISATIONS_READERS):
        abort(404)
    return render_template(
        "office/organisation.html",
        organisation=found,
        form=queries.record_form(db()),
        acts=signed_in().actor.has_role(door.COORDINATOR) and not found.rights,
        refusal=refusal,
        reason=request.form.get("reason", ""),
    )
