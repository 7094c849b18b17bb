"""The one door for every change of a case: what people do, and what follows from it by rule.

handle        a person's command, one transaction: fact, case, work items, money, effects, agenda
advance_due   what follows, for every case that is due: called by workers, any number of them
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from workflow.connecting import autocommit, is_away
from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.advance import advance, next_due
from workflow.engine.calendar import Calendar
from workflow.engine.canonical import content_hash
from workflow.engine.case import Actor, Case, evolve
from workflow.engine.decide import Outside, decide, seat_meant, stepped_back
from workflow.engine.eligible import gated
from workflow.engine.giving_up import gives_up, signed
from workflow.engine.route import Human, Route
from workflow.errors import Conflict, FoerderwegError, NotAllowed, NotFound
from workflow.funding.budget import BEGUN, TODAY
from workflow.funding.effects import Effect, effects_of
from workflow.intake import Accepted, accept, accept_child, edited_application
from workflow.log import brief
from workflow.reasons import read_reason
from workflow.store import agenda, applications, journal, opening_drafts, published, signatures
from workflow.store.applications import Kept
from workflow.store.queries.ties import who_is_linked
from workflow.store.reading import SYSTEM, receives, takes_part
from workflow.store.sign_in import actor_by_id, actors_with
from workflow.store.writing import Row

LOG: Any = structlog.get_logger()
Answers = Mapping[str, Any]
Reasoned = cmd.TakeWay | cmd.Suspend | cmd.Extend | cmd.Receive | cmd.Recuse | cmd.Withdraw | cmd.Pay
FREELY = (cmd.Receive, cmd.Recuse, cmd.Withdraw)
"""Commands that need no reason."""
GATED = (cmd.Complete, cmd.Declare, cmd.Recuse)
"""Commands for which a step's gate is enough."""
FAMILY = (cmd.OpenChild, cmd.Recuse, cmd.ChildEnded)
"""Commands that concern other cases too: all else is one statement, and needs no BEGIN and COMMIT."""
MOST_REASON = 4000
SETTLED = "settled"
"""The fact of a report: Rappen that what was granted comes to in the end."""
MOST_TRIES = 20
"""So often a wish is decided anew because somebody else was faster; each time somebody got on."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command led to. `repeated`: it had been done before, and this is what it did then."""

    case_id: UUID
    number: str
    version: int
    repeated: bool = False


def handle(
    db: Engine,
    command: cmd.Command,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    answers: Answers | None = None,
) -> Done:
    """Do what a person asks, once per `command_id`. `answers`: what they wrote in the step's form, raw.

    Raises what workflow.errors names; then nothing was changed.
    """
    said = {"command": type(command).__name__, "answers": answers}
    said |= {item.name: getattr(command, item.name) for item in fields(command)}
    key = journal.Key(command_id, actor.person, content_hash(said))
    tried = 1
    while True:
        try:
            with db.begin() if isinstance(command, FAMILY) else autocommit(db) as tx:
                return _handle(tx, command, actor, key, now, answers)
        except (FoerderwegError, UniqueViolation) as error:
            # A repetition meets a case that has moved on, or its own row: its first result is the answer.
            with db.connect() as tx:
                done = journal.done(tx, key)
            if done is not None:
                return Done(*done, repeated=True)
            if not isinstance(error, Conflict | UniqueViolation) or tried == MOST_TRIES:
                raise
            tried += 1  # somebody was faster: the same wish, of the case as it stands now


def _handle(
    tx: Connection,
    command: cmd.Command,
    actor: Actor,
    key: journal.Key,
    now: datetime,
    answers: Answers | None,
) -> Done:
    kept = Kept(command.case_id, actor, now)
    begins: Accepted | None = None
    revision: int | None = None
    if isinstance(command, cmd.Submit):
        begins, command = accept(tx, command, actor, now, kept)
        stored, revision = begins.stored, begins.revision
    else:
        stored = journal.read(tx, command.case_id)
        if not takes_part(stored.case, actor) and not _receives(tx, stored, actor, now):
            raise NotFound("no_such_case")
        if isinstance(command, cmd.Report | cmd.ChildEnded) and actor is not SYSTEM:
            raise NotAllowed("not_yours")
    route = published.route(tx, stored.route_hash)
    if begins is None and actor.offices and not _gate_decides(route, stored.case, command, actor):
        actor = _as_known(tx, stored, actor)
    if isinstance(command, cmd.Complete):
        seat_meant(route, stored.case, command, actor)
        command, revision = _with_content(tx, stored, route, command, answers, kept)
    elif isinstance(command, Reasoned):
        command = _with_reason(stored, command, answers, kept)
    if isinstance(command, cmd.Complete | cmd.Withdraw) and gives_up(route, stored.case, command):
        command = _co_signed(tx, stored, command, actor)
    outside = _outside(tx, stored, command, now)
    events = decide(route, stored.case, command, actor, outside)
    number = stored.number
    if events:
        beginning = begins.beginning if begins else None
        change = _change(
            route, outside.calendar, stored, events, actor.person, now, key, kept.rows, revision, beginning
        )
        number = journal.commit(tx, change)
        if isinstance(command, cmd.OpenChild):
            journal.commit(tx, _child(tx, stored, command, answers or {}, actor, now))
            opening_drafts.erase(tx, stored.id, command.child, actor.person)
        elif isinstance(command, cmd.Recuse):
            _step_back_from_family(tx, stored, command, actor, now)
        elif isinstance(command, cmd.ChildEnded) and change.after.settled != stored.case.settled:
            assert outside.settled is not None
            _settle_amendments(tx, stored, change.after, command, outside.settled, actor, now)
    return Done(stored.id, number, stored.case.version + len(events))


