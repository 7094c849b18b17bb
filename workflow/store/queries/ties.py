"""What links a person who would work on a case to those who apply."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import plain
from workflow.funding.ties import Tie, ties
from workflow.store import prepared

# An appeal or an inquiry is entered by staff: that is no work for the applicant. Who applies stands in the
# application that a case belongs to: the form of a report, an appeal or an inquiry does not ask again.
TIES = """
SELECT c.id, p.id, p.name, p.email,
  jsonb_strip_nulls(jsonb_build_object('organisation', t.data->'organisation', 'account', t.data->'account')),
  ARRAY(SELECT DISTINCT split_part(q.email, '@', 2) FROM memberships m JOIN persons q ON q.id = m.person_id
        WHERE m.organisation_id = c.organisation_id),
  (SELECT max(w.at) FROM contents w JOIN cases o ON o.id = w.case_id
   WHERE w.written_by = p.id AND w.kind = 'application'
     AND o.organisation_id = c.organisation_id AND o.parent_id IS NULL),
  (SELECT max(l.at) FROM organisation_log l
   WHERE l.organisation_id = ANY(ARRAY(SELECT c.organisation_id
       UNION ALL SELECT a.id FROM organisations a WHERE a.merged_into = c.organisation_id))
     AND l.about = p.id AND l.kind IN ('joined', 'role', 'left'))
FROM cases c JOIN persons p ON p.id {person}
LEFT JOIN cases u ON u.id = c.parent_id LEFT JOIN cases g ON g.id = u.parent_id
LEFT JOIN contents t ON t.case_id = coalesce(g.id, u.id, c.id)
  AND t.hash = coalesce(g.state, u.state, c.state)->>'content'
WHERE c.id {case}"""


OF_ONE = TIES.format(case="= :id", person="= CAST(:person AS uuid)")
"""For `ask`: of one case and one person."""


def linked_to(tx: sa.Connection, ids: Iterable[UUID], person: str) -> Mapping[UUID, list[Tie]]:
    """By case, what links this person to its applicant."""
    return {case_id: found for (case_id, _), found in _ties(tx, ids, [person]).items()}


def who_is_linked(tx: sa.Connection, case_id: UUID, people: Iterable[str]) -> frozenset[str]:
    """Those of these persons of whom the system knows something that links them to the case's applicant."""
    return frozenset(str(person) for (_, person), found in _ties(tx, [case_id], people).items() if found)


def _ties(
    tx: sa.Connection, ids: Iterable[UUID], people: Iterable[str]
) -> Mapping[tuple[UUID, UUID], list[Tie]]:
    case, one_case = _given(1, list(ids))
    person, one_person = _given(2, list(people))
    statement = TIES.format(case=case, person=person).encode()
    return ties_of(prepared.rows(plain(tx), statement, (one_case, one_person)))


def ties_of(rows: Iterable[Sequence[Any]]) -> Mapping[tuple[UUID, UUID], list[Tie]]:
    """By case and person, of rows of TIES."""
    return {
        (case_id, person): list(ties(name, email, answers, domains, wrote, member))
        for case_id, person, name, email, answers, domains, wrote, member in rows
    }


def _given(number: int, ids: Sequence[object]) -> tuple[str, object]:
    """How a statement compares with these ids as its parameter of this number, and what it is sent.

    One alone is said to be one: a plan made for any number of cases reads whole tables. Of several PostgreSQL
    is not told how many, or it would plan anew each time, for more than it takes to find them.
    """
    if len(ids) == 1:
        return f"= ${number}", ids[0]
    several = f"IN (SELECT CAST(one AS uuid) FROM jsonb_array_elements_text(${number}) one)"
    return several, json.dumps([str(one) for one in ids])
