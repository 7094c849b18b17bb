"""Persons as they sign in: credentials, roles, sessions, and how often somebody tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Row, any_, delete, func, insert, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from workflow.engine.case import Actor
from workflow.store.tables import memberships, organisations, persons, sessions, sign_in_attempts, staff_roles


def person_by_email(tx: Connection, email: str) -> Row[Any] | None:
    """The person with this address, however it is spelled."""
    return tx.execute(select(persons).where(persons.c.email == email.strip().lower())).one_or_none()


def set_password_hash(tx: Connection, person_id: UUID, password_hash: str) -> None:
    tx.execute(persons.update().where(persons.c.id == person_id).values(password_hash=password_hash))


def attempts_since(tx: Connection, keys: Sequence[str], since: datetime) -> int:
    """The most failed attempts under any one of these keys."""
    query = (
        select(func.count())
        .where(sign_in_attempts.c.key.in_(keys), sign_in_attempts.c.at > since)
        .group_by(sign_in_attempts.c.key)
    )
    return max(tx.execute(query).scalars(), default=0)


def note_attempt(tx: Connection, keys: Sequence[str], now: datetime, forget_before: datetime) -> list[int]:
    """One attempt under each key, and their ids; what is too old to count is forgotten."""
    tx.execute(delete(sign_in_attempts).where(sign_in_attempts.c.at < forget_before))
    rows = [{"key": key, "at": now} for key in keys]
    return list(tx.execute(insert(sign_in_attempts).values(rows).returning(sign_in_attempts.c.id)).scalars())


def forget_attempts(tx: Connection, ids: Sequence[int], key: str) -> None:
    """These attempts were none, nor were those before them under this key."""
    table = sign_in_attempts
    tx.execute(delete(table).where(or_(table.c.id.in_(ids), table.c.key == key)))


def open_session(
    tx: Connection, token_hash: str, person_id: UUID, kind: str, until: datetime, now: datetime
) -> None:
    """A new session; the person's expired ones go."""
    tx.execute(delete(sessions).where(sessions.c.person_id == person_id, sessions.c.until < now))
    tx.execute(sessions.insert().values(token_hash=token_hash, person_id=person_id, kind=kind, until=until))


def close_session(tx: Connection, token_hash: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def person_of_session(tx: Connection, token_hash: str, kind: str, now: datetime) -> Row[Any] | None:
    """The person whose living session this is, with roles and memberships, in one statement.

    Columns: id, name, email, language, offices [[office, role]], organisations [[id, rights]].
    """
    offices = (
        select(func.jsonb_agg(func.jsonb_build_array(staff_roles.c.office, staff_roles.c.role)))
        .where(staff_roles.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    members = (
        select(func.jsonb_agg(func.jsonb_build_array(memberships.c.organisation_id, memberships.c.rights)))
        .where(memberships.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    query = (
        select(
            persons.c.id,
            persons.c.name,
            persons.c.email,
            persons.c.language,
            offices.label("offices"),
            members.label("organisations"),
        )
        .join(sessions, sessions.c.person_id == persons.c.id)
        .where(sessions.c.token_hash == token_hash, sessions.c.kind == kind, sessions.c.until > now)
    )
    return cast("Row[Any] | None", tx.execute(query).one_or_none())


def actor_of(row: Row[Any]) -> Actor:
    """The actor that a row of `person_of_session` describes."""
    return Actor(
        person=str(row.id),
        offices=frozenset((office, role) for office, role in row.offices or ()),
        organisations={organisation: frozenset(rights) for organisation, rights in row.organisations or ()},
    )


def everyone(tx: Connection) -> list[Row[Any]]:
    """All persons by name: id, name, email, offices [[office, role]], organisations [name]."""
    offices = (
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_array(staff_roles.c.office, staff_roles.c.role), staff_roles.c.office
                )
            )
        )
        .where(staff_roles.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    names = (
        select(func.jsonb_agg(aggregate_order_by(organisations.c.name, organisations.c.name)))
        .join(memberships, memberships.c.organisation_id == organisations.c.id)
        .where(memberships.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    query = select(
        persons.c.id, persons.c.name, persons.c.email, offices.label("offices"), names.label("organisations")
    )
    return list(tx.execute(query.order_by(persons.c.name)))


def person_exists(tx: Connection, person_id: UUID) -> bool:
    return tx.execute(select(persons.c.id).where(persons.c.id == person_id)).one_or_none() is not None


def addresses_of_members(tx: Connection, organisation_id: UUID) -> list[str]:
    """Mail addresses of those who sign for an organisation."""
    query = (
        select(persons.c.email)
        .join(memberships, memberships.c.person_id == persons.c.id)
        .where(memberships.c.organisation_id == organisation_id, any_(memberships.c.rights) == "sign")
    )
    return list(tx.execute(query.order_by(persons.c.email)).scalars())


def addresses_of_staff(tx: Connection, office: str, role: str) -> list[str]:
    """Mail addresses of those who have a role in an office."""
    query = (
        select(persons.c.email)
        .join(staff_roles, staff_roles.c.person_id == persons.c.id)
        .where(staff_roles.c.office == office, staff_roles.c.role == role)
    )
    return list(tx.execute(query.order_by(persons.c.email)).scalars())
