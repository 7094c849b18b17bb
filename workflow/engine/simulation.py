"""A route played by people who work office hours, on a virtual clock: how long it takes, and where it waits.

The real `decide` and `advance` move the cases; only the people are made up. The same seed, the same play.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from workflow.engine import commands as cmd
from workflow.engine.advance import advanced, next_due
from workflow.engine.calendar import Calendar
from workflow.engine.case import EMPTY, Actor, Case, Seat, evolve
from workflow.engine.decide import Outside, decide, open_outcomes
from workflow.engine.eligible import must_declare, seat_refusal
from workflow.engine.route import APPLICANT, Call, Human, Route, Until, Wait
from workflow.engine.tables import Facts
from workflow.errors import Refused

CASE = UUID(int=0)
APPLICANT_ACTOR = Actor("applicant", organisations={"applicant": frozenset({"sign"})})
OFFICE_HOURS = (time(8), time(17))
MOST_EVENTS = 2_000
NOTHING, ONE_DAY = timedelta(), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works. `away`: days on which they do not; `share`: part of a full post, 0 to 1."""

    name: str
    roles: frozenset[tuple[str, str]]
    share: float = 1.0
    away: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave.

    `hours`: role → mean working hours of one piece of work. `outcomes`: step → outcome → weight; at other
    steps the first outcome is four times as likely as each other one. `reply_days`: how long applicants
    take, `pickup_days`: how long work lies before somebody turns to it (means). `made`: facts → facts, what
    deciders find, such as amounts.
    """

    hours: Mapping[str, float] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reply_days: float = 4.0
    pickup_days: float = 2.0
    made: Callable[[Facts], Facts] = lambda _facts: {}


@dataclass(frozen=True, slots=True)
class Played:
    """One case: how it ended, its working days in all, and for each office and role.

    `ending` None: it stands still, because nobody was left who might have gone on.
    """

    facts: Facts
    ending: str | None
    days: int
    late: int
    waited_for: Mapping[str, float]


@dataclass(slots=True)
class _One:
    route: Route
    case: Case
    began: datetime
    given: frozenset[str]
    """Names of the facts with which it came in."""
    random: Random
    """Of its own, so that a change elsewhere does not throw this case's dice anew."""
    waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    late: int = 0
    asked: set[str] = field(default_factory=set)
    ended: datetime | None = None


def simulate(
    route_of: Callable[[Facts], Route],
    arrivals: Sequence[tuple[datetime, Facts]],
    workers: Sequence[Worker],
    calendar: Calendar,
    habits: Habits,
    seed: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Played]:
    """Play these arrivals (in order of time) to their ends; `progress` hears how many have ended."""
    return _Play(route_of, arrivals, workers, calendar, habits, seed, progress).run()


