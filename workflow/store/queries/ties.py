"""What links a person who is about to declare to those who apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.funding.ties import Tie, ties

TIES = """
SELECT c.id, p.name, p.email, t.data AS answers,
  ARRAY(SELECT DISTINCT split_part(q.email, '@', 2) FROM memberships m JOIN persons q ON q.id = m.person_id
        WHERE m.organisation_id = c.organisation_id) AS domains,
  (SELECT max(w.at) FROM cases o JOIN contents w ON w.case_id = o.id
   WHERE o.organisation_id = c.organisation_id AND w.written_by = p.id AND w.kind = 'application') AS wrote
FROM cases c JOIN persons p ON p.id = CAST(:person AS uuid)
LEFT JOIN contents t ON t.case_id = c.id AND t.hash = c.state->>'content'
WHERE c.id = ANY(:ids)"""


def linked_to(tx: sa.Connection, ids: Iterable[UUID], viewer: Actor) -> Mapping[UUID, list[Tie]]:
    """By case, what links the viewer to its applicant."""
    rows = tx.execute(sa.text(TIES), {"ids": list(ids), "person": viewer.person})
    return {
        row.id: list(ties(row.name, row.email, row.answers or {}, row.domains, row.wrote)) for row in rows
    }
