"""Work that is done for many cases in one go, where its step says so: the same is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, load_case
from workflow.engine.eligible import must_declare
from workflow.engine.route import Human, Route
from workflow.funding.forms import Form
from workflow.store import published, reading
from workflow.store.queries.deciding import MOST_DECISIONS, STEPS, WAITING

ROWS = f"""
SELECT c.id, c.number, c.title, c.route_hash, c.state, o.name AS organisation, w.step, w.seat, w.entry,
  w.opened_at, w.due_at,
  (SELECT f.id FROM files f WHERE f.application_id = c.id AND f.kind = 'letter'
   ORDER BY f.at DESC LIMIT 1) AS letter
{WAITING} AND NOT CAST(c.organisation_id AS text) = ANY(:organisations)
ORDER BY w.due_at NULLS LAST, c.id LIMIT {MOST_DECISIONS}"""


@dataclass(frozen=True, slots=True)
class Alike:
    """Open work of the viewer's. `outcome`: the only one; `title` and `letter` (the newest file) are None
    where they may not read them. `proposed`: somebody wants another way, and a second person has to look.
    `declared`: there is nothing that the viewer has to declare first."""

    case_id: UUID
    number: str
    organisation: str
    title: str | None
    letter: UUID | None
    route_hash: str
    step: str
    seat: str
    entry: int
    outcome: str
    opened_at: datetime
    due_at: datetime | None
    late: bool
    proposed: bool
    declared: bool


@dataclass(frozen=True, slots=True)
class Together:
    """`form`: as it is published now; what a case's own version asks otherwise is said at that case."""

    form: Form
    rows: list[Alike]


def together(
    db: sa.Engine, viewer: Actor, code: str, *, now: datetime, ids: Sequence[UUID] | None = None
) -> Together | None:
    """What waits for the viewer's roles and is said in this form, due first; at most MOST_DECISIONS. `ids`:
    of these cases alone. None: there is no such form."""
    said: dict[str, Any] = {
        "offices": [office for office, _ in sorted(viewer.offices)],
        "roles": [role for _, role in sorted(viewer.offices)],
        "person": viewer.person,
        "organisations": sorted(viewer.organisations),
        "ids": ids,
    }
    with db.connect() as tx:
        name = published.current(tx)
        if code not in published.content(tx, name)["forms"]:
            return None
        outcomes = {
            (row.route_hash, row.step): outcome
            for row in tx.execute(sa.text(STEPS), said)
            if (outcome := _outcome(published.route(tx, row.route_hash), row.step, code))
        }
        said |= {"routes": [route for route, _ in outcomes], "steps": [step for _, step in outcomes]}
        form = published.form(tx, name, code)
        rows = [
            _alike(row, published.route(tx, row.route_hash), outcomes[row.route_hash, row.step], viewer, now)
            for row in tx.execute(sa.text(ROWS), said).all()
        ]
    return Together(form, rows)


def _outcome(route: Route, code: str, form: str) -> str | None:
    step = route.steps.get(code)
    if not isinstance(step, Human) or not step.together or step.form != form:
        return None
    return next(one.code for one in step.outcomes.values() if not one.by_clock)


def _alike(row: Any, route: Route, outcome: str, viewer: Actor, now: datetime) -> Alike:
    case = load_case(row.state)
    opened = reading.may_open(case, viewer)
    return Alike(
        case_id=row.id,
        number=row.number,
        organisation=row.organisation,
        title=row.title if opened else None,
        letter=row.letter if opened else None,
        route_hash=row.route_hash,
        step=row.step,
        seat=row.seat,
        entry=row.entry,
        outcome=outcome,
        opened_at=row.opened_at,
        due_at=row.due_at,
        late=row.due_at is not None and row.due_at < now,
        proposed=case.proposal is not None,
        declared=not must_declare(route, case, viewer),
    )
