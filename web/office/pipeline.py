"""The pipeline, and the lists of cases behind each of its figures."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response as AnyResponse
from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web import live
from web.desk.narrowing import Narrowing, narrowing
from web.desk.words import Words
from web.exports import PAGE_ROWS, every, export
from web.language import gettext as _
from web.office import columns
from web.office.money import running, years_of
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.store.queries import CasePage, Pipeline
from workflow.texts import ZURICH

T = TypeVar("T")
OF_THE_PIPELINE = ("area", "size", "call", "office", "organisation", "text")
ALL = (
    *(*OF_THE_PIPELINE, "stage", "step", "route", "status", "late"),
    *("money", "year", "pot", "kind", "target_group"),
)
MOST_URGENT = 12
SORTS = ("due", "oldest", "newest", "amount")


def pipeline() -> str:
    """What stands where, how long, who is late, and how much money is left; or only its live part."""
    narrowed = narrowing(*OF_THE_PIPELINE)
    if request.headers.get("HX-Request"):
        return render_template("office/pipeline_figures.html", **_figures(narrowed))
    return page(narrowed)


def page(narrowed: Narrowing, *, refusal: str | None = None, given_name: str = "") -> str:
    """The whole page. `refusal`: why a view was not saved under `given_name`."""
    viewer = signed_in().actor
    since = live.number()  # before the figures are read: what happens meanwhile is told once more
    figures = _figures(narrowed)
    return render_template(
        "office/pipeline.html",
        **figures,
        views=queries.saved_views(db(), viewer),
        query=narrowed.query,
        refusal=refusal,
        given_name=given_name,
        since=since,
        waiting=queries.waiting_organisations(db(), viewer),
    )


def pipeline_file(kind: str) -> Response:
    """The stages with their figures as a file."""
    found = _pipeline(narrowing(*OF_THE_PIPELINE))
    return export(kind, _("Stufen"), columns.of_stages(Words()), found.stages)


def changes() -> AnyResponse:
    """Tells an open page that it should ask for its figures anew."""
    return live.stream() if signed_in().actor.has_role(*queries.OVERVIEW) else abort(404)


def cases() -> str:
    """All cases that the filters leave."""
    page = _cases(request.args.get("after"))
    return render_template(
        "office/cases.html", page=page, narrowed=narrowing(*ALL), sort=_sort(), words=Words()
    )


def cases_file(kind: str) -> Response:
    """All of them as a file, in the same order."""
    rows = every(lambda after: _cases(after, PAGE_ROWS))
    return export(kind, _("Gesuche"), columns.of_cases(Words()), rows)


def there(found: T | None) -> T:
    """What a query gave; None means that this person has no overview, and learns of none."""
    return found if found is not None else abort(404)


def _pipeline(narrowed: Narrowing) -> Pipeline:
    return there(queries.pipeline(db(), signed_in().actor, narrowed.filters, now=now()))


def _figures(narrowed: Narrowing) -> dict[str, Any]:
    """What the live part shows."""
    viewer, at = signed_in().actor, now()
    found = _pipeline(narrowed)
    urgent = queries.cases(
        db(), viewer, narrowed.filters, now=at, limit=MOST_URGENT, sort="due", running=True
    )
    return {
        "pipeline": found,
        "urgent": urgent,
        "years": running(years_of(found.money)),
        "narrowed": narrowed,
        "words": Words(),
        "at": at.astimezone(ZURICH),
    }


def _cases(after: str | None, limit: int = 50) -> CasePage:
    filters = narrowing(*ALL).filters
    return there(
        queries.cases(db(), signed_in().actor, filters, now=now(), limit=limit, after=after, sort=_sort())
    )


def _sort() -> str:
    sort = request.args.get("sort", "")
    return sort if sort in SORTS else SORTS[0]
