"""A person's own views of the pipeline: saved and removed here, shown above its filters."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from web.desk.narrowing import narrowing
from web.errors import problem_text, text_of
from web.language import gettext as _
from web.language import lang
from web.office import pipeline
from web.security import db, now, signed_in
from workflow import views
from workflow.errors import Invalid, Refused


def save_view() -> Response | tuple[str, int]:
    """Keep the filters of this page under a name."""
    name = request.form.get("name", "")
    query = request.form.get("query", "")
    try:
        given = narrowing(*pipeline.OF_THE_PIPELINE, query=query)
        views.save(db(), signed_in().actor, uuid4(), name, given.query, now=now())
    except Invalid as error:
        refusal = problem_text(error.fields["name"][0], lang())
        return pipeline.page(given, refusal=refusal, given_name=name), error.status
    except Refused as error:
        return pipeline.page(given, refusal=text_of(error, lang()), given_name=name), error.status
    flash(_("Ansicht gespeichert."), "done")
    return redirect(given.url("office.pipeline"), 303)


def remove_view(view_id: UUID) -> Response:
    """Forget one of one's own views."""
    views.remove(db(), signed_in().actor, view_id)
    flash(_("Ansicht gelöscht."), "done")
    return redirect(url_for("office.pipeline"), 303)
