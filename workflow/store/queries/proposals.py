"""The published programme in its parts, and every change of it that was proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.funding.parts import parts_of, with_parts
from workflow.funding.programme import Bundle, Programme
from workflow.store import proposals as store
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries.ordered import RUNNING

PAGE = 50


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a form or a route. `since`: when it was first published."""

    hash: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ProgrammeParts:
    """The version that new applications take. `since`: when it was published; `versions`: of each form and
    route, by the names of their parts."""

    hash: str
    since: datetime
    bundle: Bundle
    programme: Programme
    parts: Mapping[str, Any]
    versions: Mapping[str, Version]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """`parts`: names; `state`: open | published | refused | withdrawn; `decision`: why not, in words."""

    id: UUID
    parts: tuple[str, ...]
    reason: str
    state: str
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    decision: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """`was`, `now`: the parts in question before and after, None where there is none.

    `stale`: open, and the programme has changed since it was checked. `bundle`: the programme as it would be.
    `running`: cases on their way, by the code of their route.
    """

    row: ProposalRow
    base: str
    was: Mapping[str, Any]
    now: Mapping[str, Any]
    stale: bool
    bundle: Bundle
    running: Mapping[str, int]


_ROWS = """
SELECT p.id, array(SELECT json_object_keys(p.parts)) AS parts, p.reason, p.state, p.proposed_by,
       author.name AS proposed_by_name, p.proposed_at, decider.name AS decided_by_name,
       p.decided_at, p.decision
FROM proposals p JOIN persons author ON author.id = p.proposed_by
LEFT JOIN persons decider ON decider.id = p.decided_by
"""


def programme_parts(db: sa.Engine, viewer: Actor) -> ProgrammeParts | None:
    """None for who does not see the programme."""
    if not viewer.has_role(*reading.PROGRAMME):
        return None
    with db.connect() as tx:
        name = published.current(tx)
        bundle = published.bundle(tx, name)
        since = tx.execute(
            sa.text("SELECT max(since) FROM programmes WHERE hash = :hash"), {"hash": name}
        ).scalar_one()
        programme, versions = published.programme(tx, name), _versions(tx, name)
        return ProgrammeParts(name, since, bundle, programme, parts_of(bundle), versions)


def _versions(tx: sa.Connection, name: str) -> dict[str, Version]:
    content = published.content(tx, name)
    hashes = {
        f"{kind}/{code}": found for kind in ("forms", "routes") for code, found in content[kind].items()
    }
    query = "SELECT hash, published_at FROM definitions WHERE hash = ANY(:hashes)"
    rows = tx.execute(sa.text(query), {"hashes": list(hashes.values())})
    since = {row.hash: row.published_at for row in rows}
    return {part: Version(found, since[found]) for part, found in hashes.items()}


def proposals(
    db: sa.Engine, viewer: Actor, *, before: UUID | None = None, limit: int = PAGE
) -> tuple[list[ProposalRow], list[ProposalRow], UUID | None] | None:
    """Those that wait, the decided ones (newest first, from `before` on), and where the next page begins."""
    if not viewer.has_role(*reading.PROGRAMME):
        return None
    older = " AND (p.proposed_at, p.id) < (SELECT proposed_at, id FROM proposals WHERE id = :before)"
    order = " ORDER BY p.proposed_at DESC, p.id DESC"
    with db.connect() as tx:
        waiting = tx.execute(sa.text(f"{_ROWS} WHERE p.state = 'open'{order}"))
        kept = f"{_ROWS} WHERE p.state <> 'open'{older if before else ''}{order} LIMIT {limit + 1}"
        found = [_row(row) for row in tx.execute(sa.text(kept), {"before": before} if before else {})]
        rows = found[:limit]
        return [_row(row) for row in waiting], rows, rows[-1].id if len(found) > limit else None


def to_publish(db: sa.Engine, viewer: Actor) -> list[ProposalRow]:
    """What waits for a second person, and the viewer may be that person; the oldest first."""
    if not viewer.has_role(*reading.PUBLISHERS):
        return []
    mine = "p.state = 'open' AND p.proposed_by <> :viewer"
    query = f"{_ROWS} WHERE {mine} ORDER BY p.proposed_at, p.id LIMIT {PAGE}"
    with autocommit(db) as tx:
        return [_row(row) for row in ask(tx, query, {"viewer": viewer.person})]


def proposal(db: sa.Engine, viewer: Actor, proposal_id: UUID) -> Proposal | None:
    """One with what it changes; None where there is none for this viewer."""
    if not viewer.has_role(*reading.PROGRAMME):
        return None
    with db.connect() as tx:
        row = tx.execute(sa.text(f"{_ROWS} WHERE p.id = :id"), {"id": proposal_id}).one_or_none()
        kept = store.find(tx, proposal_id)
        if row is None or kept is None:
            return None
        bundle = published.bundle(tx, kept.base)
        before = parts_of(bundle)
        counted = tx.execute(
            sa.text(f"SELECT route_hash, count(*) AS cases FROM cases WHERE {RUNNING} GROUP BY route_hash")
        )
        running: dict[str, int] = {}
        for one in counted:
            code = published.route(tx, one.route_hash).code
            running[code] = running.get(code, 0) + one.cases
        return Proposal(
            _row(row),
            kept.base,
            {name: before.get(name) for name in kept.parts},
            kept.parts,
            kept.state == "open" and kept.base != published.current(tx),
            with_parts(bundle, kept.parts),
            running,
        )


def _row(row: Any) -> ProposalRow:
    return ProposalRow(**{**row._asdict(), "parts": tuple(row.parts)})
