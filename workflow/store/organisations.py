"""Organisations: their record, members, invitations, what happened to them, and which became aliases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Connection, Row, Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from workflow.engine.case import SIGNING
from workflow.funding.organisations import Identity, signing_of
from workflow.store.tables import (
    applications,
    cases,
    invitations,
    memberships,
    organisation_log,
    organisations,
    persons,
)


def lock(tx: Connection, organisation_id: UUID) -> Row[Any] | None:
    """The organisation that this id means now; its members stay as they are until the transaction ends."""
    row = _locked(tx, organisation_id)
    return _locked(tx, row.merged_into) if row is not None and row.merged_into else row


def _locked(tx: Connection, organisation_id: UUID) -> Row[Any] | None:
    query = select(organisations).where(organisations.c.id == organisation_id)
    return tx.execute(query.with_for_update(key_share=True)).one_or_none()


def meant(tx: Connection, organisation_id: UUID) -> UUID:
    """The id of the one that stays, if this is an alias; nobody merges it until the transaction ends."""
    query = select(organisations.c.merged_into).where(organisations.c.id == organisation_id)
    return tx.execute(query.with_for_update(read=True)).scalar_one_or_none() or organisation_id


def is_named(organisation_id: UUID) -> ColumnElement[bool]:
    """The rows of memberships of the organisation that this id means, be it an alias."""
    stays = select(organisations.c.merged_into).where(organisations.c.id == organisation_id)
    wanted = func.coalesce(stays.scalar_subquery(), organisation_id)
    return memberships.c.organisation_id == wanted


def may_sign() -> ColumnElement[bool]:
    """The rows of memberships of those who sign, alone or with a second."""
    return memberships.c.rights.op("&&")(cast(sorted(SIGNING), ARRAY(Text)))


def add(tx: Connection, row: Mapping[str, Any]) -> bool:
    """A new organisation; False when this id is there already."""
    statement = insert(organisations).values(row).on_conflict_do_nothing().returning(organisations.c.id)
    return tx.execute(statement).one_or_none() is not None


def change(tx: Connection, organisation_id: UUID, values: Mapping[str, Any]) -> None:
    tx.execute(organisations.update().where(organisations.c.id == organisation_id).values(values))


def members(tx: Connection, organisation_id: UUID) -> list[Row[Any]]:
    """person_id, name, email, rights, since; those without any right left out. By name."""
    query = (
        select(
            memberships.c.person_id,
            persons.c.name,
            persons.c.email,
            memberships.c.rights,
            memberships.c.since,
        )
        .join(persons, persons.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == organisation_id, func.cardinality(memberships.c.rights) > 0)
        .where(persons.c.left_at.is_(None))
    )
    return list(tx.execute(query.order_by(persons.c.name, persons.c.email)))


def rights_of(tx: Connection, organisation_id: UUID, person_id: UUID) -> frozenset[str]:
    """What this person may do there, read under the organisation's lock."""
    where = (memberships.c.organisation_id == organisation_id, memberships.c.person_id == person_id)
    return frozenset(tx.execute(select(memberships.c.rights).where(*where)).scalar_one_or_none() or ())


def put_member(
    tx: Connection, organisation_id: UUID, person_id: UUID, rights: Collection[str], now: datetime
) -> None:
    """A member with exactly these rights."""
    row = {"organisation_id": organisation_id, "person_id": person_id, "rights": sorted(rights), "since": now}
    statement = insert(memberships).values(row)
    changed = {"rights": statement.excluded.rights, "since": now}
    tx.execute(statement.on_conflict_do_update(index_elements=list(memberships.primary_key), set_=changed))


def drop_member(tx: Connection, organisation_id: UUID, person_id: UUID) -> None:
    where = (memberships.c.organisation_id == organisation_id, memberships.c.person_id == person_id)
    tx.execute(memberships.delete().where(*where))


def signing(tx: Connection, organisation_id: UUID) -> str:
    """How it signs: single | joint."""
    return signing_of(frozenset(one.rights) for one in members(tx, organisation_id))


def record(tx: Connection, organisation_id: UUID) -> tuple[str, dict[str, str]]:
    """Its kind, and what its record says by column; `signing` as its members have it."""
    row = tx.execute(select(organisations).where(organisations.c.id == organisation_id)).one()
    columns = ("name", "legal_form", "uid", "street", "postcode", "town", "iban", "holder")
    said = {name: row._mapping[name] for name in columns}
    return row.kind, said | {"signing": signing(tx, organisation_id)}


