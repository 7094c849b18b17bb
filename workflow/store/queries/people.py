"""Who there is, as the administrator sees it: no dossier, no organisation's affairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.engine.route import Human
from workflow.store import published

PEOPLE_READERS = ("admin", "auditor")
WHO = ("staff", "everybody", "ended")
PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`roles`: office:role; `invited`: has not chosen a password yet."""

    id: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    invited: bool
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`needed`: of this person's roles those that routes ask for, with how many others have them."""

    row: PersonRow
    language: str
    absences: tuple[tuple[date, date, str], ...]
    log: tuple[tuple[datetime, str, str, Mapping[str, Any]], ...]
    needed: Mapping[str, int]


_ROWS = """
SELECT p.id, p.name, p.email, p.language, p.password_hash = '' AS invited, p.left_at,
       array(SELECT office || ':' || role FROM staff_roles r WHERE r.person_id = p.id ORDER BY 1) AS roles
FROM persons p
"""


def people(
    db: sa.Engine,
    viewer: Actor,
    *,
    text: str = "",
    who: str = "staff",
    role: str = "",
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[list[PersonRow], UUID | None] | None:
    """By name, one page, and where the next begins. `text`: in name or address; `role`: office:role, one may
    be empty.

    None for who administers nobody.
    """
    if not viewer.has_role(*PEOPLE_READERS):
        return None
    where = ["p.left_at IS NOT NULL" if who == "ended" else "p.left_at IS NULL"]
    if who == "staff":
        where.append("EXISTS (SELECT FROM staff_roles r WHERE r.person_id = p.id)")
    office, _, code = role.partition(":")
    if role:
        where.append(
            "EXISTS (SELECT FROM staff_roles r WHERE r.person_id = p.id"
            " AND (:office = '' OR r.office = :office) AND (:role = '' OR r.role = :role))"
        )
    if text:
        where.append("(p.name ILIKE :text OR p.email ILIKE :text)")
    if after:
        where.append("(p.name, p.id) > (SELECT name, id FROM persons WHERE id = :after)")
    query = f"{_ROWS} WHERE {' AND '.join(where)} ORDER BY p.name, p.id LIMIT {limit + 1}"
    pattern = "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    given = {"office": office, "role": code, "text": pattern, "after": after}
    with db.connect() as tx:
        rows = [
            _row(row)
            for row in tx.execute(sa.text(query), {k: v for k, v in given.items() if f":{k}" in query})
        ]
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def person(db: sa.Engine, viewer: Actor, person_id: UUID) -> PersonPage | None:
    """One with absences, what was done to them, and how much they are needed."""
    if not viewer.has_role(*PEOPLE_READERS):
        return None
    with db.connect() as tx:
        row = tx.execute(sa.text(f"{_ROWS} WHERE p.id = :id"), {"id": person_id}).one_or_none()
        if row is None:
            return None
        absences = tx.execute(
            sa.text(
                "SELECT a.first_day, a.last_day, coalesce(d.name, '') AS deputy FROM absences a"
                " LEFT JOIN persons d ON d.id = a.deputy_id WHERE a.person_id = :id ORDER BY 1 DESC LIMIT 20"
            ),
            {"id": person_id},
        )
        log = tx.execute(
            sa.text(
                "SELECT l.at, p.name, l.kind, l.data FROM people_log l JOIN persons p ON p.id = l.by"
                " WHERE l.about = :id ORDER BY l.at DESC, l.id DESC LIMIT 50"
            ),
            {"id": person_id},
        )
        return PersonPage(
            _row(row),
            row.language,
            tuple((one.first_day, one.last_day, one.deputy) for one in absences),
            tuple((one.at, one.name, one.kind, one.data) for one in log),
            _needed(tx, person_id) if row.left_at is None else {},
        )


def _needed(tx: sa.Connection, person_id: UUID) -> dict[str, int]:
    """Roles of this person that a published route names, and how many others have each."""
    routes = published.content(tx, published.current(tx))["routes"].values()
    named = {
        f"{office}:{role}"
        for name in routes
        for step in published.route(tx, name).steps.values()
        if isinstance(step, Human)
        for seat in step.seats
        if seat.mandatory
        for office, role in seat.who.among()
    }
    rows = tx.execute(
        sa.text(
            "SELECT m.office, m.role, count(o.person_id) AS others FROM staff_roles m"
            " LEFT JOIN (staff_roles o JOIN persons p ON p.id = o.person_id AND p.left_at IS NULL)"
            " ON o.office = m.office AND o.role = m.role AND o.person_id <> m.person_id"
            " WHERE m.person_id = :id GROUP BY m.office, m.role"
        ),
        {"id": person_id},
    )
    others = {f"{row.office}:{row.role}": row.others for row in rows}
    return {role: count for role, count in others.items() if role in named}


def _row(row: sa.Row[Any]) -> PersonRow:
    return PersonRow(row.id, row.name, row.email, tuple(row.roles), row.invited, row.left_at)
