"""The desk of those who decide: the one-page proposal, and many decisions in one go."""

from __future__ import annotations

from flask import Blueprint

from web.deciding import decisions, proposal

blueprint = Blueprint("deciding", __name__, url_prefix="/desk")

_page = blueprint.add_url_rule
_page("/cases/<uuid:case_id>/proposal", "proposal", proposal.page)
_page("/cases/<uuid:case_id>/proposal.pdf", "proposal_pdf", proposal.pdf)
_page("/cases/<uuid:case_id>/proposal/<outcome>.pdf", "draft", proposal.draft)
_page("/decisions", "decisions", decisions.page)
_page("/decisions", "decide", decisions.act, methods=["POST"])
_page("/decisions/declarations", "declare", decisions.declare, methods=["POST"])