def advance_due(db: Engine, now: datetime, limit: int = 100) -> int:
    """Let up to `limit` due cases go on as far as rules take them; returns how many were looked at.

    If the batch fails, its cases go one by one, and one that cannot go on is parked for an operator.
    """
    try:
        with db.begin() as tx:
            claimed = agenda.claim(tx, now, limit)
            _advance(tx, claimed, now)
            return len(claimed)
    except Exception as error:
        LOG.error("batch_failed", error=brief(error))
        with db.connect() as tx:
            waiting = agenda.due_ids(tx, now, limit)
        for case_id in waiting:
            _advance_one(db, case_id, now)
        return len(waiting)


def _advance_one(db: Engine, case_id: UUID, now: datetime) -> None:
    try:
        with db.begin() as tx:
            claimed = agenda.claim_one(tx, case_id, now)
            _advance(tx, [claimed] if claimed else [], now)
    except FoerderwegError as error:
        _park(db, case_id, str(error), now)
    except Exception as error:
        if is_away(error):
            raise  # no case is to blame
        _park(db, case_id, traceback.format_exc(limit=-5), now)


def _park(db: Engine, case_id: UUID, error: str, now: datetime) -> None:
    with db.begin() as tx:
        agenda.park(tx, case_id, error, now)


def _advance(tx: Connection, claimed: Sequence[journal.Stored], now: datetime) -> None:
    changes = []
    for stored in claimed:
        route = published.route(tx, stored.route_hash)
        calendar = published.calendar(tx, stored.programme_hash)
        events = advance(route, stored.case, now, calendar)
        if events:
            changes.append(_change(route, calendar, stored, events, "system", now, None))
        else:
            agenda.look_again(tx, stored.id, next_due(route, stored.case, now, calendar))
    if changes:
        journal.commit_batch(tx, changes)


def _change(
    route: Route,
    calendar: Calendar,
    stored: journal.Stored,
    events: Sequence[ev.Event],
    actor: str,
    now: datetime,
    key: journal.Key | None,
    contents: Sequence[Row] = (),
    revision: int | None = None,
    beginning: journal.Beginning | None = None,
) -> journal.Change:
    case: Case = stored.case
    effects: list[Effect] = []
    for event in events:
        before, case = case, evolve(case, event)
        effects += effects_of(stored.id, event, before, case)
    look_at = next_due(route, case, now, calendar)
    return journal.Change(
        stored, case, events, actor, now, look_at, effects, key, contents, revision, beginning
    )


def _child(
    tx: Connection,
    parent: journal.Stored,
    command: cmd.OpenChild,
    answers: Answers,
    actor: Actor,
    now: datetime,
) -> journal.Change:
    """The first event of a case that belongs to another one, written in the same transaction."""
    kept = Kept(command.child_id, actor, now)
    begins, begun = accept_child(tx, parent, command, answers, kept)
    route = published.route(tx, begins.stored.route_hash)
    calendar = published.calendar(tx, begins.stored.programme_hash)
    return _change(
        route,
        calendar,
        begins.stored,
        [begun],
        actor.person,
        now,
        None,
        kept.rows,
        begins.revision,
        begins.beginning,
    )


def _step_back_from_family(
    tx: Connection, stored: journal.Stored, command: cmd.Recuse, actor: Actor, now: datetime
) -> None:
    """Whoever steps back from a case steps back from the one that it belongs to, and from all that belong to
    that: each shows what the others are about."""
    top = stored
    while top.case.parent:
        top = journal.read(tx, UUID(top.case.parent))
    family = [top]
    for one in family:  # grows while it is read
        family += [journal.read(tx, UUID(child)) for child in one.case.children]
        if one.id != stored.id and actor.person not in one.case.recused:
            route, outside = published.route(tx, one.route_hash), _outside(tx, one, command, now)
            events = stepped_back(route, one.case, actor, outside.people)
            journal.commit(tx, _change(route, outside.calendar, one, events, actor.person, now, None))


def _settle_amendments(
    tx: Connection,
    stored: journal.Stored,
    after: Case,
    command: cmd.ChildEnded,
    settled: int,
    actor: Actor,
    now: datetime,
) -> None:
    """What a report settles it settles of all that was granted when it was handed in: first of the grant, and
    of amendments what is left of it. Whatever they have too much is free again, or comes back."""
    left = settled - after.worth
    handed_in = applications.row_of(tx, UUID(command.child)).submitted_at
    for child_id, _ in applications.children_with_grants(tx, stored.id, handed_in):
        one = journal.read(tx, child_id)
        share = min(max(0, left), one.case.worth)
        left -= share
        if share < one.case.worth:
            route, calendar = published.route(tx, one.route_hash), published.calendar(tx, one.programme_hash)
            events = [ev.Settled(share)]
            journal.commit(tx, _change(route, calendar, one, events, actor.person, now, None))


