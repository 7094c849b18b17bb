"""One application as its organisation sees it, and its files; nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import SIGNING, WRITING, Actor, Case, load_case
from workflow.engine.commands import Complete, Offer, Withdraw
from workflow.engine.decide import allowed
from workflow.engine.giving_up import gives_up, signed
from workflow.engine.route import APPLICANT, APPLICANT_OFFICE, Human, Route, Wait
from workflow.funding.forms import Form
from workflow.funding.plan import planned, restored
from workflow.funding.questions import Labels
from workflow.store import applications as store
from workflow.store import journal, opening_drafts, published, reading
from workflow.store.queries.family import Relative, family, named, report_of, stopped_by
from workflow.store.queries.mine import ids
from workflow.store.queries.organisations import SEES_ALL as SEES_ORGANISATIONS
from workflow.store.queries.record import (
    DISPATCHED,
    answer_named,
    decision_text,
    file_row,
    files_of,
    granted,
    history,
    is_handed_in,
    letters,
    sent_on,
    signing,
    written,
)
from workflow.store.queries.rows import Answers, FileRow, HistoryRow, Report
from workflow.store.tables import applications, cases, organisations, persons

NOBODYS = UUID(int=0)
"""Of an act that is only asked about."""


@dataclass(frozen=True, slots=True)
class Milestone:
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FieldSave:
    """Who saved an answer last, and when."""

    person_id: UUID
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """What the form of a child begins with; `saved_at`: when its author kept it, if they have."""

    answers: Answers
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lapse:
    """The moment at which the clock answers in place of the applicant, and what follows from that."""

    at: datetime
    says: Labels | None


@dataclass(frozen=True, slots=True)
class Application:
    """An application as its organisation sees it. `held_by`: code of the office where it lies now.

    `step` and `entry` are what the viewer's own offers are about: an internal step would tell which way the
    decision goes, and the number of visits that it went back.
    `paid`: Rappen of the grant that were paid out so far, at `paid_at` for the last time. `sent_on`: when the
    newest of the letters was posted. `answered`: the applicant has done what it waited for, and no worker has
    taken it on yet. `stopped_by`: until this one of the children ends, an appeal, everything stands still.
    `given_up`: what the viewer could give up now with a second person, by the hash of what both sign: the
    outcome of the present step, or empty for taking it back. `lapse`: until when an answer is taken, and what
    follows without one; `appealable`: its order can be appealed against, as long as the period runs.
    `settled`: what the grant came to in the end, since `settled_at`; `owed`: what of it was paid too much.
    `named`: a child's title in each language.
    `begun`: what the viewer has begun to write beside it, by the child's code, and when it was kept.
    """

    id: UUID
    organisation_id: UUID
    organisation: str
    call: str
    area: str | None
    number: str | None
    status: str
    programme_hash: str
    form: Form
    answers: Answers
    revision: int
    saved_at: datetime
    saved_by_name: str
    ends_at: datetime | None
    field_saves: Mapping[str, FieldSave]
    submitted_at: datetime | None
    open_sections: frozenset[str]
    files: Mapping[UUID, FileRow]
    letters: list[FileRow]
    sent_on: date | None
    timeline: list[Milestone]
    due_at: datetime | None
    lapse: Lapse | None
    appealable: bool
    held_by: str | None
    step: str | None
    entry: int
    offers: tuple[Offer, ...]
    given_up: Mapping[str, str]
    query_message: str | None
    requested: int | None
    granted: int | None
    paid: int
    paid_at: datetime | None
    size: str | None
    conditions: str | None
    route_hash: str | None
    title: str
    named: Labels
    parent: Relative | None
    children: Sequence[Relative]
    begun: Mapping[str, datetime]
    stopped_by: Relative | None
    report: Report | None
    settled: int | None
    settled_at: datetime | None
    owed: int
    step_form: Form | None
    may_edit: bool
    may_sign: bool
    has_changes: bool
    answered: bool

    def is_written(self, section: str) -> bool:
        """Somebody has saved an answer of this section; what the system has filled in does not count."""
        return any(path.split(".")[0] == section for path in self.field_saves)


def application(db: sa.Engine, viewer: Actor, application_id: UUID) -> Application | None:
    """One application for a member of its organisation; None for everyone else."""
    query = (
        sa.select(
            applications,
            organisations.c.name.label("organisation"),
            organisations.c.kind.label("organisation_kind"),
            persons.c.name.label("saved_by_name"),
            cases.c.number,
            cases.c.title,
            cases.c.parent_id,
            cases.c.area,
            cases.c.size,
            cases.c.status,
            cases.c.route_hash,
            cases.c.state,
            cases.c.submitted_at,
        )
        .join(organisations, organisations.c.id == applications.c.organisation_id)
        .join(persons, persons.c.id == applications.c.saved_by)
        .outerjoin(cases, cases.c.id == applications.c.id)
        .where(applications.c.id == application_id, applications.c.organisation_id.in_(ids(viewer)))
        .where(cases.c.asked_by.is_(None))
    )
    with db.connect() as tx:
        row: Any = tx.execute(query).one_or_none()
        if row is None:
            return None
        case = load_case(row.state) if row.state else None
        route = published.route(tx, row.route_hash) if case else None
        events = history(tx, application_id) if case else []
        texts = written(tx, application_id) if case else {}
        form = published.form_of(tx, row.programme_hash, row.form_hash, row.organisation_kind)
        step = route.steps.get(case.step or "") if case and route else None
        step_form = (
            published.form(tx, row.programme_hash, step.form)
            if isinstance(step, Human) and step.form
            else None
        )
        steps = published.content(tx, row.route_hash)["steps"] if route else {}
        files = files_of(tx, application_id)
        saves = {
            path: FieldSave(one.saved_by, one.name, one.saved_at)
            for path, one in store.field_saves_of(tx, application_id).items()
        }
        titles = named(tx, row)
        parent, children = family(tx, application_id, lambda _case, _route: True) if case else (None, [])
        begun = opening_drafts.find(tx, application_id, viewer.person) if case else {}
    rights = viewer.rights_in(str(row.organisation_id))
    mine = bool(case and any(seat.role == APPLICANT for seat in case.open_seats))
    editing = isinstance(step, Human) and step.edits is not None and mine
    every = frozenset(section.code for section in form.sections)
    open_sections = every if case is None else frozenset(case.reopened) if editing and case else frozenset()
    # which office or role is meant on which day is nothing to an applicant
    offers = allowed(route, case, viewer, date.max) if case and route else ()
    acts = any(one.action != "withdraw" for one in offers)
    filed = letters(files, case.sent) if case else []
    return Application(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        call=row.call,
        area=row.area,
        number=row.number,
        status="draft" if case is None else row.status or "received",
        programme_hash=row.programme_hash,
        form=form,
        answers=row.answers,
        revision=row.revision,
        saved_at=row.saved_at,
        # what an office has entered, an appeal, is nobody's by name until the applicant saves it
        saved_by_name="" if case and case.parent and row.revision == 1 else row.saved_by_name,
        ends_at=row.ends_at,
        field_saves=saves,
        submitted_at=row.submitted_at,
        open_sections=open_sections,
        files={one.id: one for one in files if one.kind == "upload"},
        letters=filed,
        sent_on=sent_on(filed, events),
        timeline=_timeline(row.submitted_at, events) if case else [],
        due_at=datetime.fromisoformat(case.due) if mine and case and case.due else None,
        lapse=_lapse(case, steps) if mine and case else None,
        appealable=_appealable(route, case) if case and route else False,
        held_by=_held_by(case),
        step=case.step if case and acts else None,
        entry=case.entry if case and acts else 0,
        offers=offers,
        given_up=_given_up(route, case, offers) if case and route else {},
        query_message=_query_message(route, events, texts) if editing and route else None,
        requested=_amount(case, "requested"),
        granted=granted(case, route, events),
        paid=case.paid if case else 0,
        paid_at=max((one.at for one in events if one.name == "Paid"), default=None),
        size=row.size,
        conditions=decision_text(signing(route, events), texts, "conditions")
        if route and granted(case, route, events)
        else None,
        route_hash=row.route_hash,
        named=titles,
        title=row.title or answer_named(row.answers, "title") or "",
        parent=parent,
        children=children,
        begun={code: one.saved_at for code, one in begun.items()},
        stopped_by=stopped_by(case, children) if case else None,
        report=report_of(case, route) if case and route else None,
        settled=case.settled[-1] if case and case.settled else None,
        settled_at=max((one.at for one in events if one.data.get("settled") is not None), default=None),
        owed=case.owed if case else 0,
        step_form=step_form if mine else None,
        may_edit=bool(rights & WRITING),
        may_sign=bool(rights & SIGNING),
        has_changes=row.predecessor_id is not None or any(one.data.get("application") for one in events),
        answered=_answered(case),
    )


def file(db: sa.Engine, viewer: Actor, file_id: UUID) -> FileRow | None:
    """A file for those who may read the application or the dossier that it belongs to.

    Of uploads staff read what was handed in. What a case has sent read those too who may open the one that it
    belongs to: they decide that anew by an appeal's order.
    """
    with db.connect() as tx:
        row = store.file_of(tx, file_id)
        if row is None:
            return None
        if row.organisation_id is not None:
            mine = viewer.rights_in(str(row.organisation_id))
            return file_row(row) if mine or viewer.has_role(*SEES_ORGANISATIONS) else None
        draft = store.find(tx, row.application_id)
        above = cases.alias()
        state = tx.execute(
            sa.select(cases.c.state, above.c.state.label("parent"))
            .outerjoin(above, above.c.id == cases.c.parent_id)
            .where(cases.c.id == row.application_id)
        ).one_or_none()
        own = sa.select(cases.c.state).where(cases.c.parent_id == row.application_id)
        related = [load_case(found) for found in tx.execute(own).scalars()]
        sent = row.kind != "upload" or is_handed_in(tx, row)
    case = load_case(state.state) if state else None
    member = bool(draft and viewer.rights_in(str(draft.organisation_id)))
    if row.kind == "letter" and (case is None or row.sha256 not in case.letters):
        return None
    member = member and not (case and row.sha256 in case.unsent)
    if row.kind == "letter" and state and state.parent and case and row.sha256 in case.sent:
        related.append(load_case(state.parent))
    staff = sent and any(reading.may_open(one, viewer) for one in ([case] if case else []) + related)
    return file_row(row) if member or staff else None


def _lapse(case: Case, steps: Mapping[str, Any]) -> Lapse | None:
    """`steps`: as the route's page has them."""
    timer = next((one for one in case.timers if one.do == "lapse"), None)
    if timer is None:
        return None
    outcomes = steps[case.step or ""]["outcomes"]
    return Lapse(datetime.fromisoformat(timer.at), outcomes.get(timer.outcome, {}).get("help"))


