"""What would have become of a past case on another version of its route: its recorded facts, played again."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from workflow.engine import events as ev
from workflow.engine.advance import advance, iso, next_due
from workflow.engine.aside import longer, resumed
from workflow.engine.calendar import Calendar
from workflow.engine.case import EMPTY, Case, evolve, replay
from workflow.engine.route import Call, Human, Route, Wait

MOST_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """`ending`: None where the record has no answer; `open_at`: then the step that nobody has decided.

    `way`: the steps entered, in order; `days`: working days from the submission to the end or to `open_at`;
    `ignored`: what was done, as step and event, for which this way has no place.
    """

    ending: str | None
    open_at: str | None
    way: tuple[str, ...]
    days: int
    ignored: tuple[str, ...] = field(default=(), compare=False)


def recorded(happened: ev.Happened, calendar: Calendar) -> Run:
    """What did become of it."""
    case = replay(event for event, _ in happened)
    way = tuple(event.step for event, _ in happened if isinstance(event, ev.Entered))
    ended = next((at for event, at in happened if isinstance(event, ev.Ended)), happened[-1][1])
    days = calendar.days_between(happened[0][1], ended)  # what comes afterwards, such as a payment, is no way
    return Run(case.ending, None if case.ending else case.step, way, days)


def rerun(route: Route, happened: ev.Happened, calendar: Calendar) -> Run:
    """The same people do the same, after as long a time, wherever the route asks or lets them.

    Stops and longer deadlines count again, also those for a case beside this one, which itself is not played.
    Who might act, and what money there was, is not asked again: what they did then is what counts.
    """
    submitted, now = next((event, at) for event, at in happened if isinstance(event, ev.Submitted))
    began, record = now, _Record(happened)
    facts = {name: value for name, value in submitted.facts.items() if name in route.facts}
    case = evolve(EMPTY, ev.Submitted(submitted.applicant, facts, submitted.content, route.start))
    way: list[str] = []
    while case.version < MOST_EVENTS:
        for event in advance(route, case, now, calendar):
            case = evolve(case, event)
            way += [event.step] if isinstance(event, ev.Entered) else []
        if case.ending is not None:
            break
        seat, at = record.first(route, case, now)
        due = next_due(route, case, now, calendar)
        if at is None and (due is None or not _goes_on(route, case)):
            break
        if due is not None and (at is None or due <= at):
            now = max(now, due)
            continue
        assert at is not None
        now = at
        case = evolve(case, _as_here(route, case, record.take(case, seat), now, calendar))
    open_at = None if case.ending else case.step
    return Run(case.ending, open_at, tuple(way), calendar.days_between(began, now), record.left())


OFF = "off the route"
CALL = "the letter"


class _Record:
    """What was done at each step and seat, in order, and how long after the step began."""

    def __init__(self, happened: ev.Happened) -> None:
        self.acts: dict[tuple[str, str], deque[tuple[ev.Event, timedelta]]] = defaultdict(deque)
        self.ignored: list[str] = []
        step, entered = "", happened[0][1]
        for event, at in happened:
            match event:
                case ev.Entered():
                    step, entered = event.step, at
                case ev.Completed():
                    self.acts[step, event.seat].append((event, at - entered))
                case ev.Received() | ev.ChildAwaited():
                    self.acts[step, ""].append((event, at - entered))
                case ev.Withdrawn() | ev.WayTaken() | ev.Suspended() | ev.Resumed() | ev.Extended():
                    self.acts[step, OFF].append((event, at - entered))
                case ev.ChildOpened() if event.freezes:
                    self.acts[step, OFF].append((event, at - entered))
                case ev.Ended():
                    break  # more time for a report belongs to no step
                case _:
                    continue

    def first(self, route: Route, case: Case, now: datetime) -> tuple[str, datetime | None]:
        """The recorded act that comes first at this visit: its seat and when; None: there is none."""
        code = case.step or ""
        step = route.steps[code]
        if isinstance(step, Call):
            return CALL, now
        seats = ("",) if isinstance(step, Wait) else tuple(seat.code for seat in case.open_seats)
        waiting = (OFF,) if case.suspended_at is not None else (*seats, OFF)
        there = [seat for seat in waiting if self._fits(route, case, seat)]
        if not there:
            return "", None
        entered = datetime.fromisoformat(case.entered_at or now.isoformat())
        seat = min(there, key=lambda one: self.acts[code, one][0][1])
        return seat, max(now, entered + self.acts[code, seat][0][1])

    def take(self, case: Case, seat: str) -> ev.Event:
        """The act itself, which is not there any more from then on."""
        if seat == CALL:
            return ev.CallReturned(case.step or "", "made", "")
        return self.acts[case.step or "", seat].popleft()[0]

    def left(self) -> tuple[str, ...]:
        """Everything that had no place."""
        rest = ((step, event) for (step, _), acts in self.acts.items() for event, _ in acts)
        return (*self.ignored, *(f"{step} {type(event).__name__}" for step, event in rest))

    def _fits(self, route: Route, case: Case, seat: str) -> bool:
        """Something was done there that this route knows too; what it does not know is passed over."""
        acts = self.acts[case.step or "", seat]
        while acts and not _is_known(route, case, acts[0][0]):
            self.ignored.append(f"{case.step} {type(acts.popleft()[0]).__name__}")
        return bool(acts)


def _as_here(route: Route, case: Case, event: ev.Event, now: datetime, calendar: Calendar) -> ev.Event:
    """The same act, leading to where this route leads."""
    step = route.steps[case.step or ""]
    match event:
        case ev.CallReturned() if isinstance(step, Call):
            return replace(event, to=step.to, unsent=route.sent_at(step.to))
        case ev.Suspended() | ev.ChildOpened():
            return ev.Suspended(event.by, iso(now))
        case ev.Resumed():
            return resumed(case, event.by, now, calendar)
        case ev.Extended():
            due_at, timers = longer(route, case, event.days, now, calendar)
            return replace(event, due_at=due_at or event.due_at, timers=timers)
        case ev.Withdrawn():
            return ev.Withdrawn(event.by, route.withdraw_to or "", event.content)
        case ev.Received() if isinstance(step, Wait):
            return ev.Received(event.step, event.message, event.by, step.received or "")
        case ev.ChildAwaited() if isinstance(step, Wait):  # the child itself is not played again
            return ev.Received(event.step, event.ending, "", step.endings[event.ending])
        case ev.Completed() if isinstance(step, Human):
            outcome = None if step.is_panel else step.outcomes[event.outcome]
            facts = {name: value for name, value in event.facts.items() if name in route.facts}
            facts |= outcome.sets if outcome else {}
            to = outcome.to if outcome else None
            return replace(event, entry=case.entry, to=to, facts=facts, sends=step.sends)
        case _:
            return event


def _is_known(route: Route, case: Case, event: ev.Event) -> bool:
    code = case.step or ""
    step = route.steps[code]
    match event:
        case ev.Suspended():
            return case.suspended_at is None and route.pause is not None and code in route.pause.start
        case ev.ChildOpened():
            child = route.children.get(event.code)
            return case.suspended_at is None and child is not None and child.freezes and code in child.start
        case ev.Resumed():
            return case.suspended_at is not None
        case ev.Extended():
            limits = route.extension
            return (
                limits is not None
                and case.suspended_at is None
                and code in limits.start
                and event.days <= limits.most - case.extended
            )
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
