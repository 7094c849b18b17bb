"""The state of one application's process, folded from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, assert_never

from workflow.engine import events as ev
from workflow.engine.route import OPERATOR
from workflow.engine.tables import Fact

SIGNING = frozenset({"sign", "cosign"})
"""Rights of those who sign for an organisation: alone, or with a second person."""
WRITING = SIGNING | {"draft"}
"""Rights of those who write for it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `offices`: pairs of office and role; `organisations`: id → rights.

    Rights are of read, draft, cosign, sign, advise; an organisation without any is one they used to advise.
    `linked`: the system knows something that links them to the applicant of the case that they are about.
    `lent`: those of the pairs that are theirs only because others who are away named them, and who these are.
    """

    person: str
    offices: frozenset[tuple[str, str]] = frozenset()
    organisations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    linked: bool = False
    lent: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def has_role(self, *roles: str) -> bool:
        return any(role in roles for _, role in self.offices)

    def rights_in(self, organisation: str) -> frozenset[str]:
        return self.organisations.get(organisation, frozenset())

    def signs_for(self, organisation: str) -> bool:
        """Alone or with a second. What a running case asks of its applicant one of them may do alone, but for
        giving it up: see `giving_up`."""
        return bool(self.rights_in(organisation) & SIGNING)


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at the current step; `outcome` and `by` are None while it is open.

    `holder`: who of the office has the work.
    """

    code: str
    office: str
    role: str
    mandatory: bool = True
    outcome: str | None = None
    by: str | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A timer that has not fired. `number`: its place in the step's list."""

    number: int
    at: str
    percent: int
    do: str
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did something at a step: what four eyes are counted by."""

    step: str
    seat: str
    outcome: str
    by: str
    entry: int
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way off the route that somebody would take; a second person, of this role, has to agree."""

    way: str
    to: str
    by: str
    office: str
    role: str


class Case(NamedTuple):
    """`to`: the step that must be entered next by rule; `entry`: number of the current visit.

    Amounts in Rappen; times as ISO 8601 UTC text, which sorts as it counts.
    """

    version: int = 0
    applicant: str = ""
    facts: Mapping[str, Fact] = {}
    content: str = ""
    to: str | None = None
    step: str | None = None
    entry: int = 0
    stage: str = ""
    status: str = ""
    entered_at: str | None = None
    due_at: str | None = None
    seats: tuple[Seat, ...] = ()
    timers: tuple[Pending, ...] = ()
    overdue: bool = False
    attempt: int = 0
    visits: Mapping[str, int] = {}
    acts: tuple[Act, ...] = ()
    declared: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    held: int = 0
    committed: int = 0
    letters: tuple[str, ...] = ()
    ending: str | None = None
    proposal: Proposal | None = None
    suspended_at: str | None = None
    extended: int = 0
    ways: Mapping[str, int] = {}
    parent: str = ""
    children: Mapping[str, Mapping[str, Any]] = {}
    """By their ids: {code, ending ("" while it runs), freezes, awaited}."""
    nudges: int = 0
    """Of the present visit."""
    asked_by: str = ""
    """Of an internal case, which the applicant does not see: who asks."""
    paid: int = 0
    """Of what is committed."""
    settled: tuple[int, ...] = ()
    """What the grant came to in the end, by each report that was accepted: the last one counts."""
    unsent: tuple[str, ...] = ()
    """Those of the letters that nobody has sent out: not the applicant's to read."""
    others: bool = False
    """Others decide it than those who run the case that it belongs to: these do not read it either."""

    @property
    def open_seats(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in self.seats if seat.outcome is None) if self.to is None else ()

    @property
    def sent(self) -> tuple[str, ...]:
        """The letters that are the applicant's to read."""
        return tuple(one for one in self.letters if one not in self.unsent)

    @property
    def due(self) -> str | None:
        """What is suspended is not due, and what has ended only expects something."""
        return None if self.suspended_at or self.ending is not None else self.due_at

    @property
    def expected_at(self) -> str | None:
        """Until when the child is due that the ending asks for; None: it asks for none, or it is there."""
        return self.due_at if self.ending is not None else None

    @property
    def worth(self) -> int:
        """Rappen that the grant comes to as things stand; what was paid beyond that is committed too."""
        return self.settled[-1] if self.settled else self.committed

    @property
    def owed(self) -> int:
        """Rappen that were paid beyond what the grant came to: they have to come back."""
        return max(0, self.paid - self.settled[-1]) if self.settled else 0

    @property
    def stopped(self) -> bool:
        """That child is so late that nothing is paid, and its applicant hands in nothing new."""
        return self.overdue and self.expected_at is not None


