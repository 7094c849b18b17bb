"""Who is away and who stands in, as people enter it themselves, or the head of their office for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.assigning import OFFICE_HEAD
from workflow.engine.case import Actor
from workflow.errors import Invalid, NotAllowed, Problem
from workflow.store import people
from workflow.texts import ZURICH

LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Away:
    """Both days are included, by the calendar of Europe/Zurich. None: it was not said, or made no sense."""

    person: UUID
    first_day: date | None
    last_day: date | None
    deputy: UUID | None


def enter(db: Engine, actor: Actor, away: Away, *, now: datetime) -> None:
    """Enter an absence; one that begins on the same day is changed.

    The deputy works in one of the person's offices. Raises NotAllowed (not_yours; own_roles), and Invalid by
    field.
    """
    with db.begin() as tx:
        offices = people.offices_of(tx, [away.person, *([away.deputy] if away.deputy else [])])
        _require_own(actor, away.person, offices, away.deputy)
        problems = _problems(away, offices, now.astimezone(ZURICH).date())
        if str(away.deputy) == actor.person != str(away.person):  # nobody takes another's roles by themselves
            problems["deputy"] = Problem("not_yourself")
        if problems:
            raise Invalid({name: [problem] for name, problem in problems.items()})
        row = {"person_id": away.person, "first_day": away.first_day, "last_day": away.last_day}
        people.put_absences(tx, [row | {"deputy_id": away.deputy}])
        if (away.person, away.first_day) in people.overlapping(tx, [away.person]):
            raise Invalid({"first_day": [Problem("away_already")]})


def take_back(db: Engine, actor: Actor, person: UUID, first_day: date) -> bool:
    """It is no absence. False: there was none that begins on this day. Raises NotAllowed (not_yours)."""
    with db.begin() as tx:
        _require_own(actor, person, people.offices_of(tx, [person]))
        return people.remove_absence(tx, person, first_day)


def _require_own(
    actor: Actor, person: UUID, offices: Mapping[UUID, frozenset[str]], deputy: UUID | None = None
) -> None:
    """One's own, or of somebody in an office that one heads; administrators everybody's.

    A deputy has the other's roles: so administrators name anybody but themselves.
    """
    headed = {office for office, role in actor.offices if role == OFFICE_HEAD}
    if str(person) == actor.person or headed & offices.get(person, frozenset()):
        return
    if not actor.has_role("admin"):
        raise NotAllowed("not_yours")
    if str(deputy) == actor.person:
        raise NotAllowed("own_roles")


def _problems(away: Away, offices: Mapping[UUID, frozenset[str]], today: date) -> dict[str, Problem]:
    found = {name: Problem("required") for name in ("first_day", "last_day") if getattr(away, name) is None}
    if away.first_day and away.last_day:
        if away.last_day < away.first_day:
            found["last_day"] = Problem("period_reversed")
        elif away.last_day < today:
            found["last_day"] = Problem("day_is_past")
        elif away.last_day - away.first_day > LONGEST:
            found["last_day"] = Problem("too_many_days", {"max": LONGEST.days})
    if away.deputy and (
        away.deputy == away.person
        or not offices.get(away.deputy, frozenset()) & offices.get(away.person, frozenset())
    ):
        found["deputy"] = Problem("not_a_colleague")
    return found
