"""Persons as they sign in: credentials, roles, sessions, and how often somebody tried."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from workflow.engine.case import Actor
from workflow.store.asking import ask
from workflow.store.organisations import is_named, may_sign
from workflow.store.people import made
from workflow.store.tables import (
    absences,
    links,
    memberships,
    organisations,
    persons,
    sessions,
    sign_in_attempts,
    staff_roles,
)
from workflow.texts import ZURICH, is_unwritable


def person_by_email(tx: Connection, email: str) -> Row[Any] | None:
    """The person with this address, however it is spelled; not one who has left."""
    if is_unwritable(email):  # PostgreSQL would refuse to look for it
        return None
    query = select(persons).where(persons.c.email == email.strip().lower(), persons.c.left_at.is_(None))
    return tx.execute(query).one_or_none()


def person_by_id(tx: Connection, person_id: UUID) -> Row[Any] | None:
    """The person with this id; not one who has left."""
    query = select(persons).where(persons.c.id == person_id, persons.c.left_at.is_(None))
    return tx.execute(query).one_or_none()


def newcomer(tx: Connection, email: str, language: str) -> Row[Any] | None:
    """The person with this address, made without a name if there is none; None for one who has left."""
    made(tx, email, language)
    return person_by_email(tx, email)


def set_password_hash(tx: Connection, person_id: UUID, password_hash: str) -> None:
    tx.execute(persons.update().where(persons.c.id == person_id).values(password_hash=password_hash))


def add_link(tx: Connection, token_hash: str, person_id: UUID, until: datetime, now: datetime) -> None:
    """A link with which this person can choose a password; all that have run out go."""
    tx.execute(delete(links).where(links.c.until < now))
    tx.execute(links.insert().values(token_hash=token_hash, person_id=person_id, until=until))


def person_of_link(tx: Connection, token_hash: str, now: datetime, *, lock: bool = False) -> Row[Any] | None:
    """The person whose living link this is, the link locked on request."""
    query = (
        select(persons)
        .join(links, links.c.person_id == persons.c.id)
        .where(links.c.token_hash == token_hash, links.c.until > now, persons.c.left_at.is_(None))
    )
    return tx.execute(query.with_for_update(of=links) if lock else query).one_or_none()


def begin_anew(tx: Connection, person_id: UUID, name: str, password_hash: str) -> None:
    """A name and a new password: all links and sessions of before end."""
    set_password_hash(tx, person_id, password_hash)
    tx.execute(persons.update().where(persons.c.id == person_id).values(name=name))
    for table in (links, sessions):
        tx.execute(delete(table).where(table.c.person_id == person_id))


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


def close_sessions(tx: Connection, person_id: UUID) -> None:
    """All of this person's."""
    tx.execute(delete(sessions).where(sessions.c.person_id == person_id))


def person_of_session(tx: Connection, token_hash: str, kind: str, now: datetime) -> Any | None:
    """The person whose living session this is, with roles and memberships, in one statement."""
    said = {"token": token_hash, "kind": kind, "now": now, "today": _day(now)}
    return next(iter(ask(tx, _of_session(), said)), None)


@cache
def _of_session() -> str:
    """Each request asks this: put together once."""
    table = sessions.c
    living = (table.token_hash == bindparam("token"), table.kind == bindparam("kind"))
    query = _with_roles().join(sessions, table.person_id == persons.c.id)
    return _written(query.where(*living, table.until > bindparam("now")))


def actor_by_id(tx: Connection, person: str, now: datetime) -> Actor | None:
    """This person as somebody who acts today; None for nobody, or somebody who has left."""
    try:
        query = _with_roles().where(persons.c.id == UUID(person))
    except ValueError:
        return None
    row = tx.execute(query, {"today": _day(now)}).one_or_none()
    return actor_of(row) if row else None


def actors_with(tx: Connection, roles: Collection[tuple[str, str]], now: datetime) -> list[tuple[str, Actor]]:
    """(name, actor) of everybody who has one of these (office, role) today, by name."""
    wanted = set(roles)
    holders = select(staff_roles.c.person_id).where(
        tuple_(staff_roles.c.office, staff_roles.c.role).in_(sorted(wanted))
    )
    deputies = select(absences.c.deputy_id).where(absences.c.person_id.in_(holders), _away_on(now))
    query = _with_roles().where(or_(persons.c.id.in_(holders), persons.c.id.in_(deputies)))
    rows = tx.execute(query.order_by(persons.c.name, persons.c.id), {"today": _day(now)})
    found = [(row.name, actor_of(row)) for row in rows]
    return [(name, actor) for name, actor in found if actor.offices & wanted]


def persons_with(
    tx: Connection, ids: Collection[str], roles: Collection[str], now: datetime
) -> list[tuple[str, Actor]]:
    """(name, actor) of these persons, and of everybody who has one of these roles today, by name."""
    said = {"ids": json.dumps(sorted(ids)), "roles": json.dumps(sorted(roles)), "today": _day(now)}
    return [(row.name, actor_of(row)) for row in ask(tx, _persons_with(), said)]


