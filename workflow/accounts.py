"""Signing in with a local account, and the session that follows; other ways to sign in join here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from marshmallow import ValidationError
from sqlalchemy import Connection, Engine, Row

from workflow.connecting import autocommit
from workflow.engine.case import Actor
from workflow.errors import Invalid, NotAllowed, NotFound, Problem, TryLater
from workflow.funding.answers import Limits, read_email
from workflow.store import outbox
from workflow.store import sign_in as store

SESSION_HOURS = {"browser": 10, "api": 10}
LINK_HOURS = {"first": 24, "invitation": 7 * 24, "reset": 1, "sign_up": 24, "known": 1, "joining": 7 * 24}
LEAST_PASSWORD, MOST_PASSWORD, LEAST_DIFFERENT = 12, 200, 6
MOST_NAME = 120
OBVIOUS = ("passwort", "password", "foerderweg", "förderweg")
WINDOW = timedelta(minutes=15)
MOST_ATTEMPTS = 10
"""Failed attempts within WINDOW, for one mail address and for one network address alike."""

HASHER = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Session:
    """`token` is told once and kept only as its hash."""

    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    actor: Actor
    person_id: UUID
    name: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link; `token` is told once and kept only as its hash.

    Empty for somebody who was asked to join an organisation and has a password: they sign in with it.
    """

    token: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a link is for; `name` is empty for somebody who signs up with it."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """`roles`: pairs of office and role; `organisations`: names."""

    id: UUID
    name: str
    email: str
    roles: tuple[tuple[str, str], ...]
    organisations: tuple[str, ...]


def sign_in(db: Engine, email: str, password: str, *, source: str, kind: str, now: datetime) -> Session:
    """A session for the right password. `source`: network address; `kind`: browser | api.

    Raises NotAllowed (wrong_credentials) or TryLater (too_many_attempts), which cost the same time.
    """
    return _begin(db, _proven(db, email, password, source, now).id, kind, now)


def _proven(db: Engine, email: str, password: str, source: str, now: datetime) -> Row[Any]:
    """The person whose password this is; raises what `sign_in` raises."""
    keys = [_hash(f"mail:{email.strip().lower()}"), _hash(f"from:{source}")]
    with db.begin() as tx:
        if store.attempts_since(tx, keys, now - WINDOW) >= MOST_ATTEMPTS:
            raise TryLater("too_many_attempts", minutes=int(WINDOW.total_seconds() // 60))
        person = store.person_by_email(tx, email)
        # Noted before the slow check, and forgotten after a right one: guesses side by side count too.
        noted = store.note_attempt(tx, keys, now, now - WINDOW)
    known = person.password_hash if person else ""  # of who has chosen none yet, it is empty too
    if not _matches(known or _nobody(), password) or person is None:
        raise NotAllowed("wrong_credentials")
    with db.begin() as tx:
        store.forget_attempts(tx, noted, keys[0])
        if HASHER.check_needs_rehash(person.password_hash):
            store.set_password_hash(tx, person.id, HASHER.hash(password))
    return person


def ask_reset(db: Engine, email: str, *, source: str, now: datetime) -> None:
    """Let a mail with a link go to this address, if it is somebody's; nobody is told whether it is.

    Raises TryLater (too_many_requests).
    """
    limit(db, now, f"reset:{email.strip().lower()}", f"reset from:{source}")
    with db.begin() as tx:
        person = store.person_by_email(tx, email)
        if person is not None:
            send_link(tx, person.id, "reset", now)


def sign_up(db: Engine, email: str, language: str, *, source: str, now: datetime) -> None:
    """Let a mail with a link go to this address, for a new account or for the one that there is.

    Nobody is told which. Raises Invalid ("email") and TryLater (too_many_requests).
    """
    address = read_address(email)
    limit(db, now, f"sign up:{address}", f"sign up from:{source}")
    with db.begin() as tx:
        person = store.newcomer(tx, address, language)
        if person is not None:
            send_link(tx, person.id, "known" if person.password_hash else "sign_up", now)


def read_address(email: str) -> str:
    """A mail address in the spelling under which people are known; raises Invalid ("email")."""
    try:
        return read_email(email, Limits()).lower()
    except ValidationError as error:
        problems = error.messages if isinstance(error.messages, list) else []
        raise Invalid({"email": [one for one in problems if isinstance(one, Problem)]}) from error


def limit(db: Engine, now: datetime, *names: str) -> None:
    """Count one more request under each name; raises TryLater (too_many_requests) after MOST_ATTEMPTS."""
    keys = [_hash(name) for name in names]
    with db.begin() as tx:
        if store.attempts_since(tx, keys, now - WINDOW) >= MOST_ATTEMPTS:
            raise TryLater("too_many_requests", minutes=int(WINDOW.total_seconds() // 60))
        store.note_attempt(tx, keys, now, now - WINDOW)


def send_link(tx: Connection, person_id: UUID, text: str, now: datetime, **about: str) -> None:
    """Ask for the mail with a link; `text`: a key of LINK_HOURS; `about`: what its text names. Within one
    minute it is one mail."""
    payload = {"person": str(person_id), "text": text, **about}
    outbox.add(tx, f"{person_id}:link:{text}:{now:%Y-%m-%dT%H:%M}", "link", payload, now)


def make_link(db: Engine, person_id: UUID, text: str, *, now: datetime) -> Link | None:
    """A link that opens `choose_password` once, for LINK_HOURS[text]. None for somebody who has left."""
    token = secrets.token_urlsafe(32)
    with db.begin() as tx:
        person = store.person_by_id(tx, person_id)
        if person is None:
            return None
        if text == "joining" and person.password_hash:
            return Link("", person.email, person.language)
        store.add_link(tx, _hash(token), person_id, now + timedelta(hours=LINK_HOURS[text]), now)
    return Link(token, person.email, person.language)


def link_opens(db: Engine, token: str, *, now: datetime) -> Opened | None:
    """The person for whom this link is; None when it is used, too old or none."""
    with db.connect() as tx:
        person = store.person_of_link(tx, _hash(token), now)
    return Opened(person.email, person.name) if person else None


def choose_password(
    db: Engine, token: str, password: str, *, now: datetime, name: str = "", language: str = ""
) -> Session:
    """Use the link up: a new password, and a session with it; all others of this person end.

    `name`, `language`: of somebody who has no name yet. Raises Invalid ("password": password_too_short,
    password_too_long, password_obvious; "name": name_missing, name_too_long) and NotFound (no_such_link).
    """
    with db.connect() as tx:
        person = store.person_of_link(tx, _hash(token), now)
    if person is None:
        raise NotFound("no_such_link")
    name = person.name or " ".join(name.split())
    if not name or not name.isprintable():
        raise Invalid({"name": [Problem("name_missing")]})
    if len(name) > MOST_NAME:
        raise Invalid({"name": [Problem("name_too_long", {"max": MOST_NAME})]})
    if problem := _weakness(password, person.email, name):
        raise Invalid({"password": [problem]})
    password_hash = HASHER.hash(password)  # slow: with no transaction open
    with db.begin() as tx:
        if store.person_of_link(tx, _hash(token), now, lock=True) is None:
            raise NotFound("no_such_link")
        store.begin_anew(tx, person.id, name, password_hash)
        if language and not person.name:  # until now it was that of whoever invited them
            store.set_language(tx, person.id, language)
    return _begin(db, person.id, "browser", now)


def change_password(
    db: Engine, email: str, current: str, password: str, *, source: str, now: datetime
) -> Session:
    """Another password for who knows the present one, and a session with it; all others of this person end.

    Raises NotAllowed (wrong_credentials), TryLater (too_many_attempts), and Invalid ("password") as
    `choose_password` does.
    """
    person = _proven(db, email, current, source, now)
    if problem := _weakness(password, person.email, person.name):
        raise Invalid({"password": [problem]})
    password_hash = HASHER.hash(password)  # slow: with no transaction open
    with db.begin() as tx:
        store.begin_anew(tx, person.id, person.name, password_hash)
    return _begin(db, person.id, "browser", now)


def sign_out_everywhere(db: Engine, person_id: UUID) -> None:
    """End all sessions of this person at once, in browsers and of programs."""
    with db.begin() as tx:
        store.close_sessions(tx, person_id)


def _weakness(password: str, email: str, name: str) -> Problem | None:
    if len(password) < LEAST_PASSWORD:
        return Problem("password_too_short", {"min": LEAST_PASSWORD})
    if len(password) > MOST_PASSWORD:
        return Problem("password_too_long", {"max": MOST_PASSWORD})
    known = [*email.lower().split("@")[0].split("."), *name.lower().split(), *OBVIOUS]
    rest = password.lower()
    for word in sorted((word for word in known if len(word) > 2), key=len, reverse=True):
        rest = rest.replace(word, "")
    return Problem("password_obvious") if len(set(rest)) < LEAST_DIFFERENT else None


def sign_in_as(db: Engine, person_id: UUID, *, now: datetime) -> Session:
    """A browser session without a password: the demo's one click, which exists nowhere else."""
    with db.connect() as tx:
        if store.person_by_id(tx, person_id) is None:
            raise NotFound("no_such_person")
    return _begin(db, person_id, "browser", now)


