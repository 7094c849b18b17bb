"""What follows by rule: start the next step, seat a panel, close it, choose a branch, remind, lapse, end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from workflow.engine import events as ev
from workflow.engine.calendar import Calendar
from workflow.engine.case import Case, Pending, evolve
from workflow.engine.route import (
    NO_OFFICE,
    Call,
    Choice,
    End,
    Human,
    Outcome,
    Route,
    SeatPlan,
    Timer,
    Wait,
)
from workflow.engine.tables import Facts, pick
from workflow.errors import RouteError

LONGEST_CHAIN = 200
"""More rule steps in a row than any sound route has: a loop without a person in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a panel closes. `missing`: mandatory seats that did not vote."""

    outcome: Outcome
    missing: tuple[str, ...]


def advance(route: Route, case: Case, now: datetime, calendar: Calendar) -> list[ev.Event]:
    """All events that follow from this state by now; empty when a person or the clock must act first."""
    events: list[ev.Event] = []
    while True:
        event = _next(route, case, now, calendar)
        if event is None:
            return events
        events.append(event)
        case = evolve(case, event)
        if len(events) > LONGEST_CHAIN:
            raise RouteError("endless_route", at=case.step or "")


def next_due(route: Route, case: Case, now: datetime) -> datetime | None:
    """When a worker must look again: now if something follows already, else the next timer, else never."""
    if case.ending is not None or case.suspended_at is not None:
        return None
    step = route.steps.get(case.step or "")
    awaited = isinstance(step, Wait) and _awaited(step, case)
    if case.to is not None or awaited or _verdict(route, case) is not None:
        return now
    return min((datetime.fromisoformat(timer.at) for timer in case.timers), default=None)


def _next(route: Route, case: Case, now: datetime, calendar: Calendar) -> ev.Event | None:
    if case.ending is not None or case.suspended_at is not None:
        return None
    if case.to is not None:
        return _enter(route, case, case.to, now, calendar)
    step = route.steps.get(case.step or "")
    if isinstance(step, Call) and case.attempt == 0:
        return ev.Called(step.code, case.entry, step.call, step.template, 1)
    if isinstance(step, Wait):
        if awaited := _awaited(step, case):
            return awaited
        over = [timer for timer in case.timers if datetime.fromisoformat(timer.at) <= now]
        return ev.Lapsed(step.code, over[0].number, "elapsed", step.elapsed) if over else None
    if not isinstance(step, Human):
        return None
    verdict = _verdict(route, case)
    if verdict is not None:
        assert verdict.outcome.to is not None
        return ev.PanelClosed(step.code, verdict.outcome.code, verdict.outcome.to, verdict.missing)
    due = [timer for timer in case.timers if datetime.fromisoformat(timer.at) <= now]
    return _fire(step, case, min(due, key=lambda timer: (timer.at, timer.number))) if due else None


def _enter(route: Route, case: Case, code: str, now: datetime, calendar: Calendar) -> ev.Event:
    step = route.steps[code]
    entry = case.entry + 1
    today = now.astimezone(calendar.zone).date()
    match step:
        case Human():
            return ev.Entered(
                step=code,
                entry=entry,
                stage=step.stage,
                status=step.status,
                at=iso(now),
                due_at=iso(calendar.after(now, step.due)),
                seats=tuple(
                    _seat(plan, case.facts, today)
                    for plan in step.seats
                    if plan.who.meant(case.facts, today)[0] != NO_OFFICE
                ),
                timers=tuple(
                    _timer(number, timer, step, now, calendar) for number, timer in enumerate(step.timers)
                ),
                voids=step.voids,
            )
        case Wait():
            due = _wait_ends(step, case.facts, now, calendar)
            timer = {"number": 0, "at": due, "percent": 100, "do": "lapse", "outcome": "elapsed"}
            return ev.Entered(code, entry, step.stage, step.status, iso(now), due, timers=(timer,))
        case Call():
            return ev.Entered(code, entry, step.stage, step.status, iso(now))
        case Choice():
            result, row = pick(step.table, case.facts, today)
            read = {name: case.facts[name] for name in sorted(step.table.reads()) if name in case.facts}
            return ev.Chosen(code, row, result, read)
        case End():
            commits = int(case.facts[step.amount]) if step.money == "commit" and step.amount else 0
            if commits > case.held:
                raise RouteError("commits_more_than_held", at=code)
            return ev.Ended(code, step.ending, step.stage, step.status, iso(now), holds=0, commits=commits)
        case _:
            assert_never(step)


def _awaited(step: Wait, case: Case) -> ev.Event | None:
    """A child that the step waits for has ended, in a way of which the route says what follows."""
    for name, child in case.children.items():
        if child["code"] == step.child and child["ending"] in step.endings and not child["awaited"]:
            return ev.ChildAwaited(step.code, name, child["ending"], step.endings[child["ending"]])
    return None


def _wait_ends(step: Wait, facts: Facts, now: datetime, calendar: Calendar) -> str:
    if isinstance(step.due, int):
        return iso(calendar.after(now, step.due))
    try:
        day = date.fromisoformat(str(facts[step.due.fact]))
    except (KeyError, ValueError):
        raise RouteError("no_date", at=step.code, fact=step.due.fact) from None
    return iso(calendar.end_of(day + timedelta(days=step.due.days)))


def _seat(plan: SeatPlan, facts: Facts, today: date) -> dict[str, str | bool]:
    office, role = plan.who.meant(facts, today)
    return {"code": plan.code, "office": office, "role": role, "mandatory": plan.mandatory}


def _timer(
    number: int, timer: Timer, step: Human, now: datetime, calendar: Calendar
) -> dict[str, str | int | None]:
    return {
        "number": number,
        "at": iso(calendar.share(now, step.due, timer.at)),
        "percent": timer.at,
        "do": timer.do,
        "outcome": timer.outcome,
    }


def _fire(step: Human, case: Case, timer: Pending) -> ev.Event:
    waiting = tuple(seat.code for seat in case.open_seats)
    match timer.do:
        case "remind":
            return ev.Reminded(step.code, case.entry, timer.number, timer.percent, waiting)
        case "escalate":
            return ev.Escalated(step.code, case.entry, timer.number, timer.percent, waiting)
        case "close":
            return ev.DeadlinePassed(step.code, case.entry, timer.number)
        case "lapse":
            outcome = step.outcomes[timer.outcome or ""]
            assert outcome.to is not None
            return ev.Lapsed(step.code, timer.number, outcome.code, outcome.to)
        case other:
            raise RouteError("unknown_timer", at=step.code, do=other)


def _verdict(route: Route, case: Case) -> Verdict | None:
    """How the panel closes with the votes in hand; None while it must wait."""
    step = route.steps.get(case.step or "")
    if not isinstance(step, Human) or step.votes is None or case.to is not None:
        return None
    mandatory = [seat for seat in case.seats if seat.mandatory]
    votes = [step.votes[seat.outcome] for seat in mandatory if seat.outcome is not None]
    missing = tuple(seat.code for seat in mandatory if seat.outcome is None)
    voted = {seat.code for seat in case.seats if seat.outcome is not None}
    enough = voted >= set(step.enough_at_deadline) and len(votes) >= step.enough_votes
    if step.close is not None:
        return _majority(step, step.close, votes, missing)
    if missing and not (case.overdue and votes and enough):
        return None
    code = "split" if len(set(votes)) > 1 else ("agreed" if votes[0] == "for" else "rejected")
    return Verdict(step.outcomes[code], missing)


def _majority(step: Human, needed: int, votes: Sequence[str], missing: tuple[str, ...]) -> Verdict | None:
    favour = votes.count("for")
    if favour >= needed:
        return Verdict(step.outcomes["agreed"], missing)
    if favour + len(missing) < needed:
        return Verdict(step.outcomes["rejected"], missing)
    return None


def iso(moment: datetime) -> str:
    """UTC, to the microsecond, always the same length: sorts as text as it does in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
