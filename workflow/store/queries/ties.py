"""What links a person who would work on a case to those who apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import plain
from workflow.funding.ties import Tie, ties
from workflow.store import prepared

# An appeal or an inquiry is entered by staff: that is no work for the applicant.
TIES = b"""
SELECT c.id, p.id, p.name, p.email, t.data,
  ARRAY(SELECT DISTINCT split_part(q.email, '@', 2) FROM memberships m JOIN persons q ON q.id = m.person_id
        WHERE m.organisation_id = c.organisation_id),
  (SELECT max(w.at) FROM cases o JOIN contents w ON w.case_id = o.id
   WHERE o.organisation_id = c.organisation_id AND o.parent_id IS NULL
     AND w.written_by = p.id AND w.kind = 'application'),
  (SELECT max(l.at) FROM organisation_log l
   WHERE l.organisation_id = c.organisation_id AND l.about = p.id AND l.kind IN ('joined', 'role', 'left'))
FROM cases c JOIN persons p ON p.id = ANY(CAST($2 AS uuid[]))
LEFT JOIN contents t ON t.case_id = c.id AND t.hash = c.state->>'content'
WHERE c.id = ANY(CAST($1 AS uuid[]))"""


def linked_to(tx: sa.Connection, ids: Iterable[UUID], person: str) -> Mapping[UUID, list[Tie]]:
    """By case, what links this person to its applicant."""
    return {case_id: found for (case_id, _), found in _ties(tx, ids, [person]).items()}


def who_is_linked(tx: sa.Connection, case_id: UUID, people: Iterable[str]) -> frozenset[str]:
    """Those of these persons of whom the system knows something that links them to the case's applicant."""
    return frozenset(str(person) for (_, person), found in _ties(tx, [case_id], people).items() if found)


def _ties(
    tx: sa.Connection, ids: Iterable[UUID], people: Iterable[str]
) -> Mapping[tuple[UUID, UUID], list[Tie]]:
    asked = ["{" + ",".join(map(str, given)) + "}" for given in (ids, people)]
    rows = prepared.rows(plain(tx), TIES, asked)
    return {
        (case_id, person): list(ties(name, email, answers or {}, domains, wrote, member))
        for case_id, person, name, email, answers, domains, wrote, member in rows
    }
