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
from workflow.engine.case import WRITING
from workflow.errors import NotFound, Refused
from workflow.funding.advice import Need, contact_for
from workflow.funding.eligibility import assess
from workflow.funding.programme import Call
from workflow.store import queries


def start() -> str:
    """The first page: what can be applied for, until when, and how it goes on."""
    calls = sorted(screens.programme().calls.values(), key=lambda call: call.closes)
    return render_template(
        "portal/start.html",
        by_area=_needs_by_area(),
        open_calls=[call for call in calls if call.is_open(now())],
        other_calls=[call for call in reversed(calls) if not call.is_open(now())],
    )


def needs() -> str:
    """What people want to do, in their own words, to pick one."""
    return render_template("portal/needs.html", by_area=_needs_by_area())


def need(code: str) -> str:
    """Which funding area a need belongs to, and the calls that are open for it."""
    known = screens.programme()
    found = next((one for one in known.needs if one.code == code), None)
    if found is None:
        raise NotFound("no_such_need")
    fitting = [one for one in known.calls.values() if found.area in one.areas]
    return render_template(
        "portal/need.html",
        need=found,
        area=known.areas[found.area],
        open_calls=[one for one in fitting if one.is_open(now())],
        next_calls=sorted((one for one in fitting if one.opens > now()), key=lambda one: one.opens),
        contact=contact_for(known.contacts, found.area),
    )


def _needs_by_area() -> dict[str, list[Need]]:
    """Needs under their areas, in the order of the programme."""
    known = screens.programme()
    by_area = {code: [one for one in known.needs if one.area == code] for code in known.areas}
    return {code: found for code, found in by_area.items() if found}


def call(code: str) -> str:
    """A call, its questions, and what the answers given so far mean."""
    return _page(_call(code))


def begin(code: str) -> Response | tuple[str, int]:
    """Begin an application: a double click begins one."""
    found, person = _call(code), signed_in()
    application_id, organisation_id = posted_uuid("application_id"), posted_uuid("organisation")
    try:
        drafts.start(
            db(),
            person.actor,
            organisation_id=organisation_id,
            call=code,
            eligibility=request.form,
            area=_area(found),
            copy_of=_copy_of(),
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


def _copy_of() -> UUID | None:
    """The earlier application that this one is filled in from."""
    given = request.values.get("copy", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise BadRequest from None


def _area(found: Call) -> str:
    """The area that the person's need led to, if this call has it."""
    area = request.values.get("area", "")
    return area if area in found.areas else ""


def _page(found: Call, refusal: str | None = None) -> str:
    person = current()
    mine = queries.my_organisations(db(), person.actor) if person else []
    asked = {one.code: request.values.get(one.code, "") for one in found.eligibility}
    area = _area(found)
    copy_of = _copy_of()
    known = {**asked, **({"area": area} if area else {}), **({"copy": str(copy_of)} if copy_of else {})}
    here = f"{url_for('portal.call', code=found.code)}?{urlencode(known)}"
    return render_template(
        "portal/call.html",
        call=found,
        given=asked,
        area=area,
        copy_of=copy_of,
        assessed=assess(found.eligibility, asked) if any(asked.values()) or "check" in request.args else None,
        organisations=[one for one in mine if one.rights & WRITING],
        application_id=uuid4(),
        here=here,
        refusal=refusal,
    )
