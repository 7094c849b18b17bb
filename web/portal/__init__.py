"""The applicants' desk: calls, the guided form, one's own applications. Here are all its addresses."""

from __future__ import annotations

from flask import Blueprint

from web.portal import calls, drafting, papers, running

blueprint = Blueprint("portal", __name__)

_page = blueprint.add_url_rule
_page("/", "start", calls.start)
_page("/needs", "needs", calls.needs)
_page("/needs/<code>", "need", calls.need)
_page("/calls/<code>", "call", calls.call)
_page("/calls/<code>", "begin", calls.begin, methods=["POST"])
_page("/applications", "applications", running.applications)
_page("/applications/<uuid:application_id>", "application", running.application)
_page("/applications/<uuid:application_id>/sections/<code>", "section", drafting.section)
_page("/applications/<uuid:application_id>/sections/<code>", "save", drafting.save, methods=["POST"])
_page("/applications/<uuid:application_id>/submit", "check", drafting.check)
_page("/applications/<uuid:application_id>/submit", "submit", drafting.submit, methods=["POST"])
_page("/applications/<uuid:application_id>/step", "step", running.step)
_page("/applications/<uuid:application_id>/step", "complete", running.complete, methods=["POST"])
_page("/applications/<uuid:application_id>/withdraw", "withdrawal", running.withdrawal)
_page("/applications/<uuid:application_id>/withdraw", "withdraw", running.withdraw, methods=["POST"])
_page("/applications/<uuid:application_id>/children/<code>", "opening", running.opening)
_page("/applications/<uuid:application_id>/children/<code>", "open_one", running.open_one, methods=["POST"])
_page("/applications/<uuid:application_id>/receipt", "receipt", papers.receipt)
_page("/applications/<uuid:application_id>/archive", "archive", papers.archive)
_page("/applications/<uuid:application_id>/changes", "changes", papers.changes)
_page("/receipts", "check_receipt", papers.check)
_page("/files/<uuid:file_id>", "file", running.file)
_page("/files/<uuid:file_id>/view", "view", running.view)
