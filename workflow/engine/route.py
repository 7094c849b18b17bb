"""What a process is: steps of six kinds, who does them, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from workflow.engine.tables import Facts, Table, pick
from workflow.errors import RouteError

APPLICANT = "applicant"
OPERATOR = "operator"
APPLICANT_OFFICE = "applicant_office"
"""The fact that names the office whose own measure a case is; absent for every other applicant."""
DECIDED_BY = "decided_by"
"""The fact of a case that belongs to another one: the role that signed last there, as its order says."""
NO_OFFICE = "none"
"""A seat whose office table says this is left out: an advisory seat that this case does not need."""

Do = Literal["remind", "escalate", "lapse", "close"]
Money = Literal["hold", "release", "commit"]


@dataclass(frozen=True, slots=True)
class Who:
    """Who fills a seat: the applicant, or a role in an office; both fixed, or read from a table.

    Without a `role` the table names both, as `office:role`.
    """

    role: str
    office: str | None = None
    table: Table | None = None

    def among(self) -> tuple[tuple[str, str], ...]:
        """Every office and role that the seat can go to."""
        return tuple(map(self._named, self.table.results())) if self.table else (self._named(None),)

    def meant(self, facts: Facts, on: date) -> tuple[str, str]:
        """The office and role meant in a case with these facts on this day; no office for applicants."""
        return self._named(pick(self.table, facts, on)[0] if self.table else None)

    def ever(self, facts: Facts) -> set[tuple[str, str]]:
        """Every office and role that some day can be meant in a case with these facts."""
        return {self.meant(facts, day) for day in self.days()}

    def days(self) -> tuple[date, ...]:
        """One day of each period in which somebody else can be meant."""
        return self.table.days() if self.table else (date.min,)

    def _named(self, found: str | None) -> tuple[str, str]:
        if found is None:
            return self.office or "", self.role
        office, _, role = found.partition(":")
        return office, self.role or role


@dataclass(frozen=True, slots=True)
class SeatPlan:
    code: str
    who: Who
    mandatory: bool = True


@dataclass(frozen=True, slots=True)
class Timer:
    """At so many per cent of the due time (in working days, rounded up) this happens by itself."""

    at: int
    do: Do
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a human step can end. `to` is None for a panel's vote, which leads nowhere alone."""

    code: str
    to: str | None
    by_clock: bool = False
    money: Money | None = None
    amount: str | None = None
    limit: str | None = None
    reopens: str | None = None
    sets: Facts = field(default_factory=dict)
    """Facts that the case has from then on, as whether a mediation has failed."""


@dataclass(frozen=True, slots=True)
class Until:
    """The end of the day that lies `days` calendar days after the date in this fact (before it: negative).

    People's work is due on the first working day from then on, and at the soonest after `least` of them.
    """

    fact: str
    days: int
    least: int = 1


@dataclass(frozen=True, slots=True)
class Human:
    """A task (one seat) or a panel (several): people act, a rule closes it."""

    code: str
    stage: str
    status: str
    seats: tuple[SeatPlan, ...]
    due: int | Until
    timers: tuple[Timer, ...]
    outcomes: Mapping[str, Outcome]
    votes: Mapping[str, Literal["for", "against"]] | None = None
    close: int | None = None
    enough_at_deadline: tuple[str, ...] = ()
    enough_votes: int = 0
    """From the deadline on, votes of these seats and so many in all close the panel; 0: it waits for all."""
    gate: bool = False
    ungated: tuple[str, ...] = ()
    """Roles that read every dossier, and act here without having declared anything."""
    not_by: tuple[str, ...] = ()
    not_office_of: tuple[str, ...] = ()
    """Nobody of an office that has a seat at one of these steps may act here."""
    voids: tuple[str, ...] = ()
    """Approvals given at these steps no longer count once this step begins; they stay to be seen."""
    form: str | None = None
    edits: str | None = None
    at_most: int | None = None
    signs: str | None = None
    """Who acts here signs the order: `together` with those just before, or `alone`."""
    together: bool = False
    """The same can be said of many cases in one go: a form, one outcome, no gate."""
    sends: bool = False
    """Who completes it has sent out the letter made just before, which until then is the office's alone."""
    changes: tuple[date, ...] = ()
    """The days from which on a table may name others for its seats."""

    @property
    def is_panel(self) -> bool:
        return self.votes is not None

    @property
    def is_applicants(self) -> bool:
        """It is the applicant who acts here."""
        return any(seat.who.role == APPLICANT for seat in self.seats)


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision table over the case's facts whose results are steps."""

    code: str
    table: Table


