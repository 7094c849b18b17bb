"""Who of one's offices is away, who stands in, and for whom one may enter it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.assigning import OFFICE_HEAD
from workflow.engine.case import Actor
from workflow.texts import ZURICH

COLLEAGUES = """
SELECT p.id, p.name, bool_or(r.office = ANY(:headed)) AS led
FROM persons p JOIN staff_roles r ON r.person_id = p.id
WHERE p.left_at IS NULL AND (p.id = CAST(:me AS uuid) OR r.office = ANY(:offices))
GROUP BY p.id, p.name ORDER BY p.name"""
ME_AND_THOSE_AWAY = """SELECT CAST(:person_id AS uuid) UNION ALL SELECT a.person_id FROM absences a
 WHERE a.deputy_id = CAST(:person_id AS uuid) AND :today BETWEEN a.first_day AND a.last_day"""
"""This person, and those who are away today and have named them as their deputy."""
ABSENCES = """
SELECT a.*, p.name, d.name AS deputy FROM absences a JOIN persons p ON p.id = a.person_id
LEFT JOIN persons d ON d.id = a.deputy_id
WHERE a.person_id = ANY(:people) AND a.last_day >= :today ORDER BY a.first_day, p.name"""


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """`now`: today is one of its days; `mine`: the viewer may change it."""

    person: UUID
    name: str
    first_day: date
    last_day: date
    deputy: str | None
    now: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class AwayPage:
    """`own`: (id, name) of those for whom the viewer may enter one; `colleagues`: who could stand in."""

    rows: list[AbsenceRow]
    own: list[tuple[UUID, str]]
    colleagues: list[tuple[UUID, str]]


def away(db: sa.Engine, viewer: Actor, *, now: datetime) -> AwayPage:
    """Absences in the viewer's offices that are not over, by day."""
    today = now.astimezone(ZURICH).date()
    said = {
        "me": viewer.person,
        "offices": sorted({office for office, _ in viewer.offices}),
        "headed": sorted({office for office, role in viewer.offices if role == OFFICE_HEAD}),
    }
    with db.connect() as tx:
        people = tx.execute(sa.text(COLLEAGUES), said).all()
        own = [(one.id, one.name) for one in people if one.led or str(one.id) == viewer.person]
        rows = tx.execute(sa.text(ABSENCES), {"people": [one.id for one in people], "today": today}).all()
    may = {person for person, _ in own}
    return AwayPage(
        rows=[
            AbsenceRow(
                row.person_id,
                row.name,
                row.first_day,
                row.last_day,
                row.deputy,
                row.first_day <= today,
                row.person_id in may,
            )
            for row in rows
        ],
        own=own,
        colleagues=[(one.id, one.name) for one in people],
    )