def identities(tx: Connection) -> list[Identity]:
    """All organisations that are no alias."""
    query = select(organisations.c.id, organisations.c.name, organisations.c.uid, organisations.c.iban)
    return [Identity(*row) for row in tx.execute(query.where(organisations.c.merged_into.is_(None)))]


def invite(tx: Connection, row: Mapping[str, Any]) -> UUID:
    """An invitation, or the open one to the same address brought up to date; returns its id."""
    statement = insert(invitations).values(row)
    changed = {name: statement.excluded[name] for name in ("rights", "invited_by", "at", "until")}
    done = statement.on_conflict_do_update(
        index_elements=["organisation_id", "email"],
        index_where=invitations.c.ended_at.is_(None),
        set_=changed,
    )
    found: UUID = tx.execute(done.returning(invitations.c.id)).scalar_one()
    return found


def invitation(tx: Connection, invitation_id: UUID) -> Row[Any] | None:
    query = select(invitations).where(invitations.c.id == invitation_id)
    return tx.execute(query.with_for_update()).one_or_none()


def end_invitation(tx: Connection, invitation_id: UUID, now: datetime) -> None:
    tx.execute(invitations.update().where(invitations.c.id == invitation_id).values(ended_at=now))


def note(
    tx: Connection,
    organisation_id: UUID,
    by: str,
    kind: str,
    now: datetime,
    about: UUID | None = None,
    **data: Any,
) -> None:
    """Write down who did what, and when."""
    row = {"organisation_id": organisation_id, "person_id": UUID(by), "kind": kind, "at": now}
    tx.execute(organisation_log.insert().values({**row, "about": about, "data": data}))


def log(tx: Connection, organisation_ids: Sequence[UUID]) -> list[Row[Any]]:
    """kind, at, data, by and about (names), the newest first."""
    whom = persons.alias()
    query = (
        select(
            organisation_log.c.kind,
            organisation_log.c.at,
            organisation_log.c.data,
            persons.c.name.label("by"),
            func.coalesce(func.nullif(whom.c.name, ""), whom.c.email).label("about"),
        )
        .join(persons, persons.c.id == organisation_log.c.person_id)
        .outerjoin(whom, whom.c.id == organisation_log.c.about)
        .where(organisation_log.c.organisation_id.in_(organisation_ids))
    )
    return list(tx.execute(query.order_by(organisation_log.c.id.desc())))


def aliases(tx: Connection, organisation_id: UUID) -> list[Row[Any]]:
    """id, name of those that became this one."""
    query = select(organisations.c.id, organisations.c.name)
    return list(tx.execute(query.where(organisations.c.merged_into == organisation_id)))


def merge(tx: Connection, gone: UUID, stays: UUID, now: datetime, *, members: bool) -> None:
    """Everything of the one belongs to the other, which is locked as well; events keep the id that they hold.

    `members`: they go along with their rights; else nobody gets any, and who has advised has advised both.
    A case that is begun meanwhile waits, or finds its working copy at another revision, and is begun anew.
    """
    tx.execute(
        organisations.update()
        .where(or_(organisations.c.id == gone, organisations.c.merged_into == gone))
        .values(merged_into=stays)
    )
    for row in tx.execute(select(memberships).where(memberships.c.organisation_id == gone)).all():
        before = rights_of(tx, stays, row.person_id)
        both = before | set(row.rights)
        if members:
            put_member(tx, stays, row.person_id, both - {"advise"} if both & SIGNING else both, now)
        elif not before and (not row.rights or "advise" in row.rights):
            put_member(tx, stays, row.person_id, (), now)
    tx.execute(memberships.delete().where(memberships.c.organisation_id == gone))
    open_ones = (invitations.c.organisation_id == gone, invitations.c.ended_at.is_(None))
    tx.execute(invitations.update().where(*open_ones).values(ended_at=now))
    own = applications.update().where(applications.c.organisation_id == gone)
    tx.execute(own.values(organisation_id=stays, revision=applications.c.revision + 1))
    tx.execute(cases.update().where(cases.c.organisation_id == gone).values(organisation_id=stays))
