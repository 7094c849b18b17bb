"""Ways off the straight one that somebody has proposed, and that wait for a second pair of eyes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.aside import is_asked
from workflow.engine.case import Actor, load_case
from workflow.store.asking import ask

MOST = 100
PROPOSED = f"""
SELECT c.id, c.number, c.state, c.route_hash, p.name
FROM cases c JOIN persons p ON CAST(p.id AS text) = c.state->'proposal'->>'by'
WHERE c.state ? 'proposal' ORDER BY c.number LIMIT {MOST}"""


@dataclass(frozen=True, slots=True)
class ProposedWay:
    """`name`: who proposes it. `way`, `to`: codes of the case's route."""

    case_id: UUID
    number: str
    route_hash: str
    way: str
    to: str
    name: str


def proposed_ways(db: sa.Engine, viewer: Actor) -> list[ProposedWay]:
    """Those at which the viewer could be the second person; of the first MOST there are."""
    with autocommit(db) as tx:
        rows = ask(tx, PROPOSED)
    found = []
    for row in rows:
        case = load_case(row.state)
        if case.proposal is not None and is_asked(case, viewer):
            ways = case.proposal.way, case.proposal.to
            found.append(ProposedWay(row.id, row.number, row.route_hash, *ways, row.name))
    return found
