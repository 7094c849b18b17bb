"""Who has read which dossier, or documents of which organisation: for auditors alone, themselves included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.store import reading

AUDITOR = "auditor"
MOST = 100
READS = """
SELECT r.at, r.case_id, r.person_id, coalesce(c.number, '') AS number, o.name AS organisation, p.name,
  p.email,
  ARRAY(SELECT s.office || ':' || s.role FROM staff_roles s WHERE s.person_id = r.person_id
        ORDER BY 1) AS roles
FROM (
  SELECT at, case_id, CAST(NULL AS uuid) AS organisation_id, person_id FROM dossier_reads
  UNION ALL SELECT at, NULL, organisation_id, person_id FROM organisation_reads) r
LEFT JOIN cases c ON c.id = r.case_id
JOIN organisations o ON o.id = coalesce(r.organisation_id, c.organisation_id)
JOIN persons p ON p.id = r.person_id
WHERE (:number = '' OR c.number = :number)
  AND (:person = '' OR strpos(lower(p.name || ' ' || p.email), lower(:person)) > 0)
  AND (CAST(:before AS timestamptz) IS NULL OR r.at < :before)
ORDER BY r.at DESC, r.case_id, r.person_id LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Read:
    """`at`: the first time on that day; `roles`: pairs of office and role, as they are now.

    Of an organisation's documents there is no case, and `number` is empty.
    """

    at: datetime
    case_id: UUID | None
    number: str
    organisation: str
    person: str
    roles: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reads:
    rows: list[Read]
    next: str | None


def reads(
    db: sa.Engine, viewer: Actor, *, number: str = "", person: str = "", after: str | None = None
) -> Reads | None:
    """The newest first; None for who is no auditor."""
    if not viewer.has_role(AUDITOR):
        return None
    said: dict[str, Any] = {"number": number, "person": person, "before": _moment(after), "most": MOST + 1}
    with db.connect() as tx:
        rows = tx.execute(sa.text(READS), said).all()
    more = rows[MOST].at if len(rows) > MOST else None  # what was read at once is not torn apart
    found = [
        Read(row.at, row.case_id, row.number, row.organisation, row.name, [_role(one) for one in row.roles])
        for row in [one for one in rows[:MOST] if one.at != more] or rows[:MOST]
    ]
    return Reads(found, found[-1].at.isoformat() if more else None)


def _role(text: str) -> tuple[str, str]:
    office, _, role = text.partition(":")
    return office, role


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None


def sample_case(db: sa.Engine, viewer: Actor, number: str) -> tuple[str, UUID] | None:
    """(number, id) of this case, else of the newest: for those who look at what is sent about cases."""
    if not viewer.has_role(*reading.PROGRAMME):
        return None
    query = sa.text(
        "SELECT number, id FROM cases WHERE parent_id IS NULL"
        " ORDER BY (number = :number) DESC, submitted_at DESC LIMIT 1"
    )
    with db.connect() as tx:
        row = tx.execute(query, {"number": number}).one_or_none()
    return (row.number, row.id) if row else None
