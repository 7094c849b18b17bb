"""Administration: what the programme consists of, and each change of it, by two persons."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from web.administration import calls, carrying, figures, parts, people, places, proposals, tables
from web.exports import FORMATS, MOST_ROWS, As, Column, export
from web.language import gettext
from web.part_names import Named
from web.security import db, signed_in
from workflow.store import queries
from workflow.store.queries import ProposalRow

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

_page = blueprint.add_url_rule
_page("/parts", "parts", parts.parts)
_page("/parts/<path:name>", "part", parts.part)
_page("/parts/<path:name>", "change_part", parts.change, methods=["POST"])
_page("/proposals/<uuid:proposal_id>", "proposal", proposals.proposal)
_page("/proposals/<uuid:proposal_id>", "decide", proposals.decide, methods=["POST"])
_page("/proposals/<uuid:proposal_id>/letters/<code>.pdf", "proposed_letter", proposals.letter)
_page("/limits", "limits", figures.limits)
_page("/limits", "change_limit", figures.change_limit, methods=["POST"])
_page("/credits", "credits", figures.credits)
_page("/credits", "change_credits", figures.change_credits, methods=["POST"])
_page("/carried", "carried", carrying.carried)
_page("/carried", "change_carried", carrying.change_carried, methods=["POST"])
_page(f"/tables/<table>.<{FORMATS}>", "table_file", tables.table_file)
_page("/areas", "areas", places.areas)
_page("/areas/<code>", "area", places.one_area)
_page("/areas/<code>", "change_area", places.change_area, methods=["POST"])
_page("/offices", "offices", places.offices)
_page("/offices/<code>", "office", places.one_office)
_page("/offices/<code>", "change_office", places.change_office, methods=["POST"])
_page("/holidays", "holidays", places.holidays)
_page("/holidays", "change_holidays", places.change_holidays, methods=["POST"])
_page("/calls", "calls", calls.calls)
_page("/calls/<code>", "call", calls.call)
_page("/calls/<code>", "change_call", calls.change, methods=["POST"])
_page("/people", "people", people.people)
_page(f"/people.<{FORMATS}>", "people_file", people.people_file)
_page("/people", "add_person", people.add, methods=["POST"])
_page("/people/<uuid:person_id>", "person", people.person)
_page("/people/<uuid:person_id>", "act_on_person", people.act, methods=["POST"])


@blueprint.get("")
def start() -> str:
    """What waits for a second person, what can be changed, and what was."""
    viewer = signed_in().actor
    try:
        before = UUID(request.args["before"]) if "before" in request.args else None
    except ValueError:
        abort(404)
    found = queries.proposals(db(), viewer, before=before)
    if found is None:
        abort(404)
    waiting, kept, more = found
    return render_template(
        "administration/start.html",
        waiting=waiting,
        kept=kept,
        more=more,
        named=Named(),
        sees_people=viewer.has_role(*queries.PEOPLE_READERS),
    )


@blueprint.get(f"/proposals.<{FORMATS}>")
def proposals_file(kind: str) -> Response:
    """Everything that was ever proposed, as a file."""
    found = queries.proposals(db(), signed_in().actor, limit=MOST_ROWS + 1)
    if found is None:
        abort(404)
    waiting, kept, _ = found
    named = Named()
    states = {
        "open": gettext("wartet auf eine zweite Person"),
        "published": gettext("veröffentlicht"),
        "refused": gettext("abgelehnt"),
        "withdrawn": gettext("zurückgezogen"),
    }
    columns: list[Column[ProposalRow]] = [
        Column(gettext("Was"), lambda row: ", ".join(map(named.part, row.parts))),
        Column(gettext("Begründung"), lambda row: row.reason),
        Column(gettext("Vorgeschlagen"), lambda row: row.proposed_at, As.MOMENT),
        Column(gettext("Vorgeschlagen durch"), lambda row: row.proposed_by_name),
        Column(gettext("Stand"), lambda row: states[row.state]),
        Column(gettext("Entschieden"), lambda row: row.decided_at, As.MOMENT),
        Column(gettext("Entschieden durch"), lambda row: row.decided_by_name),
        Column(gettext("Warum nicht"), lambda row: row.decision),
    ]
    return export(kind, gettext("Vorschläge"), columns, [*waiting, *kept])