class _Play:
    def __init__(
        self,
        route_of: Callable[[Facts], Route],
        arrivals: Sequence[tuple[datetime, Facts]],
        workers: Sequence[Worker],
        calendar: Calendar,
        habits: Habits,
        seed: int,
        progress: Callable[[int], None],
    ) -> None:
        self.calendar, self.habits, self.progress = calendar, habits, progress
        self.workers = {worker.name: worker for worker in workers}
        self.actors = {worker.name: Actor(worker.name, worker.roles) for worker in workers}
        self.free_at = dict.fromkeys(self.workers, datetime.min.replace(tzinfo=UTC))
        self.by_role: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for worker in workers:
            for role in worker.roles:
                self.by_role[role].append(worker.name)
        self.ones = [
            _One(route_of(facts), EMPTY, at, frozenset(facts), Random(f"{seed} {number}"))
            for number, (at, facts) in enumerate(arrivals)
        ]
        self.queue: list[tuple[datetime, int, int, tuple[object, ...]]] = []
        self.count = 0
        self.over = 0
        self.hours: dict[date, tuple[datetime, datetime]] = {}
        for number, (at, facts) in enumerate(arrivals):
            self.later(at.astimezone(UTC), number, ("submit", facts))

    def later(self, at: datetime, number: int, what: tuple[object, ...]) -> None:
        self.count += 1
        heapq.heappush(self.queue, (at, self.count, number, what))

    def run(self) -> list[Played]:
        while self.queue:
            now, _, number, what = heapq.heappop(self.queue)
            one = self.ones[number]
            if one.case.ending is None:
                self.happen(one, number, now, what)
        return [self.played(one) for one in self.ones]

    def happen(self, one: _One, number: int, now: datetime, what: tuple[object, ...]) -> None:
        match what:
            case ("submit", Mapping() as facts):
                command: cmd.Command = cmd.Submit(CASE, "applicant", facts, "")
                self.do(one, command, APPLICANT_ACTOR, now)
            case ("act", str(name), int(entry), str(seat)):
                if one.case.entry != entry or not any(open_.code == seat for open_ in one.case.open_seats):
                    return  # the step has passed, or somebody else did it
                actor = APPLICANT_ACTOR if name == APPLICANT else self.actors[name]
                self.act(one, actor, seat, now)
            case ("report", int(entry)) if one.case.entry == entry:
                self.do(one, cmd.Report(CASE, entry, one.case.attempt, content="made"), APPLICANT_ACTOR, now)
            case ("receive", str(message), int(entry)) if one.case.entry == entry:
                step = one.route.steps[one.case.step or ""]
                if isinstance(step, Wait) and step.who is not None and one.case.to is None:
                    role = step.who.meant(one.case.facts, self.calendar.day_of(now))
                    clerk = Actor("somebody", frozenset({role}))
                    self.do(one, cmd.Receive(CASE, message, entry), clerk, now)
            case ("clock", int(version)) if one.case.version != version:
                return
        self.follow(one, number, now)

    def act(self, one: _One, actor: Actor, seat: str, now: datetime) -> None:
        step = one.route.human(one.case.step or "")
        if must_declare(one.route, one.case, actor) and actor is not APPLICANT_ACTOR:
            self.do(one, cmd.Declare(CASE), actor, now)
        made = {} if step.is_panel else {**self.habits.made(one.case.facts), **self.days(one, now)}
        left = self.weights(one, step)
        while left:
            outcome = one.random.choices(list(left), list(left.values()))[0]
            try:
                self.do(one, cmd.Complete(CASE, step.code, seat, outcome, one.case.entry, made), actor, now)
                return
            except Refused:  # such as a grant of money that nobody has reserved: then something else
                del left[outcome]

    def days(self, one: _One, now: datetime) -> Facts:
        """Dates that people write down on their way, for waits that count from them: always today's."""
        waits = (step.due for step in one.route.steps.values() if isinstance(step, Human | Wait))
        named = {due.fact for due in waits if isinstance(due, Until)} - one.given
        return dict.fromkeys(named, self.calendar.day_of(now).isoformat())

    def weights(self, one: _One, step: Human) -> dict[str, float]:
        """What can be chosen here, and how likely it is."""
        codes = open_outcomes(one.route, one.case)
        given = self.habits.outcomes.get(step.code, {})
        usual = [4.0, *[1.0] * len(codes)]
        # what is never chosen by habit is still there when all else is refused
        return {
            code: max(given.get(code, 0.0), 1e-9) if given else usual[number]
            for number, code in enumerate(codes)
        }

    def do(self, one: _One, command: cmd.Command, actor: Actor, now: datetime) -> None:
        outside = Outside(now, self.calendar, left=10**15)
        for event in decide(one.route, one.case, command, actor, outside):
            one.case = evolve(one.case, event)

    def follow(self, one: _One, number: int, now: datetime) -> None:
        before = one.case.entry
        _, one.case = advanced(one.route, one.case, now, self.calendar)
        if one.case.ending is not None:
            one.ended = now
            self.over += 1
            self.progress(self.over)
            return
        if one.case.version > MOST_EVENTS:
            raise RuntimeError(f"a case does not come to its end: {one.case.step}")
        due = next_due(one.route, one.case, now, self.calendar)
        if due is not None:
            self.later(max(due, now), number, ("clock", one.case.version))
        if one.case.entry != before:
            self.entered(one, number, now)

    def entered(self, one: _One, number: int, now: datetime) -> None:
        step = one.route.steps[one.case.step or ""]
        one.asked.clear()
        if isinstance(step, Call):
            self.later(now + timedelta(minutes=1), number, ("report", one.case.entry))
        if isinstance(step, Wait) and step.message is not None:
            at = now + timedelta(days=self.spread(one.random, self.habits.reply_days))
            self.later(at, number, ("receive", step.message, one.case.entry))
        for seat in one.case.open_seats:
            if seat.role == APPLICANT:
                at = now + timedelta(days=self.spread(one.random, self.habits.reply_days))
                self.later(at, number, ("act", APPLICANT, one.case.entry, seat.code))
                continue
            found = self.somebody(one, seat, now)
            if found is None:
                continue  # nobody is there: the deadline will tell
            name, done = found
            self.free_at[name] = done
            one.asked.add(name)
            one.waited[f"{seat.office}:{seat.role}"] += (done - now).total_seconds() / 86400
            if one.case.due_at is not None and done > datetime.fromisoformat(one.case.due_at):
                one.late += 1
            self.later(done, number, ("act", name, one.case.entry, seat.code))

    def somebody(self, one: _One, seat: Seat, now: datetime) -> tuple[str, datetime] | None:
        """Who of those who may will have done it first, and when."""
        best: tuple[str, datetime] | None = None
        hours = self.spread(one.random, self.habits.hours.get(seat.role, 3.0))
        picked_up = now + timedelta(days=self.spread(one.random, self.habits.pickup_days))
        for name in self.by_role[seat.office, seat.role]:
            start = max(picked_up, self.free_at[name])
            if name in one.asked or (best is not None and start >= best[1]):
                continue
            done = self.work(self.workers[name], start, hours)
            if done is None or (best is not None and done >= best[1]):
                continue
            refusal = seat_refusal(one.route, one.case, seat, self.actors[name])
            if refusal is None or refusal.code == "declare_first":
                best = (name, done)
        return best

    def work(self, worker: Worker, start: datetime, hours: float) -> datetime | None:
        """When so many hours of this person's work are done, from `start` on."""
        left = timedelta(hours=hours / max(worker.share, 0.05))
        day = self.calendar.day_of(start)
        for _ in range(400):
            if day not in worker.away and self.calendar.is_working_day(day):
                opens, closes = self.office_hours(day)
                begin = max(start, opens)
                if begin + left <= closes:
                    return begin + left
                left -= max(closes - begin, NOTHING)
            day += ONE_DAY
        return None

    def office_hours(self, day: date) -> tuple[datetime, datetime]:
        """When the offices open and close on this day, in UTC, which compares faster than local time."""
        if day not in self.hours:
            opens, closes = (datetime.combine(day, at, self.calendar.zone) for at in OFFICE_HOURS)
            self.hours[day] = opens.astimezone(UTC), closes.astimezone(UTC)
        return self.hours[day]

    @staticmethod
    def spread(random: Random, mean: float) -> float:
        """Around this mean, never nothing, seldom three times as much."""
        return mean * min(random.gammavariate(4.0, 0.25), 4.0) + 0.05

    def played(self, one: _One) -> Played:
        ended = one.ended or one.began
        days = self.calendar.days_between(one.began, ended)
        return Played(one.case.facts, one.case.ending, days, one.late, dict(one.waited))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def bottlenecks(played: Sequence[Played]) -> Iterator[tuple[str, int, float, float]]:
    """(office:role, cases, median days, 90th percentile) of what was waited for, the longest first."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for one in played:
        for who, days in one.waited_for.items():
            found[who].append(days)
    for who, waits in sorted(found.items(), key=lambda item: -percentile(item[1], 0.9)):
        yield who, len(waits), percentile(waits, 0.5), percentile(waits, 0.9)
