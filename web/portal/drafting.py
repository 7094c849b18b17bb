"""Filling in the form, a section a page; checking it; handing it in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web import screens
from web.errors import text_of
from web.language import gettext, lang, ngettext
from web.portal.autosave import JOINED
from web.portal.own import call_of, own_application, problems_of, progress_of
from web.posted import Press, posted_answers, posted_files, posted_json, pressed
from web.security import db, do, now, posted_uuid, settings, signed_in
from workflow import drafts, signing
from workflow.engine.commands import Submit
from workflow.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from workflow.funding.forms import Problems, mark
from workflow.funding.plausibility import runs_in
from workflow.funding.progress import wrong_only
from workflow.funding.questions import Section
from workflow.merging import Change, Clash, merge
from workflow.store import queries
from workflow.store.queries import Application
from workflow.texts import ZURICH

Typed = Mapping[str, Mapping[str, Any]]


def section(application_id: UUID, code: str) -> str | Response:
    """One section to fill in; with ?check also what is missing is marked."""
    application = own_application(application_id)
    _section(application, code)
    if code not in application.open_sections or not application.may_edit:
        return redirect(url_for("portal.application", application_id=application_id), 303)
    problems = problems_of(application)
    if "check" in request.args:
        shown = {path: found for path, found in problems.items() if path.split(".")[0] == code}
    else:
        shown = wrong_only(problems, code)
    return _section_page(application, code, application.answers, shown, more=request.args.get("more"))


def save(application_id: UUID, code: str) -> Response | str | tuple[str, int]:
    """Keep a section as it was typed, its files too; then go where the button says."""
    application = own_application(application_id)
    _section(application, code)
    typed = posted_answers(application.form, [code])
    before = application.form.hidden(application.answers)
    merged = merge(
        db(),
        signed_in().actor,
        application_id,
        _changes(application, code, typed),
        save_id=posted_uuid("command_id"),
        now=now(),
    )
    press, refused = pressed(), _take_files(application, code)
    if press.action == "detach":
        path, _, file_id = press.at.rpartition(".")
        drafts.detach(db(), signed_in().actor, application_id, path, _uuid(file_id), now=now())
    application = own_application(application_id)
    for joined in merged.joined.values():
        flash(gettext(JOINED, name=joined.by), "done")
    if merged.clashes:
        given = _with_own(application, code, typed, merged.clashes)
        page = _section_page(application, code, given, refused, clashes=merged.clashes)
        return page, Conflict.status
    if refused:
        return _section_page(application, code, application.answers, refused), Invalid.status
    asked = sorted(before - application.form.hidden(application.answers))
    return _after_saving(application, code, press, dict(merged.problems), asked)


def check(application_id: UUID) -> str | Response:
    """Everything on one page, what is missing first; from here it is handed in."""
    application = own_application(application_id)
    if application.number is not None:
        return redirect(url_for("portal.application", application_id=application_id), 303)
    return _check_page(application)


def submit(application_id: UUID) -> Response | tuple[str, int]:
    """Hand it in: once, however often it is clicked."""
    application = own_application(application_id)
    try:
        if not signing.sign(db(), signed_in().actor, application_id, now=now()):
            nudge("deliver")
            flash(gettext("Sie haben unterschrieben. Es fehlt noch eine zweite Unterschrift."), "done")
            return redirect(url_for("portal.check", application_id=application_id), 303)
        done = do(Submit(application_id))
    except (Invalid, Refused, NotAllowed) as error:
        if application.number is not None:
            raise
        return _check_page(application, text_of(error, lang())), error.status
    flash(gettext("Ihr Gesuch ist eingereicht. Es hat die Nummer %(number)s.", number=done.number), "done")
    return redirect(url_for("portal.application", application_id=application_id), 303)


def _section(application: Application, code: str) -> Section:
    for one in application.form.sections:
        if one.code == code:
            return one
    raise NotFound("no_such_section")


def _changes(application: Application, code: str, typed: Typed) -> dict[str, Change]:
    """The section's answers but for files, and those where the other version was chosen."""
    seen = posted_json("seen") if "seen" in request.form else {}
    if not isinstance(seen, Mapping):
        raise BadRequest
    marks = {str(path): str(one) for path, one in seen.items()}
    paths = [f"{code}.{one}" for one in _without_files(application, code, typed)]
    return {
        path: Change(typed[code][path.split(".")[1]], frozenset({marks[path]} if path in marks else ()))
        for path in paths
        if request.form.get(f"keep.{path}") != "theirs"
    }


def _with_own(
    application: Application, code: str, typed: Typed, clashes: Mapping[str, Clash]
) -> dict[str, Any]:
    """What is stored, with the person's own answers where somebody else's were stored meanwhile."""
    readable, _ = application.form.load_partial(typed)
    own = {name: value for name, value in readable[code].items() if f"{code}.{name}" in clashes}
    return {**application.answers, code: {**application.answers.get(code, {}), **own}}