@dataclass(frozen=True, slots=True)
class Call:
    """A named outside action; its result comes back as a command."""

    code: str
    stage: str
    status: str
    call: str
    template: str
    to: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until a message comes, which `who` records, or time is up: always with a deadline.

    `due`: working days from its beginning, or a date. Without a `message` it is a timer; with a `child` it
    waits for such a case to end, and `endings` says what follows from which of its endings.
    """

    code: str
    stage: str
    status: str
    due: int | Until
    elapsed: str
    message: str | None = None
    received: str | None = None
    who: Who | None = None
    child: str | None = None
    endings: Mapping[str, str] = field(default_factory=dict)

    def hears(self, child: Mapping[str, Any]) -> bool:
        """It is told what became of this child of the case, and nobody has heard of that before."""
        return child["code"] == self.child and child["ending"] in self.endings and not child["awaited"]


@dataclass(frozen=True, slots=True)
class Child:
    """A case of another route that may be opened from these steps, endings among them; one at a time.

    `freezes`: its parent stands still until it has ended. `others`: who acted in the parent may not act here,
    and who reads all cases does not read this one for that.
    `internal`: the applicant sees nothing of it; whoever works on the parent may open it, several at once.
    """

    code: str
    route: str
    form: str
    start: tuple[str, ...]
    who: Who
    at_most: int = 3
    freezes: bool = False
    others: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A way off the route: from any of `start` to one of `to`, at most so often, by who may take it.

    With `second`, another person of that role has to agree: four eyes. `unsent`: only while nobody has sent
    out the letter that was made last.
    """

    code: str
    start: tuple[str, ...]
    to: tuple[str, ...]
    who: Who
    second: Who | None = None
    at_most: int = 3
    unsent: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Who may stop a case and its clocks at these steps, and let it go on."""

    start: tuple[str, ...]
    who: Who


@dataclass(frozen=True, slots=True)
class Extension:
    """Who may add working days to the deadline of these steps, so many at a visit."""

    start: tuple[str, ...]
    who: Who
    most: int


@dataclass(frozen=True, slots=True)
class Payments:
    """Who records what was paid out, at endings that commit money."""

    start: tuple[str, ...]
    who: Who


@dataclass(frozen=True, slots=True)
class Expected:
    """A child that an ending asks for: a report on what was granted.

    It is due so many calendar `days` after the date in the fact `after`, but never sooner than that after
    the ending itself. `remind`: days from then (before it: negative) on which the applicant is reminded. On
    the last one `who` is told, and until the child is there nothing is paid and nothing new handed in.
    `extend`: working days by which the deadline may be extended in all; 0: as many as any other of the route.
    """

    child: str
    after: str
    days: int
    remind: tuple[int, ...]
    who: Who
    extend: int = 0


@dataclass(frozen=True, slots=True)
class End:
    code: str
    stage: str
    status: str
    ending: str
    money: Money
    amount: str | None
    expects: Expected | None = None


Step = Human | Choice | Call | Wait | End


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled route. `facts`: name → code | money | number | flag | text | date."""

    code: str
    start: str
    steps: Mapping[str, Step]
    facts: Mapping[str, str]
    withdraw_from: tuple[str, ...] = ()
    withdraw_to: str | None = None
    ways: Mapping[str, Way] = field(default_factory=dict)
    pause: Pause | None = None
    extension: Extension | None = None
    children: Mapping[str, Child] = field(default_factory=dict)
    payments: Payments | None = None

    def human(self, code: str) -> Human:
        step = self.steps[code]
        if not isinstance(step, Human):
            raise RouteError("not_a_human_step", at=code)
        return step

    def hopeful(self) -> frozenset[str]:
        """The steps from which money can still be reserved or granted, if no appeal is upheld."""
        found = {
            code
            for code, step in self.steps.items()
            if (isinstance(step, End) and step.money == "commit")
            or (isinstance(step, Human) and any(one.money == "hold" for one in step.outcomes.values()))
        }
        straight = {
            code: set(self.follows(code))
            for code, step in self.steps.items()
            if not (isinstance(step, Wait) and step.child)
        }
        while more := {code for code, to in straight.items() if code not in found and to & found}:
            found |= more
        return frozenset(found)

    def decided(self) -> set[str]:
        """Names of the facts that a decision brings."""
        humans = (step for step in self.steps.values() if isinstance(step, Human))
        return {out.amount for step in humans for out in step.outcomes.values() if out.amount}

    def sent_at(self, code: str) -> bool:
        """Whether this step sends out the letters that lead to it."""
        step = self.steps.get(code)
        return isinstance(step, Human) and step.sends

    def follows(self, code: str) -> Iterator[str]:
        """The steps that can come right after this one (withdrawal apart)."""
        step = self.steps[code]
        match step:
            case Human():
                yield from (outcome.to for outcome in step.outcomes.values() if outcome.to)
            case Choice():
                yield from step.table.results()
            case Call():
                yield step.to
            case Wait():
                yield from (to for to in (step.received, *step.endings.values(), step.elapsed) if to)
            case End():
                return
