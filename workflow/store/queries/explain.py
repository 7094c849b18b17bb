"""Why a case stands where it stands, for those who may read its dossier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from workflow.engine import explain
from workflow.engine.case import Actor, Case, load_case
from workflow.store import journal, published, reading
from workflow.store.queries.ties import who_is_linked
from workflow.store.sign_in import actors_with


@dataclass(frozen=True, slots=True)
class Explanation:
    """`deadlines`: all that there were, in order; `days`: working days since the submission; `holidays`: the
    names of the days that did not count, in the language asked for."""

    route_hash: str
    step: str
    routings: tuple[explain.Routing, ...]
    deadlines: tuple[explain.Deadline, ...]
    standings: tuple[explain.Standing, ...]
    days: int
    holidays: Mapping[date, str]

    @property
    def waited(self) -> int:
        """Working days for which the ball was with the applicant."""
        return sum(one.used for one in self.deadlines if one.applicant)


def id_of(db: sa.Engine, number: str) -> UUID | None:
    """The case with this number; for operators at the command line alone."""
    with db.connect() as tx:
        query = sa.text("SELECT id FROM cases WHERE number = :number")
        return cast("UUID | None", tx.execute(query, {"number": number}).scalar_one_or_none())


def explanation(
    db: sa.Engine, viewer: Actor, case_id: UUID, *, now: datetime, lang: str
) -> Explanation | None:
    """None for those who may not read this dossier. `lang`: in which language holidays are named."""
    with db.connect() as tx:
        row: Any = tx.execute(
            sa.text("SELECT state, route_hash, programme_hash FROM cases WHERE id = :id"), {"id": case_id}
        ).one_or_none()
        if row is None:
            return None
        case = load_case(row.state)
        if not reading.takes_part(case, viewer) or not reading.may_open(case, viewer):
            return None
        route = published.route(tx, row.route_hash)
        programme = published.programme(tx, row.programme_hash)
        calendar = published.calendar(tx, row.programme_hash)
        happened = journal.happened(tx, case_id)
        people = people_of(tx, case_id, case, now)
        if reading.own_first(route, case, viewer):
            people = [(name, one) for name, one in people if one.person == viewer.person]
    deadlines = tuple(explain.deadlines(happened, now, calendar))
    closed = {day for one in deadlines for day in one.closed}
    named = programme.holiday_names(sorted({day.year for day in closed}), lang)
    return Explanation(
        route_hash=row.route_hash,
        step=case.step or "",
        routings=tuple(explain.routings(route, happened, calendar)),
        deadlines=deadlines,
        standings=tuple(explain.standings(route, case, people)),
        days=explain.since_submission(happened, now, calendar),
        holidays={day: named[day] for day in sorted(closed)},
    )


def people_of(tx: sa.Connection, case_id: UUID, case: Case, now: datetime) -> list[tuple[str, Actor]]:
    """(name, actor) of everybody who has a role today that this case waits for, by name."""
    people = actors_with(tx, [(seat.office, seat.role) for seat in case.open_seats], now)
    linked = who_is_linked(tx, case_id, [actor.person for _, actor in people])
    return [(name, replace(actor, linked=actor.person in linked)) for name, actor in people]
