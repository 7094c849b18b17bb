"""Why a case stands where it stands: rows that hit, days that counted, who may act and who may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflow.engine import events as ev
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor, Case, evolve
from workflow.engine.eligible import seat_refusal
from workflow.engine.route import APPLICANT, Human, Route, Who
from workflow.engine.tables import Fact, Facts, Table, pick


@dataclass(frozen=True, slots=True)
class Routing:
    """A table was read. `seat`: whose office it named, empty at a choice; `row`: from 0, None: the `else`."""

    step: str
    seat: str
    row: int | None
    result: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Deadline:
    """How the deadline of one visit to a step came about; all days by the office's calendar.

    `days`: working days from `since` to `due_at`, with those added by hand (`extended`) and those for which
    the case stood still (`suspended`); `weekends` and `closed`, weekdays on which the offices are closed, do
    not count. `until`: when the step was left, None: it still runs; `used`: working days until then or now,
    without those for which it stood still. `applicant`: all the while the ball was with the applicant.
    """

    step: str
    since: datetime
    due_at: datetime
    until: datetime | None
    days: int
    weekends: int
    closed: tuple[date, ...]
    extended: int
    suspended: int
    used: int
    applicant: bool

    @property
    def late(self) -> int:
        """Working days used beyond those that there were."""
        return max(0, self.used + self.suspended - self.days)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody who has the role may do the work of a seat: None, or the code of why not."""

    seat: str
    person: str
    refusal: str | None


def routings(route: Route, happened: ev.Happened, calendar: Calendar) -> Iterator[Routing]:
    """Every reading of a table, in order."""
    case = Case()
    for event, at in happened:
        if isinstance(event, ev.Chosen):
            yield Routing(event.step, "", event.row, event.to, event.facts)
        if isinstance(event, ev.Entered | ev.Reseated):
            today = calendar.day_of(at)
            step = route.steps.get(event.step)
            for seat in step.seats if isinstance(step, Human) else ():
                if seat.who.table is not None:
                    yield _read(event.step, seat.code, seat.who, seat.who.table, case.facts, today)
        case = evolve(case, event)


def _read(step: str, seat: str, who: Who, table: Table, facts: Facts, today: date) -> Routing:
    _, row = pick(table, facts, today)
    office, role = who.meant(facts, today)
    read = {name: facts[name] for name in sorted(table.reads()) if name in facts}
    return Routing(step, seat, row, f"{office}:{role}", read)


@dataclass(slots=True)
class _Visit:
    """A visit to a step with a deadline, as its events come by."""

    entered: ev.Entered
    due_at: str
    extended: int = 0
    suspended: int = 0
    until: datetime | None = None


def deadlines(happened: ev.Happened, now: datetime, calendar: Calendar) -> list[Deadline]:
    """Every deadline that the case has had, in order; the last is the present one, if it has one."""
    case, visits = Case(), list[_Visit]()
    for event, at in happened:
        case = evolve(case, event)
        running = visits[-1] if visits and visits[-1].until is None else None
        match event:
            case ev.Entered() if event.due_at is not None:
                visits.append(_Visit(event, event.due_at))
            case ev.Extended() if running:
                running.due_at, running.extended = event.due_at, running.extended + event.days
            case ev.Resumed() if running:
                running.due_at = event.due_at or running.due_at
                running.suspended += event.days
            case _ if running and (case.to is not None or case.ending is not None):
                running.until = at
    stopped = datetime.fromisoformat(case.suspended_at) if case.suspended_at else None
    return [_taken_apart(visit, stopped, now, calendar) for visit in visits]


def _taken_apart(visit: _Visit, stopped: datetime | None, now: datetime, calendar: Calendar) -> Deadline:
    since, due_at = datetime.fromisoformat(visit.entered.at), datetime.fromisoformat(visit.due_at)
    first, last = calendar.day_of(since), calendar.day_of(due_at - timedelta(microseconds=1))
    days = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    passed = calendar.days_between(since, visit.until or stopped or now)
    return Deadline(
        step=visit.entered.step,
        since=since,
        due_at=due_at,
        until=visit.until,
        days=sum(map(calendar.is_working_day, days)),
        weekends=sum(day.weekday() >= 5 for day in days),
        closed=tuple(day for day in days if day.weekday() < 5 and not calendar.is_working_day(day)),
        extended=visit.extended,
        suspended=visit.suspended,
        used=max(0, passed - visit.suspended),
        applicant=any(seat["role"] == APPLICANT for seat in visit.entered.seats),
    )


def since_submission(happened: ev.Happened, now: datetime, calendar: Calendar) -> int:
    """Working days from the submission until now, or the end."""
    ended = [at for event, at in happened if isinstance(event, ev.Ended)]
    return calendar.days_between(happened[0][1], ended[0] if ended else now) if happened else 0


def standings(route: Route, case: Case, people: Sequence[tuple[str, Actor]]) -> Iterator[Standing]:
    """For each open seat, everybody of `people` (by name) who has its role: may they, and if not, why."""
    for seat in case.open_seats:
        for name, actor in people:
            if (seat.office, seat.role) in actor.offices:
                refusal = seat_refusal(route, case, seat, actor)
                yield Standing(seat.code, name, refusal.code if refusal else None)
