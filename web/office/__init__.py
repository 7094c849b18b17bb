"""The Fachstelle's view: the pipeline, the lists of cases behind each of its figures, the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.desk.narrowing import narrowing
from web.desk.words import Words
from web.language import lang, ngettext
from web.office import checking, organisations
from web.screens import programme
from web.security import db, now, signed_in
from workflow.engine.parsing import parse_route
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.store import queries
from workflow.store.queries import AtStep, MoneyRow, RouteOverview
from workflow.texts import ZURICH, label

blueprint = Blueprint("office", __name__, url_prefix="/office")
T = TypeVar("T")

_page = blueprint.add_url_rule
_page("/organisations", "organisations", organisations.organisations)
_page("/organisations/<uuid:organisation_id>", "organisation", organisations.organisation)
_page("/organisations/<uuid:organisation_id>", "act", organisations.act, methods=["POST"])

ALL = ("stage", "step", "route", "status", "area", "size", "call", "office", "late", "text")
OF_THE_PIPELINE = ("area", "size", "call", "office")
SORTS = ("due", "oldest", "newest", "amount")


@dataclass(frozen=True, slots=True)
class Year:
    """A year's money by area or pot, and its total (a row of no area). `call`: the year's only one."""

    year: int
    call: str | None
    rows: tuple[MoneyRow, ...]
    total: MoneyRow


@blueprint.get("")
def pipeline() -> str:
    """What stands where, how long, who is late, and how much money is left."""
    narrowed = narrowing(*OF_THE_PIPELINE)
    found = _there(queries.pipeline(db(), signed_in().actor, narrowed.filters, now=now()))
    return render_template(
        "office/pipeline.html",
        pipeline=found,
        years=_running(years_of(found.money)),
        narrowed=narrowed,
        words=Words(),
        at=now().astimezone(ZURICH),
        waiting=queries.waiting_organisations(db(), signed_in().actor),
    )


@blueprint.get("/cases")
def cases() -> str:
    """All cases that the filters leave."""
    narrowed = narrowing(*ALL)
    sort = request.args.get("sort", "")
    sort = sort if sort in SORTS else SORTS[0]
    after = request.args.get("after")
    page = _there(queries.cases(db(), signed_in().actor, narrowed.filters, now=now(), after=after, sort=sort))
    return render_template("office/cases.html", page=page, narrowed=narrowed, sort=sort, words=Words())


@blueprint.get("/money")
def money() -> str:
    """Every budget line by year, area and pot."""
    lines = _there(queries.money(db(), signed_in().actor))
    return render_template("office/money.html", years=years_of(lines), words=Words())


@blueprint.get("/routes")
def routes() -> AnyResponse:
    """The first of the routes."""
    found = _there(queries.routes(db(), signed_in().actor, now=now()))
    return redirect(url_for(".route", code=next(iter(found))), 303)


@blueprint.route("/routes/-/check", methods=["GET", "POST"])
def check_route() -> str:
    """Is a route safe to publish? Asks for its text, and says."""
    return checking.page(*_there(queries.bundle(db(), signed_in().actor)))


@blueprint.get("/routes/<code>")
def route(code: str) -> str:
    """A route as it is drawn, with the cases that stand at each step, and the same in words."""
    found = _there(queries.routes(db(), signed_in().actor, now=now()))
    if code not in found:
        abort(404)
    words = Words()
    shown = found[code]
    parsed = parse_route(shown.data)
    diagram = lay_out(parsed, shown.data, lang(), words.lane)
    return render_template(
        "office/route.html",
        code=code,
        routes={one: label(overview.data["title"], lang()) for one, overview in found.items()},
        shown=shown,
        diagram=diagram,
        bpmn=bpmn(parsed, diagram).decode(),
        marks=[_mark(shown, step, at, words) for step, at in shown.steps.items()],
        words=words,
    )


def _mark(shown: RouteOverview, step: str, at: AtStep, words: Words) -> dict[str, object]:
    """What the drawing shows at a step, and the same said."""
    count = ngettext("%(n)s Gesuch", "%(n)s Gesuche", at.count)
    oldest = ngettext("das älteste seit %(n)s Tag", "das älteste seit %(n)s Tagen", at.oldest_days)
    late = [ngettext("%(n)s überfällig", "%(n)s überfällig", at.late)] if at.late else []
    return {
        "step": step,
        "count": at.count,
        "heat": at.heat,
        "late": at.late,
        "url": url_for(".cases", route=shown.hash, step=step),
        "says": ", ".join([f"{words.step(shown.hash, step)}: {count}", *late, oldest]),
    }


@blueprint.get("/routes/<code>.bpmn")
def bpmn_of(code: str) -> Response:
    """The same as BPMN 2.0, for a modeller."""
    found = _there(queries.routes(db(), signed_in().actor, now=now()))
    if code not in found:
        abort(404)
    parsed = parse_route(found[code].data)
    document = bpmn(parsed, lay_out(parsed, found[code].data, lang(), Words().lane))
    response = Response(document, content_type="application/bpmn+xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.bpmn"'
    return response


def years_of(lines: Sequence[MoneyRow]) -> list[Year]:
    """Budget lines by year, the newest year first, each with its total."""
    ordered = sorted(lines, key=lambda line: -line.year)
    return [_year(year, tuple(rows)) for year, rows in groupby(ordered, key=lambda line: line.year)]


def _year(year: int, rows: tuple[MoneyRow, ...]) -> Year:
    total = MoneyRow(
        year,
        "",
        "",
        sum(row.ceiling for row in rows),
        sum(row.reserved for row in rows),
        sum(row.committed for row in rows),
        sum(row.left for row in rows),
    )
    calls = [call.code for call in programme().calls.values() if call.year == year]
    return Year(year, calls[0] if len(calls) == 1 else None, rows, total)


def _running(years: Sequence[Year]) -> list[Year]:
    """The years whose money an open call, or a case on its way, is about; the newest when there is none."""
    open_years = {call.year for call in programme().calls.values() if call.is_open(now())}
    shown = [one for one in years if one.year in open_years or one.total.reserved]
    return shown or list(years[:1])


def _there(found: T | None) -> T:
    """What a query gave; None means that this person has no overview, and learns of none."""
    return found if found is not None else abort(404)