def _with_content(
    tx: Connection,
    stored: journal.Stored,
    route: Route,
    command: cmd.Complete,
    answers: Answers | None,
    kept: Kept,
) -> tuple[cmd.Complete, int | None]:
    """The command with what its form says: facts, reopened sections, hashes of what is kept.

    And the revision of the working copy, if that was read.
    """
    step, revision = route.steps.get(command.step), None
    if not isinstance(step, Human):
        return command, revision
    if step.edits is not None:
        edited, facts, revision = edited_application(tx, stored, kept.now)
        application = kept.add("application", command.step, edited)
        command = replace(command, facts=facts, application=application)
    if step.form is None or (answers is None and step.edits):
        return command, revision
    area = str(stored.case.facts.get("area", ""))
    form = published.form(tx, stored.programme_hash, step.form, area)
    known = {
        **stored.case.facts,
        **_days(published.calendar(tx, stored.programme_hash), stored.case, kept.now),
    }
    loaded = form.load(answers or {}, outcome=command.outcome, facts=known)
    outcome = step.outcomes.get(command.outcome)
    reopens = _named(loaded, outcome.reopens) if outcome and outcome.reopens else ()
    content = kept.add("statement", command.step, loaded)
    facts = {**command.facts, **form.facts(loaded)}
    return replace(command, facts=facts, content=content, reopens=reopens), revision


def _co_signed(
    tx: Connection, stored: journal.Stored, command: cmd.Complete | cmd.Withdraw, actor: Actor
) -> cmd.Complete | cmd.Withdraw:
    """The command with who has signed the same before, where this person does not sign alone."""
    if "sign" in actor.rights_in(stored.case.applicant):
        return command
    first = signatures.other(tx, stored.id, actor.person, signed(stored.case, command))
    return replace(command, signed_with=first)


def _days(calendar: Calendar, case: Case, now: datetime) -> dict[str, str]:
    """Since when the step runs, and today: for checks of what somebody says has happened meanwhile."""
    begun = datetime.fromisoformat(case.entered_at) if case.entered_at else now
    return {BEGUN: calendar.day_of(begun).isoformat(), TODAY: calendar.day_of(now).isoformat()}


def _with_reason(stored: journal.Stored, command: Reasoned, answers: Answers | None, kept: Kept) -> Reasoned:
    """The command with the hash of why somebody leaves the straight way, or takes money back; nobody does
    without saying why."""
    paid = isinstance(command, cmd.Pay) and command.amount > 0
    needed = not paid and not isinstance(command, FREELY)
    reason = read_reason(str((answers or {}).get("reason") or ""), MOST_REASON, needed=needed)
    if not reason:
        return command
    said, step = {"reason": {"reason": reason}}, stored.case.step or ""
    return replace(command, content=kept.add("statement", step, said))


def _named(answers: Answers, path: str) -> tuple[str, ...]:
    section, field = path.split(".")
    return tuple(answers.get(section, {}).get(field) or ())


def _receives(tx: Connection, stored: journal.Stored, actor: Actor, now: datetime) -> bool:
    route, calendar = published.route(tx, stored.route_hash), published.calendar(tx, stored.programme_hash)
    return receives(route, stored.case, actor, calendar.day_of(now))


def _gate_decides(route: Route, case: Case, command: cmd.Command, actor: Actor) -> bool:
    """Whether a link to the applicant makes no difference: this person has declared, or must anyway."""
    return actor.person in case.declared or (gated(route, case.step, actor) and isinstance(command, GATED))


def _as_known(tx: Connection, stored: journal.Stored, actor: Actor) -> Actor:
    """With what links this person to the applicant, as far as the system knows."""
    return replace(actor, linked=actor.person in who_is_linked(tx, stored.id, [actor.person]))


def _outside(tx: Connection, stored: journal.Stored, command: cmd.Command, now: datetime) -> Outside:
    """What the case does not know: the time, the money left, whom the command is about, its family."""
    calendar = published.calendar(tx, stored.programme_hash)
    outside = Outside(now, calendar, stored.left)
    match command:
        case cmd.Assign() if command.to:
            person = actor_by_id(tx, command.to, now)
            return replace(outside, person=person and _as_known(tx, stored, person))
        case cmd.Recuse():
            seats = [(seat.office, seat.role) for seat in stored.case.open_seats]
            return replace(outside, people=tuple(one for _, one in actors_with(tx, seats, now)))
        case cmd.ChildEnded():
            said = journal.read(tx, UUID(command.child)).case.facts.get(SETTLED)
            return replace(outside, settled=None if said is None else int(said))
        case cmd.Pay() if stored.case.parent:
            return replace(outside, stopped=journal.read(tx, UUID(stored.case.parent)).case.stopped)
        case _:
            return outside
