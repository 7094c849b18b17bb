"""When people want mails, and what waits until then."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from workflow.store.tables.columns import metadata, moment

mail_times = Table(
    "mail_times",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("digest_hour", SmallInteger),
    Column("quiet_from", SmallInteger),
    Column("quiet_until", SmallInteger),
    Column("quiet_weekend", Boolean, nullable=False),
    CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_hours_end"),
    comment="Who wants mails gathered, or not at all hours; hours of Europe/Zurich",
)

held_mails = Table(
    "held_mails",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("effect", Text, primary_key=True, comment="key of the outbox"),
    moment("at"),
    Column("text", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Index(None, "effect"),
    Index(None, "case_id"),
    comment="Mails that wait for the hour at which one person wants them: erased when sent",
)
