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

Happened = Sequence[tuple[ev.Event, datetime]]
"""All events of a case and their times, in order."""


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
    """How the present deadline came about; all days by the office's calendar.

    `closed`: weekdays within it on which the offices are closed; `days`: working days in all, with those
    added by hand (`extended`) and those for which the case stood still (`suspended`).
    """

    since: datetime
    due_at: datetime
    days: int
    weekends: int
    closed: tuple[date, ...]
    extended: int
    suspended: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody who has the role may do the work of a seat: None, or the code of why not."""

    seat: str
    person: str
    refusal: str | None


def routings(route: Route, happened: Happened, calendar: Calendar) -> Iterator[Routing]:
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


def deadline(case: Case, happened: Happened, calendar: Calendar) -> Deadline | None:
    """The present visit's deadline, taken apart; None where there is none."""
    if case.due_at is None or case.entered_at is None or case.ending is not None:
        return None
    since, due_at = datetime.fromisoformat(case.entered_at), datetime.fromisoformat(case.due_at)
    first = calendar.day_of(since)
    last = calendar.day_of(due_at - timedelta(microseconds=1))
    days = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    visit = _this_visit(case, happened)
    return Deadline(
        since=since,
        due_at=due_at,
        days=sum(map(calendar.is_working_day, days)),
        weekends=sum(day.weekday() >= 5 for day in days),
        closed=tuple(day for day in days if day.weekday() < 5 and not calendar.is_working_day(day)),
        extended=sum(event.days for event in visit if isinstance(event, ev.Extended)),
        suspended=sum(event.days for event in visit if isinstance(event, ev.Resumed)),
    )


def _this_visit(case: Case, happened: Happened) -> list[ev.Event]:
    found: list[ev.Event] = []
    for event, _ in happened:
        found = [] if isinstance(event, ev.Entered) and event.entry == case.entry else [*found, event]
    return found


def with_applicant(route: Route, happened: Happened, now: datetime, calendar: Calendar) -> tuple[int, int]:
    """(in all, with the applicant): working days from the submission until now, or the end."""
    if not happened:
        return 0, 0
    case, waited, since = Case(), 0, happened[0][1]
    until, last = now, since
    for event, at in happened:
        waited += calendar.days_between(last, at) if _is_theirs(route, case) else 0
        case, last = evolve(case, event), at
        until = at if isinstance(event, ev.Ended) else now
    waited += calendar.days_between(last, until) if _is_theirs(route, case) else 0
    return calendar.days_between(since, until), waited


def _is_theirs(route: Route, case: Case) -> bool:
    step = route.steps.get(case.step or "")
    return isinstance(step, Human) and case.to is None and step.seats[0].who.role == APPLICANT


def standings(route: Route, case: Case, people: Sequence[tuple[str, Actor]]) -> Iterator[Standing]:
    """For each open seat, everybody of `people` (by name) who has its role: may they, and if not, why."""
    for seat in case.open_seats:
        for name, actor in people:
            if (seat.office, seat.role) in actor.offices:
                refusal = seat_refusal(route, case, seat, actor)
                yield Standing(seat.code, name, refusal.code if refusal else None)
