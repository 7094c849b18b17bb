"""Which way a case will most likely go from here, and until when: an estimate for those who wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflow.engine.calendar import Calendar
from workflow.engine.case import Case
from workflow.engine.route import Call, Choice, End, Human, Route, Until, Wait
from workflow.engine.tables import Facts, pick


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that lies before a case; `until` is None where nothing can be said about its end."""

    step: str
    status: str
    until: datetime | None


def ahead(route: Route, case: Case, now: datetime, calendar: Calendar) -> list[Ahead]:
    """The steps from the present one on, each left by its first outcome, which is the usual one.

    The way ends with the first call (an order is made), or before what would tell the outcome: a step of the
    applicant that is not the present one, a period of waiting, an ending.
    """
    if case.ending is not None:
        return []
    found: list[Ahead] = []
    moment, still = now, case.suspended_at is not None
    decided = route.decided()  # a way that turns at it would tell of it before it is final
    told = {name: value for name, value in case.facts.items() if name not in decided}
    for code in usual(route, case.to or case.step, told, calendar.day_of(now)):
        step = route.steps[code]
        present = code == case.step and case.to is None
        if isinstance(step, End) or (not present and _tells(step)):
            break
        if isinstance(step, Choice):
            continue
        if present and case.due_at is not None:
            moment = max(now, datetime.fromisoformat(case.due_at))
        elif not isinstance(step, Call):
            moment = _end_of(step, case, moment, calendar)
        late = present and moment == now and case.due_at is not None
        # how long the office waits for an appeal is longer than the time in which one may be lodged
        unsaid = (
            still or late or isinstance(step, Call) or (isinstance(step, Wait) and step.child is not None)
        )
        found.append(Ahead(code, step.status, None if unsaid else moment))
        if isinstance(step, Call):
            break
    return found


def usual(route: Route, start: str | None, facts: Facts, on: date) -> Iterator[str]:
    """Steps from `start` on in the order in which they usually come, each once."""
    code, seen = start, set[str]()
    while code and code not in seen:
        seen.add(code)
        yield code
        step = route.steps[code]
        match step:
            case Human():
                code = next((one.to for one in step.outcomes.values() if one.to and not one.by_clock), None)
            case Choice():
                code = pick(step.table, facts, on)[0]
            case Call():
                code = step.to
            case Wait():
                code = step.received or step.elapsed
            case End():
                code = None


def _tells(step: Human | Choice | Call | Wait) -> bool:
    return isinstance(step, Wait) or (isinstance(step, Human) and step.is_applicants)


def _end_of(step: Human | Wait, case: Case, start: datetime, calendar: Calendar) -> datetime:
    """When a step that begins at `start` is due."""
    if isinstance(step.due, Until):
        on = case.facts.get(step.due.fact)
        day = date.fromisoformat(str(on)) + timedelta(days=step.due.days) if on else start.date()
        return max(start, calendar.end_of(day))
    return calendar.later(start, step.due)
