"""What people, and the outside world, may ask of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from workflow.engine.tables import Fact


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that somebody may take now.

    `action`: declare | recuse | complete | assign | withdraw | receive | way | suspend | resume | extend |
    nudge | open_child | pay. `proposed_by`: of a way that this person would agree with.
    """

    action: str
    step: str = ""
    seat: str = ""
    outcomes: tuple[str, ...] = ()
    proposed_by: str = ""


@dataclass(frozen=True, slots=True)
class Submit:
    """An organisation hands in its application; the case begins. `content`: hash of the answers.

    `signed_with`: who has signed the same answers before, where one person alone may not.
    """

    case_id: UUID
    applicant: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    content: str = ""
    signed_with: str = ""


@dataclass(frozen=True, slots=True)
class Declare:
    """I have no conflict of interest in this case."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class Recuse:
    """I have one: someone else must do it."""

    case_id: UUID
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """One seat's work is done. `entry` is the visit meant, so that a late click hits nothing newer.

    `signed_with`: who has signed the same before, where an applicant gives something up.
    """

    case_id: UUID
    step: str
    seat: str
    outcome: str
    entry: int
    facts: Mapping[str, Fact] = field(default_factory=dict)
    content: str | None = None
    application: str | None = None
    reopens: tuple[str, ...] = ()
    signed_with: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """From now on `to` (a person's id) has the work of this open seat; empty: nobody by name.

    `held_by`: who has it now, as far as the person who asks could see.
    """

    case_id: UUID
    seat: str
    entry: int
    to: str
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The applicant takes the application back; why, they say if they like.

    `signed_with`: who has signed the same before.
    """

    case_id: UUID
    content: str | None = None
    signed_with: str = ""


@dataclass(frozen=True, slots=True)
class Receive:
    """The message that the case waits for has come."""

    case_id: UUID
    message: str
    entry: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class TakeWay:
    """Leave the route by this way, or agree to what another person proposed.

    `agrees_with`: who has proposed it, as far as the person who asks could see.
    """

    case_id: UUID
    way: str
    to: str
    entry: int
    content: str | None = None
    agrees_with: str = ""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop the case and its clocks."""

    case_id: UUID
    entry: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Let a stopped case go on."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class Extend:
    """Add so many working days to the present deadline."""

    case_id: UUID
    days: int
    entry: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Nudge:
    """Remind those who have the work, now and not at the next deadline."""

    case_id: UUID
    entry: int


@dataclass(frozen=True, slots=True)
class Pay:
    """So many Rappen were paid out; less than nothing: they came back, or too many were recorded.

    `paid`: what was paid before, as far as the person who asks could see.
    """

    case_id: UUID
    amount: int
    paid: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class OpenChild:
    """Begin a case of its own that belongs to this one, under the id `child_id`."""

    case_id: UUID
    child: str
    child_id: UUID
    entry: int
    content: str | None = None


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """A case that belongs to this one has ended so."""

    case_id: UUID
    child: str
    ending: str


@dataclass(frozen=True, slots=True)
class Report:
    """A call came back: with the hash of what it made, or with the code of what went wrong."""

    case_id: UUID
    entry: int
    attempt: int
    content: str | None = None
    error: str | None = None


Command = (
    Submit
    | Declare
    | Recuse
    | Complete
    | Assign
    | Withdraw
    | Receive
    | TakeWay
    | Suspend
    | Resume
    | Extend
    | Nudge
    | Pay
    | OpenChild
    | ChildEnded
    | Report
)