def _take_files(application: Application, code: str) -> Problems:
    """Keep the files that came along; what was refused of them, and why."""
    key = posted_uuid("command_id")
    refused: Problems = {}
    for path in _file_paths(application, code):
        for one in posted_files(path, key):
            try:
                drafts.attach(
                    db(),
                    signed_in().actor,
                    application.id,
                    path,
                    one.name,
                    one.stream,
                    settings=settings(),
                    now=now(),
                    file_id=one.id,
                )
            except Invalid as error:
                for at, found in error.fields.items():
                    refused.setdefault(at, []).extend(found)
    return refused


def _after_saving(
    application: Application, code: str, press: Press, wrong: Problems, asked: Sequence[str]
) -> Response:
    """`asked`: paths of the questions that the answers have added."""
    flash(gettext("Gespeichert um %(time)s.", time=f"{now().astimezone(ZURICH):%H:%M}"), "done")
    if wrong:
        flash(
            ngettext(
                "Eine Angabe stimmt noch nicht. Sie ist trotzdem gespeichert, wie Sie sie getippt haben.",
                "%(n)s Angaben stimmen noch nicht. Sie sind trotzdem gespeichert, wie Sie sie getippt haben.",
                len(wrong),
            ),
            "warning",
        )
    asked_here = [path for path in asked if path.split(".")[0] == code]
    if asked_here:
        flash(gettext("Nach Ihren Antworten ist hier noch etwas auszufüllen."), "warning")
    if press.changes_rows or wrong or asked_here or press.action != "next":
        anchor = ".".join(press.at.split(".")[:2]) or next(iter(asked_here), None)
        here = url_for(
            "portal.section", application_id=application.id, code=code, more=press.more, _anchor=anchor
        )
        return redirect(here, 303)
    codes = [one.code for one in application.form.sections if one.code in application.open_sections]
    behind = codes[codes.index(code) + 1 :]
    if behind:
        return redirect(url_for("portal.section", application_id=application.id, code=behind[0]), 303)
    last = "portal.check" if application.number is None else "portal.step"
    return redirect(url_for(last, application_id=application.id), 303)


def _section_page(
    application: Application,
    code: str,
    given: Mapping[str, Any],
    problems: Problems,
    *,
    more: str | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    here = [path for path in application.form.fields() if path.split(".")[0] == code]
    stored = application.answers.get(code, {})
    others = {
        path: one
        for path, one in application.field_saves.items()
        if path in here and one.person_id != signed_in().person_id
    }
    return render_template(
        "portal/section.html",
        application=application,
        section=_section(application, code),
        progress=progress_of(application),
        call=call_of(application),
        given=given,
        problems=problems,
        seen=json.dumps({path: mark(stored.get(path.split(".")[1])) for path in here}),
        more=more,
        clashes=clashes or {},
        others=others,
        person=signed_in().person_id,
    )


def _check_page(application: Application, refusal: str | None = None) -> str:
    call, problems = call_of(application), problems_of(application)
    return render_template(
        "portal/check.html",
        application=application,
        progress=progress_of(application),
        problems=problems,
        call=call,
        this_year=runs_in(application.answers, call.year),
        too_much=None if problems else _too_much(application),
        sign_off=queries.sign_off(db(), signed_in().actor, application.id),
        refusal=refusal,
    )


def discarding(application_id: UUID) -> str | Response:
    """Asks once more."""
    application = own_application(application_id)
    if application.status != "draft" or not application.may_edit:
        return redirect(url_for("portal.application", application_id=application_id), 303)
    return render_template("portal/discard.html", application=application)


def discard(application_id: UUID) -> Response | tuple[str, int]:
    """Delete a working copy that was never handed in."""
    try:
        drafts.discard(db(), signed_in().actor, application_id, now=now())
    except Refused as error:
        flash(text_of(error, lang()), "warning")
        return redirect(url_for("portal.application", application_id=application_id), 303)
    flash(gettext("Der Entwurf ist gelöscht."), "done")
    return redirect(url_for("portal.applications"), 303)


def _too_much(application: Application) -> str | None:
    """Why no route takes an application of this amount: said before anybody signs."""
    try:
        facts = application.form.facts(application.answers)
        screens.programme().size_for(facts, now().astimezone(ZURICH).date())
    except Refused as error:
        return text_of(error, lang())
    return None


def _file_paths(application: Application, code: str) -> list[str]:
    return [
        path
        for path, one in application.form.fields().items()
        if one.type == "file" and path.split(".")[0] == code
    ]


def _without_files(application: Application, code: str, answers: Typed) -> dict[str, Any]:
    names = [path.split(".")[1] for path in _file_paths(application, code)]
    return {name: value for name, value in answers.get(code, {}).items() if name not in names}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest from None