EMPTY = Case()
PLACES = {name: place for place, name in enumerate(Case._fields)}
ADDED = (
    "proposal",
    "suspended_at",
    "extended",
    "ways",
    "parent",
    "children",
    "nudges",
    "asked_by",
    "paid",
    "settled",
    "unsent",
    "others",
)


def evolve(case: Case, event: ev.Event) -> Case:
    """The case after one more event. Total: an event that was stored can always be folded."""
    match event:
        case ev.Submitted():
            return _after(
                case,
                applicant=event.applicant,
                facts=dict(event.facts),
                content=event.content,
                to=event.to,
                parent=event.parent,
                recused=event.recused,
                asked_by=event.asked_by,
                others=event.others,
            )
        case ev.Entered():
            return _entered(case, event)
        case ev.Reseated():
            return _after(case, seats=_reseated(case.seats, event))
        case ev.Declared():
            return _after(case, declared=(*case.declared, event.by))
        case ev.Recused():
            return _after(
                case,
                recused=(*case.recused, event.by),
                declared=tuple(person for person in case.declared if person != event.by),
                seats=tuple(
                    replace(seat, holder=None) if seat.holder == event.by else seat for seat in case.seats
                ),
            )
        case ev.Completed():
            return _completed(case, event)
        case ev.Assigned():
            return _after(
                case,
                seats=tuple(
                    replace(seat, holder=event.to or None) if seat.code == event.seat else seat
                    for seat in case.seats
                ),
            )
        case ev.PanelClosed() | ev.Chosen():
            return _after(case, to=event.to, timers=())
        case ev.Called():
            return _after(case, attempt=event.attempt, seats=())
        case ev.CallReturned():
            letters = (*case.letters, event.content)
            unsent = (*case.unsent, event.content) if event.unsent else case.unsent
            return _after(case, to=event.to, letters=letters, unsent=unsent, seats=())
        case ev.CallFailed():
            return _after(case, seats=(Seat("operator", "", OPERATOR),))
        case ev.Reminded():
            return _after(case, timers=_without(case, event.timer))
        case ev.Escalated():
            seats = tuple(
                replace(seat, holder=None) if seat.code in event.freed else seat for seat in case.seats
            )
            return _after(case, timers=_without(case, event.timer), seats=seats)
        case ev.DeadlinePassed():
            return _after(case, timers=_without(case, event.timer), overdue=True)
        case ev.Lapsed():
            held = case.held if event.holds is None else event.holds
            return _after(case, to=event.to, timers=(), held=held)
        case ev.Received():
            return _after(case, to=event.to, timers=())
        case ev.WayProposed():
            return _after(case, proposal=Proposal(event.way, event.to, event.by, event.office, event.role))
        case ev.WayTaken():
            ways = {**case.ways, event.way: case.ways.get(event.way, 0) + 1}
            return _after(case, to=event.to, timers=(), seats=(), proposal=None, ways=ways)
        case ev.Nudged():
            return _after(case, nudges=case.nudges + 1)
        case ev.Paid():
            return _settled(case, case.settled, paid=case.paid + event.amount)
        case ev.Suspended():
            return _after(case, suspended_at=event.at)
        case ev.Resumed():
            timers = tuple(Pending(**timer) for timer in event.timers)
            return _after(case, suspended_at=None, due_at=event.due_at, timers=timers)
        case ev.Extended():
            timers = tuple(Pending(**timer) for timer in event.timers)
            extended = case.extended + event.days
            return _after(case, due_at=event.due_at, timers=timers, extended=extended, overdue=False)
        case ev.ChildOpened():
            child = {"code": event.code, "ending": "", "freezes": event.freezes, "awaited": False}
            children = {**case.children, event.child: child}
            if event.meets:
                return _after(case, children=children, due_at=None, timers=(), overdue=False)
            stands_still = {"suspended_at": event.at} if event.freezes else {}
            return _after(case, children=children, **stands_still)
        case ev.ChildDue():
            return _after(case, timers=_without(case, event.timer), overdue=case.overdue or event.stops)
        case ev.ChildEnded():
            child = {**case.children[event.child], "ending": event.ending}
            settled = case.settled if event.settled is None else (*case.settled, event.settled)
            return _settled(case, settled, children={**case.children, event.child: child})
        case ev.Settled():
            return _settled(case, (*case.settled, event.settled))
        case ev.ChildAwaited():
            child = {**case.children[event.child], "awaited": True}
            return _after(case, children={**case.children, event.child: child}, to=event.to, timers=())
        case ev.Migrated() | ev.Unstaffed():
            return _after(case)
        case ev.Withdrawn():
            return _after(case, to=event.to, timers=(), suspended_at=None)
        case ev.Ended():
            asks = {"overdue": False, "extended": 0} if event.due_at else {}
            return _after(
                case,
                **asks,
                to=None,
                step=event.step,
                ending=event.ending,
                stage=event.stage,
                status=event.status,
                entered_at=event.at,
                due_at=event.due_at,
                seats=(),
                timers=tuple(Pending(**timer) for timer in event.timers),
                held=event.holds,
                committed=event.commits,
            )
        case _:
            assert_never(event)


