"""From the working copy to a case: what was submitted, checked, sized, pinned to its versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from workflow.engine import children
from workflow.engine.canonical import content_hash
from workflow.engine.case import EMPTY, Actor, Case
from workflow.engine.commands import OpenChild, Submit
from workflow.engine.events import Submitted
from workflow.engine.route import APPLICANT_OFFICE, DECIDED_BY, Child, Route
from workflow.engine.tables import Facts, parse_table, pick
from workflow.errors import NotAllowed, NotFound, Refused
from workflow.funding.budget import TODAY
from workflow.funding.forms import Answers
from workflow.funding.plan import beside, outcome, planned, planned_in
from workflow.funding.programme import Programme
from workflow.store import applications, journal, organisations, published, signatures
from workflow.store.applications import Kept, WorkingCopy
from workflow.store.journal import Beginning, Stored
from workflow.store.queries.record import acted_as, history, signing
from workflow.texts import ZURICH

REQUESTED_IN_ALL = "requested_in_all"
"""The fact of a case that belongs to another one: Rappen that it asks for, and those that others before it
have added to what was granted. Several small steps are no way around who decides a large one."""

ACCOUNTED = "accounted"
"""The fact of a report: Rappen that the grant comes to by the report's own figures."""

NO_LINE = 0
"""Of a case that has not begun: the statement that writes it finds its budget line."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A case that can begin: `stored` before its first event, and the revision of the working copy read."""

    stored: Stored
    beginning: Beginning
    revision: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A working copy that can be submitted. `signed`: what its people sign; `version`: of the programme."""

    draft: WorkingCopy
    answers: Answers
    facts: dict[str, Any]
    signed: str
    version: str


def checked(tx: Connection, application_id: UUID, actor: Actor, now: datetime) -> Ready:
    """The working copy, for somebody who signs; all is there that a submission needs.

    Raises Invalid (incomplete), Refused (call_closed, area_not_in_call, no_own_measures, submitted_already,
    organisation_waits, organisation_refused, reports_missing), NotFound, NotAllowed.
    """
    draft = applications.find(tx, application_id)
    if draft is None or not actor.rights_in(str(draft.organisation_id)):
        raise NotFound("no_such_application")
    if not actor.signs_for(str(draft.organisation_id)):
        raise NotAllowed("may_not_sign")
    if draft.submitted:
        raise Refused("submitted_already")
    if draft.organisation_state != "confirmed":
        raise Refused(f"organisation_{'waits' if draft.organisation_state == 'waiting' else 'refused'}")
    if draft.owes_report:
        raise Refused("reports_missing")
    version = published.version_for(tx, draft.programme_hash, draft.call, draft.published)
    programme = published.programme(tx, version)
    call = programme.calls[draft.call]
    if not call.is_open(now):
        raise Refused("call_closed")
    form = published.form_of(tx, version, draft.form_hash, draft.organisation_kind)
    answers = form.load(draft.answers)
    facts = form.facts(answers)
    if draft.office is not None:
        if not programme.offices[draft.office].own_measures:
            raise Refused("no_own_measures")
        facts[APPLICANT_OFFICE] = draft.office
    if facts["area"] not in call.areas:
        raise Refused("area_not_in_call", area=str(facts["area"]))
    signed = content_hash({"form": draft.form_hash, "answers": answers})
    return Ready(draft, answers, facts, signed, version)


def accept(
    tx: Connection, command: Submit, actor: Actor, now: datetime, kept: Kept
) -> tuple[Accepted, Submit]:
    """What the new case begins with, and the command with what was submitted.

    Raises what `checked` raises, and Refused (size_not_open).
    """
    ready = checked(tx, command.case_id, actor, now)
    draft, answers, facts = ready.draft, ready.answers, ready.facts
    programme = published.programme(tx, ready.version)
    call = programme.calls[draft.call]
    size = programme.size_for(facts, now.astimezone(ZURICH).date())
    content = published.content(tx, ready.version)
    beginning = Beginning(
        organisation_id=draft.organisation_id,
        title=str(answers["project"]["title"]),
        prefix=f"{programme.number}-{call.year}-",
        programme=programme.code,
        form_hash=draft.form_hash,
        call=call.code,
        year=call.year,
        area=str(facts["area"]),
        pot=_pot(programme, facts, now),
        size=size.code,
    )
    stored = Stored(
        id=draft.id,
        number="",
        case=EMPTY,
        head="",
        route_hash=content["routes"][size.route],
        programme_hash=ready.version,
        form_hash=draft.form_hash,
        line_id=NO_LINE,
        target_group=str(facts["target_group"]),
    )
    alone = "sign" in actor.rights_in(str(draft.organisation_id))
    submitted = replace(
        command,
        applicant=str(draft.organisation_id),
        facts=facts,
        content=kept.add("application", "", answers),
        signed_with="" if alone else signatures.other(tx, draft.id, actor.person, ready.signed),
    )
    return Accepted(stored, beginning, draft.revision), submitted


def accept_child(
    tx: Connection, parent: Stored, command: OpenChild, raw: Mapping[str, Any], kept: Kept
) -> tuple[Accepted, Submitted]:
    """The beginning and the first event of a case that belongs to `parent`: charged to the same budget line.

    Raises Invalid for what is wrong in its form, Refused (submitted_already).
    """
    parents_route = published.route(tx, parent.route_hash)
    known = parents_route.children
    child, number = known[command.child], _child_number(parent, known, command.child)
    whole = published.content(tx, parent.programme_hash)
    form = published.form(tx, parent.programme_hash, child.form)
    plan = planned(form, applications.plan(tx, parent.id, parent.case, parents_route, parent.programme_hash))
    today = published.calendar(tx, parent.programme_hash).day_of(kept.now).isoformat()
    answers = form.load(beside(form, raw, plan), facts={**parent.case.facts, TODAY: today})
    route = published.route(tx, whole["routes"][child.route])
    titles = published.content(tx, whole["routes"][child.route])["title"]
    row = applications.row_of(tx, parent.id)
    organisation = organisations.meant(tx, row.organisation_id)
    facts = {**form.facts(answers), "size": row.size}
    if REQUESTED_IN_ALL in route.facts:
        facts[REQUESTED_IN_ALL] = _in_all(tx, facts, parent.id)
    if ACCOUNTED in route.facts:  # a report is about all that was granted, and not settled lower before
        facts["granted"] = parent.case.worth + sum(
            case.worth for _, case in applications.children_with_grants(tx, parent.id, kept.now)
        )
        facts |= _accounted(answers, facts)
    if DECIDED_BY in route.facts and (role := _decided_by(tx, parents_route, parent.id)):
        facts[DECIDED_BY] = role
    draft = {
        "id": command.child_id,
        "organisation_id": organisation,
        "call": row.call,
        "programme_hash": parent.programme_hash,
        "form_hash": whole["forms"][child.form],
        "answers": answers,
        "eligibility": {},
        "revision": 1,
        "saved_by": UUID(kept.actor.person),
        "saved_at": kept.now,
        "words": "",  # handed in; its project is found by the words of its parent
    }
    if not applications.add(tx, draft):
        raise Refused("submitted_already")
    content = kept.add("application", "", answers)
    asked = _asked(tx, parent.case, known) if child.others else []
    by = kept.actor.person
    begun = children.begun(route, parent.case, child, str(parent.id), facts, content, by, asked)
    beginning = Beginning(
        organisation_id=organisation,
        title=f"{published.programme(tx, parent.programme_hash).own(titles)}: {row.title}",
        prefix="",
        programme=row.programme,
        form_hash=whole["forms"][child.form],
        call=row.call,
        year=0,
        area=row.area,
        pot="",
        size=row.size,
        number=number,
        parent_id=parent.id,
    )
    stored = Stored(
        id=command.child_id,
        number=number,
        case=EMPTY,
        head="",
        route_hash=whole["routes"][child.route],
        programme_hash=parent.programme_hash,
        form_hash=whole["forms"][child.form],
        line_id=parent.line_id,
        target_group=parent.target_group,
    )
    return Accepted(stored, beginning, draft["revision"]), begun


def _asked(tx: Connection, parent: Case, known: Mapping[str, Child]) -> list[Case]:
    """Its internal children."""
    internal = (one for one, said in parent.children.items() if known[said["code"]].internal)
    return [journal.read(tx, UUID(one)).case for one in internal]


def _in_all(tx: Connection, facts: Facts, parent_id: UUID) -> int:
    """Rappen, see REQUESTED_IN_ALL; this case itself has added none yet."""
    return int(facts.get("requested", 0)) + applications.granted_by_children(tx, parent_id)


def _accounted(answers: Answers, facts: Facts) -> Facts:
    found = outcome(answers, int(facts.get("granted", 0)))
    return {} if found is None else {ACCOUNTED: found.settles_at}


def _decided_by(tx: Connection, route: Route, case_id: UUID) -> str | None:
    """The role that signed last in this case: what its order says, and who hears an appeal, hang on it."""
    events = history(tx, case_id)
    acted = acted_as(signing(route, events), events)
    return acted[-1][1] if acted else None


def _child_number(parent: Stored, known: Mapping[str, Child], code: str) -> str:
    """Internal cases are counted apart: no gap tells the applicant that there are any."""
    internal = {child.code for child in known.values() if child.internal}
    alike = [one for one in parent.case.children.values() if (one["code"] in internal) == (code in internal)]
    return f"{parent.number}{'-A' if code in internal else '.'}{len(alike) + 1}"


def edited_application(tx: Connection, stored: Stored, now: datetime) -> tuple[Answers, Facts, int]:
    """The working copy of a case whose sections were reopened, complete again, its facts, its revision.

    Raises Invalid, and Refused (route_would_change) when area, size or pot would no longer be the same.
    """
    draft = applications.find(tx, stored.id)
    if draft is None:
        raise NotFound("no_such_application")
    programme = published.programme(tx, stored.programme_hash)
    form = published.form_of(tx, stored.programme_hash, stored.form_hash, draft.organisation_kind)
    handed_in = applications.content(tx, stored.id, stored.case.content) or {}
    answers = form.load(beside(form, draft.answers, planned_in(form, handed_in)))
    facts = {**stored.case.facts, **form.facts(answers)}
    if stored.case.parent:  # a child stays where its parent is
        if REQUESTED_IN_ALL in facts:
            facts[REQUESTED_IN_ALL] = _in_all(tx, facts, UUID(stored.case.parent))
        if ACCOUNTED in facts:
            facts |= _accounted(answers, facts)
    elif _place(programme, facts, now) != _place(programme, stored.case.facts, now):
        raise Refused("route_would_change")
    return answers, facts, draft.revision


def _place(programme: Programme, facts: Facts, now: datetime) -> tuple[object, ...]:
    """What decides where an application goes and whose money it takes."""
    size = programme.size_for(facts, now.astimezone(ZURICH).date())
    return facts["area"], size.code, _pot(programme, facts, now)


def _pot(programme: Programme, facts: Facts, now: datetime) -> str:
    today = now.astimezone(ZURICH).date()
    return pick(parse_table(programme.tables["pot"], "tables.pot"), facts, today)[0]
