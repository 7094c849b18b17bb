"""One's organisations: registering one, its record, its members and advisers, invitations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web.errors import problem_text, text_of
from web.language import gettext, lang
from web.posted import posted_answers, posted_files
from web.security import db, now, posted_uuid, settings, signed_in
from workflow import documents
from workflow import organisations as door
from workflow.engine.case import SIGNING, WRITING
from workflow.errors import FoerderwegError, Invalid, NotFound
from workflow.funding.forms import Form
from workflow.funding.organisations import ROLES, may_give, prefilled
from workflow.store import queries
from workflow.store.queries import OrganisationPage

Answer = Response | str | tuple[str, int]


def organisations() -> str:
    """Mine, and the invitations that wait for my answer."""
    person = signed_in()
    return render_template(
        "portal/organisations.html",
        organisations=queries.my_organisations(db(), person.actor),
        invitations=queries.invitations_to(db(), person.email, now=now()),
    )


def registration() -> str:
    """The form with which an organisation registers."""
    signed_in()
    return _form_page(_form(), {}, {}, new=uuid4())


def register() -> Answer:
    """Register it: a double click registers one."""
    form, person = _form(), signed_in()
    given = posted_answers(form, door.TYPED)
    new = posted_uuid("organisation_id")
    try:
        door.register(db(), person.actor, new, given, all_the_same="all_the_same" in request.form, now=now())
    except Invalid as error:
        return _form_page(form, given, error.fields, new=new), error.status
    except FoerderwegError as error:
        return _form_page(form, given, {}, new=new, refusal=error), error.status
    nudge("deliver")
    flash(gettext("Ihre Trägerschaft ist registriert."), "done")
    return redirect(url_for("portal.organisation", organisation_id=new), 303)


def organisation(organisation_id: UUID) -> Response | str:
    """Its record, its members, what happened; an alias leads to the one that stays."""
    found = _own(organisation_id)
    if found.id != organisation_id:
        return redirect(url_for("portal.organisation", organisation_id=found.id), 303)
    return _page(found)


def record(organisation_id: UUID) -> Response | str:
    """Its record to change."""
    found = _own(organisation_id)
    if not found.rights & SIGNING or found.kind == "office":
        return redirect(url_for("portal.organisation", organisation_id=found.id), 303)
    form = _form()
    return _form_page(form, prefilled(form, found.record), {}, found=found)


def change(organisation_id: UUID) -> Answer:
    """Keep what the record says now."""
    found, form = _own(organisation_id), _form()
    given = posted_answers(form, door.RECORD)
    try:
        door.change(db(), signed_in().actor, organisation_id, given, now=now())
    except Invalid as error:
        return _form_page(form, given, error.fields, found=found), error.status
    nudge("deliver")
    flash(gettext("Die Angaben sind gespeichert."), "done")
    if found.record.get("iban") != _own(organisation_id).record.get("iban"):
        flash(
            gettext(
                "Beiträge, die schon bewilligt sind, gehen weiter auf das Konto aus dem Gesuch. "
                "Gibt es dieses nicht mehr, melden Sie sich bitte bei der Fachstelle."
            ),
            "warning",
        )
    return redirect(url_for("portal.organisation", organisation_id=found.id), 303)


def invite(organisation_id: UUID) -> Answer:
    """Ask somebody to join."""
    email = request.form.get("email", "")

    def ask() -> None:
        door.invite(
            db(),
            signed_in().actor,
            organisation_id,
            email,
            request.form.get("role", ""),
            now=now(),
            invitation_id=posted_uuid("command_id"),
        )

    return _done(organisation_id, ask, gettext("Die Einladung an %(email)s geht jetzt weg.", email=email))


def take_back(invitation_id: UUID) -> Response:
    """An invitation no longer holds."""
    mine = door.take_back(db(), signed_in().actor, invitation_id, now=now())
    flash(gettext("Die Einladung gilt nicht mehr."), "done")
    return _to(url_for("portal.organisation", organisation_id=mine))


def member(organisation_id: UUID, person_id: UUID) -> Answer:
    """Another role for a member, or none any more."""
    person = signed_in()

    def do() -> None:
        if request.form.get("press") == "remove":
            door.remove(db(), person.actor, organisation_id, person_id, now=now())
        else:
            role = request.form.get("role", "")
            door.set_role(db(), person.actor, organisation_id, person_id, role, now=now())

    return _done(organisation_id, do, gettext("Gespeichert."), left=person_id == person.person_id)


def answer(invitation_id: UUID) -> Response:
    """Accept or decline an invitation."""
    accept = request.form.get("press") == "accept"
    joined = door.answer(db(), signed_in(), invitation_id, accept=accept, now=now())
    if not accept:
        flash(gettext("Sie haben die Einladung abgelehnt."), "done")
        return _to(url_for("portal.organisations"))
    flash(gettext("Sie gehören jetzt dazu."), "done")
    return _to(url_for("portal.organisation", organisation_id=joined))


def attach(organisation_id: UUID) -> Answer:
    """Documents that came along: statutes, and what else is asked."""
    found, key = _own(organisation_id), posted_uuid("command_id")

    def keep() -> None:
        for path in found.documents:
            for one in posted_files(path, key):
                documents.attach(
                    db(),
                    signed_in().actor,
                    found.id,
                    path,
                    one.name,
                    one.stream,
                    settings=settings(),
                    now=now(),
                    file_id=one.id,
                )

    return _done(organisation_id, keep, gettext("Gespeichert."))


def take_over(application_id: UUID) -> Response:
    """Let the record say what an application says."""
    columns = request.form.getlist("column")
    door.take_over(db(), signed_in().actor, application_id, columns, now=now())
    nudge("deliver")
    flash(gettext("Die Angaben der Trägerschaft sind nachgeführt."), "done")
    return _to(url_for("portal.application", application_id=application_id))


def _done(organisation_id: UUID, do: Callable[[], None], said: str, *, left: bool = False) -> Answer:
    """The page again, with what was refused; or what was done."""
    found = _own(organisation_id)
    try:
        do()
    except Invalid as error:
        problems = [problem_text(one, lang()) for several in error.fields.values() for one in several]
        return _page(found, " ".join(problems)), error.status
    except NotFound:
        raise
    except FoerderwegError as error:
        return _page(found, text_of(error, lang())), error.status
    nudge("deliver")
    flash(said, "done")
    if left and request.form.get("press") == "remove":
        return _to(url_for("portal.organisations"))
    return _to(url_for("portal.organisation", organisation_id=found.id))


def _to(url: str) -> Response:
    return redirect(url, 303)


def _own(organisation_id: UUID) -> OrganisationPage:
    found = queries.organisation(db(), signed_in().actor, organisation_id, now=now())
    if found is None or not found.rights:
        raise NotFound("no_such_organisation")
    return found


def _form() -> Form:
    form = queries.record_form(db())
    if form is None:
        raise NotFound("no_such_form")
    return form


def _page(found: OrganisationPage, refusal: str | None = None) -> str:
    return render_template(
        "portal/organisation.html",
        organisation=found,
        form=queries.record_form(db()),
        signs=bool(found.rights & SIGNING),
        writes=bool(found.rights & WRITING),
        roles=[code for code, rights in ROLES.items() if may_give(found.rights, rights)],
        refusal=refusal,
        email=request.form.get("email", ""),
        role=request.form.get("role", ""),
    )


def _form_page(
    form: Form,
    given: Mapping[str, Any],
    problems: Mapping[str, Any],
    *,
    found: OrganisationPage | None = None,
    new: UUID | None = None,
    refusal: FoerderwegError | None = None,
) -> str:
    return render_template(
        "portal/organisation_form.html",
        form=form,
        sections=[one for one in form.sections if one.code in (door.TYPED if new else door.RECORD)],
        given=given,
        problems=problems,
        organisation=found,
        new=new,
        refusal=refusal,
        refused=text_of(refusal, lang()) if refusal else None,
    )
