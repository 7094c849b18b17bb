"""Signing in with a local account, and the session that follows; other ways to sign in join here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.errors import NotAllowed, NotFound, TryLater
from workflow.store import sign_in as store

SESSION_HOURS = {"browser": 10, "api": 10}
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
    keys = [_hash(f"mail:{email.strip().lower()}"), _hash(f"from:{source}")]
    with db.begin() as tx:
        if store.attempts_since(tx, keys, now - WINDOW) >= MOST_ATTEMPTS:
            raise TryLater("too_many_attempts", minutes=int(WINDOW.total_seconds() // 60))
        person = store.person_by_email(tx, email)
        # Noted before the slow check, and forgotten after a right one: guesses side by side count too.
        noted = store.note_attempt(tx, keys, now, now - WINDOW)
    if not _matches(person.password_hash if person else _nobody(), password) or person is None:
        raise NotAllowed("wrong_credentials")
    with db.begin() as tx:
        store.forget_attempts(tx, noted, keys[0])
        if HASHER.check_needs_rehash(person.password_hash):
            store.set_password_hash(tx, person.id, HASHER.hash(password))
    return _begin(db, person.id, kind, now)


def sign_in_as(db: Engine, person_id: UUID, *, now: datetime) -> Session:
    """A browser session without a password: the demo's one click, which exists nowhere else."""
    with db.connect() as tx:
        if not store.person_exists(tx, person_id):
            raise NotFound("no_such_person")
    return _begin(db, person_id, "browser", now)


def sign_out(db: Engine, token: str) -> None:
    """End a session at once, wherever its token still lies."""
    with db.begin() as tx:
        store.close_session(tx, _hash(token))


def who_is(db: Engine, token: str, *, kind: str, now: datetime) -> SignedIn | None:
    """The person whose living session of this kind the token opens, with roles as they are now."""
    with db.connect() as tx:
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
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that an unknown address is checked against, so that it takes as long as a known one."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
