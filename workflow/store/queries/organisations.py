"""Organisations: for their own members, and for the Fachstelle that confirms and merges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import SIGNING, Actor
from workflow.funding.forms import Form
from workflow.funding.organisations import (
    FORM,
    Difference,
    Identity,
    Twin,
    differences,
    may_give,
    role_of,
    twins_of,
)
from workflow.store import applications, documents, published, signatures
from workflow.store import organisations as store
from workflow.store.asking import ask
from workflow.store.queries.advice import Advised, advised
from workflow.store.queries.record import file_row
from workflow.store.queries.rows import FileRow
from workflow.store.tables import cases, invitations, memberships, organisations, persons

SEES_ALL = ("coordinator", "auditor")


@dataclass(frozen=True, slots=True)
class Member:
    """`role`: a code of funding.organisations.ROLES. `mine`: the viewer; `changeable`: by the viewer."""

    person_id: UUID
    name: str
    email: str
    role: str
    since: datetime
    mine: bool
    changeable: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """An open invitation, as the organisation and the invited person see it."""

    id: UUID
    organisation: str
    email: str
    role: str
    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """A row of the log. `by`, `about`: names."""

    kind: str
    at: datetime
    by: str
    about: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """An organisation with everything that its members, or the Fachstelle, may see of it.

    `rights`: the viewer's in it. `cases`, `drafts`: how many. `aliases`: names that were merged into it.
    `documents`: by the path of each field that asks this organisation for one, the newest first.
    """

    id: UUID
    name: str
    kind: str
    office: str | None
    record: dict[str, str]
    state: str
    refusal: str
    rights: frozenset[str]
    members: list[Member]
    invitations: list[Asked]
    log: list[Noted]
    aliases: list[str]
    cases: int
    drafts: int
    twins: list[Twin]
    documents: Mapping[str, list[FileRow]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A row of the Fachstelle's list. `since`: when it registered, or changed last what it says."""

    id: UUID
    name: str
    legal_form: str
    town: str
    uid: str
    state: str
    members: int
    cases: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A first signature under what has this hash; `void_at` and `void_by` (a name) once that was changed.

    `counts`: not void, and its person still signs for the organisation.
    """

    person_id: UUID
    name: str
    hash: str
    at: datetime
    void_at: datetime | None
    void_by: str | None
    counts: bool


@dataclass(frozen=True, slots=True)
class SignOff:
    """How an application comes to its signatures. `waits_for_me`: mine would be the second.

    `others`: names of those who may sign besides the viewer.
    """

    state: str
    refusal: str
    alone: bool
    signatures: list[Signed]
    i_signed: bool
    waits_for_me: bool
    others: list[str]
    advice: list[Advised]
    differences: list[Difference]


def organisation(
    db: sa.Engine, viewer: Actor, organisation_id: UUID, *, now: datetime
) -> OrganisationPage | None:
    """For its members under any id that it has had, for coordinators and auditors; None for all others."""
    staff = viewer.has_role(*SEES_ALL)
    rights = viewer.rights_in(str(organisation_id))
    if not rights and not staff:
        return None
    with db.connect() as tx:
        row = _row(tx, organisation_id)
        if row is None:
            return None
        others = store.aliases(tx, row.id)
        log = store.log(tx, [row.id, *(one.id for one in others)])
        counted = ask(tx, COUNTED, {"id": row.id})[0]
        known = Identity(row.id, row.name, row.uid, row.iban)
        return OrganisationPage(
            id=row.id,
            name=row.name,
            kind=row.kind,
            office=row.office,
            record=store.record(tx, row.id)[1],
            state=row.state,
            refusal=row.refusal,
            rights=rights,
            members=[_member(one, viewer, rights) for one in store.members(tx, row.id)],
            invitations=_asked(tx, invitations.c.organisation_id == row.id, now),
            log=[Noted(one.kind, one.at, one.by, one.about, one.data) for one in log],
            aliases=[one.name for one in others],
            cases=counted.cases - counted.asked,
            drafts=counted.applications - counted.cases,
            twins=twins_of(known, store.identities(tx)) if staff else [],
            documents=_documents(tx, row, [row.id, *(one.id for one in others)]),
        )


def record_form(db: sa.Engine) -> Form | None:
    """The form with which organisations register; None where the programme has none."""
    with db.connect() as tx:
        name = published.current(tx)
        known = FORM in published.content(tx, name)["forms"]
        return published.form(tx, name, FORM) if known else None


def invitations_to(db: sa.Engine, email: str, *, now: datetime) -> list[Asked]:
    """What waits for the answer of the person with this address."""
    with db.connect() as tx:
        return _asked(tx, invitations.c.email == email, now)


# questions to other offices are nothing that an organisation learns of, not by their number either
COUNTED = """
SELECT (SELECT count(*) FROM applications WHERE organisation_id = :id) AS applications,
  count(*) AS cases, count(asked_by) AS asked FROM cases WHERE organisation_id = :id"""
WAITING = (
    "SELECT count(*) FROM (SELECT FROM organisations"
    " WHERE state = 'waiting' AND merged_into IS NULL LIMIT 500) o"
)


def waiting_organisations(db: sa.Engine, viewer: Actor) -> int:
    """How many wait to be confirmed; none for who does not confirm them."""
    if not viewer.has_role("coordinator"):
        return 0
    with autocommit(db) as tx:
        return int(ask(tx, WAITING)[0][0])


def registered(db: sa.Engine, viewer: Actor, *, text: str = "", limit: int = 200) -> list[Registered] | None:
    """Those that wait first, then by name; `text` is part of a name, a place or a UID. None: not for you."""
    if not viewer.has_role(*SEES_ALL):
        return None
    count = sa.select(sa.func.count()).select_from
    since = sa.text(
        "(SELECT max(at) FROM organisation_log l WHERE l.organisation_id = organisations.id"
        " AND l.kind IN ('registered', 'resubmitted')) AS since"
    )
    member = sa.and_(
        memberships.c.organisation_id == organisations.c.id,
        sa.func.cardinality(memberships.c.rights) > 0,
    )
    query = (
        sa.select(
            organisations,
            count(memberships).where(member).scalar_subquery().label("members"),
            count(cases)
            .where(cases.c.organisation_id == organisations.c.id, cases.c.asked_by.is_(None))
            .scalar_subquery()
            .label("cases"),
            since,
        )
        .where(organisations.c.merged_into.is_(None))
        .order_by(
            sa.text("(organisations.state <> 'waiting')"), organisations.c.name
        )  # as its index has them
        .limit(limit)
    )
    if text:
        said = organisations.c.name + " " + organisations.c.town + " " + organisations.c.uid
        query = query.where(sa.func.strpos(sa.func.lower(said), text.lower()) > 0)
    with db.connect() as tx:
        return [
            Registered(
                row.id,
                row.name,
                row.legal_form,
                row.town,
                row.uid,
                row.state,
                row.members,
                row.cases,
                row.since,
            )
            for row in tx.execute(query)
        ]


def sign_off(db: sa.Engine, viewer: Actor, application_id: UUID) -> SignOff | None:
    """For members of the organisation; None for everyone else."""
    with db.connect() as tx:
        draft = applications.find(tx, application_id)
        rights = viewer.rights_in(str(draft.organisation_id)) if draft is not None else frozenset()
        if draft is None or not rights:
            return None
        row = _row(tx, draft.organisation_id)
        assert row is not None
        signed = [
            Signed(one.person_id, one.name, one.hash, one.at, one.void_at, one.void_by, one.counts)
            for one in signatures.of_application(tx, application_id)
        ]
        valid = [one for one in signed if one.counts]
        i_signed = any(str(one.person_id) == viewer.person for one in valid)
        signs = [one for one in store.members(tx, row.id) if SIGNING & set(one.rights)]
        form = published.form_of(tx, draft.programme_hash, draft.form_hash, draft.organisation_kind)
        return SignOff(
            state=row.state,
            refusal=row.refusal,
            alone="sign" in rights,
            signatures=signed,
            i_signed=i_signed,
            waits_for_me=bool(valid) and not i_signed and bool(rights & SIGNING),
            others=[one.name or one.email for one in signs if str(one.person_id) != viewer.person],
            advice=advised(tx, application_id),
            differences=differences(form, store.record(tx, row.id)[1], draft.answers)
            if rights & SIGNING and row.kind != "office"
            else [],
        )


def _documents(tx: sa.Connection, row: sa.Row[Any], ids: list[UUID]) -> dict[str, list[FileRow]]:
    name = published.current(tx)
    if FORM not in published.content(tx, name)["forms"]:
        return {}
    form = published.form(tx, name, FORM)
    hidden = form.hidden({"organisation": {"legal_form": row.legal_form}})
    asked = [path for path, one in form.fields().items() if one.type == "file" and path not in hidden]
    found: dict[str, list[FileRow]] = {path: [] for path in asked}
    for one in documents.of(tx, ids):
        found.setdefault(one.step, []).append(file_row(one))
    return found


def _row(tx: sa.Connection, organisation_id: UUID) -> sa.Row[Any] | None:
    stays = sa.select(organisations.c.merged_into).where(organisations.c.id == organisation_id)
    meant = sa.func.coalesce(stays.scalar_subquery(), organisation_id)
    return tx.execute(sa.select(organisations).where(organisations.c.id == meant)).one_or_none()


def _member(row: sa.Row[Any], viewer: Actor, rights: frozenset[str]) -> Member:
    mine = str(row.person_id) == viewer.person
    changeable = may_give(rights, frozenset(row.rights))
    return Member(row.person_id, row.name, row.email, role_of(row.rights), row.since, mine, changeable)


def _asked(tx: sa.Connection, where: sa.ColumnElement[bool], now: datetime) -> list[Asked]:
    query = (
        sa.select(
            invitations.c.id,
            organisations.c.name,
            invitations.c.email,
            invitations.c.rights,
            persons.c.name.label("by"),
            invitations.c.until,
        )
        .join(organisations, organisations.c.id == invitations.c.organisation_id)
        .join(persons, persons.c.id == invitations.c.invited_by)
        .where(where, invitations.c.ended_at.is_(None), invitations.c.until > now)
        .order_by(invitations.c.at)
    )
    return [
        Asked(row.id, row.name, row.email, role_of(row.rights), row.by, row.until)
        for row in tx.execute(query)
    ]