def _given_up(route: Route, case: Case, offers: Sequence[Offer]) -> dict[str, str]:
    acts: list[Complete | Withdraw] = []
    for one in offers:
        if one.action == "withdraw":
            acts.append(Withdraw(NOBODYS))
        elif one.action == "complete":
            acts += [Complete(NOBODYS, one.step, one.seat, out, case.entry) for out in one.outcomes]
    given_up = (act for act in acts if gives_up(route, case, act))
    return {signed(case, act): act.outcome if isinstance(act, Complete) else "" for act in given_up}


def _appealable(route: Route, case: Case) -> bool:
    """It waits for an appeal; or it was granted by an order, in part perhaps, and can be appealed against."""
    step = route.steps.get(case.step or "")
    posted = DISPATCHED in case.facts and APPLICANT_OFFICE not in case.facts and case.committed > 0
    appeals = (child.start for child in route.children.values() if child.others)
    return (isinstance(step, Wait) and step.child is not None) or (
        posted and any(case.step in start for start in appeals)
    )


def _held_by(case: Case | None) -> str | None:
    """The office where it lies; None when it lies with the applicant, with nobody, or is over."""
    seats = [seat for seat in case.open_seats if seat.mandatory and seat.office] if case else []
    return seats[0].office if seats else None


def _answered(case: Case | None) -> bool:
    """Whether the applicant's part of this visit is done, and the next step not entered yet."""
    seats = case.seats if case and case.to else ()
    return bool(seats) and all(seat.role == APPLICANT and seat.outcome for seat in seats)


