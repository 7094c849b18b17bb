"""What anybody may read: what this is, the calls, and whether a project can be funded at all."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web import screens
from web.errors import text_of
from web.language import gettext, lang
from web.security import current, db, now, posted_uuid, signed_in
from workflow import drafts
from workflow.errors import NotFound, Refused
from workflow.funding.eligibility import assess
from workflow.funding.programme import Call
from workflow.store import queries


def start() -> str:
    """The first page: what can be applied for, until when, and how it goes on."""
    calls = sorted(screens.programme().calls.values(), key=lambda call: call.closes)
    return render_template(
        "portal/start.html",
        open_calls=[call for call in calls if call.is_open(now())],
        other_calls=[call for call in reversed(calls) if not call.is_open(now())],
    )


def call(code: str) -> str:
    """A call, its questions, and what the answers given so far mean."""
    return _page(_call(code))


def begin(code: str) -> Response | tuple[str, int]:
    """Begin an application: a double click begins one."""
    found, person = _call(code), signed_in()
    application_id = posted_uuid("application_id")
    try:
        organisation_id = UUID(request.form["organisation"])
    except (KeyError, ValueError):
        raise BadRequest from None
    try:
        drafts.start(
            db(),
            person.actor,
            organisation_id=organisation_id,
            call=code,
            eligibility=request.form,
            now=now(),
            application_id=application_id,
        )
    except Refused as error:
        return _page(found, text_of(error, lang())), error.status
    flash(gettext("Ihr Gesuch ist angelegt. Sie können jederzeit speichern und später weiterfahren."), "done")
    return redirect(url_for("portal.application", application_id=application_id), 303)


def _call(code: str) -> Call:
    found = screens.programme().calls.get(code)
    if found is None:
        raise NotFound("no_such_call")
    return found


def _page(found: Call, refusal: str | None = None) -> str:
    person = current()
    mine = queries.my_organisations(db(), person.actor) if person else []
    asked = {one.code: request.values.get(one.code, "") for one in found.eligibility}
    here = f"{url_for('portal.call', code=found.code)}?{urlencode(asked)}"
    return render_template(
        "portal/call.html",
        call=found,
        given=asked,
        assessed=assess(found.eligibility, asked) if any(asked.values()) else None,
        organisations=[one for one in mine if one.rights & {"draft", "sign"}],
        application_id=uuid4(),
        here=here,
        refusal=refusal,
    )