def replay(events: Iterable[ev.Event]) -> Case:
    """The case that these events make, from nothing."""
    case = EMPTY
    for event in events:
        case = evolve(case, event)
    return case


def _after(case: Case, **changes: Any) -> Case:
    """The next version of the case; faster than `_replace`, where it is hottest."""
    values = list(case)
    values[0] = case.version + 1
    for name, value in changes.items():
        values[PLACES[name]] = value
    return Case._make(values)


def _entered(case: Case, event: ev.Entered) -> Case:
    return _after(
        case,
        to=None,
        step=event.step,
        entry=event.entry,
        stage=event.stage,
        status=event.status,
        entered_at=event.at,
        due_at=event.due_at,
        seats=tuple(Seat(**seat) for seat in event.seats),
        timers=tuple(Pending(**timer) for timer in event.timers),
        overdue=False,
        attempt=0,
        proposal=None,
        extended=0,
        nudges=0,
        acts=_voided(case.acts, event.voids),
        visits={**case.visits, event.step: case.visits.get(event.step, 0) + 1},
    )


def _reseated(seats: tuple[Seat, ...], event: ev.Reseated) -> tuple[Seat, ...]:
    """Others where others are named; who has done their part, or still has the seat, keeps it."""
    before = {seat.code: seat for seat in seats}
    named = [Seat(**seat) for seat in event.seats]
    kept = [before.get(seat.code, seat) for seat in named]
    return tuple(
        old if old.outcome or (old.office, old.role) == (new.office, new.role) else new
        for old, new in zip(kept, named, strict=True)
    )


def _voided(acts: tuple[Act, ...], steps: tuple[str, ...]) -> tuple[Act, ...]:
    if not steps:
        return acts
    return tuple(replace(act, voided=True) if act.step in steps else act for act in acts)


def _completed(case: Case, event: ev.Completed) -> Case:
    return _after(
        case,
        to=event.to,
        timers=() if event.to else case.timers,
        facts={**case.facts, **event.facts},
        seats=tuple(
            replace(seat, outcome=event.outcome, by=event.by) if seat.code == event.seat else seat
            for seat in case.seats
        ),
        acts=(*case.acts, Act(event.step, event.seat, event.outcome, event.by, event.entry)),
        reopened=event.reopens,
        unsent=tuple(one for one in case.unsent if not event.sends or one not in case.letters[-1:]),
        content=event.application or case.content,
        held=case.held if event.holds is None else event.holds,
    )


def _settled(case: Case, settled: tuple[int, ...], **changes: Any) -> Case:
    """What was paid too much stays committed until it has come back: till then it is nobody else's."""
    if settled:
        changes |= {"settled": settled, "committed": max(settled[-1], changes.get("paid", case.paid))}
    return _after(case, **changes)


def _without(case: Case, number: int) -> tuple[Pending, ...]:
    return tuple(timer for timer in case.timers if timer.number != number)


def dump_case(case: Case) -> dict[str, Any]:
    """JSON-ready state; `load_case` gives it back.

    What was added since the first version is left out where it says nothing, so that workers of the version
    before can read the state of every case that does not use it.
    """
    data = case._asdict()
    data["seats"] = [_flat(seat) for seat in case.seats]
    data["timers"] = [_flat(timer) for timer in case.timers]
    data["acts"] = [_flat(act) for act in case.acts]
    data["proposal"] = _flat(case.proposal) if case.proposal else None
    for act in data["acts"]:
        if not act["voided"]:
            del act["voided"]
    for seat in data["seats"]:
        if seat["holder"] is None:
            del seat["holder"]
    return {name: value for name, value in data.items() if name not in ADDED or value}


def _flat(part: Seat | Pending | Act | Proposal) -> dict[str, Any]:
    """As `dataclasses.asdict` of a class without parts of its own, ten times as fast."""
    return {name: getattr(part, name) for name in part.__slots__}


def load_case(data: Mapping[str, Any]) -> Case:
    """The case that `dump_case` wrote."""
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    plain["seats"] = tuple(Seat(**seat) for seat in data["seats"])
    plain["timers"] = tuple(Pending(**timer) for timer in data["timers"])
    plain["acts"] = tuple(Act(**act) for act in data["acts"])
    if data.get("proposal"):
        plain["proposal"] = Proposal(**data["proposal"])
    return Case(**plain)
