"""People in screens: the list, a new one, roles, absences, access; never one's own roles, never a dossier."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.administration.reading import Posted
from web.desk.words import Words
from web.errors import problem_text, text_of
from web.exports import MOST_ROWS, As, Column, export
from web.language import gettext, lang
from web.office.checking import Finding
from web.screens import programme
from web.security import db, now, signed_in
from workflow import absences, administering
from workflow.absences import Away
from workflow.errors import Conflict, FoerderwegError, Invalid, NotAllowed, NotFound, Refused
from workflow.people import Person
from workflow.store import queries
from workflow.store.queries import PersonRow


def people() -> str:
    """Everybody who works with the programme, by name; others by search."""
    return _list()


def people_file(kind: str) -> Response:
    """The list as it is narrowed, whole."""
    rows, _ = _found(_asked(), limit=MOST_ROWS + 1)
    words = Words()
    columns: list[Column[PersonRow]] = [
        Column(gettext("Name"), lambda row: row.name),
        Column(gettext("E-Mail"), lambda row: row.email),
        Column(gettext("Rollen"), lambda row: "; ".join(map(words.lane, row.roles))),
        Column(gettext("Zugang beendet"), lambda row: row.left_at, As.MOMENT),
    ]
    return export(kind, gettext("Personen"), columns, rows)


def add() -> Response | tuple[str, int]:
    """Somebody new, who is invited by mail."""
    read = Posted()
    email, name = read.email("email", gettext("E-Mail")).lower(), read.text("name", gettext("Name"), most=120)
    roles = _roles(read)
    _require(queries.people(db(), signed_in().actor))
    if read.findings:
        return _list(read.findings), 422
    row = Person(email, name, programme().languages[0], roles)
    try:
        made = administering.add(db(), signed_in().actor, row, now=now())
    except (Invalid, Refused) as error:
        return _list(_findings(error)), error.status
    nudge("deliver")
    flash(gettext("Angelegt. Ein Link zum Wählen des Passworts ist unterwegs."), "done")
    return redirect(url_for("administration.person", person_id=made), 303)


def person(person_id: UUID) -> str:
    """One, with roles, absences, and what administrators did."""
    return _page(person_id)


def act(person_id: UUID) -> Response | tuple[str, int]:
    """Change name and roles, end access, give it back, invite once more, enter an absence or take it back."""
    actor, press, read = signed_in().actor, request.form.get("press", ""), Posted()
    _require(queries.person(db(), actor, person_id))
    try:
        match press:
            case "save":
                name, roles = read.text("name", gettext("Name"), most=120), _roles(read)
                if read.findings:
                    return _page(person_id, read.findings), 422
                seen = request.form.getlist("seen")
                done = administering.change(
                    db(), actor, person_id, name=name, roles=roles, seen=seen, now=now()
                )
                told = gettext("Gespeichert. Es gilt sofort.") if done else gettext("Es war schon so.")
            case "end":
                reason = request.form.get("reason", "")
                administering.end(db(), actor, person_id, reason=reason, now=now())
                told = gettext("Der Zugang ist beendet, alle Sitzungen sind geschlossen.")
            case "reopen":
                administering.reopen(db(), actor, person_id, now=now())
                told = gettext("Der Zugang ist wieder offen. Ein Link ist unterwegs.")
            case "invite":
                administering.invite(db(), actor, person_id, now=now())
                told = gettext("Ein Link ist unterwegs.")
            case "away":
                absences.enter(db(), actor, _away(read, person_id), now=now())
                told = gettext("Eingetragen.")
            case "back":
                day = read.day("first_day", gettext("Erster Tag"))
                if day is None or not absences.take_back(db(), actor, person_id, day):
                    raise NotFound("no_such_absence")
                told = gettext("Entfernt.")
            case _:
                raise BadRequest
    except (Conflict, Invalid, Refused, NotAllowed) as error:
        return _page(person_id, _findings(error)), error.status
    if press in ("reopen", "invite"):
        nudge("deliver")
    flash(told, "done")
    return redirect(url_for("administration.person", person_id=person_id), 303)


def _require(seen: object) -> None:
    """404 for who sees nobody, 403 for who only sees."""
    if seen is None:
        abort(404)
    if not signed_in().actor.has_role(administering.ADMINISTRATOR):
        abort(403)


def _away(read: Posted, person_id: UUID) -> Away:
    deputy = request.form.get("deputy", "").strip()
    try:
        stands_in = UUID(deputy) if deputy else None
    except ValueError:
        raise BadRequest from None
    first, last = (read.day(name, name) for name in ("first_day", "last_day"))
    return Away(person_id, first, last, stands_in)


def _roles(read: Posted) -> tuple[str, ...]:
    """Those that were kept, and a new one of an office and a role."""
    kept = set(request.form.getlist("keep"))
    office, role = request.form.get("office", ""), request.form.get("role", "")
    if bool(office) != bool(role):
        read.wrong(gettext("Neue Rolle"), gettext("Bitte Stelle und Rolle wählen."))
    elif office:
        kept.add(f"{office}:{role}")
    return tuple(sorted(kept))


def _findings(error: FoerderwegError) -> list[Finding]:
    if not isinstance(error, Invalid):
        return [Finding("", text_of(error, lang()), "")]
    names = {
        "reason": gettext("Grund"),
        "name": gettext("Name"),
        "email": gettext("E-Mail"),
        "roles": gettext("Rollen"),
        "first_day": gettext("Erster Tag"),
        "last_day": gettext("Letzter Tag"),
        "deputy": gettext("Stellvertretung"),
    }
    return [
        Finding(names.get(path.rpartition(".")[2], path), problem_text(one, lang()), "")
        for path, found in error.fields.items()
        for one in found
    ]


def _asked() -> dict[str, str]:
    asked = {name: request.args.get(name, "").strip() for name in ("text", "office", "role", "who")}
    return asked if asked["who"] in ("everybody", "ended") else asked | {"who": "staff"}


def _found(
    asked: Mapping[str, str], after: UUID | None = None, limit: int = 50
) -> tuple[list[PersonRow], UUID | None]:
    role = f"{asked['office']}:{asked['role']}" if asked["office"] or asked["role"] else ""
    viewer, text, who = signed_in().actor, asked["text"], asked["who"]
    found = queries.people(db(), viewer, text=text, who=who, role=role, after=after, limit=limit)
    return found if found is not None else abort(404)


def _list(findings: list[Finding] | None = None) -> str:
    asked = _asked()
    try:
        after = UUID(request.args["after"]) if "after" in request.args else None
    except ValueError:
        abort(404)
    rows, more = _found(asked, after)
    return render_template(
        "administration/people.html",
        rows=rows,
        more=f"{url_for('administration.people')}?{urlencode({**asked, 'after': more})}" if more else None,
        asked=asked,
        findings_now=findings or [],
        typed=request.form,
        acts=signed_in().actor.has_role(administering.ADMINISTRATOR),
        words=Words(),
    )


def _page(person_id: UUID, findings: list[Finding] | None = None) -> str:
    found = queries.person(db(), signed_in().actor, person_id)
    if found is None:
        abort(404)
    colleagues = []
    if found.row.roles:
        offices = {one.partition(":")[0] for one in found.row.roles}
        for office in sorted(offices):
            rows, _ = queries.people(db(), signed_in().actor, role=f"{office}:") or ([], None)
            colleagues += [(one.id, one.name) for one in rows if one.id != person_id]
    return render_template(
        "administration/person.html",
        found=found,
        row=found.row,
        alone=[role for role, others in found.needed.items() if others == 0],
        scarce=[role for role, others in found.needed.items() if others == 1],
        mine=found.row.id == signed_in().person_id,
        acts=signed_in().actor.has_role(administering.ADMINISTRATOR),
        findings_now=findings or [],
        typed=request.form,
        colleagues=list(dict.fromkeys(colleagues)),
        words=Words(),
    )
