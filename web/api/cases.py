"""Cases as offices see them and everybody acts on them; the pipeline and the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema
from marshmallow.fields import DateTime

from tasks.nudge import nudge
from web import form_schemas, schemas, staff_schemas
from web.api.operations import FIRST_OF_TWO, caller, do, once, operation
from web.asides import aside_of
from web.opening import child_id
from web.reads import note_read
from web.security import db, now
from workflow import signing
from workflow.engine.commands import Complete, Declare, OpenChild, Recuse, Withdraw
from workflow.errors import Invalid, NotAllowed, NotFound, Problem
from workflow.funding.forms import Form as FormData
from workflow.store import queries
from workflow.store.queries import Filters

T = TypeVar("T")
PAGE = ("limit", "after")
HEADER = ("id", "number", "organisation", "area", "stage")


def _begins(there: bool) -> None:
    """A mangled place would be the start again, and a client would read the same rows for ever."""
    if not there:
        raise Invalid({"after": [Problem("wrong_type")]})


@operation("GET", "/work-items", query=staff_schemas.WorkItemFilters, gives=staff_schemas.WorkItems)
def work_items(query: dict[str, Any]) -> Response:
    """What waits for me and my offices"""
    page = {name: query.pop(name) for name in PAGE}
    _begins(not page["after"] or queries.is_place_of_work(page["after"]))
    found = queries.inbox(db(), caller().actor, now=now(), filters=Filters(**query), **page)
    return _listed(found, staff_schemas.WorkItem)


@operation("GET", "/cases", query=staff_schemas.CaseFilters, gives=staff_schemas.Cases)
def cases(query: dict[str, Any]) -> Response:
    """All cases, filtered"""
    page = {name: query.pop(name) for name in (*PAGE, "sort")}
    _begins(not page["after"] or queries.is_place(page["after"], page["sort"]))
    found = queries.cases(db(), caller().actor, Filters(**query), now=now(), **page)
    return _listed(_there(found, "no_overview"), staff_schemas.CaseRow)


@operation("GET", "/cases/<uuid:case_id>", gives=staff_schemas.Dossier)
def case(case_id: UUID) -> Mapping[str, Any]:
    """The dossier of a case

    Before the declaration of no conflict of interest: only which case it is, and what I may do.
    """
    found = _dossier(case_id)
    offers = [one for one in found.offers if one.action != "assign"]  # that is done at the desk alone
    if not found.opened:
        header = {name: getattr(found.case, name) for name in HEADER}
        entry = {"entry": found.entry} if offers else {}
        return {"case": header, "opened": False, "offers": offers, **entry}
    note_read(case_id)
    shown = {one.name: getattr(found, one.name) for one in fields(found)}
    return shown | {"files": list(found.files.values()), "offers": offers}


@operation("GET", "/cases/<uuid:case_id>/events", gives=staff_schemas.Event(many=True))
def events(case_id: UUID) -> list[queries.HistoryRow]:
    """What happened to a case"""
    found = _dossier(case_id)
    if not found.opened:
        raise NotAllowed("declare_first")
    note_read(case_id)
    return found.history


@operation(
    "POST", "/cases/<uuid:case_id>/declaration", body=schemas.Declaration, gives=schemas.Done, key=True
)
def declare(body: Mapping[str, bool], case_id: UUID) -> Any:
    """Declare whether I have a conflict of interest; with one, I withdraw from the case"""
    return do(Recuse(case_id) if body["conflict"] else Declare(case_id))


@operation(
    "POST",
    "/cases/<uuid:case_id>/completions",
    body=schemas.Completion,
    gives=schemas.Submission,
    key=True,
    responses=FIRST_OF_TWO,
)
def complete(body: Mapping[str, Any], case_id: UUID) -> Any:
    """Complete my work at a step, as an offer names it

    Where two sign together, what gives up the money that is reserved is answered with 202 and `waits_for:
    second_signature`; the second one's request does it. So for withdrawing.
    """
    command = Complete(case_id, body["step"], body["seat"], body["outcome"], body["entry"])
    return waits_for_second(command) or do(command, body["answers"])


@operation("GET", "/cases/<uuid:case_id>/steps/<code>/form", gives=form_schemas.Form)
def step_form(case_id: UUID, code: str) -> FormData:
    """What my work at a step asks, once an offer names it; of a field `outcomes` says for which results"""
    mine = queries.application(db(), caller().actor, case_id)
    found = mine or _dossier(case_id)
    if ("complete", code) not in {(one.action, one.step) for one in found.offers}:
        raise NotFound("no_such_step")
    if isinstance(found, queries.Dossier):
        return _there(found.step_forms.get(found.route_data["steps"][code].get("form")), "no_form")
    return _there(found.step_form, "no_form")


@operation("POST", "/cases/<uuid:case_id>/asides", body=schemas.Aside, gives=schemas.Done, key=True)
def aside(body: Mapping[str, Any], case_id: UUID) -> Any:
    """Leave the straight way: record what was received, take a way, stop, go on, or extend the deadline"""
    return do(aside_of(case_id, body), {"reason": body["reason"]})


@operation("POST", "/cases/<uuid:case_id>/children", body=schemas.NewChild, gives=schemas.Opened, key=True)
def open_child(body: Mapping[str, Any], case_id: UUID) -> Any:
    """Open a case of its own that belongs to this one: an amendment, a report, an appeal"""
    begun = child_id(once())
    done = do(OpenChild(case_id, body["child"], begun, body["entry"]), body["answers"])
    return {"child_id": begun, **asdict(done)}


@operation(
    "POST",
    "/cases/<uuid:case_id>/withdrawal",
    gives=schemas.Submission,
    key=True,
    responses=FIRST_OF_TWO,
)
def withdraw(case_id: UUID) -> Any:
    """Withdraw an application that was submitted"""
    command = Withdraw(case_id)
    return waits_for_second(command) or do(command)


@operation("GET", "/pipeline", query=staff_schemas.PipelineFilters, gives=staff_schemas.Pipeline)
def pipeline(query: dict[str, Any]) -> queries.Pipeline:
    """What stands where, for how long, and the money by area"""
    return _there(queries.pipeline(db(), caller().actor, Filters(**query), now=now()), "no_overview")


@operation("GET", "/money", gives=staff_schemas.Money(many=True))
def money() -> list[queries.MoneyRow]:
    """Every budget line"""
    return _there(queries.money(db(), caller().actor), "no_overview")


def waits_for_second(command: Complete | Withdraw) -> Any:
    """The answer to who signs first where two have to; None: it can be done."""
    once()  # a signature is no less a change
    if signing.sign_giving_up(db(), caller().actor, command, now=now()):
        return None
    nudge("deliver")
    return {"case_id": command.case_id, "waits_for": "second_signature"}, 202


def _listed(page: queries.Inbox | queries.CasePage, schema: type[Schema]) -> Response:
    """A page of rows whose fields stand for themselves, as the schema says it: marshmallow takes ten times as
    long for a hundred of them."""
    names, values, times = _fields(schema)
    items = [dict(zip(names, values(row), strict=True)) for row in page.rows]
    for item in items:
        item |= {name: item[name].isoformat() for name in times if item[name] is not None}
    return jsonify(items=items, total=page.total, next=page.next)


@cache
def _fields(schema: type[Schema]) -> tuple[tuple[str, ...], attrgetter[tuple[Any, ...]], tuple[str, ...]]:
    """The names of all its fields, what reads them of a row, and the names of those that are moments."""
    made = schema().fields
    times = tuple(name for name, field in made.items() if isinstance(field, DateTime))
    return tuple(made), attrgetter(*made), times


def _dossier(case_id: UUID) -> queries.Dossier:
    return _there(queries.dossier(db(), caller().actor, case_id, now=now()), "no_such_case")


def _there(found: T | None, code: str) -> T:
    """What a query gave; None means that it is not for this person, who gets 404."""
    if found is None:
        raise NotFound(code)
    return found
