"""Who there is: people with their roles, absences, organisations; by rows that say how it should be.

`put_people`, `put_absences` and `put_organisations` make it so, all or nothing, and tell what changed; with
`dry_run` they only tell. Rows name people by mail address and organisations by a code of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Engine

from workflow import accounts
from workflow.errors import Invalid, Problem, Refused
from workflow.funding.plain import load_yaml
from workflow.funding.programme import Programme
from workflow.funding.questions import APPLICANT_KINDS
from workflow.store import people, published

RIGHTS = ("read", "draft", "cosign", "sign", "advise")
FIRST_ROLES = ("admin", "operator")
KEPT = timedelta(days=30)
"""So long is somebody known who was asked to come and has not."""
ADDRESS = ("name", "legal_form", "street", "postcode", "town")


@dataclass(frozen=True, slots=True)
class Person:
    """`language`: empty for the programme's own; `roles`: all that this person has, as office:role."""

    email: str
    name: str
    language: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """Both days are included, by the calendar of Europe/Zurich; `deputy` may be empty."""

    email: str
    first_day: date
    last_day: date
    deputy: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """`members`: all of them, as email:right+right."""

    code: str
    name: str
    legal_form: str
    street: str
    postcode: str
    town: str
    kind: str
    office: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What became, or would become, of the rows: their keys, and of changed ones what was and is."""

    new: tuple[str, ...]
    changed: tuple[tuple[str, Mapping[str, tuple[Any, Any]]], ...]
    unchanged: int


def first_administrator(db: Engine, email: str, name: str, *, now: datetime) -> accounts.Link:
    """The administrator with whom everything begins, in the programme's first office, and a link.

    Raises Refused (has_administrator) once there is another, or this one has chosen a password.
    """
    with db.begin() as tx:
        people.lock(tx)
        for one in people.administrators(tx):
            if one.password_hash or one.email != email.lower():
                raise Refused("has_administrator", email=one.email)
        programme = _programme(tx)
        office = next(iter(programme.offices))
        roles = tuple(f"{office}:{role}" for role in FIRST_ROLES)
        row = Person(email.lower(), name, programme.languages[0], roles)
        put_people_in(tx, [row], now, invite=False)
        known = people.by_email(tx)[row.email]
    made = accounts.make_link(db, known, "first", now=now)
    assert made is not None
    return made


def put_people(
    db: Engine, rows: Sequence[Person], *, now: datetime, dry_run: bool = False, invite: bool = True
) -> Changes:
    """People as these rows say; others stay as they are. New ones are invited by mail.

    Raises Invalid with problems by "row.column", rows from 0.
    """
    with db.connect() as tx:
        changes = put_people_in(tx, rows, now, invite=invite)
        _end(tx, dry_run)
    return changes


def put_people_in(tx: Connection, rows: Sequence[Person], now: datetime, *, invite: bool) -> Changes:
    """What `put_people` does, as a part of something larger."""
    programme = _programme(tx)
    rows = [row if row.language else replace(row, language=programme.languages[0]) for row in rows]
    problems = _Problems()
    roles = {f"{office}:{role}" for office in programme.offices for role in programme.labels["roles"]}
    for number, row in enumerate(rows):
        problems.when("@" not in row.email, number, "email", "no_address")
        problems.when(not row.name, number, "name", "empty")
        problems.unknown(number, "language", [row.language], programme.spoken)
        problems.unknown(number, "roles", row.roles, roles)
    problems.complain()
    changes = _changes({row.email: row for row in rows}, people.people_by_email(tx))
    ids = {row.email: people.made(tx, row.email, row.language) for row in rows}
    people.put_people(
        tx,
        [
            {
                "id": ids[row.email],
                "email": row.email,
                "name": row.name,
                "language": row.language,
            }
            | {"password_hash": ""}
            for row in rows
        ],
        [
            {"person_id": ids[row.email], "office": office, "role": role}
            for row in rows
            for office, _, role in (one.partition(":") for one in row.roles)
        ],
    )
    for email in changes.new if invite else ():
        accounts.send_link(tx, ids[email], "invitation", now)
    return changes


def erase_never_joined(db: Engine, now: datetime) -> int:
    """People who were invited or signed up so long ago and never came, and invitations that have ended."""
    with db.begin() as tx:
        return people.erase_never_joined(tx, now - KEPT, now)


def leave(db: Engine, email: str, *, now: datetime) -> bool:
    """This person has left: no session, no mail, no way in. False: there is nobody with this address."""
    with db.begin() as tx:
        return people.leave(tx, email.lower(), now)


def invite(db: Engine, email: str, *, now: datetime) -> bool:
    """Send this person a link once more. False: there is nobody with this address."""
    with db.begin() as tx:
        known = people.by_email(tx).get(email.lower())
        if known is not None:
            accounts.send_link(tx, known, "invitation", now)
    return known is not None


def put_absences(db: Engine, rows: Sequence[Absence], *, dry_run: bool = False) -> Changes:
    """Absences as these rows say, told apart by person and first day; others stay, and no two share a day.

    Raises Invalid as `put_people` does.
    """
    with db.connect() as tx:
        known = people.by_email(tx)
        problems = _Problems()
        for number, row in enumerate(rows):
            problems.unknown(number, "person", [row.email], known)
            problems.unknown(number, "deputy", [row.deputy] if row.deputy else [], known)
            problems.when(row.last_day < row.first_day, number, "last_day", "ends_before_it_begins")
            problems.when(row.deputy == row.email, number, "deputy", "own_deputy")
        problems.complain()
        changes = _changes({f"{row.email} {row.first_day}": row for row in rows}, people.absences_by_key(tx))
        people.put_absences(
            tx,
            [
                {"person_id": known[row.email], "first_day": row.first_day, "last_day": row.last_day}
                | {"deputy_id": known[row.deputy] if row.deputy else None}
                for row in rows
            ],
        )
        twice = people.overlapping(tx, {known[row.email] for row in rows})
        for number, row in enumerate(rows):
            problems.when((known[row.email], row.first_day) in twice, number, "first_day", "away_already")
        problems.complain()
        _end(tx, dry_run)
    return changes


def put_organisations(db: Engine, rows: Sequence[Organisation], *, dry_run: bool = False) -> Changes:
    """Organisations and all their members as these rows say; others stay as they are."""
    with db.connect() as tx:
        programme, known = _programme(tx), people.by_email(tx)
        problems = _Problems()
        for number, row in enumerate(rows):
            problems.when(not row.name, number, "name", "empty")
            problems.unknown(number, "kind", [row.kind], APPLICANT_KINDS)
            problems.unknown(number, "office", [row.office] if row.office else [], programme.offices)
            problems.when((row.kind == "office") != bool(row.office), number, "office", "office_and_kind")
            for email, rights in map(_member, row.members):
                problems.unknown(number, "members", [email], known)
                problems.unknown(number, "members", rights, RIGHTS)
        problems.complain()
        codes = {str(organisation_id(row.code)): row.code for row in rows}
        changes = _changes({row.code: row for row in rows}, people.organisations_by_code(tx, codes))
        people.put_organisations(
            tx,
            [
                {"id": organisation_id(row.code), "kind": row.kind, "office": row.office or None}
                | {name: getattr(row, name) for name in ADDRESS}
                for row in rows
            ],
            [
                {"organisation_id": organisation_id(row.code), "person_id": known[email], "rights": rights}
                for row in rows
                for email, rights in map(_member, row.members)
            ],
        )
        _end(tx, dry_run)
    return changes


def everybody(db: Engine) -> list[Mapping[str, Any]]:
    """email, name, language, roles of all who have not left."""
    with db.connect() as tx:
        return list(people.people_by_email(tx).values())


def absences(db: Engine) -> list[Mapping[str, Any]]:
    """email, first_day, last_day, deputy, by day."""
    with db.connect() as tx:
        return list(people.absences_by_key(tx).values())


def drop_absence(db: Engine, email: str, first_day: date) -> bool:
    """False: this person has no absence that begins on this day."""
    with db.begin() as tx:
        person = people.id_of(tx, email.lower())
        return person is not None and people.remove_absence(tx, person, first_day)


def organisations(db: Engine) -> list[Mapping[str, Any]]:
    """name, kind, legal_form, town and the number of members, by name."""
    with db.connect() as tx:
        return people.organisations_by_name(tx)


def read_people(programme: Path) -> dict[str, Any]:
    """The invented people that come with the programme of this folder."""
    return load_yaml(programme / "demo" / "people.yaml")


def load_people(db: Engine, data: Mapping[str, Any], *, password: str) -> None:
    """Add these people, all with the same password; those who are there already stay as they are."""
    named = [*data["staff"], *(member for body in data["organisations"] for member in body["members"])]
    password_hash = accounts.HASHER.hash(password)
    with db.begin() as tx:
        language = _programme(tx).languages[0]
        people.add(
            tx,
            people=[
                {"id": person_id(one["email"]), "email": one["email"], "name": one["name"]}
                | {"password_hash": password_hash, "language": language}
                for one in named
            ],
            roles=[
                {"person_id": person_id(one["email"]), "office": office, "role": role}
                for one in data["staff"]
                for office, role in one["roles"]
            ],
            bodies=[
                {"id": organisation_id(body["code"])}
                | {name: body[name] for name in ADDRESS}
                | {"kind": body.get("kind", "non_state"), "office": body.get("office")}
                | {name: body.get(name, "") for name in ("uid", "iban", "holder")}
                | {"state": body.get("state", "confirmed")}
                for body in data["organisations"]
            ],
            members=[
                {"person_id": person_id(member["email"]), "rights": member["rights"]}
                | {"organisation_id": organisation_id(body["code"])}
                for body in data["organisations"]
                for member in body["members"]
            ],
        )


def person_id(email: str) -> UUID:
    """The id of the invented person with this address."""
    return uuid5(NAMESPACE_URL, f"mailto:{email}")


def organisation_id(code: str) -> UUID:
    """The id of the organisation with this code."""
    return uuid5(NAMESPACE_URL, f"organisation:{code}")


class _Problems:
    """Everything that is wrong with rows, by "row.column"."""

    def __init__(self) -> None:
        self.found: dict[str, list[Problem]] = {}

    def when(self, wrong: bool, row: int, column: str, code: str) -> None:
        if wrong:
            self.found.setdefault(f"{row}.{column}", []).append(Problem(code))

    def unknown(self, row: int, column: str, values: Collection[str], known: Collection[str]) -> None:
        for value in values:
            if value not in known:
                self.found.setdefault(f"{row}.{column}", []).append(Problem("unknown", {"value": value}))

    def complain(self) -> None:
        if self.found:
            raise Invalid(self.found)


def _programme(tx: Connection) -> Programme:
    return published.programme(tx, published.current(tx))


def _member(text: str) -> tuple[str, list[str]]:
    email, _, rights = text.partition(":")
    return email, rights.split("+")


def _changes(rows: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]) -> Changes:
    new = tuple(key for key in rows if key not in before)
    changed = []
    for key, row in rows.items():
        if key in before:
            now, was = asdict(row), before[key]
            differs = {name: (was[name], now[name]) for name in now if was[name] != now[name]}
            changed += [(key, differs)] if differs else []
    return Changes(new, tuple(changed), len(rows) - len(new) - len(changed))


def _end(tx: Connection, dry_run: bool) -> None:
    if dry_run:
        tx.rollback()
    else:
        tx.commit()
