"""The pipeline, and the lists of cases behind each of its figures."""

from __future__ import annotations

from typing import TypeVar

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.narrowing import narrowing
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
ALL = ("stage", "step", "route", "status", "area", "size", "call", "office", "late", "text")
OF_THE_PIPELINE = ("area", "size", "call", "office")
SORTS = ("due", "oldest", "newest", "amount")


def pipeline() -> str:
    """What stands where, how long, who is late, and how much money is left."""
    narrowed = narrowing(*OF_THE_PIPELINE)
    found = _pipeline()
    return render_template(
        "office/pipeline.html",
        pipeline=found,
        years=running(years_of(found.money)),
        narrowed=narrowed,
        words=Words(),
        at=now().astimezone(ZURICH),
        waiting=queries.waiting_organisations(db(), signed_in().actor),
    )


def pipeline_file(kind: str) -> Response:
    """The stages with their figures as a file."""
    return export(kind, _("Stufen"), columns.of_stages(Words()), _pipeline().stages)


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


def _pipeline() -> Pipeline:
    filters = narrowing(*OF_THE_PIPELINE).filters
    return there(queries.pipeline(db(), signed_in().actor, filters, now=now()))


def _cases(after: str | None, limit: int = 50) -> CasePage:
    filters = narrowing(*ALL).filters
    return there(
        queries.cases(db(), signed_in().actor, filters, now=now(), limit=limit, after=after, sort=_sort())
    )


def _sort() -> str:
    sort = request.args.get("sort", "")
    return sort if sort in SORTS else SORTS[0]
