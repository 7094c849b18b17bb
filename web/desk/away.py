"""Who is away, from when to when, and who stands in: entered by the person, or by the head of the office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web.desk.inbox import staff
from web.errors import problem_text
from web.language import gettext as _
from web.language import lang
from web.security import db, now, posted_uuid
from workflow.absences import Away, enter, take_back
from workflow.errors import Invalid, Problem
from workflow.funding.answers import Limits, read_date
from workflow.store import queries


def away() -> str:
    """Absences that are not over, and the form for one more."""
    return _page({})


def put_away() -> Response | str | tuple[str, int]:
    """Enter one, or take one back."""
    person = posted_uuid("person")
    if request.form.get("press") == "remove":
        first = _day("first_day", {})
        if first is None:
            raise BadRequest
        take_back(db(), staff(), person, first)
        flash(_("Die Abwesenheit ist gelöscht."), "done")
        return redirect(url_for("desk.away"), 303)
    problems: dict[str, Sequence[Problem]] = {}
    said = Away(person, _day("first_day", problems), _day("last_day", problems), _deputy())
    try:
        enter(db(), staff(), said, now=now())
    except Invalid as error:
        return _page({**error.fields, **problems}), 422
    flash(_("Die Abwesenheit ist eingetragen."), "done")
    return redirect(url_for("desk.away"), 303)


def _page(problems: Mapping[str, Sequence[Problem]]) -> str:
    return render_template(
        "desk/away.html",
        page=queries.away(db(), staff(), now=now()),
        given=request.form,
        problems={name: problem_text(found[0], lang()) for name, found in problems.items()},
    )


def _day(name: str, problems: dict[str, Sequence[Problem]]) -> date | None:
    """What was typed; None where nothing was, or with a problem."""
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(read_date(text, Limits())) if text else None
    except ValidationError as error:
        problems[name] = [one for one in error.messages if isinstance(one, Problem)]
    return None


def _deputy() -> UUID | None:
    text = request.form.get("deputy", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadRequest from None
