"""The way of an application as its people read it: what is behind, where it is, what comes and by when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.ahead import ahead
from workflow.engine.case import Actor, load_case
from workflow.engine.route import Human
from workflow.funding.questions import Labels
from workflow.store import published, reading
from workflow.store.tables import cases, events

SUBMITTED = "submitted"
"""The first stop of every way; the others are statuses of the programme."""


@dataclass(frozen=True, slots=True)
class Stop:
    """`since` is None of what has not begun; `until` is an estimate (of the present one: its deadline).

    `until` of what is behind is when it ended; None where nothing can be said. `late`: its time is over.
    `said`: what the applicant said there, or that they said nothing (`silent`).
    """

    status: str
    state: Literal["done", "now", "ahead"]
    since: datetime | None
    until: datetime | None
    late: bool = False
    said: Labels | None = None
    silent: bool = False


def timeline(db: sa.Engine, viewer: Actor, case_id: UUID, *, now: datetime) -> list[Stop] | None:
    """The stops of a submitted application for a member of its organisation; None for everyone else."""
    with db.connect() as tx:
        row: Any = tx.execute(sa.select(cases).where(cases.c.id == case_id)).one_or_none()
        if row is None:
            return None
        case = load_case(row.state)
        if not reading.is_member(case, viewer):
            return None
        status = events.c.data["status"].astext.label("status")
        told = sa.or_(status.is_not(None), events.c.name.in_(("Completed", "Lapsed")))
        reached = tx.execute(
            sa.select(events.c.at, events.c.name, events.c.data, status)
            .where(events.c.case_id == case_id, told)
            .order_by(events.c.version)
        ).all()
        route, steps = published.route(tx, row.route_hash), published.content(tx, row.route_hash)["steps"]
        coming = ahead(route, case, now, published.calendar(tx, row.programme_hash))
    stops = [Stop(SUBMITTED, "done", row.submitted_at, row.submitted_at)]
    for one in reached:
        if one.status is None:
            acted = route.steps.get(one.data["step"])  # none: of an earlier version of the route
            if isinstance(acted, Human) and acted.is_applicants:
                said = steps[one.data["step"]]["outcomes"].get(one.data["outcome"], {}).get("title")
                stops[-1] = replace(stops[-1], said=said, silent=one.name == "Lapsed")
        elif one.status != stops[-1].status:
            stops[-1] = replace(stops[-1], state="done", until=one.at)
            stops.append(Stop(one.status, "now", one.at, None))
    if stops[-1].state == "now" and case.ending is not None:
        stops[-1] = replace(stops[-1], state="done", until=stops[-1].since)
    late = case.due is not None and datetime.fromisoformat(case.due) < now
    for step in coming:
        last = stops[-1]
        if step.status == last.status:
            gone = late and last.state == "now" and step.step == case.step
            stops[-1] = replace(last, until=step.until or last.until, late=last.late or gone)
        else:
            stops.append(Stop(step.status, "ahead", None, step.until))
    return stops
