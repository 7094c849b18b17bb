"""Sessions of the API, who I am, and the calls that are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response, after_this_request, request

from web import form_schemas, schemas
from web.api.operations import caller, operation
from web.security import db, now
from workflow import accounts
from workflow.errors import NotFound
from workflow.funding.forms import Form as FormData
from workflow.store import queries


@operation("POST", "/sessions", body=schemas.Credentials, gives=schemas.Session, status=201, public=True)
def sign_in(body: Mapping[str, str]) -> accounts.Session:
    """Sign in with mail address and password

    Too many failed attempts are answered with 429 and Retry-After.
    """
    source = request.remote_addr or ""
    return accounts.sign_in(db(), body["email"], body["password"], source=source, kind="api", now=now())


@operation("DELETE", "/sessions/current", status=204)
def sign_out() -> str:
    """End this session"""
    if request.authorization and request.authorization.token:
        accounts.sign_out(db(), request.authorization.token)
    return ""


@operation("GET", "/me", gives=schemas.Me)
def me() -> Mapping[str, Any]:
    """Who I am, and what I may act for"""
    person = caller()
    return {
        "id": person.person_id,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "roles": [{"office": office, "role": role} for office, role in sorted(person.actor.offices)],
        "organisations": queries.my_organisations(db(), person.actor),
    }


@operation("GET", "/calls", gives=schemas.Call(many=True), public=True)
def calls() -> list[Mapping[str, Any]]:
    """Calls for applications, with their questions of eligibility"""
    programme = queries.programme(db()).programme
    return [{**asdict(call), "open": call.is_open(now())} for call in programme.calls.values()]


@operation("GET", "/calls/open", gives=schemas.Call(many=True), public=True)
def open_calls() -> list[Mapping[str, Any]]:
    """The calls that take applications now, for other sites to show: cacheable, with an ETag

    Kept for at most five minutes, and never past the moment at which a call opens or closes.
    """
    known, at = queries.programme(db()).programme.calls.values(), now()
    moments = [moment for one in known for moment in (one.opens, one.closes) if moment > at]
    seconds = min([300, *(int((moment - at).total_seconds()) for moment in moments)])

    @after_this_request
    def kept(response: Response) -> Response:
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
        response.add_etag()
        response.make_conditional(request)
        return response

    return [{**asdict(call), "open": True} for call in known if call.is_open(at)]


@operation("GET", "/needs", gives=schemas.Need(many=True), public=True)
def needs() -> list[Mapping[str, Any]]:
    """What people want to do, in plain words, and the funding area that it belongs to"""
    return [asdict(one) for one in queries.programme(db()).programme.needs]


@operation(
    "GET", "/calls/<code>/form", query=form_schemas.ApplicantKind, gives=form_schemas.Form, public=True
)
def call_form(query: Mapping[str, str], code: str) -> FormData:
    """The form of a call: sections, fields, limits, options and rules, as applicants of this kind get it

    An application that was begun keeps its own version: /applications/{application_id}/form.
    """
    known = queries.programme(db())
    if code not in known.programme.calls:
        raise NotFound("no_such_call")
    return queries.form(db(), known.hash, known.programme.calls[code].form).asked_of(query["kind"])
