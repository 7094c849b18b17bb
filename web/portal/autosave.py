"""The form saves itself while somebody writes: called by a script, answered with JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import get_template_attribute, jsonify, render_template
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web.errors import problem_text
from web.language import gettext, lang
from web.portal.own import own_application, progress_of
from web.posted import posted_json
from web.screens import input_value
from web.security import db, now, posted_uuid, signed_in
from workflow.funding.questions import Field
from workflow.merging import Change, Clash, Joined, merge
from workflow.store.queries import Application
from workflow.texts import ZURICH
from workflow.texts import marked as _

JOINED = _("%(name)s hat in dieser Tabelle inzwischen andere Zeilen geändert. Beides ist gespeichert.")


def autosave(application_id: UUID) -> Response:
    """Save the answers that changed. What somebody else changed meanwhile stays, and comes back to choose."""
    save_id, changes = posted_uuid("save_id"), _changes()
    merged = merge(db(), signed_in().actor, application_id, changes, save_id=save_id, now=now())
    application = own_application(application_id)
    problems = {
        path: " ".join(problem_text(problem, lang()) for problem in found)
        for path, found in merged.problems.items()
    }
    state_text = get_template_attribute("portal/parts.html", "state_text")
    steps = {
        one.section.code: {"state": one.state, "text": str(state_text(one)).strip()}
        for one in progress_of(application)
    }
    return jsonify(
        at=f"{now().astimezone(ZURICH):%H:%M}",
        marks=merged.marks,
        problems=problems,
        clashes={path: _shown(application, path, clash) for path, clash in merged.clashes.items()},
        joined={path: _rows(application, path, one) for path, one in merged.joined.items()},
        steps=steps,
    )


def _changes() -> dict[str, Change]:
    try:
        return {
            str(path): Change(one["value"], frozenset(map(str, one["seen"])))
            for path, one in posted_json("changes").items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadRequest from None


def _shown(application: Application, path: str, clash: Clash) -> Mapping[str, Any]:
    """The other answer: to read, and as the form's inputs hold it."""
    field = application.form.fields()[path]
    html = render_template("portal/clash.html", field=field, clash=clash)
    return {"html": html, "value": _typed(field, clash.theirs), "mark": clash.mark}


def _rows(application: Application, path: str, joined: Joined) -> Mapping[str, Any]:
    """What the table is now, as the form's inputs hold it, and whose rows have come into it."""
    text = gettext(JOINED, name=joined.by)
    return {"value": _typed(application.form.fields()[path], joined.rows), "sent": joined.sent, "text": text}


def _typed(field: Field, value: Any) -> Any:
    """An answer as the script reads it from the inputs."""
    if field.type == "table":
        columns = {column.code: column for column in field.columns}
        rows = [row for row in value or () if isinstance(row, Mapping)]
        return [
            {code: input_value(columns[code], cell) for code, cell in row.items() if code in columns}
            for row in rows
        ]
    if field.type in ("boolean", "choices", "address"):
        return value
    return input_value(field, value)