@cache
def _persons_with() -> str:
    """Each dossier asks this: put together once."""
    today = bindparam("today", type_=Date)
    holders = select(staff_roles.c.person_id).where(staff_roles.c.role.in_(_each("roles", Text)))
    deputies = select(absences.c.deputy_id).where(absences.c.person_id.in_(holders), _away(today))
    # one set of ids: with OR the whole table is read
    found = _each("ids", Uuid).union(holders, deputies).subquery()
    query = _with_roles().join(found, found.c[0] == persons.c.id)
    return _written(query.order_by(persons.c.name, persons.c.id))


def _each(name: str, kind: type[Text | Uuid[Any]]) -> Select[Any]:
    """What stands in a parameter that is a JSON array: PostgreSQL does not ask how much that is, while for an
    array of its own it would plan the statement anew each time."""
    return select(cast(func.jsonb_array_elements_text(bindparam(name)), kind).label("one"))


def _written(query: Select[Any]) -> str:
    """As `ask` takes it."""
    return str(query.compile(dialect=postgresql.dialect(paramstyle="named")))  # type: ignore[no-untyped-call]


@cache
def _with_roles() -> Select[Any]:
    """Persons who have not left, with roles and memberships; its parameter `today` is a day in Zurich.

    The roles of those who are away today and have named this person as their deputy are among them. Columns:
    id, name, email, language, offices [[office, role, whose]], organisations [[id, rights]].
    """
    represented = (
        select(absences.c.person_id)
        .where(absences.c.deputy_id == persons.c.id, _away(bindparam("today", type_=Date)))
        .correlate(persons)
    )
    themselves = select(persons.c.id).correlate(persons)
    offices = (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(staff_roles.c.office, staff_roles.c.role, staff_roles.c.person_id)
            )
        )
        # one set of ids: with OR all roles are read for each person
        .where(staff_roles.c.person_id.in_(union_all(themselves, represented)))
        .correlate(persons)
        .scalar_subquery()
    )
    members = (  # of an organisation under each id that it has had: events hold them
        select(func.jsonb_agg(func.jsonb_build_array(organisations.c.id, memberships.c.rights)))
        .join(
            memberships,
            or_(
                organisations.c.id == memberships.c.organisation_id,
                organisations.c.merged_into == memberships.c.organisation_id,
            ),
        )
        .where(memberships.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    return select(
        persons.c.id,
        persons.c.name,
        persons.c.email,
        persons.c.language,
        offices.label("offices"),
        members.label("organisations"),
    ).where(persons.c.left_at.is_(None))


def actor_of(row: Row[Any]) -> Actor:
    """The actor that a row of `person_of_session` describes."""
    person, roles = str(row.id), row.offices or ()
    own = {(office, role) for office, role, whose in roles if whose == person}
    lent = sorted((whose, (office, role)) for office, role, whose in roles if (office, role) not in own)
    return Actor(
        person=person,
        offices=frozenset((office, role) for office, role, _ in roles),
        lent={pair: tuple(whose for whose, one in lent if one == pair) for _, pair in lent},
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
    return list(tx.execute(query.where(persons.c.left_at.is_(None)).order_by(persons.c.name)))


def set_language(tx: Connection, person_id: UUID, language: str) -> None:
    """The language of a person's pages and mails."""
    tx.execute(update(persons).where(persons.c.id == person_id).values(language=language))


def addresses_of_members(tx: Connection, organisation_id: UUID) -> list[Row[Any]]:
    """(id, email, language) of those who sign for an organisation."""
    query = (
        select(persons.c.id, persons.c.email, persons.c.language)
        .join(memberships, memberships.c.person_id == persons.c.id)
        .where(is_named(organisation_id), may_sign(), persons.c.left_at.is_(None))
    )
    return list(tx.execute(query.order_by(persons.c.email)))


def addresses_of_roles(tx: Connection, roles: Collection[str], now: datetime) -> list[Row[Any]]:
    """(id, email, language) of those who have one of these roles, in whichever office."""
    return _addresses_of(tx, staff_roles.c.role.in_(roles), now)


def addresses_of_staff(tx: Connection, office: str, role: str, now: datetime) -> list[Row[Any]]:
    """The same of those who have this role in this office."""
    return _addresses_of(tx, and_(staff_roles.c.office == office, staff_roles.c.role == role), now)


def _addresses_of(tx: Connection, wanted: ColumnElement[bool], now: datetime) -> list[Row[Any]]:
    """Each once; of a person who is away, the deputy's."""
    deputies = select(absences.c.person_id, absences.c.deputy_id).where(
        _away_on(now), absences.c.deputy_id.is_not(None)
    )
    away = deputies.subquery()
    query = (
        select(persons.c.id, persons.c.email, persons.c.language)
        .select_from(staff_roles)
        .outerjoin(away, away.c.person_id == staff_roles.c.person_id)
        .join(persons, persons.c.id == func.coalesce(away.c.deputy_id, staff_roles.c.person_id))
        .where(wanted, persons.c.left_at.is_(None))
    )
    return list(tx.execute(query.distinct().order_by(persons.c.email)))


def _away_on(now: datetime) -> ColumnElement[bool]:
    """An absence counts by the days of Europe/Zurich, the first and the last among them."""
    return _away(_day(now))


def _away(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(absences.c.first_day <= today, absences.c.last_day >= today)


def _day(now: datetime) -> date:
    return now.astimezone(ZURICH).date()
