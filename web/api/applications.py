"""Applications as their organisations see them: begun, filled in, submitted, followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Response, request, send_file, url_for

from tasks.nudge import nudge
from web import form_schemas, schemas
from web.api.operations import FIRST_OF_TWO, caller, do, once, operation, revision_seen
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


def a_file(*media_types: str) -> dict[str, Any]:
    """The answer that is a file, for the document."""
    content = {one: {"schema": {"type": "string", "format": "binary"}} for one in media_types}
    return {"200": {"description": "The file", "content": content}}


def an_etag(text: str = "") -> dict[str, Any]:
    """What an answer has in its head, for the document."""
    said = f"For the next If-Match{text}"
    return {"headers": {"ETag": {"schema": {"type": "string"}, "description": said}}}


ETAG = an_etag()
ETAG_IF_MATCHED = an_etag("; only where this request had one: else somebody may have saved in between")
Answer = tuple[Any, int, dict[str, str]]


@operation(
    "POST",
    "/applications",
    body=schemas.NewApplication,
    gives=schemas.Application,
    status=201,
    key=True,
    responses={201: ETAG},
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


@operation("GET", "/applications/<uuid:application_id>", gives=schemas.Application, responses={200: ETAG})
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
    responses={200: ETAG},
)
def save(body: Mapping[str, Any], application_id: UUID) -> Answer:
    """Save sections of an application"""
    seen = revision_seen()
    with _precondition():
        saved = drafts.save(db(), caller().actor, application_id, body["answers"], revision=seen, now=now())
    problems = problem_document(Invalid(saved.problems), lang())["errors"]
    return {"revision": saved.revision, "problems": problems}, 200, _etag(saved.revision)


@operation(
    "POST",
    "/applications/<uuid:application_id>/files",
    gives=schemas.File,
    status=201,
    key=True,
    most_bytes=None,
    parameters=[{**IF_MATCH, "required": False}],
    requestBody=UPLOAD,
    responses={201: ETAG_IF_MATCHED},
)
def add_file(application_id: UUID) -> Answer:
    """Add a file to a field"""
    file_id, path, upload = once(), request.form.get("path"), request.files.get("file")
    seen = revision_seen(needed=False)
    if path is None or upload is None:
        given = {"path": path, "file": upload}
        raise Invalid({name: [Problem("required")] for name, value in given.items() if value is None})
    with _precondition():
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
            revision=seen,
        )
    return added, 201, {"Location": url_for("api.file", file_id=file_id), **_etag_after(seen)}


@operation(
    "DELETE",
    "/applications/<uuid:application_id>/files/<uuid:file_id>",
    query=schemas.FileField,
    status=204,
    parameters=[{**IF_MATCH, "required": False}],
    responses={204: ETAG_IF_MATCHED},
)
def remove_file(query: Mapping[str, str], application_id: UUID, file_id: UUID) -> Answer:
    """Take a file out of its field"""
    seen, actor = revision_seen(needed=False), caller().actor
    with _precondition():
        there = drafts.detach(db(), actor, application_id, query["path"], file_id, now=now(), revision=seen)
    if not there:
        raise NotFound("no_such_file")
    return "", 204, _etag_after(seen)


@operation(
    "POST",
    "/applications/<uuid:application_id>/submission",
    gives=schemas.Submission,
    status=201,
    key=True,
    responses=FIRST_OF_TWO,
)
def submit(application_id: UUID) -> Any:
    """Submit an application

    Where two sign together, the first one's request is answered with 202 and `waits_for: second_signature`;
    the second one's submits. Whoever changes the answers in between makes the first signature void.
    """
    once()  # a signature is no less a change
    if not signing.sign(db(), caller().actor, application_id, now=now()):
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


@operation("GET", "/files/<uuid:file_id>", responses=a_file("application/pdf", "image/jpeg", "image/png"))
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


@contextmanager
def _precondition() -> Iterator[None]:
    """Another revision than the one that was seen is a failed precondition, RFC 9110 section 13.1.1."""
    try:
        yield
    except Conflict as error:
        error.status = 412
        raise


def _etag_after(seen: int | None) -> dict[str, str]:
    """Of a change to the revision that was seen, done now or before: nobody else's lies in between."""
    return {} if seen is None else _etag(seen + 1)


def _etag(revision: int) -> dict[str, str]:
    return {"ETag": f'"{revision}"'}
