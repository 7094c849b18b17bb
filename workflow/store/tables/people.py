"""People who sign in, and what staff may do."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from workflow.store.tables.columns import metadata, moment

persons = Table(
    "persons",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("language", Text, nullable=False, server_default="de"),
    moment("left_at", nullable=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="An empty password_hash opens nothing: invited, and no password chosen yet",
)

links = Table(
    "links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    moment("until"),
    Index(None, "person_id"),
    comment="One-time links with which a person chooses a password",
)

absences = Table(
    "absences",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("deputy_id", UUID, ForeignKey("persons.id")),
    Index(None, "deputy_id"),
    CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
    CheckConstraint("deputy_id <> person_id", name="deputy_is_another_person"),
    comment="While a person is away, the deputy has that person's roles",
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("office", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Index(None, "office", "role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, comment="browser | api"),
    moment("until"),
    Index(None, "person_id"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False, comment="hash of an address or of a mail"),
    moment("at"),
    Index(None, "key", "at"),
)

people_log = Table(
    "people_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    moment("at"),
    Column("by", UUID, ForeignKey("persons.id"), nullable=False),
    Column("about", UUID, ForeignKey("persons.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="added | changed | ended | reopened | invited"),
    Column("data", JSONB, nullable=False, comment="field → [was, is]; reason"),
    Index(None, "about"),
    comment="What administrators did to people's access",
)
