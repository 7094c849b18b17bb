"""Persons, their roles in offices, absences, organisations and who belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Table, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from workflow.store.tables import (
    absences,
    invitations,
    memberships,
    organisations,
    persons,
    sessions,
    staff_roles,
)
from workflow.texts import ZURICH

Rows = Sequence[Mapping[str, Any]]


def add(tx: Connection, *, people: Rows, roles: Rows, bodies: Rows, members: Rows) -> None:
    """Add what is not there yet, and leave alone what is. Each row has all columns of its table:

    `people` persons (mail addresses in lower case), `roles` staff_roles, `bodies` organisations, `members`
    memberships.
    """
    _insert(tx, persons, people)
    _insert(tx, staff_roles, roles)
    _insert(tx, organisations, bodies)
    _insert(tx, memberships, members)


def lock(tx: Connection) -> None:
    """Nobody else makes people until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('foerderweg:persons'))"))


def administrators(tx: Connection) -> Sequence[Row[Any]]:
    """Everybody who administers, in whichever office."""
    has_role = select(staff_roles.c.person_id).where(staff_roles.c.role == "admin")
    return tx.execute(select(persons).where(persons.c.id.in_(has_role), persons.c.left_at.is_(None))).all()


def by_email(tx: Connection) -> dict[str, UUID]:
    """The ids of all who have not left."""
    query = select(persons.c.email, persons.c.id).where(persons.c.left_at.is_(None))
    return {row.email: row.id for row in tx.execute(query)}


def id_of(tx: Connection, email: str) -> UUID | None:
    """Also of somebody who has left."""
    return tx.execute(select(persons.c.id).where(persons.c.email == email)).scalar_one_or_none()


# Who has no name has never chosen a password, so never done anything, and whoever is given a role has one.
NEVER_JOINED = """
DELETE FROM persons p WHERE p.name = '' AND p.password_hash = '' AND p.made_at < :before
  AND NOT EXISTS (SELECT FROM links l WHERE l.person_id = p.id AND l.until > :now)
  AND NOT EXISTS (SELECT FROM invitations i WHERE i.email = p.email)
  AND NOT EXISTS (SELECT FROM memberships m WHERE m.person_id = p.id)
  AND NOT EXISTS (SELECT FROM staff_roles r WHERE r.person_id = p.id)
  AND NOT EXISTS (SELECT FROM people_log g WHERE g.about = p.id)"""


def erase_never_joined(tx: Connection, before: datetime, now: datetime) -> int:
    """Invitations that ended before then, and people made before then who never chose a password; how many
    people."""
    over = func.coalesce(invitations.c.ended_at, invitations.c.until) < before
    tx.execute(delete(invitations).where(over))
    return tx.execute(text(NEVER_JOINED), {"before": before, "now": now}).rowcount


def made(tx: Connection, email: str, language: str) -> UUID:
    """The person with this address, made without a name if there is none.

    Nobody finds the id by the address: events keep it for good, also when whose it is has long been erased.
    """
    row = {"id": uuid4(), "email": email, "name": "", "password_hash": "", "language": language}
    tx.execute(insert(persons).values(row).on_conflict_do_nothing())
    found: UUID = tx.execute(select(persons.c.id).where(persons.c.email == email)).scalar_one()
    return found


def person_with_roles(tx: Connection, person: UUID) -> Mapping[str, Any] | None:
    """email, name, language, roles (office:role) of somebody who has not left."""
    email = tx.execute(
        select(persons.c.email).where(persons.c.id == person, persons.c.left_at.is_(None))
    ).scalar_one_or_none()
    return people_by_email(tx, email).get(email) if email else None


