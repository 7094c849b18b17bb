"""What happened. Changes to these shapes are only additive: every event ever stored must load.

No personal data: ids, codes, amounts and content hashes. Times are UTC, written in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from workflow.engine.tables import Fact


@dataclass(frozen=True, slots=True)
class Submitted:
    """A case begins. `parent`: the case that it belongs to, if any; `recused`: who is kept out.

    `signed_with`: who signed first, where two sign together. `asked_by`: of an internal case, which the
    applicant does not see: who asks. `others`: whoever sees all cases does not see this one, an appeal.
    """

    applicant: str
    facts: Mapping[str, Fact]
    content: str
    to: str
    parent: str = ""
    recused: tuple[str, ...] = ()
    signed_with: str = ""
    asked_by: str = ""
    others: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A step began. `seats`: {code, office, role, mandatory}; `timers`: {at, do, outcome}.

    `voids`: steps whose approvals no longer count.
    """

    step: str
    entry: int
    stage: str
    status: str
    at: str
    due_at: str | None = None
    seats: tuple[Mapping[str, Any], ...] = ()
    timers: tuple[Mapping[str, Any], ...] = ()
    voids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reseated:
    """From this day on a table names others. `seats`: as in Entered; what was done there stays done."""

    step: str
    entry: int
    seats: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Declared:
    by: str


@dataclass(frozen=True, slots=True)
class Recused:
    """Somebody keeps out from here on. `content`: hash of the reason, if one was given."""

    by: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Unstaffed:
    """Nobody is left who may do the work of this open seat."""

    step: str
    seat: str
    entry: int


@dataclass(frozen=True, slots=True)
class Completed:
    """One seat's work is done.

    `to` is None for a panel's vote; `content` hashes what the person wrote, `application` the answers
    of the application if this changed them; `holds`: what the case has reserved from now on, in Rappen;
    `sends`: the letter that was made last has gone out; `signed_with`: who signed first, where two sign
    together; `stands_in_for`: who is away and had lent `by` the role in which this was done.
    """

    step: str
    seat: str
    outcome: str
    entry: int
    by: str
    to: str | None
    facts: Mapping[str, Fact]
    content: str | None = None
    application: str | None = None
    reopens: tuple[str, ...] = ()
    holds: int | None = None
    sends: bool = False
    signed_with: str = ""
    stands_in_for: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who has the work of this open seat from now on; an empty `to`: nobody by name."""

    step: str
    seat: str
    entry: int
    by: str
    to: str


@dataclass(frozen=True, slots=True)
class PanelClosed:
    step: str
    outcome: str
    to: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decision table was read: the row that hit (None: the `else`) and the facts it read."""

    step: str
    row: int | None
    to: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Called:
    step: str
    entry: int
    call: str
    template: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CallReturned:
    """`unsent`: the applicant does not get it before somebody has sent it out."""

    step: str
    content: str
    to: str
    unsent: bool = False


@dataclass(frozen=True, slots=True)
class CallFailed:
    step: str
    error: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """A seat is still open at this share of its time."""

    step: str
    entry: int
    timer: int
    at_percent: int
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """`freed`: seats whose work somebody had by name; it is their whole office's again, deputies included."""

    step: str
    entry: int
    timer: int
    at_percent: int
    seats: tuple[str, ...]
    freed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """From here on, what the route calls enough closes the panel."""

    step: str
    entry: int
    timer: int


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Nobody answered in time; the route says what follows. Silence is never consent.

    `holds`: what the case has reserved from then on; None: as before.
    """

    step: str
    timer: int
    outcome: str
    to: str
    holds: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The message that the case waited for is there, recorded by somebody."""

    step: str
    message: str
    by: str
    to: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class WayProposed:
    """Somebody would leave the route by this way; another person of this office and role has to agree."""

    way: str
    by: str
    to: str
    office: str
    role: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class WayTaken:
    """The case left its route by this way."""

    way: str
    by: str
    to: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Suspended:
    """The case and its clocks stand still from here on."""

    by: str
    at: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The case goes on; deadlines have moved by the working days for which it stood still."""

    by: str
    days: int
    due_at: str | None
    timers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Extended:
    """So many working days more; timers that have not fired have moved with the deadline."""

    step: str
    by: str
    days: int
    due_at: str
    timers: tuple[Mapping[str, Any], ...]
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Nudged:
    """Somebody had those reminded who have the work."""

    step: str
    by: str


@dataclass(frozen=True, slots=True)
class Paid:
    """Rappen that were paid out; negative: taken back. `content`: hash of the reason, if one was given."""

    by: str
    amount: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class ChildOpened:
    """A case of its own began that belongs to this one. `freezes`: this one stands still until it ends.

    `meets`: it is what the ending of this one has asked for.
    """

    child: str
    code: str
    by: str
    at: str
    freezes: bool = False
    content: str | None = None
    meets: bool = False


@dataclass(frozen=True, slots=True)
class ChildDue:
    """What the ending asks for is not there so many calendar days after its deadline (before: negative).

    `stops`: from here on nothing is paid, and nothing new handed in; `office` and `role` are told.
    """

    step: str
    timer: int
    child: str
    days: int
    stops: bool
    office: str
    role: str


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """`settled`: the Rappen that the grant comes to in the end, by the report that it has asked for.

    `office`, `role`: who is told that an appeal has ended of which no step of this case hears.
    """

    child: str
    code: str
    ending: str
    settled: int | None = None
    office: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What the grant of an amendment comes to in the end, by the report on the case that it belongs to."""

    settled: int


@dataclass(frozen=True, slots=True)
class ChildAwaited:
    """The step waited for such a case to end; the route says what follows from how it did."""

    step: str
    child: str
    ending: str
    to: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """From here on the case follows the version of its route with this hash; `before`: the one until then."""

    route: str
    before: str
    by: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`content`: hash of the reason, if one was given; `signed_with`: who signed first, where two sign."""

    by: str
    to: str
    content: str | None = None
    signed_with: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """`due_at`, `timers`: of the child that this ending asks for."""

    step: str
    ending: str
    stage: str
    status: str
    at: str
    holds: int
    commits: int
    due_at: str | None = None
    timers: tuple[Mapping[str, Any], ...] = ()


Event = (
    Submitted
    | Entered
    | Reseated
    | Declared
    | Recused
    | Unstaffed
    | Completed
    | Assigned
    | PanelClosed
    | Chosen
    | Called
    | CallReturned
    | CallFailed
    | Reminded
    | Escalated
    | DeadlinePassed
    | Lapsed
    | Received
    | WayProposed
    | WayTaken
    | Suspended
    | Resumed
    | Extended
    | Nudged
    | Paid
    | ChildOpened
    | ChildDue
    | ChildEnded
    | Settled
    | ChildAwaited
    | Migrated
    | Withdrawn
    | Ended
)

Happened = Sequence[tuple[Event, datetime]]
"""All events of a case and their times, in order."""

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def dump(event: Event) -> tuple[str, dict[str, Any]]:
    """The event's name and its data as JSON-ready values."""
    kind = type(event)
    return kind.__name__, {name: _plain(getattr(event, name)) for name in kind.__slots__}


def load(name: str, data: Mapping[str, Any]) -> Event:
    """The event that `dump` wrote; fields added since take their defaults."""
    kind = _KINDS[name]
    known = kind.__slots__
    event: Event = kind(**{key: _tuples(value) for key, value in data.items() if key in known})
    return event


def _plain(value: Any) -> Any:
    return [dict(v) if isinstance(v, Mapping) else v for v in value] if isinstance(value, tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
