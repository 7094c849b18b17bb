"""Administration: what the programme consists of, and each change of it, by two persons."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, render_template, request

from web.administration import parts, proposals
from web.administration.words import Named
from web.security import db, signed_in
from workflow.proposing import may_propose
from workflow.store import queries

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

_page = blueprint.add_url_rule
_page("/parts", "parts", parts.parts)
_page("/parts/<path:name>", "part", parts.part)
_page("/parts/<path:name>", "change_part", parts.change, methods=["POST"])
_page("/proposals/<uuid:proposal_id>", "proposal", proposals.proposal)
_page("/proposals/<uuid:proposal_id>", "decide", proposals.decide, methods=["POST"])
_page("/proposals/<uuid:proposal_id>/letters/<code>.pdf", "proposed_letter", proposals.letter)


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
        may=lambda name: may_propose(viewer, name),
        named=Named(),
    )