def people_by_email(tx: Connection, email: str | None = None) -> dict[str, Mapping[str, Any]]:
    """email → {email, name, language, roles} of all who have not left, by address; or of this one."""
    role = func.concat(staff_roles.c.office, ":", staff_roles.c.role)
    roles = (
        select(func.array_agg(aggregate_order_by(role, role.collate("C"))))
        .where(staff_roles.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    query = select(persons.c.email, persons.c.name, persons.c.language, roles.label("roles"))
    query = query.where(persons.c.left_at.is_(None)).order_by(persons.c.email)
    rows = tx.execute(query.where(persons.c.email == email) if email else query)
    return {row.email: {**row._mapping, "roles": tuple(row.roles or ())} for row in rows}


def put_people(tx: Connection, people: Rows, roles: Rows) -> None:
    """These people, with these roles and no others. A password stays; who had left is back, without one."""
    if people:
        statement = insert(persons)
        changed = {name: statement.excluded[name] for name in ("name", "language")}
        update = statement.on_conflict_do_update(index_elements=["id"], set_={**changed, "left_at": None})
        tx.execute(update, people)
        ids = [row["id"] for row in people]
        tx.execute(delete(staff_roles).where(staff_roles.c.person_id.in_(ids)))
    _insert(tx, staff_roles, roles)


def leave(tx: Connection, email: str, now: datetime) -> bool:
    """No session, no way in and no deputies any more: nobody keeps the roles of who is gone, and mails for
    others go to nobody who is. False when there is nobody with this address."""
    lock(tx)  # who is changed at the same moment would be back
    gone = persons.update().where(persons.c.email == email, persons.c.left_at.is_(None))
    row = tx.execute(gone.values(left_at=now, password_hash="").returning(persons.c.id)).one_or_none()
    if row is not None:
        tx.execute(delete(sessions).where(sessions.c.person_id == row.id))
        either = or_(absences.c.person_id == row.id, absences.c.deputy_id == row.id)
        today = now.astimezone(ZURICH).date()
        tx.execute(absences.update().where(either, absences.c.last_day >= today).values(deputy_id=None))
    return row is not None


def come_back(tx: Connection, person: UUID) -> bool:
    """Who had left may come again, with the same roles and no password; False: nobody like that."""
    back = persons.update().where(persons.c.id == person, persons.c.left_at.is_not(None))
    return tx.execute(back.values(left_at=None)).rowcount > 0


def absences_by_key(tx: Connection) -> dict[str, Mapping[str, Any]]:
    """ "email first_day" → {email, first_day, last_day, deputy}, in the order of the days."""
    deputies = persons.alias()
    query = (
        select(
            persons.c.email,
            absences.c.first_day,
            absences.c.last_day,
            func.coalesce(deputies.c.email, "").label("deputy"),
        )
        .join(persons, persons.c.id == absences.c.person_id)
        .outerjoin(deputies, deputies.c.id == absences.c.deputy_id)
        .order_by(absences.c.first_day, persons.c.email)
    )
    return {f"{row.email} {row.first_day}": dict(row._mapping) for row in tx.execute(query)}


def put_absences(tx: Connection, rows: Rows) -> None:
    """One absence for each person and first day; what was there for that day is changed."""
    if rows:
        statement = insert(absences)
        changed = {name: statement.excluded[name] for name in ("last_day", "deputy_id")}
        key = ["person_id", "first_day"]
        tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), rows)


def overlapping(tx: Connection, away: Collection[UUID]) -> set[tuple[UUID, date]]:
    """Person and first day of absences that share a day with another; nobody enters one meanwhile."""
    here = select(persons.c.id).where(persons.c.id.in_(away)).order_by(persons.c.id)
    tx.execute(here.with_for_update(key_share=True))  # what was entered refers to them already
    other = absences.alias()
    query = select(absences.c.person_id, absences.c.first_day).join(
        other,
        (other.c.person_id == absences.c.person_id)
        & (other.c.first_day != absences.c.first_day)
        & (other.c.first_day <= absences.c.last_day)
        & (other.c.last_day >= absences.c.first_day),
    )
    return {(row.person_id, row.first_day) for row in tx.execute(query.where(absences.c.person_id.in_(away)))}


def remove_absence(tx: Connection, person: UUID, first_day: date) -> bool:
    """False when there was none of this person that begins on this day."""
    where = (absences.c.person_id == person, absences.c.first_day == first_day)
    return tx.execute(delete(absences).where(*where)).rowcount > 0


def offices_of(tx: Connection, ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The offices in which these people work; who has left is left out."""
    query = (
        select(staff_roles.c.person_id, func.array_agg(staff_roles.c.office).label("offices"))
        .join(persons, persons.c.id == staff_roles.c.person_id)
        .where(staff_roles.c.person_id.in_(ids), persons.c.left_at.is_(None))
        .group_by(staff_roles.c.person_id)
    )
    return {row.person_id: frozenset(row.offices) for row in tx.execute(query)}


def organisations_by_code(tx: Connection, codes: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """code → everything of an organisation, as it is imported. `codes`: id → code; others are left out."""
    member = func.concat(persons.c.email, ":", func.array_to_string(memberships.c.rights, "+"))
    members = (
        select(func.array_agg(aggregate_order_by(member, member.collate("C"))))
        .join(persons, persons.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == organisations.c.id)
        .scalar_subquery()
    )
    query = select(organisations, members.label("members"))
    return {
        codes[str(row.id)]: {
            **row._mapping,
            "code": codes[str(row.id)],
            "office": row.office or "",
            "members": tuple(row.members or ()),
        }
        for row in tx.execute(query.where(organisations.c.id.in_([UUID(one) for one in codes])))
    }


def organisations_by_name(tx: Connection) -> list[Mapping[str, Any]]:
    """All organisations, with the number of their members."""
    count = select(func.count()).where(memberships.c.organisation_id == organisations.c.id).scalar_subquery()
    query = select(organisations, count.label("members")).order_by(organisations.c.name)
    return [dict(row._mapping) for row in tx.execute(query)]


def put_organisations(tx: Connection, bodies: Rows, members: Rows) -> None:
    """These organisations, with these members and no others."""
    if bodies:
        statement = insert(organisations)
        changed = {name: statement.excluded[name] for name in bodies[0] if name != "id"}
        tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), bodies)
        ids = [row["id"] for row in bodies]
        tx.execute(delete(memberships).where(memberships.c.organisation_id.in_(ids)))
    _insert(tx, memberships, members)


def _insert(tx: Connection, table: Table, rows: Rows) -> None:
    if rows:
        tx.execute(insert(table).on_conflict_do_nothing(), rows)
