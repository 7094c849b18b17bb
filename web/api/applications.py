"""Applications as their organisations see them: begun, filled in, submitted, followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Response, request, send_file, url_for

from tasks.nudge import nudge
from web import form_schemas, schemas
from web.api.operations import caller, do, once, operation, revision_seen
from web.errors import problem_document
from web.language import lang
from web.portal.papers import archive_of, receipt_of
from web.reads import note_file
from web.security import db, now, settings
from workflow import drafts, signing
from workflow.engine.commands import Submit
from workflow.errors import Conflict, Invalid, NotFound, Problem
from workflow.funding.forms import Form as FormData
from workflow.store import queries

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of the application as it was read; 412 when somebody else has saved since.",
}
UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["path", "file"],
                "properties": {
                    "path": {"type": "string", "description": "The field, such as attachments.statutes"},
                    "file": {"type": "string", "format": "binary"},
                },
            }
        }
    },
}


def a_file(media_type: str) -> dict[str, Any]:
    """The answer that is a file, for the document."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"200": {"description": "The file", "content": content}, "default": "DEFAULT_ERROR"}


Answer = tuple[Any, int, dict[str, str]]


@operation(
    "POST", "/applications", body=schemas.NewApplication, gives=schemas.Application, status=201, key=True
)
def begin(body: Mapping[str, Any]) -> Answer:
    """Begin an application"""
    application_id = drafts.start(
        db(),
        caller().actor,
        organisation_id=body["organisation"],
        call=body["call"],
        eligibility=body["eligibility"],
        copy_of=body["copy_of"],
        now=now(),
        application_id=once(),
    )
    begun, headers = _shown(application_id)
    return begun, 201, {**headers, "Location": url_for("api.application", application_id=application_id)}


@operation("GET", "/applications", gives=schemas.ApplicationRow(many=True))
def my_applications() -> list[queries.ApplicationRow]:
    """Applications of my organisations"""
    return queries.my_applications(db(), caller().actor)


@operation("GET", "/applications/<uuid:application_id>", gives=schemas.Application)
def application(application_id: UUID) -> Answer:
    """One application"""
    found, headers = _shown(application_id)
    return found, 200, headers


@operation(
    "PATCH",
    "/applications/<uuid:application_id>",
    body=schemas.Draft,
    gives=schemas.Saved,
    parameters=[IF_MATCH],
)
def save(body: Mapping[str, Any], application_id: UUID) -> Answer:
    """Save sections of an application"""
    seen = revision_seen()
    try:
        saved = drafts.save(db(), caller().actor, application_id, body["answers"], revision=seen, now=now())
    except Conflict as error:
        error.status = 412  # a failed precondition, RFC 9110 section 13.1.1
        raise
    problems = problem_document(Invalid(saved.problems), lang())["errors"]
    return {"revision": saved.revision, "problems": problems}, 200, _etag(saved.revision)


@operation(
    "POST",
    "/applications/<uuid:application_id>/files",
    gives=schemas.File,
    status=201,
    key=True,
    most_bytes=None,
    requestBody=UPLOAD,
)
def add_file(application_id: UUID) -> Answer:
    """Add a file to a field"""
    file_id, path, upload = once(), request.form.get("path"), request.files.get("file")
    if path is None or upload is None:
        given = {"path": path, "file": upload}
        raise Invalid({name: [Problem("required")] for name, value in given.items() if value is None})
    added = drafts.attach(
        db(),
        caller().actor,
        application_id,
        path,
        upload.filename or "",
        cast(BinaryIO, upload.stream),
        settings=settings(),
        now=now(),
        file_id=file_id,
    )
    return added, 201, {"Location": url_for("api.file", file_id=file_id)}


@operation(
    "DELETE",
    "/applications/<uuid:application_id>/files/<uuid:file_id>",
    query=schemas.FileField,
    status=204,
)
def remove_file(query: Mapping[str, str], application_id: UUID, file_id: UUID) -> str:
    """Take a file out of its field"""
    drafts.detach(db(), caller().actor, application_id, query["path"], file_id, now=now())
    return ""


@operation(
    "POST",
    "/applications/<uuid:application_id>/submission",
    gives=schemas.Submission,
    status=201,
    key=True,
)
def submit(application_id: UUID) -> Any:
    """Submit an application

    Where two sign together, the first one's request is answered with 202 and `waits_for: second_signature`;
    the second one's submits. Whoever changes the answers in between makes the first signature void.
    """
    if not signing.sign(db(), caller().actor, application_id, now=now()):
        once()
        nudge("deliver")
        return {"case_id": application_id, "waits_for": "second_signature"}, 202
    return do(Submit(application_id))


@operation("GET", "/applications/<uuid:application_id>/timeline", gives=schemas.Stop(many=True))
def timeline(application_id: UUID) -> list[queries.Stop]:
    """The way of a submitted application: what is behind, where it is, what comes

    Dates of what has not ended are estimates from the deadlines of its route.
    """
    found = queries.timeline(db(), caller().actor, application_id, now=now())
    if found is None:
        raise NotFound("no_such_application")
    return found


@operation("GET", "/applications/<uuid:application_id>/form", gives=form_schemas.Form)
def form(application_id: UUID) -> FormData:
    """The form of this application, as its version and its applicant's kind have it"""
    found = queries.application(db(), caller().actor, application_id)
    if found is None:
        raise NotFound("no_such_application")
    return found.form


@operation("GET", "/applications/<uuid:application_id>/children/<code>", gives=form_schemas.Opening)
def opening(application_id: UUID, code: str) -> Mapping[str, Any]:
    """The form of a case that I may open beside this one now, and what it begins with"""
    actor = caller().actor
    found = queries.application(db(), actor, application_id)
    if found is None or ("open_child", code) not in {(one.action, one.step) for one in found.offers}:
        raise NotFound("no_such_application")
    child = queries.route_data(db(), found.route_hash or "")["children"][code]
    form = queries.form(db(), found.programme_hash, child["form"])
    return {"form": form, "answers": queries.planned_rows(db(), actor, application_id, form)}


@operation("GET", "/applications/<uuid:application_id>/receipt", responses=a_file("application/pdf"))
def receipt(application_id: UUID) -> Response:
    """The receipt as PDF, with the hash of what was submitted; for staff behind the gate too"""
    return receipt_of(caller().actor, application_id)


@operation("GET", "/applications/<uuid:application_id>/archive", responses=a_file("application/zip"))
def archive(application_id: UUID) -> Response:
    """Everything of one application as a ZIP; for staff behind the gate too

    Each submission lies in it as JSON whose SHA-256 is the hash on the receipt.
    """
    return archive_of(caller().actor, application_id)


@operation("GET", "/files/<uuid:file_id>")
def file(file_id: UUID) -> Response:
    """The content of a file, always as a download"""
    row = queries.file(db(), caller().actor, file_id)
    if row is None:
        raise NotFound("no_such_file")
    note_file(row)
    response = send_file(
        queries.file_path(settings(), row),
        mimetype=row.media_type,
        as_attachment=True,
        download_name=row.name,
        etag=row.sha256,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _shown(application_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """An application with what it still lacks, and its ETag; raises NotFound."""
    found = queries.application(db(), caller().actor, application_id)
    if found is None:
        raise NotFound("no_such_application")
    shown = {one.name: getattr(found, one.name) for one in fields(found)}
    shown |= {"missing": found.form.missing(found.answers), "files": list(found.files.values())}
    return shown, _etag(found.revision)


def _etag(revision: int) -> dict[str, str]:
    return {"ETag": f'"{revision}"'}
