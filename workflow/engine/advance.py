"""What follows by rule: start the next step, seat a panel, close it, choose a branch, remind, lapse, end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, assert_never

from workflow.engine import events as ev
from workflow.engine.calendar import Calendar
from workflow.engine.case import Case, Pending, Seat, evolve
from workflow.engine.route import (
    NO_OFFICE,
    Call,
    Choice,
    End,
    Expected,
    Human,
    Outcome,
    Route,
    Timer,
    Wait,
)
from workflow.engine.tables import Facts, pick
from workflow.errors import RouteError

ONE_DAY = timedelta(days=1)
LONGEST_CHAIN = 200
"""More rule steps in a row than any sound route has: a loop without a person in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a panel closes. `missing`: mandatory seats that did not vote."""

    outcome: Outcome
    missing: tuple[str, ...]


def advance(route: Route, case: Case, now: datetime, calendar: Calendar) -> list[ev.Event]:
    """All events that follow from this state by now; empty when a person or the clock must act first."""
    return advanced(route, case, now, calendar)[0]


def advanced(route: Route, case: Case, now: datetime, calendar: Calendar) -> tuple[list[ev.Event], Case]:
    """The same, and the case after them."""
    events: list[ev.Event] = []
    while True:
        event = _next(route, case, now, calendar)
        if event is None:
            return events, case
        events.append(event)
        case = evolve(case, event)
        if len(events) > LONGEST_CHAIN:
            raise RouteError("endless_route", at=case.step or "")


def next_due(route: Route, case: Case, now: datetime, calendar: Calendar) -> datetime | None:
    """When a worker must look again: now if something follows already, else the next timer, else never.

    An ended case has timers while it expects something.

    Also on the next day from which on a table may name others for the open seats.
    """
    if case.suspended_at is not None:
        return None
    step = route.steps.get(case.step or "")
    awaited = isinstance(step, Wait) and _awaited(step, case)
    if case.to is not None or awaited or _verdict(route, case) is not None:
        return now
    moments = [datetime.fromisoformat(timer.at) for timer in case.timers]
    if isinstance(step, Human) and step.changes:
        today = calendar.day_of(now)
        if reseated(step, case, today) is not None:
            return now
        moments += [calendar.end_of(day - ONE_DAY) for day in step.changes if day > today]
    return min(moments, default=None)


def _next(route: Route, case: Case, now: datetime, calendar: Calendar) -> ev.Event | None:
    if case.suspended_at is not None:
        return None
    if case.to is not None:
        return _enter(route, case, case.to, now, calendar)
    step = route.steps.get(case.step or "")
    if isinstance(step, Call) and case.attempt == 0:
        return ev.Called(step.code, case.entry, step.call, step.template, 1)
    if isinstance(step, End):
        return _expecting(step, case, now, calendar)
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
    others = reseated(step, case, calendar.day_of(now)) if step.changes else None
    if others is not None:
        return others
    due = [timer for timer in case.timers if datetime.fromisoformat(timer.at) <= now]
    return _fire(step, case, min(due, key=lambda timer: (timer.at, timer.number))) if due else None


def _enter(route: Route, case: Case, code: str, now: datetime, calendar: Calendar) -> ev.Event:
    step = route.steps[code]
    entry = case.entry + 1
    today = calendar.day_of(now)
    match step:
        case Human():
            days = _days(step, case.facts, now, calendar)
            return ev.Entered(
                step=code,
                entry=entry,
                stage=step.stage,
                status=step.status,
                at=iso(now),
                due_at=iso(calendar.after(now, days)),
                seats=tuple(_seats(step, case.facts, today)),
                timers=tuple(
                    _timer(number, timer, days, now, calendar) for number, timer in enumerate(step.timers)
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
            ended = ev.Ended(code, step.ending, step.stage, step.status, iso(now), holds=0, commits=commits)
            return _asking(ended, step.expects, case.facts, now, calendar) if step.expects else ended
        case _:
            assert_never(step)


def _asking(ended: ev.Ended, asked: Expected, facts: Facts, now: datetime, calendar: Calendar) -> ev.Ended:
    """The ending with the deadline of what it asks for, and the days on which it reminds of that."""
    after = max(_date(facts, asked.after, ended.step), calendar.day_of(now))
    due = after + timedelta(days=asked.days)
    return replace(ended, due_at=iso(calendar.end_of(due)), timers=reminders(asked, due, calendar))


def reminders(asked: Expected, due: date, calendar: Calendar) -> tuple[dict[str, Any], ...]:
    """The timers of what is due by the end of this day, each at the beginning of its own."""
    return tuple(
        {
            "number": number,
            "at": iso(calendar.end_of(due + timedelta(days=days) - ONE_DAY)),
            "percent": 100,
            "do": "remind",
            "outcome": None,
        }
        for number, days in enumerate(asked.remind)
    )


def _expecting(step: End, case: Case, now: datetime, calendar: Calendar) -> ev.Event | None:
    """What the ending asks for is not there on the next day on which it reminds of it."""
    due = [timer for timer in case.timers if datetime.fromisoformat(timer.at) <= now]
    if not due or step.expects is None:
        return None
    asked, number = step.expects, min(timer.number for timer in due)
    office, role = asked.who.meant(case.facts, calendar.day_of(now))
    stops = number == len(asked.remind) - 1
    return ev.ChildDue(step.code, number, asked.child, asked.remind[number], stops, office, role)


def _awaited(step: Wait, case: Case) -> ev.Event | None:
    """A child that the step waits for has ended, in a way of which the route says what follows."""
    for name, child in case.children.items():
        if step.hears(child):
            return ev.ChildAwaited(step.code, name, child["ending"], step.endings[child["ending"]])
    return None


def _wait_ends(step: Wait, facts: Facts, now: datetime, calendar: Calendar) -> str:
    if isinstance(step.due, int):
        return iso(calendar.after(now, step.due))
    return iso(calendar.end_of(_date(facts, step.due.fact, step.code) + timedelta(days=step.due.days)))


def _days(step: Human, facts: Facts, now: datetime, calendar: Calendar) -> int:
    """Working days that people have for it."""
    if isinstance(step.due, int):
        return step.due
    last = _date(facts, step.due.fact, step.code) + timedelta(days=step.due.days)
    days = calendar.working_days(calendar.day_of(now), last)
    days += calendar.after(now, days) < calendar.end_of(last)
    return max(days, step.due.least)


def _date(facts: Facts, name: str, at: str) -> date:
    try:
        return date.fromisoformat(str(facts[name]))
    except (KeyError, ValueError):
        raise RouteError("no_date", at=at, fact=name) from None


def _seats(step: Human, facts: Facts, today: date) -> Iterator[dict[str, str | bool]]:
    for plan in step.seats:
        office, role = plan.who.meant(facts, today)
        if office != NO_OFFICE:
            yield _named(Seat(plan.code, office, role, plan.mandatory))


def _named(seat: Seat) -> dict[str, str | bool]:
    return {"code": seat.code, "office": seat.office, "role": seat.role, "mandatory": seat.mandatory}


def reseated(step: Human, case: Case, today: date) -> ev.Reseated | None:
    """Who is competent is asked of the day of the act: open seats go to those whom the tables name today."""
    if not any(day <= today for day in step.changes) or not case.open_seats:
        return None
    named = {seat["code"]: seat for seat in _seats(step, case.facts, today)}
    named |= {seat.code: _named(seat) for seat in case.seats if seat.outcome is not None}
    seats = tuple(named[plan.code] for plan in step.seats if plan.code in named)
    event = ev.Reseated(step.code, case.entry, seats)
    return event if evolve(case, event).seats != case.seats else None


def _timer(
    number: int, timer: Timer, days: int, now: datetime, calendar: Calendar
) -> dict[str, str | int | None]:
    return {
        "number": number,
        "at": iso(calendar.share(now, days, timer.at)),
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
            freed = tuple(seat.code for seat in case.open_seats if seat.holder is not None)
            return ev.Escalated(step.code, case.entry, timer.number, timer.percent, waiting, freed)
        case "close":
            return ev.DeadlinePassed(step.code, case.entry, timer.number)
        case "lapse":
            outcome = step.outcomes[timer.outcome or ""]
            assert outcome.to is not None
            holds = 0 if outcome.money == "release" else None
            return ev.Lapsed(step.code, timer.number, outcome.code, outcome.to, holds)
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
