"""Cases that stand still until somebody does something which is in nobody's list of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine import aside
from workflow.engine.case import Actor, load_case
from workflow.store import published
from workflow.store.asking import ask
from workflow.texts import ZURICH

MOST = 500
# what an appeal stops goes on by itself
HELD_UP = f"""
SELECT c.id, c.number, c.state, c.route_hash, p.name FROM cases c
LEFT JOIN persons p ON p.id = CAST(c.state->'proposal'->>'by' AS uuid)
WHERE c.held_up AND NOT EXISTS (SELECT FROM jsonb_each(c.state->'children') k
  WHERE k.value->'freezes' = 'true' AND k.value->>'ending' = '')
ORDER BY c.number DESC LIMIT {MOST}"""


@dataclass(frozen=True, slots=True)
class ProposedWay:
    """It waits for a second pair of eyes. `name`: who proposes it. `way`, `to`: codes of the case's route."""

    case_id: UUID
    number: str
    route_hash: str
    way: str
    to: str
    name: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """It goes on when somebody says so."""

    case_id: UUID
    number: str
    since: datetime


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Of the first MOST there are: ways to which the viewer could agree, and what they could let go on."""

    ways: list[ProposedWay]
    suspended: list[Suspended]


def held_up(db: sa.Engine, viewer: Actor, *, now: datetime) -> HeldUp:
    """What stands still and this person could move."""
    found, on = HeldUp([], []), now.astimezone(ZURICH).date()
    with autocommit(db) as tx:
        for row in ask(tx, HELD_UP):
            case = load_case(row.state)
            if case.proposal is not None and aside.is_asked(case, viewer):
                ways = case.proposal.way, case.proposal.to
                found.ways.append(ProposedWay(row.id, row.number, row.route_hash, *ways, row.name))
            offers = aside.allowed(published.route(tx, row.route_hash), case, viewer, on)
            if case.suspended_at and any(one.action == "resume" for one in offers):
                since = datetime.fromisoformat(case.suspended_at)
                found.suspended.append(Suspended(row.id, row.number, since))
    return found
