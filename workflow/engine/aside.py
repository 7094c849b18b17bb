"""What is off the straight way: a message received, a way taken with a reason, a stop, a longer deadline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.advance import ONE_DAY, iso, reminders
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor, Case
from workflow.engine.commands import Offer
from workflow.engine.eligible import gated, own_refusal
from workflow.engine.route import OPERATOR, End, Human, Route, Wait, Way
from workflow.errors import FoerderwegError, NotAllowed, Refused

Aside = cmd.Receive | cmd.TakeWay | cmd.Suspend | cmd.Resume | cmd.Extend | cmd.Nudge
MOST_NUDGES = 3
"""Of one visit of a step: after that somebody has to talk to somebody."""


def decide(
    route: Route, case: Case, command: Aside, actor: Actor, now: datetime, calendar: Calendar
) -> list[ev.Event]:
    """The fact that this command makes; raises Refused or NotAllowed."""
    if case.ending is not None and not isinstance(command, cmd.Extend):
        raise Refused("closed")
    if not isinstance(command, cmd.Resume) and command.entry != case.entry:
        raise Refused("step_has_passed", step=case.step or "")
    on = calendar.day_of(now)
    match command:
        case cmd.Receive():
            require(_receive_refusal(route, case, actor, on))
            step = _waiting(route, case)
            assert step is not None
            assert step.received is not None
            if step.message != command.message:
                raise Refused("no_such_outcome", outcome=command.message)
            return [ev.Received(step.code, command.message, actor.person, step.received, command.content)]
        case cmd.TakeWay():
            return [_take(route, case, command, actor, on)]
        case cmd.Suspend():
            require(_pause_refusal(route, case, actor, on, stopped=False))
            return [ev.Suspended(actor.person, iso(now), command.content)]
        case cmd.Resume():
            require(_pause_refusal(route, case, actor, on, stopped=True))
            return [resumed(case, actor.person, now, calendar)]
        case cmd.Extend():
            require(_extend_refusal(route, case, actor, on))
            left = _most(route, case) - case.extended
            if not 1 <= command.days <= left:
                raise Refused("too_long", most=left)
            due_at, timers = longer(route, case, command.days, now, calendar)
            assert due_at is not None
            return [ev.Extended(case.step or "", actor.person, command.days, due_at, timers, command.content)]
        case cmd.Nudge():
            require(_nudge_refusal(route, case, actor, on))
            return [ev.Nudged(case.step or "", actor.person)]


def allowed(route: Route, case: Case, actor: Actor, on: date) -> Iterator[Offer]:
    """Everything here that this person may do on this day."""
    if _nudge_refusal(route, case, actor, on) is None:
        yield Offer("nudge", case.step or "")
    step = _waiting(route, case)
    if step is not None and step.message and _receive_refusal(route, case, actor, on) is None:
        yield Offer("receive", step.code, outcomes=(step.message,))
    for way in route.ways.values():
        if _way_refusal(case, way, actor, on, gated=gated(route, case.step, actor)) is None:
            if case.proposal and case.proposal.way == way.code:
                yield Offer("way", way.code, outcomes=(case.proposal.to,), proposed_by=case.proposal.by)
            else:
                yield Offer("way", way.code, outcomes=way.to)
    if _pause_refusal(route, case, actor, on, stopped=False) is None:
        yield Offer("suspend", case.step or "")
    if _pause_refusal(route, case, actor, on, stopped=True) is None:
        yield Offer("resume", case.step or "")
    if _extend_refusal(route, case, actor, on) is None:
        yield Offer("extend", case.step or "", outcomes=(str(_most(route, case) - case.extended),))


def _take(route: Route, case: Case, command: cmd.TakeWay, actor: Actor, on: date) -> ev.Event:
    way = route.ways.get(command.way)
    if way is None or command.to not in way.to:
        raise Refused("no_such_outcome", outcome=command.way)
    require(_way_refusal(case, way, actor, on, gated=gated(route, case.step, actor)))
    proposed = case.proposal if case.proposal and case.proposal.way == way.code else None
    # Who meant to propose the same has seen neither the other's proposal nor the reason.
    if (proposed.by if proposed else "") != command.agrees_with:
        raise Refused("proposed_meanwhile")
    if way.second is not None:
        if proposed is None:
            office, role = way.second.meant(case.facts, on)
            return ev.WayProposed(way.code, actor.person, command.to, office, role, command.content)
        if proposed.to != command.to:
            raise Refused("no_such_outcome", outcome=command.to)
    return ev.WayTaken(way.code, actor.person, command.to, command.content)


def _way_refusal(case: Case, way: Way, actor: Actor, on: date, *, gated: bool) -> FoerderwegError | None:
    if not stands_at(case, way.start) or case.suspended_at is not None:
        return Refused("not_at_this_step")
    if way.unsent and not set(case.letters[-1:]) & set(case.unsent):
        return Refused("sent_already")
    if case.ways.get(way.code, 0) >= way.at_most:
        return Refused("way_used_up", most=way.at_most)
    if way.second is not None and case.proposal is not None and case.proposal.way == way.code:
        if actor.person == case.proposal.by:
            return NotAllowed("four_eyes")
        refusal = refusal_of((case.proposal.office, case.proposal.role), case, actor)
        if refusal is None and gated and actor.person not in case.declared:
            return NotAllowed("declare_first")
        return refusal
    return refusal_of(way.who.meant(case.facts, on), case, actor)


def is_asked(case: Case, actor: Actor) -> bool:
    """Somebody has proposed a way, and this person could be the second pair of eyes."""
    asked = case.proposal
    if asked is None or actor.person == asked.by:
        return False
    return refusal_of((asked.office, asked.role), case, replace(actor, linked=False)) is None


def _receive_refusal(route: Route, case: Case, actor: Actor, on: date) -> FoerderwegError | None:
    step = _waiting(route, case)
    if step is None or step.who is None or case.suspended_at is not None:
        return Refused("not_at_this_step")
    return refusal_of(step.who.meant(case.facts, on), case, actor)


def _pause_refusal(
    route: Route, case: Case, actor: Actor, on: date, *, stopped: bool
) -> FoerderwegError | None:
    if route.pause is None or not stands_at(case, route.pause.start):
        return Refused("not_at_this_step")
    if (case.suspended_at is not None) != stopped:
        return Refused("not_suspended" if stopped else "suspended")
    return refusal_of(route.pause.who.meant(case.facts, on), case, actor)


def _nudge_refusal(route: Route, case: Case, actor: Actor, on: date) -> FoerderwegError | None:
    """Who may give more time may ask for haste: wherever a person is waited for."""
    if route.extension is None or case.ending is not None or not case.open_seats:
        return Refused("not_at_this_step")
    if all(seat.role == OPERATOR for seat in case.open_seats):
        return Refused("not_at_this_step")
    if case.suspended_at is not None:
        return Refused("suspended")
    if case.nudges >= MOST_NUDGES:
        return Refused("nudged_enough", most=MOST_NUDGES)
    return refusal_of(route.extension.who.meant(case.facts, on), case, actor)


def _extend_refusal(route: Route, case: Case, actor: Actor, on: date) -> FoerderwegError | None:
    limits = route.extension
    if limits is None or not stands_at(case, limits.start) or case.due_at is None:
        return Refused("not_at_this_step")
    if case.suspended_at is not None:
        return Refused("suspended")
    if case.extended >= _most(route, case):
        return Refused("too_long", most=0)
    return refusal_of(limits.who.meant(case.facts, on), case, actor)


def _most(route: Route, case: Case) -> int:
    """Working days by which a deadline may become longer in all. What an ending asks for has a measure of its
    own: a project that goes on for half a year longer reports half a year later."""
    step = route.steps.get(case.step or "")
    own = step.expects.extend if isinstance(step, End) and step.expects else 0
    return own or (route.extension.most if route.extension else 0)


def refusal_of(who: tuple[str, str], case: Case, actor: Actor) -> FoerderwegError | None:
    """Why somebody may not act in this role.

    Those who belong to the applicant, or have recused themselves, keep their hands off here too; those whom
    the system knows to be linked to it until they have declared that there is no conflict.
    """
    return kept_out(case, actor) if who in actor.offices else NotAllowed("not_yours")


def kept_out(case: Case, actor: Actor) -> FoerderwegError | None:
    """Why somebody keeps their hands off this case in whichever role."""
    if refusal := own_refusal(case, actor):
        return refusal
    return NotAllowed("declare_first") if actor.linked and actor.person not in case.declared else None


def stands_at(case: Case, steps: tuple[str, ...]) -> bool:
    """The case is at one of these steps, an ending perhaps, and nothing follows by rule."""
    return case.to is None and case.step in steps


def _waiting(route: Route, case: Case) -> Wait | None:
    step = route.steps.get(case.step or "") if case.to is None and case.ending is None else None
    return step if isinstance(step, Wait) else None


def resumed(case: Case, by: str, now: datetime, calendar: Calendar) -> ev.Event:
    """A case that stood still goes on, its deadlines moved by as many working days."""
    assert case.suspended_at is not None
    days = calendar.days_between(datetime.fromisoformat(case.suspended_at), now)
    due_at, timers = moved(case, days, calendar)
    return ev.Resumed(by, days, due_at, timers)


def moved(case: Case, days: int, calendar: Calendar) -> tuple[str | None, tuple[dict[str, Any], ...]]:
    """The deadline and the timers that have not fired, so many working days later."""

    def later(at: str) -> str:
        return iso(calendar.later(datetime.fromisoformat(at), days))

    timers = tuple({**asdict(timer), "at": later(timer.at)} for timer in case.timers)
    return (later(case.due_at) if case.due_at else None), timers


def longer(
    route: Route, case: Case, days: int, now: datetime, calendar: Calendar
) -> tuple[str | None, tuple[dict[str, Any], ...]]:
    """The same for a deadline that is extended: a panel that did not close at the old one may at the new. Of
    people's work one that has passed is extended from today on.

    What an ending asks for is reminded of so many calendar days before and after the new deadline: once more
    where that is later than the old one, so that nobody is stopped a year later without a word; and the last.
    """
    step = route.steps.get(case.step or "")
    if isinstance(step, Human) and case.due_at:
        last = calendar.day_of(datetime.fromisoformat(case.due_at)) - ONE_DAY
        days += calendar.working_days(last, calendar.day_of(now))
    due_at, timers = moved(case, days, calendar)
    if due_at and isinstance(step, End) and step.expects:
        due = calendar.day_of(datetime.fromisoformat(due_at)) - ONE_DAY
        left = {timer.number for timer in case.timers} | {len(step.expects.remind) - 1}
        passed = max(iso(now), case.due_at or "")
        return due_at, tuple(
            one
            for one in reminders(step.expects, due, calendar)
            if one["number"] in left or one["at"] > passed
        )
    if case.overdue and due_at and isinstance(step, Human):
        closing = [number for number, timer in enumerate(step.timers) if timer.do == "close"]
        again = ({"number": n, "at": due_at, "percent": 100, "do": "close", "outcome": None} for n in closing)
        timers = (*timers, *again)
    return due_at, timers


def require(refusal: FoerderwegError | None) -> None:
    """Raises the refusal, if there is one."""
    if refusal is not None:
        raise refusal
