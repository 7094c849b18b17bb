"""What is the viewer's own: organisations with rights in them, and their applications as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import SIGNING, Actor
from workflow.engine.route import APPLICANT
from workflow.funding.progress import progress
from workflow.funding.questions import Labels
from workflow.store import published
from workflow.store.comments import is_asked
from workflow.store.queries.family import named
from workflow.store.signatures import counts
from workflow.store.tables import applications, cases, organisations, reports_due, signatures


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    id: UUID
    name: str
    rights: frozenset[str]
    state: str


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """`status`: "draft" or a public status; `number` is None before submission.

    Of a draft, `area` and `requested` are None as long as it does not say, `done` of its `sections` are
    complete, `closes` is the end of its call, and at `ends_at` it is erased unless somebody writes. `named`:
    a child's title in each language. `due_at`: of what waits for the applicant. `over`: it has come to its
    end. `asked`: an office's question is all that waits. `report_due`: until when a report on what was
    granted has to be there, as long as it is not.
    """

    id: UUID
    organisation_id: UUID
    organisation: str
    title: str
    named: Labels
    call: str
    number: str | None
    status: str
    area: str | None
    requested: int | None
    saved_at: datetime
    submitted_at: datetime | None
    waiting_for_me: bool
    due_at: datetime | None = None
    closes: datetime | None = None
    ends_at: datetime | None = None
    done: int = 0
    sections: int = 0
    granted: int | None = None
    over: bool = False
    asked: bool = False
    report_due: datetime | None = None


def ids(viewer: Actor) -> list[UUID]:
    """The organisations in which the viewer has any right, whatever they have been merged with."""
    return [UUID(one) for one, rights in viewer.organisations.items() if rights]


def my_organisations(db: sa.Engine, viewer: Actor) -> list[OrganisationRow]:
    """Those in which the viewer has rights, each once."""
    query = sa.select(organisations.c.id, organisations.c.name, organisations.c.state)
    query = query.where(organisations.c.id.in_(ids(viewer)), organisations.c.merged_into.is_(None))
    with db.connect() as tx:
        rows = tx.execute(query.order_by(organisations.c.name)).all()
    return [OrganisationRow(row.id, row.name, viewer.rights_in(str(row.id)), row.state) for row in rows]


def my_applications(db: sa.Engine, viewer: Actor) -> list[ApplicationRow]:
    """Drafts and cases of the viewer's: what waits for them by its deadline, then the newest."""
    signed = sa.exists().where(
        signatures.c.application_id == applications.c.id,
        counts(),
        signatures.c.person_id != UUID(viewer.person),
    )
    query = (
        sa.select(
            applications,
            organisations.c.name,
            organisations.c.kind.label("organisation_kind"),
            signed.label("signed"),
            cases.c.number,
            cases.c.status,
            cases.c.area,
            cases.c.requested,
            cases.c.committed,
            cases.c.submitted_at,
            cases.c.due_at,
            cases.c.ending,
            cases.c.title,
            cases.c.parent_id,
            cases.c.route_hash,
            cases.c.state["seats"].label("seats"),
            cases.c.state["to"].astext.label("to"),
            reports_due.c.due_at.label("report_due"),
            sa.and_(cases.c.ending.is_(None), is_asked(applications.c.id)).label("asked"),
        )
        .join(organisations, organisations.c.id == applications.c.organisation_id)
        .outerjoin(cases, cases.c.id == applications.c.id)
        .outerjoin(reports_due, reports_due.c.case_id == applications.c.id)
        .where(applications.c.organisation_id.in_(ids(viewer)), cases.c.asked_by.is_(None))
        .order_by(applications.c.saved_at.desc(), applications.c.id)
    )
    with db.connect() as tx:
        found = tx.execute(query).all()
        rows = [_case(tx, row) if row.number else _draft(tx, viewer, row) for row in found]
    return sorted(rows, key=_urgency)


def _urgency(row: ApplicationRow) -> tuple[bool, float]:
    due = row.due_at if row.waiting_for_me else None
    return not row.waiting_for_me, due.timestamp() if due else float("inf")


def _draft(tx: sa.Connection, viewer: Actor, row: Any) -> ApplicationRow:
    form = published.form_of(tx, row.programme_hash, row.form_hash, row.organisation_kind)
    values, problems = form.judge(row.answers)
    facts = form.facts(values)
    sections = progress(form, row.answers, problems, {one.code for one in form.sections})
    area, requested = facts.get("area"), facts.get("requested")
    call = published.programme(tx, row.programme_hash).calls.get(row.call)
    return ApplicationRow(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=row.name,
        title=str(row.answers.get("project", {}).get("title") or ""),
        named={},
        call=row.call,
        number=None,
        status="draft",
        area=str(area) if area else None,
        requested=requested if isinstance(requested, int) else None,
        saved_at=row.saved_at,
        submitted_at=None,
        waiting_for_me=row.signed and bool(viewer.rights_in(str(row.organisation_id)) & SIGNING),
        closes=call.closes if call else None,
        ends_at=row.ends_at,
        done=sum(one.state == "done" for one in sections),
        sections=len(sections),
    )


def _case(tx: sa.Connection, row: Any) -> ApplicationRow:
    waiting = any(seat["role"] == APPLICANT and seat["outcome"] is None for seat in row.seats or ())
    return ApplicationRow(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=row.name,
        title=row.title or "",
        named=named(tx, row),
        call=row.call,
        number=row.number,
        status=row.status or "received",
        area=row.area,
        requested=row.requested,
        saved_at=row.saved_at,
        submitted_at=row.submitted_at,
        waiting_for_me=(waiting and row.to is None) or bool(row.asked),
        asked=bool(row.asked) and not (waiting and row.to is None),
        due_at=row.due_at if waiting else None,
        granted=row.committed or None,
        over=row.ending is not None,
        report_due=row.report_due,
    )
