"""What the system knows beside an application: earlier grants, likely double funding, comparable grants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, Case, load_case
from workflow.store import reading
from workflow.store.asking import ask
from workflow.store.queries.office import OUTLINE
from workflow.store.queries.rows import Answers


@dataclass(frozen=True, slots=True)
class Other:
    """Another application. `likeness`: per cent of the words of both that both have; amounts in Rappen.

    `title` is None, and `seen` False, where the viewer may not read it; `reasons`: same_area, similar.
    """

    id: UUID
    number: str
    organisation: str
    own: bool
    title: str | None
    seen: bool
    area: str
    call: str
    status: str
    ending: str | None
    requested: int
    committed: int
    submitted_at: datetime
    likeness: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparable:
    """A grant of the same area; `per_person` in Rappen."""

    number: str
    organisation: str
    committed: int
    people: int
    per_person: int


MOST_SHOWN = 10
"""Of other applications beside one."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`earlier`: of the same organisation, newest first: the newest, and those granted or in the same area;
    `alike`: those that could pay for the same twice, the most alike first.

    `median`: of what the comparable grants cost for each person, in Rappen.
    """

    earlier: list[Other]
    alike: list[Other]
    comparable: list[Comparable]
    median: int | None

    @property
    def newest(self) -> list[Other]:
        """Of the earlier ones those that a page shows."""
        return self.earlier[:MOST_SHOWN]

    @property
    def most_alike(self) -> list[Other]:
        """Of those alike the same."""
        return self.alike[:MOST_SHOWN]


ALIKE_OF_OWN, ALIKE_OF_OTHERS = 25, 40
"""From so many per cent of common words on, two projects of one organisation, or of two, are called alike."""

MOST_SAME, MOST_GRANTED, MOST_ALIKE, MOST_COMPARABLE = 5, 5, 25, 15
"""So many are looked at: of the organisation's own, beside the newest, in the same area and call, and
granted; of all those alike, also what belongs to one of them; of grants in the same area."""
OWN_LOOKED_THROUGH = 40

# How rare the words are decides how they are found: it is never kept, and planned each time. What belongs to
# another case is left out afterwards: a join takes longer to plan than all this to find.
ALIKE = f"""
SELECT id FROM applications
WHERE words @@ plainto_tsquery('german', :title) AND id <> :id LIMIT {MOST_ALIKE}"""
OWN = f"""
SELECT id, (area, call) = (:area, :call) AS same, committed > 0 AS granted FROM cases
WHERE organisation_id = (SELECT CAST(:organisation AS uuid)) AND parent_id IS NULL AND id <> :id
ORDER BY submitted_at DESC LIMIT {OWN_LOOKED_THROUGH}"""
# the ids as JSON, of which PostgreSQL does not ask how many they are: it would plan this anew each time
OTHERS = """
WITH mine AS MATERIALIZED (SELECT tsvector_to_array(to_tsvector('german', :text)) AS words)
SELECT c.id, c.number, c.title, c.area, c.call, c.status, c.ending, c.requested, c.committed, c.submitted_at,
  c.state, c.organisation_id = :organisation AS own,
  (SELECT o.name FROM organisations o WHERE o.id = c.organisation_id) AS organisation,
  (SELECT 100 * count(*) FILTER (WHERE x.word = ANY(mine.words))
     / greatest(1, cardinality(mine.words) + count(*) FILTER (WHERE NOT x.word = ANY(mine.words)))
   FROM applications a, unnest(tsvector_to_array(a.words)) AS x(word) WHERE a.id = c.id) AS likeness
FROM cases c CROSS JOIN mine
WHERE c.id = ANY(ARRAY(SELECT CAST(one AS uuid) FROM jsonb_array_elements_text(:found) one))
  AND c.parent_id IS NULL AND c.id <> :id
ORDER BY c.submitted_at DESC, c.id"""
COMPARABLE = f"""
SELECT c.number, c.committed, c.submitted_at, {OUTLINE}, o.name AS organisation,
  (SELECT sum(CAST(r->>'number' AS bigint))
   FROM jsonb_path_query(t.data, '$.people.participants[*]') r) AS people
FROM (SELECT * FROM cases
      WHERE area = (SELECT CAST(:area AS text)) AND committed > 0 AND parent_id IS NULL AND id <> :id
      ORDER BY submitted_at DESC LIMIT {MOST_COMPARABLE}) c
JOIN organisations o ON o.id = c.organisation_id
JOIN contents t ON t.case_id = c.id AND t.hash = c.state->>'content'
ORDER BY c.submitted_at DESC, c.number DESC"""


BESIDE = (OWN, ALIKE, COMPARABLE)
"""What is asked of an application before its findings are put together."""


def findings(
    tx: sa.Connection, row: Any, answers: Answers, beside: Sequence[Sequence[Any]], viewer: Actor
) -> Findings | None:
    """For a case (a row of `cases`) whose dossier is open to the viewer; None for one without a project.

    `beside`: the rows of BESIDE.
    """
    project: Mapping[str, Any] = answers.get("project", {})
    if row.parent_id is not None or not project:
        return None
    said = {
        "id": row.id,
        "organisation": row.organisation_id,
        "text": f"{project.get('title', '')} {project.get('summary', '')}",
    }
    own, alike, grants = beside
    same, granted = [one for one in own if one.same], [one for one in own if one.granted]
    chosen = [*own[: MOST_SHOWN + 1], *same[:MOST_SAME], *granted[:MOST_GRANTED], *alike]
    said["found"] = json.dumps([str(one.id) for one in chosen])
    found = [(one, load_case(one.state)) for one in ask(tx, OTHERS, said)]
    others = [_other(one, case, row, viewer) for one, case in found if _knows(case, viewer)]
    known = [one for one in grants if _knows(reading.Outline(**one.outline), viewer)]
    comparable = [_comparable(one) for one in known if one.people]
    return Findings(
        earlier=[one for one in others if one.own],
        alike=sorted((one for one in others if one.reasons), key=lambda one: -one.likeness),
        comparable=comparable,
        median=int(median(one.per_person for one in comparable)) if comparable else None,
    )


def _knows(case: reading.Kept, viewer: Actor) -> bool:
    """Nothing of cases from which the viewer keeps out."""
    return not (viewer.person in case.recused or reading.belongs(case, viewer))


def _other(row: Any, case: Case, this: Any, viewer: Actor) -> Other:
    seen = reading.may_open(case, viewer)
    pays = row.ending is None or row.committed > 0
    similar = row.likeness >= (ALIKE_OF_OWN if row.own else ALIKE_OF_OTHERS)
    same = row.own and (row.area, row.call) == (this.area, this.call)
    reasons = (["similar"] * similar + ["same_area"] * same) if pays else []
    return Other(
        id=row.id,
        number=row.number,
        organisation=row.organisation,
        own=row.own,
        title=row.title if seen else None,
        seen=seen,
        area=row.area,
        call=row.call,
        status=row.status,
        ending=row.ending,
        requested=row.requested,
        committed=row.committed,
        submitted_at=row.submitted_at,
        likeness=row.likeness,
        reasons=tuple(reasons),
    )


def _comparable(row: Any) -> Comparable:
    people = int(row.people)
    return Comparable(row.number, row.organisation, row.committed, people, row.committed // people)
