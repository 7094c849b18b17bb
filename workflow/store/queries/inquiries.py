"""What other offices were asked about a case, and what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, Case, load_case
from workflow.engine.route import Route
from workflow.store import published, reading
from workflow.store.queries.record import answer_named
from workflow.texts import ZURICH


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`office`: the code of the one that was asked; `answer` and what follows are of an answered one.

    `refused`: the office has nothing to say, and `answer` is why; `seen`: the viewer has a page of it.
    """

    id: UUID
    number: str
    office: str
    question: str
    by_name: str
    asked_at: datetime
    due_at: datetime | None
    late: bool
    answer: str | None
    answered_by: str
    answered_at: datetime | None
    refused: bool
    seen: bool


INQUIRIES = """
SELECT c.*, p.name AS by_name,
  (SELECT t.data FROM contents t WHERE t.case_id = c.id AND t.hash = c.state->>'content') AS asked,
  (SELECT jsonb_build_object('data', t.data, 'by', q.name) FROM contents t
   JOIN persons q ON q.id = t.written_by WHERE t.case_id = c.id AND t.kind = 'statement'
     AND t.step = c.state->'acts'->-1->>'step' ORDER BY t.at DESC LIMIT 1) AS said
FROM cases c JOIN persons p ON p.id = c.asked_by
WHERE c.parent_id = :id AND c.asked_by IS NOT NULL ORDER BY c.submitted_at, c.id"""


def inquiries_of(
    tx: sa.Connection, rows: Iterable[Any], case: Case, route: Route, viewer: Actor, *, now: datetime
) -> Sequence[Inquiry]:
    """Of rows of INQUIRIES, for staff to whom this case is open, oldest first; nothing for everyone else.

    Own first: what others asked since the running panel began waits for the own vote.
    """
    if not reading.takes_part(case, viewer) or not reading.may_open(case, viewer):
        return []
    veiled = reading.own_first(route, case, viewer)
    since = datetime.fromisoformat(case.entered_at) if veiled and case.entered_at else None
    return [
        _inquiry(tx, row, viewer, now)
        for row in rows
        if since is None or row.submitted_at < since or str(row.asked_by) == viewer.person
    ]


def _inquiry(tx: sa.Connection, row: Any, viewer: Actor, now: datetime) -> Inquiry:
    case = load_case(row.state)
    said = row.said or {"data": {}, "by": ""}
    why = answer_named(said["data"], "why")
    over = row.ending is not None
    return Inquiry(
        id=row.id,
        number=row.number,
        office=str(case.facts.get("asked", "")),
        question=str(answer_named(row.asked or {}, "question") or ""),
        by_name=row.by_name,
        asked_at=row.submitted_at,
        due_at=row.due_at,
        late=not over and row.due_at is not None and row.due_at < now,
        answer=str(answer_named(said["data"], "answer") or why or "") if over else None,
        answered_by=said["by"] if over else "",
        answered_at=row.entered_at if over else None,
        refused=over and why is not None,
        seen=reading.has_page(
            case, published.route(tx, row.route_hash), viewer=viewer, on=now.astimezone(ZURICH).date()
        ),
    )
