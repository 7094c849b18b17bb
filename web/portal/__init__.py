"""The applicants' desk: calls, the guided form, one's own applications. Here are all its addresses."""

from __future__ import annotations

from flask import Blueprint

from web.portal import autosave, calls, drafting, organisations, papers, running, talking

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
_page("/applications/<uuid:application_id>/autosave", "autosave", autosave.autosave, methods=["POST"])
_page("/applications/<uuid:application_id>/submit", "check", drafting.check)
_page("/applications/<uuid:application_id>/submit", "submit", drafting.submit, methods=["POST"])
_page("/applications/<uuid:application_id>/step", "step", running.step)
_page("/applications/<uuid:application_id>/step", "complete", running.complete, methods=["POST"])
_page("/applications/<uuid:application_id>/discard", "discarding", drafting.discarding)
_page("/applications/<uuid:application_id>/discard", "discard", drafting.discard, methods=["POST"])
_page("/applications/<uuid:application_id>/withdraw", "withdrawal", running.withdrawal)
_page("/applications/<uuid:application_id>/withdraw", "withdraw", running.withdraw, methods=["POST"])
_page("/applications/<uuid:application_id>/messages", "answer_message", talking.answer, methods=["POST"])
_page("/applications/<uuid:application_id>/messages/read", "messages_read", talking.read, methods=["POST"])
_page(
    "/applications/<uuid:application_id>/messages/<uuid:comment_id>/end",
    "take_message_back",
    talking.take_back,
    methods=["POST"],
)
_page("/applications/<uuid:application_id>/children/<code>", "opening", running.opening)
_page("/applications/<uuid:application_id>/children/<code>", "open_one", running.open_one, methods=["POST"])
_page("/applications/<uuid:application_id>/receipt", "receipt", papers.receipt)
_page("/applications/<uuid:application_id>/archive", "archive", papers.archive)
_page("/applications/<uuid:application_id>/changes", "changes", papers.changes)
_page("/receipts", "check_receipt", papers.check)
_page("/files/<uuid:file_id>", "file", running.file)
_page("/files/<uuid:file_id>/view", "view", running.view)
_page("/applications/<uuid:application_id>/record", "take_over", organisations.take_over, methods=["POST"])
_page("/organisations", "organisations", organisations.organisations)
_page("/organisations/new", "registration", organisations.registration)
_page("/organisations/new", "register", organisations.register, methods=["POST"])
_page("/organisations/<uuid:organisation_id>", "organisation", organisations.organisation)
_page("/organisations/<uuid:organisation_id>/record", "record", organisations.record)
_page("/organisations/<uuid:organisation_id>/record", "change", organisations.change, methods=["POST"])
_page("/organisations/<uuid:organisation_id>/documents", "documents", organisations.attach, methods=["POST"])
_page("/organisations/<uuid:organisation_id>/members", "invite", organisations.invite, methods=["POST"])
_page(
    "/organisations/<uuid:organisation_id>/members/<uuid:person_id>",
    "member",
    organisations.member,
    methods=["POST"],
)
_page("/invitations/<uuid:invitation_id>/end", "take_back", organisations.take_back, methods=["POST"])
_page("/invitations/<uuid:invitation_id>", "answer", organisations.answer, methods=["POST"])
