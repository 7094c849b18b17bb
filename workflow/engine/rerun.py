"""What would have become of a past case on another version of its route: its recorded facts, played again."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from workflow.engine import events as ev
from workflow.engine.advance import advance, next_due
from workflow.engine.calendar import Calendar
from workflow.engine.case import EMPTY, Case, evolve, replay
from workflow.engine.route import Call, Human, Route, Wait

MOST_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """`ending`: None where the record has no answer; `open_at`: then the step that nobody has decided.

    `way`: the steps entered, in order; `days`: working days from the submission to the end or to `open_at`.
    """

    ending: str | None
    open_at: str | None
    way: tuple[str, ...]
    days: int


Happened = Sequence[tuple[ev.Event, datetime]]


def recorded(happened: Happened, calendar: Calendar) -> Run:
    """What did become of it."""
    case = replay(event for event, _ in happened)
    way = tuple(event.step for event, _ in happened if isinstance(event, ev.Entered))
    days = calendar.days_between(happened[0][1], happened[-1][1])
    return Run(case.ending, None if case.ending else case.step, way, days)


def rerun(route: Route, happened: Happened, calendar: Calendar) -> Run:
    """The same people do the same, after as long a time, wherever the route asks them.

    Who might act, and what money there was, is not asked again: what they did then is what counts.
    """
    submitted, now = next((event, at) for event, at in happened if isinstance(event, ev.Submitted))
    began, acts = now, _acts(happened)
    facts = {name: value for name, value in submitted.facts.items() if name in route.facts}
    case = evolve(EMPTY, ev.Submitted(submitted.applicant, facts, submitted.content, route.start))
    way: list[str] = []
    while case.version < MOST_EVENTS:
        for event in advance(route, case, now, calendar):
            case = evolve(case, event)
            way += [event.step] if isinstance(event, ev.Entered) else []
        if case.ending is not None:
            break
        moved = _next(route, case, acts, now)
        due = next_due(route, case, now)
        if moved is None and (due is None or not _goes_on(route, case)):
            break
        if due is not None and (moved is None or due <= moved[1]):
            now = max(now, due)
            continue
        assert moved is not None
        event, now = moved
        case = evolve(case, event)
    open_at = None if case.ending else case.step
    return Run(case.ending, open_at, tuple(way), calendar.days_between(began, now))


Act = tuple[ev.Event, timedelta]
OFF = "off the route"


def _acts(happened: Happened) -> dict[tuple[str, str], deque[Act]]:
    """What was done at each step and seat, in order, and how long after the step began."""
    found: dict[tuple[str, str], deque[Act]] = defaultdict(deque)
    step, entered = "", happened[0][1]
    for event, at in happened:
        match event:
            case ev.Entered():
                step, entered = event.step, at
            case ev.Completed():
                found[step, event.seat].append((event, at - entered))
            case ev.Received() | ev.ChildAwaited():
                found[step, ""].append((event, at - entered))
            case ev.Withdrawn() | ev.WayTaken():
                found[step, OFF].append((event, at - entered))
            case _:
                continue
    return found


def _next(
    route: Route, case: Case, acts: dict[tuple[str, str], deque[Act]], now: datetime
) -> tuple[ev.Event, datetime] | None:
    """The recorded act that comes first at this visit, as it is on this route."""
    code = case.step or ""
    step = route.steps[code]
    entered = datetime.fromisoformat(case.entered_at or now.isoformat())
    if isinstance(step, Call):
        return ev.CallReturned(code, "made", step.to), now
    seats = ("",) if isinstance(step, Wait) else tuple(seat.code for seat in case.open_seats)
    there = [seat for seat in (*seats, OFF) if _fits(route, code, acts[code, seat])]
    if not there:
        return None
    first = min(there, key=lambda seat: acts[code, seat][0][1])
    event, after = acts[code, first].popleft()
    return _as_here(route, case, event), max(now, entered + after)


def _as_here(route: Route, case: Case, event: ev.Event) -> ev.Event:
    """The same act, leading to where this route leads."""
    step = route.steps[case.step or ""]
    match event:
        case ev.Withdrawn():
            return ev.Withdrawn(event.by, route.withdraw_to or "")
        case ev.Received() if isinstance(step, Wait):
            return ev.Received(event.step, event.message, event.by, step.received or "")
        case ev.ChildAwaited() if isinstance(step, Wait):  # the child itself is not played again
            return ev.Received(event.step, event.ending, "", step.endings[event.ending])
        case ev.Completed() if isinstance(step, Human):
            to = None if step.is_panel else step.outcomes[event.outcome].to
            facts = {name: value for name, value in event.facts.items() if name in route.facts}
            return replace(event, entry=case.entry, to=to, facts=facts)
        case _:
            return event


def _fits(route: Route, code: str, acts: deque[Act]) -> bool:
    """Something was done there that this route knows too; what it does not know is passed over."""
    while acts and not _is_known(route, code, acts[0][0]):
        acts.popleft()
    return bool(acts)


def _is_known(route: Route, code: str, event: ev.Event) -> bool:
    step = route.steps[code]
    match event:
        case ev.Completed():
            return isinstance(step, Human) and event.outcome in (step.votes or step.outcomes)
        case ev.Received():
            return isinstance(step, Wait) and step.message == event.message
        case ev.ChildAwaited():
            return isinstance(step, Wait) and event.ending in step.endings
        case ev.Withdrawn():
            return code in route.withdraw_from
        case ev.WayTaken():
            way = route.ways.get(event.way)
            return way is not None and code in way.start and event.to in way.to
        case _:
            return False


def _goes_on(route: Route, case: Case) -> bool:
    """Time alone will move it: a deadline with an outcome, or one at which the votes in hand suffice."""
    step = route.steps[case.step or ""]
    if isinstance(step, Wait):
        return True
    return any(timer.do in ("lapse", "close") for timer in case.timers)
