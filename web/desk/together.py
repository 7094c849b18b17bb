"""One form for many cases, where their steps say so: each is a command of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.desk.inbox import staff
from web.desk.ticked import Ticked, ticked
from web.desk.words import Words
from web.errors import problem_text, text_of
from web.language import gettext as _
from web.language import lang, ngettext
from web.security import db, do, now
from workflow.engine.commands import Complete
from workflow.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Refused
from workflow.funding.forms import Answers, Form
from workflow.store import queries
from workflow.store.queries import Alike, Together
from workflow.texts import label


@dataclass(slots=True)
class Tried:
    """What came of it: how many are `done`; which `failed` (number, why); what is wrong in the form.

    `nothing`: no row was ticked.
    """

    answers: Answers = field(default_factory=dict)
    done: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    problems: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    nothing: bool = False


def together_page(code: str) -> str:
    """What can be said of many at once."""
    return _page(_found(code), Tried())


def say_together(code: str) -> Response | tuple[str, int]:
    """Say it of those that are ticked."""
    chosen = ticked()
    found = _found(code, [one.case_id for one in chosen])
    tried = Tried(found.form.parse_html(request.form))
    rows = {row.case_id: row for row in found.rows}
    before = queries.done_already(db(), staff(), [one.key() for one in chosen])
    for one in chosen:
        row = rows.get(one.case_id)
        if one.key() in before:
            tried.done += 1
        elif row is None or row.entry != one.entry:
            number = request.form.get(f"number.{one.case_id}", "")
            tried.failed.append((number, _("Inzwischen liegt es nicht mehr bei Ihnen.")))
        elif row.proposed:
            tried.failed.append(
                (row.number, _("Hier ist etwas anderes vorgeschlagen: bitte im Dossier ansehen."))
            )
        else:
            _say(found.form, row, one, tried)
    if not chosen:
        tried.nothing = True
        return _page(_found(code), tried), 422
    if tried.done:
        flash(ngettext("Bei %(n)s Gesuch eingetragen.", "Bei %(n)s Gesuchen eingetragen.", tried.done))
    now_there, ticks = _found(code), {one.case_id for one in chosen}
    if left := _written_beside(now_there, ticks):
        said = _("Nicht angekreuzt und darum nicht eingetragen: %(cases)s.")
        flash(said % {"cases": ", ".join(left)}, "warning")
    if tried.failed or left:
        status = 200 if tried.done else 422 if tried.problems else 409
        return _page(now_there, tried, ticks), status
    return redirect(url_for("desk.inbox"), 303)


def _say(form: Form, row: Alike, one: Ticked, tried: Tried) -> None:
    command = Complete(row.case_id, row.step, row.seat, row.outcome, row.entry)
    answers = {section: dict(part) for section, part in tried.answers.items()}
    for path in _each(form):
        section, code = path.split(".")
        answers[section][code] = request.form.get(f"each.{row.case_id}.{path}", "")
    try:
        do(command, answers, key=one.key())
    except Invalid as error:
        tried.problems = {**error.fields, **tried.problems}
        tried.failed.append((row.number, _why(form, error)))
    except (Conflict, NotAllowed, NotFound, Refused) as error:
        tried.failed.append((row.number, text_of(error, lang())))
    else:
        tried.done += 1


def _each(form: Form) -> list[str]:
    """What may be said of each by itself: short words that may be left out, as a consignment number."""
    return [path for path, one in form.fields().items() if one.type == "text" and not one.required]


def _written_beside(now_there: Together, ticks: Collection[UUID]) -> list[str]:
    """The numbers of rows in which something was written that nobody has ticked."""
    return [
        row.number
        for row in now_there.rows
        if row.case_id not in ticks
        and any(request.form.get(f"each.{row.case_id}.{path}", "").strip() for path in _each(now_there.form))
    ]


def _why(form: Form, error: Invalid) -> str:
    """Which answers do not fit this case."""
    known = form.fields()
    named = {path: label(known[path].label, lang()) if path in known else path for path in error.fields}
    return " ".join(
        f"«{named[path]}»: {problem_text(found[0], lang())}" for path, found in error.fields.items()
    )


def _page(found: Together, tried: Tried, ticks: Collection[UUID] = ()) -> str:
    return render_template(
        "desk/together.html",
        form=found.form,
        paths=[path for path, one in found.form.fields().items() if one.required],
        each=_each(found.form),
        rows=found.rows,
        tried=tried,
        ticks=ticks,
        words=Words(),
    )


def _found(code: str, ids: Sequence[UUID] | None = None) -> Together:
    return queries.together(db(), staff(), code, now=now(), ids=ids) or abort(404)
