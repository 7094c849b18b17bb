"""One case's dossier behind its gate, for staff who have to do with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.assigning import HAND_OVER, having_refusal
from workflow.engine.case import Actor, Case, Seat, load_case
from workflow.engine.commands import Offer
from workflow.engine.decide import allowed
from workflow.engine.route import Human, Route
from workflow.funding.forms import Form
from workflow.funding.plan import Outcome, outcome
from workflow.funding.ties import Tie
from workflow.store import published, reading, statement_drafts
from workflow.store.asking import ask, ask_together
from workflow.store.filed_payments import UNRECORDED
from workflow.store.queries.advice import Advised, advised_of
from workflow.store.queries.comments import COMMENTS, Talk, talk_of
from workflow.store.queries.explain import people_of
from workflow.store.queries.family import (
    CHILDRENS_LETTERS,
    FAMILY,
    ParentRead,
    Relative,
    family_of,
    parent_read,
    report_of,
    stopped_by,
)
from workflow.store.queries.findings import ALIKE, BESIDE, Findings, findings
from workflow.store.queries.inquiries import INQUIRIES, Inquiry, inquiries_of
from workflow.store.queries.money import MoneyRow, money_row
from workflow.store.queries.office import WHO, CaseRow, case_row
from workflow.store.queries.record import (
    FILES,
    HISTORY,
    WRITTEN,
    granted,
    handed_in,
    history_of,
    letters,
    seats,
)
from workflow.store.queries.rows import HIDDEN, Answers, FileRow, HistoryRow, Report, Statement
from workflow.store.queries.ties import OF_ONE, ties_of
from workflow.store.signatures import CONSENTS


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """What the viewer has written at an open seat and not handed in; `outcome` is empty before the choice."""

    outcome: str
    answers: Answers
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody with the role of a seat. `refusal`: the code of why they cannot have it, "" for nothing."""

    id: str
    name: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case as staff see it; while `opened` is False only its header and the declaration are there.

    `own_measure`: it is one of the viewer's own office, and stays closed; `holders`: names of those who have
    open seats, by seat; `ties`: what links a viewer who is asked to declare to the applicant; `talk`: None
    while it is not open; `recused`: the viewer has stepped back, or
    (`barred`) has had a hand in what this case belongs to, or stepped back there;
    `unsent`: hashes of the letters that nobody has sent out; `proposed`: the way off the straight one that
    waits for a second person; `unrecorded`: beside a report, Rappen that lie in a file for the bank.
    """

    case: CaseRow
    opened: bool
    own_measure: bool
    recused: bool
    barred: bool
    form: Form
    answers: Answers
    advice: Sequence[Advised]
    findings: Findings | None
    ties: Sequence[Tie]
    files: Mapping[UUID, FileRow]
    letters: list[FileRow]
    unsent: tuple[str, ...]
    statements: list[Statement]
    history: list[HistoryRow]
    proposed: HistoryRow | None
    talk: Talk | None
    inquiries: Sequence[Inquiry]
    offers: tuple[Offer, ...]
    draft: StatementDraft | None
    seats: tuple[Seat, ...]
    holders: Mapping[str, str]
    due_at: datetime | None
    entry: int
    step: str
    route_data: Mapping[str, Any]
    step_forms: Mapping[str, Form]
    reasons: Mapping[str, str]
    suspended: bool
    programme_hash: str
    parent: Relative | None
    children: Sequence[Relative]
    stopped_by: Relative | None
    parent_read: ParentRead | None
    line: MoneyRow | None
    granted: int | None
    report: Report | None
    settled: int | None
    owed: int
    outcome: Outcome | None
    unrecorded: int


CASE = f"""
SELECT c.*, CAST(c.state->>'suspended_at' AS timestamptz) AS suspended_at,
  o.name AS organisation, o.kind AS organisation_kind, {WHO},
  (SELECT jsonb_object_agg(w.seat, p.name) FROM work_items w JOIN persons p ON p.id = w.holder
   WHERE w.case_id = c.id AND w.closed_at IS NULL) AS by_seat