def speak(db: Engine, person_id: UUID, language: str) -> None:
    """From now on this person is spoken to in that language."""
    with db.begin() as tx:
        store.set_language(tx, person_id, language)


def sign_out(db: Engine, token: str) -> None:
    """End a session at once, wherever its token still lies."""
    with db.begin() as tx:
        store.close_session(tx, _hash(token))


def who_is(db: Engine, token: str, *, kind: str, now: datetime) -> SignedIn | None:
    """The person whose living session of this kind the token opens, with roles as they are now."""
    with autocommit(db) as tx:
        row = store.person_of_session(tx, _hash(token), kind, now)
    return SignedIn(store.actor_of(row), row.id, row.name, row.email, row.language) if row else None


def demo_people(db: Engine) -> list[DemoPerson]:
    """Everybody, for the demo's sign-in page."""
    with db.connect() as tx:
        return [
            DemoPerson(
                row.id,
                row.name,
                row.email,
                tuple((office, role) for office, role in row.offices or ()),
                tuple(row.organisations or ()),
            )
            for row in store.everyone(tx)
        ]


def _begin(db: Engine, person_id: UUID, kind: str, now: datetime) -> Session:
    token = secrets.token_urlsafe(32)
    until = now + timedelta(hours=SESSION_HOURS[kind])
    with db.begin() as tx:
        store.open_session(tx, _hash(token), person_id, kind, until, now)
    return Session(token, until)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):  # half a pair is in no password
        return False


@cache
def _nobody() -> str:
    """A hash that is checked where there is none, so that it takes as long as where there is one."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
