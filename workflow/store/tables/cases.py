"""Facts: cases, the commands that changed them, and their events, append-only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from workflow.store.tables.columns import metadata, moment

STANDING = """(
CASE
    WHEN ending IS NULL THEN COALESCE(entered_at, 'infinity'::timestamp with time zone)
    ELSE 'infinity'::timestamp with time zone
END)"""
"""Since when a case stands at its step, the ended ones last. In lines as PostgreSQL gives it back."""

DUE = """(
CASE
    WHEN ending IS NULL THEN COALESCE(due_at, to_timestamp('253370764800'::double precision))
    ELSE 'infinity'::timestamp with time zone
END)"""
"""Until when something has to be done: in the year 9999 where nothing has, the ended ones last."""

HELD_UP = "state ?| ARRAY['proposal'::text, 'suspended_at'::text]"
GRANTED = "committed > 0 OR (ending IS NOT NULL AND state ? 'settled')"

cases = Table(
    "cases",
    metadata,
    Column("id", UUID, ForeignKey("applications.id"), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False),
    Column("title", Text, nullable=False, comment="for lists; erasable"),
    Column("programme", Text, nullable=False),
    Column("programme_hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("route_hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("form_hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("call", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("line_id", Integer, ForeignKey("budget_lines.id"), nullable=False),
    Column("parent_id", UUID, ForeignKey("cases.id"), comment="of an amendment, a report, an appeal"),
    Column("asked_by", UUID, ForeignKey("persons.id"), comment="of an internal case: who asks"),
    Column("target_group", Text, nullable=False),
    Column("requested", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False, server_default="0", comment="of what is committed"),
    Column("stage", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("ending", Text),
    moment("submitted_at"),
    moment("entered_at", nullable=True),
    moment("due_at", nullable=True),
    Column("version", Integer, nullable=False),
    Column("hash", Text, nullable=False, comment="of the last event: the head of the chain"),
    Column("state", JSONB, nullable=False),
    # in place of conditions on `state` in an index, which would be written anew at each change
    Column("held_up", Boolean, Computed(HELD_UP, persisted=True), comment="until somebody does something"),
    Column("granted", Boolean, Computed(GRANTED, persisted=True), comment="ever, be it settled at nothing"),
    Index(None, "organisation_id", "submitted_at"),
    Index("ix_cases_asked_by", "asked_by", postgresql_where=text("asked_by IS NOT NULL")),
    Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    # a year's applications: by the lines of its money, which a case keeps
    Index("ix_cases_of_line", "line_id", postgresql_where=text("parent_id IS NULL")),
    Index("ix_cases_grants", "area", "submitted_at", postgresql_where=text("committed > 0")),
    Index("ix_cases_ended", "entered_at", postgresql_where=text("ending IS NOT NULL")),
    # of `committed > paid` PostgreSQL supposes a third of all cases, of the difference it has figures (0025)
    Index("ix_cases_owed", "entered_at", "id", postgresql_where=text("committed - paid > 0")),
    Index("ix_cases_held_up", "number", postgresql_where=text("held_up")),
    Index("ix_cases_granted", "submitted_at", "id", postgresql_where=text("granted")),
    Index("ix_cases_paid", "entered_at", "id", postgresql_where=text("paid > 0")),
    # the orders of lists (queries/ordered.py); the columns behind id, so that what is passed by is not read
    Index("ix_cases_newest", "submitted_at", "id", "stage", "status", "line_id", "size"),
    Index("ix_cases_due", text(DUE), "id", "stage", "status", "line_id", "size"),
    Index("ix_cases_standing", "stage", "status", text(STANDING), "id", "line_id", "size"),
    Index("ix_cases_amount", "size", "requested", "id", "stage", "status", "line_id"),
    postgresql_with={"fillfactor": 70},  # a vote or a reminder is written beside the old row, into no index
)

case_number = Sequence("case_number", metadata=metadata)
"""The running number of a case: never given twice; a refused submission leaves a gap."""

commands = Table(
    "commands",
    metadata,
    Column("command_id", UUID, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("case_id", UUID, nullable=False),
    Column("version", Integer, nullable=False, comment="of the case when the command was done: its result"),
    moment("at"),
)

events = Table(
    "events",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    moment("at"),
    Column("command_id", UUID),
    Column("hash", Text, nullable=False),
    comment="The truth. Each hash covers the one before it: the audit chain of a case",
)
