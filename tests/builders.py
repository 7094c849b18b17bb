"""What tests build with: small routes and cases without a database, KIP 3 with its people in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from web.cli.story import Story
from workflow.engine.advance import advance
from workflow.engine.calendar import Calendar
from workflow.engine.case import EMPTY, Actor, Case, evolve
from workflow.engine.commands import (
    Command,
    Complete,
    Declare,
    Extend,
    Nudge,
    Offer,
    OpenChild,
    Pay,
    Receive,
    Recuse,
    Resume,
    Submit,
    Suspend,
    TakeWay,
    Withdraw,
)
from workflow.engine.decide import Outside, decide
from workflow.engine.events import Event
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.tables import Fact
from workflow.people import load_people, read_people
from workflow.publish import publish_folder
from workflow.settings import PROGRAMMES, Settings
from workflow.texts import ZURICH

KIP3 = PROGRAMMES / "kip3-basel-stadt"
MONDAY = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
"""A working day within the first call, nine o'clock in Basel."""

CASE = UUID("00000000-0000-4000-8000-000000000001")
CHILD = UUID("00000000-0000-4000-8000-000000000002")


def settings_for(db_url: str, owner_db_url: str, redis_url: str, data_dir: Path) -> Settings:
    """Settings of a test's own places; mails go nowhere."""
    return Settings(
        database_url=db_url,
        owner_database_url=owner_db_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
        data_dir=data_dir,
        base_url="http://127.0.0.1:8000",
        mail_from="foerderweg@example.org",
        secret_key="s" * 32,
    )


def story(db: sa.Engine, settings: Settings, *, now: datetime = MONDAY) -> Story:
    """KIP 3 published, its invented people loaded, all with the password «geheim»."""
    publish_folder(db, KIP3, now)
    people = read_people(KIP3)
    load_people(db, people, password="geheim")
    return Story(db, settings, people, now)


CLOCK = Calendar(ZURICH, frozenset())
"""Working days without holidays."""

SIGNER = Actor("signer", organisations={"org": frozenset({"read", "draft", "sign"})})
REMIND = ({"at": 80, "do": "remind"}, {"at": 100, "do": "remind"}, {"at": 120, "do": "escalate"})
END = {"kind": "end", "stage": "closed", "status": "over", "ending": "over"}


def staff(person: str, office: str = "desk", role: str = "clerk") -> Actor:
    """Somebody with one role in one office."""
    return Actor(person, frozenset({(office, role)}))


def task(outcomes: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A task of the clerks at the desk. `outcomes`: code → next step, or the outcome's whole data."""
    named = {code: {"to": to} if isinstance(to, str) else to for code, to in outcomes.items()}
    who = {"office": "desk", "role": "clerk"}
    return {
        "kind": "task",
        "stage": "work",
        "status": "open",
        "who": who,
        "due": 5,
        "outcomes": named,
        **more,
    }


def panel(seats: Mapping[str, bool], to: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A panel whose seats (code → mandatory) lie with reviewers of the offices of the same name."""
    return {
        "kind": "panel",
        "stage": "review",
        "status": "open",
        "seats": {
            code: {"office": code, "role": "reviewer", "mandatory": must} for code, must in seats.items()
        },
        "due": 10,
        "votes": {"yes": "for", "partly": "for", "no": "against"},
        "outcomes": {code: {"to": step} for code, step in to.items()},
        **more,
    }


def call(to: str) -> dict[str, Any]:
    """A call that makes a letter."""
    names = {"stage": "order", "status": "open", "call": "letter", "template": "order"}
    return {"kind": "call", "to": to, **names}


def small_route(steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A route that begins with the first of `steps`; `end` is added where it is missing."""
    return {"route": "small", "start": next(iter(steps)), "steps": {"end": END, **steps}, "facts": {}, **more}


@dataclass(slots=True)
class Play:
    """One case of a route that goes its way without a database: `events` are all that happened."""

    route: Route
    now: datetime = MONDAY
    facts: Mapping[str, Fact] = field(default_factory=dict)
    case: Case = EMPTY
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.do(Submit(CASE, "org", self.facts, "hash"), SIGNER)
        self.rules()

    @property
    def today(self) -> date:
        return CLOCK.day_of(self.now)

    def rules(self, **later: float) -> list[Event]:
        """What follows by rule, so much later."""
        self.now += timedelta(**later)
        return self.happened(advance(self.route, self.case, self.now, CLOCK))

    def do(self, command: Command, actor: Actor, left: int | None = None) -> list[Event]:
        """What a command makes, without what follows from it."""
        return self.happened(decide(self.route, self.case, command, actor, Outside(self.now, CLOCK, left)))

    def complete(
        self, actor: Actor, outcome: str, seat: str = "", left: int | None = None, **facts: Fact
    ) -> list[Event]:
        """One seat done at the present visit, and what follows."""
        command = Complete(CASE, self.case.step or "", seat, outcome, self.case.entry, facts)
        return self.do(command, actor, left) + self.rules()

    def happened(self, events: list[Event]) -> list[Event]:
        """The case after these events."""
        for event in events:
            self.case = evolve(self.case, event)
        self.events += events
        return events


def play(steps: Mapping[str, Any], facts: Mapping[str, Fact] | None = None, **more: Any) -> Play:
    """A submitted case of such a route, where its first step has begun."""
    kinds = dict.fromkeys(facts or {}, "text")
    return Play(parse_route(small_route(steps, **{"facts": kinds, **more})), facts=facts or {})


def commands_of(case_id: UUID, entry: int, offer: Offer, child: UUID = CHILD) -> list[Command]:
    """Every command that an offer stands for. `child`: the id of a case that it opens."""
    match offer.action:
        case "declare":
            return [Declare(case_id)]
        case "recuse":
            return [Recuse(case_id)]
        case "withdraw":
            return [Withdraw(case_id)]
        case "suspend":
            return [Suspend(case_id, entry)]
        case "resume":
            return [Resume(case_id)]
        case "open_child":
            return [OpenChild(case_id, offer.step, child, entry)]
        case "nudge":
            return [Nudge(case_id, entry)]
        case "pay":
            return [Pay(case_id, amount, int(offer.outcomes[1])) for amount in (4_000_00, 1_000_00, -500_00)]
        case "receive":
            return [Receive(case_id, message, entry) for message in offer.outcomes]
        case "way":
            return [
                TakeWay(case_id, offer.step, to, entry, agrees_with=offer.proposed_by)
                for to in offer.outcomes
            ]
        case "assign":
            return []  # says who has the work, and moves nothing
        case "extend":
            return [Extend(case_id, days + 1, entry) for days in range(int(offer.outcomes[0]))]
        case _:
            return [Complete(case_id, offer.step, offer.seat, one, entry) for one in offer.outcomes]


def names(events: Iterable[Event]) -> list[str]:
    """The kinds of these events, in short."""
    return [type(event).__name__ for event in events]