def _amount(case: Case | None, fact: str) -> int | None:
    return int(case.facts[fact]) if case and fact in case.facts else None


def _timeline(submitted_at: datetime, events: Sequence[HistoryRow]) -> list[Milestone]:
    steps = [Milestone("received", submitted_at)]
    for row in events:
        status = row.data.get("status")
        if status and status != steps[-1].status:
            steps.append(Milestone(status, row.at))
    return steps


def _query_message(route: Route, events: Sequence[HistoryRow], texts: Mapping[str, Answers]) -> str | None:
    """What was written beside the sections that were reopened."""
    for row in reversed(events):
        if row.name == "Completed" and row.data["reopens"]:
            step = route.human(row.data["step"])
            section = (step.outcomes[row.data["outcome"]].reopens or "").split(".")[0]
            said = texts.get(row.data["content"], {}).get(section, {})
            return "\n\n".join(text for text in said.values() if isinstance(text, str)) or None
    return None


def planned_rows(db: sa.Engine, viewer: Actor, case_id: UUID, form: Form) -> Answers:
    """What a report on this case begins with; nothing for who may not read the case."""
    with db.connect() as tx:
        stored = journal.read(tx, case_id)
        if not (reading.is_member(stored.case, viewer) or reading.may_open(stored.case, viewer)):
            return {}
        route = published.route(tx, stored.route_hash)
        return planned(form, store.plan(tx, case_id, stored.case, route, stored.programme_hash))


def opening(db: sa.Engine, viewer: Actor, case_id: UUID, child: str, form: Form) -> Opening:
    """The form of a child as this person finds it: `planned_rows`, with what they have kept beside them."""
    plan = planned_rows(db, viewer, case_id, form)
    with db.connect() as tx:
        begun = opening_drafts.find(tx, case_id, viewer.person).get(child)
    if begun is None:
        return Opening(plan)
    return Opening(restored(form, begun.answers, plan) if plan else begun.answers, begun.saved_at)
