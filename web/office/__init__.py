"""The Fachstelle's pages: which address leads where, and the routes as they are drawn."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.desk.words import Words
from web.exports import FORMATS
from web.language import lang, ngettext
from web.office import (
    checking,
    mails,
    money,
    observing,
    organisations,
    payments,
    pipeline,
    repayments,
    reports,
    sem,
    time,
    views,
    what_if,
)
from web.office.pipeline import there
from web.security import db, now, signed_in
from workflow.engine.parsing import parse_route
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.store import queries
from workflow.store.queries import AtStep, RouteOverview
from workflow.texts import label

blueprint = Blueprint("office", __name__, url_prefix="/office")

_page = blueprint.add_url_rule
_page("", "pipeline", pipeline.pipeline)
_page(f"/pipeline.<{FORMATS}>", "pipeline_file", pipeline.pipeline_file)
_page("/changes", "changes", pipeline.changes)
_page("/views", "save_view", views.save_view, methods=["POST"])
_page("/views/<uuid:view_id>/remove", "remove_view", views.remove_view, methods=["POST"])
_page("/cases", "cases", pipeline.cases)
_page(f"/cases.<{FORMATS}>", "cases_file", pipeline.cases_file)
_page("/money", "money", money.money)
_page(f"/money.<{FORMATS}>", "money_file", money.money_file)
_page("/money/payments", "payments", payments.payments)
_page("/money/payments", "record_payments", payments.record, methods=["POST"])
_page("/money/payments/bank-file", "bank_file", payments.bank_file, methods=["POST"])
_page(f"/money/payments.<{FORMATS}>", "payments_file", payments.payments_file)
_page("/money/reports", "reports", reports.reports)
_page(f"/money/reports.<{FORMATS}>", "reports_file", reports.reports_file)
_page("/money/repayments", "repayments", repayments.repayments)
_page(f"/money/repayments.<{FORMATS}>", "repayments_file", repayments.repayments_file)
_page("/mails", "mails", mails.mails)
_page(f"/mails.<{FORMATS}>", "mails_file", mails.mails_file)
_page("/steering", "steering", observing.steering)
_page(f"/steering.<{FORMATS}>", "steering_file", observing.steering_file)
_page(f"/steering/areas.<{FORMATS}>", "areas_file", observing.areas_file)
_page("/money/sem", "sem", sem.sem)
_page(f"/money/sem/<{sem.PARTS}>.<{FORMATS}>", "sem_file", sem.sem_file)
_page("/reads", "reads", observing.reads)
_page(f"/reads.<{FORMATS}>", "reads_file", observing.reads_file)
_page("/money/<int:year>.svg", "money_picture", money.picture)
_page("/money/what-if", "what_if", what_if.page)
_page(f"/money/what-if.<{FORMATS}>", "what_if_file", what_if.file)
_page(f"/money/what-if/left.<{FORMATS}>", "what_if_left_file", what_if.left_file)
_page("/time", "time", time.page)
_page(f"/time/stages.<{FORMATS}>", "spans_file", time.spans_file)
_page(f"/time/months.<{FORMATS}>", "months_file", time.months_file)
_page(f"/time/queue.<{FORMATS}>", "queue_file", time.queue_file)
_page("/time/stages.svg", "spans_picture", time.spans_picture)
_page("/time/months.svg", "months_picture", time.months_picture)
_page("/organisations", "organisations", organisations.organisations)
_page(f"/organisations.<{FORMATS}>", "organisations_file", organisations.organisations_file)
_page("/organisations/<uuid:organisation_id>", "organisation", organisations.organisation)
_page("/organisations/<uuid:organisation_id>", "act", organisations.act, methods=["POST"])


@blueprint.get("/routes")
def routes() -> AnyResponse:
    """The first of the routes."""
    found = there(queries.routes(db(), signed_in().actor, now=now()))
    return redirect(url_for(".route", code=next(iter(found))), 303)


@blueprint.route("/routes/-/check", methods=["GET", "POST"])
def check_route() -> str:
    """Is a route safe to publish? Asks for its text, and says."""
    return checking.page(*there(queries.bundle(db(), signed_in().actor)))


@blueprint.get("/routes/<code>")
def route(code: str) -> str:
    """A route as it is drawn, with the cases that stand at each step, and the same in words."""
    found = there(queries.routes(db(), signed_in().actor, now=now()))
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
        route=parsed,
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
        "url": url_for(".cases", route=shown.hash, step=step) if at.listed else None,
        "says": ", ".join([f"{words.step(shown.hash, step)}: {count}", *late, oldest]),
    }


@blueprint.get("/routes/<code>.bpmn")
def bpmn_of(code: str) -> Response:
    """The same as BPMN 2.0, for a modeller."""
    found = there(queries.routes(db(), signed_in().actor, now=now()))
    if code not in found:
        abort(404)
    parsed = parse_route(found[code].data)
    document = bpmn(parsed, lay_out(parsed, found[code].data, lang(), Words().lane))
    response = Response(document, content_type="application/bpmn+xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.bpmn"'
    return response
