"""Papers of an application to take along: the receipt, everything as one ZIP; and checking a receipt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from flask import Response, render_template, request, stream_with_context, url_for

from web.language import lang
from web.reads import note_read
from web.security import db, settings, signed_in
from workflow import papers
from workflow.engine.case import Actor
from workflow.errors import NotFound
from workflow.store import queries


def receipt(application_id: UUID) -> Response:
    """The receipt as PDF, for the organisation and for staff who may open the dossier."""
    return receipt_of(signed_in().actor, application_id)


def archive(application_id: UUID) -> Response:
    """Everything of one application as one ZIP, for the same people."""
    return archive_of(signed_in().actor, application_id)


def changes(application_id: UUID) -> str:
    """Before and after: what answers to queries changed, and what is other than last year; for both sides."""
    found = _whole(signed_in().actor, application_id)
    files = {one.id: one for one in found.uploads}
    if queries.application(db(), signed_in().actor, application_id):
        back = url_for("portal.application", application_id=application_id)
    else:
        back = url_for("desk.dossier", case_id=application_id)
    return render_template("portal/changes.html", whole=found, files=files, back=back)


def check() -> str:
    """Whether what a receipt says was received, for whoever holds one."""
    number = request.args.get("number", "").strip()
    name = re.sub(r"\s", "", request.args.get("hash", "")).lower()
    readable = bool(number) and "\x00" not in number and re.fullmatch("[0-9a-f]{64}", name) is not None
    return render_template(
        "portal/check_receipt.html",
        number=number,
        name=name,
        asked=bool(number or name),
        readable=readable,
        received_at=queries.received_at(db(), number, name) if readable else None,
    )


def receipt_of(viewer: Actor, application_id: UUID) -> Response:
    """The receipt, for who may read all of the application; raises NotFound."""
    found = _whole(viewer, application_id)
    pdf = papers.receipt(found, settings(), lang())
    return _download(pdf, f"Foerderweg-{found.number}.pdf", "application/pdf")


def archive_of(viewer: Actor, application_id: UUID) -> Response:
    """The ZIP, sent while it is being made; raises NotFound before its first byte."""
    found = _whole(viewer, application_id)
    pieces = papers.archive(found, settings(), lang())
    return _download(stream_with_context(pieces), f"Foerderweg-{found.number}.zip", "application/zip")


def _whole(viewer: Actor, application_id: UUID) -> queries.Whole:
    found = queries.whole(db(), viewer, application_id)
    if found is None:
        raise NotFound("no_such_application")
    note_read(application_id)
    return found


def _download(content: bytes | Iterator[bytes], name: str, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