FROM cases c JOIN organisations o ON o.id = c.organisation_id WHERE c.id = :id"""
LINE = "SELECT * FROM budget_lines WHERE id = :line"
OPENED = (COMMENTS, INQUIRIES, HISTORY, WRITTEN, FILES, LINE, FAMILY, CHILDRENS_LETTERS, CONSENTS)
"""What stands in an open dossier."""
BARRED = "SELECT FROM events WHERE case_id = :id AND version = 1 AND data->'recused' ? :person"
"""Of somebody who is kept out: since the case began, by no step of their own."""

VEILED = ("Completed", "Declared", "Recused", "Assigned", "ChildOpened")
"""Events that tell what others do at a panel, and who they are."""


def dossier(db: sa.Engine, viewer: Actor, case_id: UUID, *, now: datetime) -> Dossier | None:
    """A case for staff who have to do with it; its content only behind the gate. None for everyone else."""
    with autocommit(db) as tx:
        found = ask(tx, CASE, {"id": case_id})
        if not found:
            return None
        row = found[0]
        case = load_case(row.state)
        route = published.route(tx, row.route_hash)
        today = published.calendar(tx, row.programme_hash).day_of(now)
        if not reading.has_page(case, route, viewer=viewer, on=today):
            return None
        opened = reading.may_open(case, viewer)
        declared = viewer.person in case.declared
        asked = [] if declared else [OF_ONE]
        asked += OPENED if opened else ()
        asked += [BARRED] if case.parent and viewer.person in case.recused else []
        asked += BESIDE if opened and row.parent_id is None else ()
        said = {
            "id": case_id,
            "person": viewer.person,
            "line": row.line_id,
            "organisation": row.organisation_id,
            "area": row.area,
            "call": row.call,
            "title": row.title,
        }
        read = defaultdict(list, zip(asked, ask_together(tx, asked, said, once=(ALIKE,)), strict=True))
        linked = next(iter(ties_of(read[OF_ONE]).values()), [])
        offers = allowed(route, case, replace(viewer, linked=bool(linked)), today)
        pays = any(offer.action == "pay" for offer in offers)
        veiled = not opened or reading.own_first(route, case, viewer)
        talk = talk_of(read[COMMENTS], case, route, viewer) if opened else None
        inquiries = inquiries_of(tx, read[INQUIRIES], case, route, viewer, now=now)
        events = history_of(read[HISTORY])
        if veiled:
            events = _unveiled(events, viewer)
        texts = dict(read[WRITTEN])
        files = [FileRow(*one) for one in read[FILES]]
        form = published.form_of(tx, row.programme_hash, row.form_hash, row.organisation_kind)
        route_data = published.content(tx, row.route_hash)
        sees = partial(reading.has_page, viewer=viewer, on=today)
        parent, children = family_of(tx, read[FAMILY], read[CHILDRENS_LETTERS], case_id, sees)
        parents = parent_read(tx, parent.id) if parent else None
        step_forms = _step_forms(tx, row.programme_hash, route, row.area)
        answers = texts.get(case.content, {})
        noticed = findings(tx, row, answers, [read[one] for one in BESIDE], viewer) if opened else None
        draft = _draft(tx, case_id, case, viewer, offers)
        settles = outcome(answers, int(case.facts["granted"])) if "granted" in case.facts else None
        unrecorded = ask(tx, UNRECORDED, {"parent": row.parent_id})[0].amount if settles and opened else 0
    return Dossier(
        case=case_row(row, now, opened, has_page=True),
        opened=opened,
        own_measure=reading.is_of_own_office(case, viewer),
        recused=viewer.person in case.recused,
        barred=bool(read[BARRED]),
        form=form,
        answers=answers,
        advice=advised_of(read[CONSENTS]),
        findings=noticed,
        ties=linked if any(offer.action == "declare" for offer in offers) else [],
        files=handed_in(files, form, texts.values()),
        letters=letters(files, case.letters),
        unsent=case.unsent,
        statements=statements_of(route, events, texts),
        history=events,
        proposed=_proposed(case, events),
        talk=talk,
        inquiries=inquiries,
        reasons={name: str(data["reason"]["reason"]) for name, data in texts.items() if _is_reason(data)},
        suspended=case.suspended_at is not None,
        offers=offers,
        draft=draft,
        seats=tuple(
            replace(seat, outcome=HIDDEN) if seat.outcome and veiled else seat for seat in case.seats
        ),
        holders=_holders(row.by_seat or {}, case, viewer, veiled=veiled),
        due_at=row.due_at,
        entry=case.entry,
        step=case.step or "",
        route_data=route_data,
        step_forms=step_forms,
        programme_hash=row.programme_hash,
        parent=parent,
        children=children,
        stopped_by=stopped_by(case, children),
        parent_read=parents,
        line=next(map(money_row, read[LINE]), None),
        report=report_of(case, route) if opened else None,
        settled=case.settled[-1] if (opened or pays) and case.settled else None,
        owed=case.owed if opened or pays else 0,
        outcome=settles,
        unrecorded=int(unrecorded),
        granted=granted(case, route, history_of(read[HISTORY])) if opened else None,
    )


def _draft(
    tx: sa.Connection, case_id: UUID, case: Case, viewer: Actor, offers: Sequence[Offer]
) -> StatementDraft | None:
    """What the viewer has written at the seat that is theirs."""
    for offer in offers:
        if offer.action == "complete":
            return _kept(tx, case_id, case.entry, offer.seat, viewer)
    return None


def _kept(tx: sa.Connection, case_id: UUID, entry: int, seat: str, viewer: Actor) -> StatementDraft | None:
    row = statement_drafts.find(tx, case_id, entry, seat, viewer.person)
    return StatementDraft(row.outcome, row.answers, row.saved_at) if row else None


def _proposed(case: Case, events: Sequence[HistoryRow]) -> HistoryRow | None:
    """The way that somebody has proposed and nobody has agreed to yet."""
    known = (row for row in reversed(events) if row.name == "WayProposed")
    return next(known, None) if case.proposal else None


def statement_draft(
    db: sa.Engine, viewer: Actor, case_id: UUID, seat: str, entry: int
) -> StatementDraft | None:
    """What this person has written at a seat that is theirs to fill, and not handed in."""
    with autocommit(db) as tx:
        return _kept(tx, case_id, entry, seat, viewer)


def is_left_alone(db: sa.Engine, case_id: UUID) -> bool:
    """The last that happened to this case: somebody stepped back, and nobody is left for an open seat."""
    query = "SELECT name FROM events WHERE case_id = :id ORDER BY version DESC LIMIT 1"
    with autocommit(db) as tx:
        return [row.name for row in ask(tx, query, {"id": case_id})] == ["Unstaffed"]


def colleagues(db: sa.Engine, found: Dossier, *, now: datetime) -> Mapping[str, Sequence[Colleague]]:
    """By seat of this dossier that its viewer may hand over: who else has its role."""
    seats = {one.seat for one in found.offers if one.action == "assign" and HAND_OVER in one.outcomes}
    if not seats:
        return {}
    with autocommit(db) as tx:
        [row] = ask(tx, "SELECT state, route_hash FROM cases WHERE id = :id", {"id": found.case.id})
        case, route = load_case(row.state), published.route(tx, row.route_hash)
        people = people_of(tx, found.case.id, case, now)
    return {
        seat.code: [
            Colleague(actor.person, name, refusal.code if refusal else "")
            for name, actor in people
            if seat.holder != actor.person and (seat.office, seat.role) in actor.offices
            for refusal in [having_refusal(route, case, seat, actor)]
        ]
        for seat in case.open_seats
        if seat.code in seats
    }


def _step_forms(tx: sa.Connection, programme_hash: str, route: Route, area: str) -> Mapping[str, Form]:
    codes = {step.form for step in route.steps.values() if isinstance(step, Human) and step.form}
    return {code: published.form(tx, programme_hash, code, area) for code in sorted(codes)}


def _is_reason(data: Answers) -> bool:
    return set(data) == {"reason"} and set(data["reason"]) == {"reason"}


def _unveiled(events: Sequence[HistoryRow], viewer: Actor) -> list[HistoryRow]:
    """Own vote first: without what others have done since the running panel began."""
    begun = max((row.version for row in events if row.name == "Entered"), default=0)
    return [
        row
        for row in events
        if row.version < begun or row.name not in VEILED or row.data["by"] == viewer.person
    ]


def _holders(names: Mapping[str, str], case: Case, viewer: Actor, *, veiled: bool) -> Mapping[str, str]:
    """Who has the work of each seat; at other offices nobody by name before the own vote."""
    own = {seat.code for seat in case.seats if (seat.office, seat.role) in viewer.offices}
    return {seat: name for seat, name in names.items() if not veiled or seat in own}


def statements_of(
    route: Route, events: Sequence[HistoryRow], texts: Mapping[str, Answers]
) -> list[Statement]:
    """What was written at the steps, oldest first."""
    there, found = seats(events), []
    for row in events:
        if row.name != "Completed" or row.data["content"] is None:
            continue
        step = route.steps[row.data["step"]]
        found.append(
            Statement(
                entry=row.data["entry"],
                step=row.data["step"],
                seat=row.data["seat"],
                outcome=row.data["outcome"],
                office=there.get((row.data["entry"], row.data["seat"]), ("", ""))[0],
                by_name=row.actor_name,
                at=row.at,
                data=texts.get(row.data["content"], {}),
                form_code=step.form or "" if isinstance(step, Human) else "",
            )
        )
    return found
