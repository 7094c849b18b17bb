"""What is to be done: by people, by the workers, by the outside."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from workflow.store.tables.columns import metadata, moment

work_items = Table(
    "work_items",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("entry", Integer, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("role", Text, nullable=False),
    moment("opened_at"),
    moment("due_at", nullable=True),
    moment("closed_at", nullable=True),
    Column("closed_by", Text),
    Column("holder", UUID, comment="who of the office has it"),
    Index(
        "ix_work_items_open",
        "office",
        "role",
        text("coalesce(due_at, 'infinity'::timestamptz)"),
        "case_id",
        "seat",
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_work_items_held",
        "holder",
        "due_at",
        postgresql_where=text("holder IS NOT NULL AND closed_at IS NULL"),
    ),
    Index("ix_work_items_waiting", "case_id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_work_items_done", "closed_by", "case_id", postgresql_where=text("closed_by <> 'system'")),
    Index("ix_work_items_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    comment="Who has to do what by when",
)

statement_drafts = Table(
    "statement_drafts",
    metadata,
    Column("case_id", UUID, primary_key=True),
    Column("entry", Integer, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("outcome", Text, nullable=False, comment="empty while none is chosen"),
    Column("answers", JSONB, nullable=False, comment="as typed"),
    moment("saved_at"),
    ForeignKeyConstraint(
        ["case_id", "entry", "seat"], ["work_items.case_id", "work_items.entry", "work_items.seat"]
    ),
    comment="Written at a seat and not yet handed in: its author's alone, erased when the seat is done",
)

opening_drafts = Table(
    "opening_drafts",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("child", Text, primary_key=True, comment="what is being written: report, amendment"),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("child_id", UUID, nullable=False, comment="of the page on which it was written last"),
    Column("answers", JSONB, nullable=False, comment="as typed"),
    moment("saved_at"),
    comment="Written beside a case and not yet handed in: its author's alone, erased when handed in",
)

reports_due = Table(
    "reports_due",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    moment("due_at"),
    Column(
        "stopped", Boolean, nullable=False, comment="so late that nothing is paid and nothing new comes in"
    ),
    Index("ix_reports_due_due", "due_at", "case_id"),
    Index("ix_reports_due_stopped", "case_id", postgresql_where=text("stopped")),
    comment="Endings that still ask for a report; the row goes when it is handed in",
)

repayments_due = Table(
    "repayments_due",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("amount", BigInteger, nullable=False, comment="Rappen that were paid beyond the settled grant"),
    moment("since"),
    Index("ix_repayments_due_since", "since", "case_id"),
    comment="What has to come back; the row goes when it has",
)

agenda = Table(
    "agenda",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    moment("due_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    moment("parked_at", nullable=True),
    Column("handed_to", UUID, ForeignKey("persons.id"), comment="who looks after a parked case"),
    Index("ix_agenda_due", "due_at", postgresql_where=text("due_at IS NOT NULL AND parked_at IS NULL")),
    Index("ix_agenda_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    comment="When a worker must look at a case again: work and timers are one thing",
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="mail | letter | link | notice | parent | digest"),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Column("payload", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("next_try", nullable=True),
    moment("leased_until", nullable=True),
    Column("error", Text),
    moment("parked_at", nullable=True),
    moment("done_at", nullable=True),
    moment("skipped_at", nullable=True),
    Index(
        "ix_outbox_due", "kind", "next_try", postgresql_where=text("done_at IS NULL AND parked_at IS NULL")
    ),
    Index(
        "ix_outbox_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL AND skipped_at IS NULL")
    ),
    Index(None, "case_id"),
    comment="Exactly one effect a key",
)

interventions = Table(
    "interventions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id"), nullable=False),
    moment("at"),
    Column("kind", Text, nullable=False, comment="retry | skip | hand_over"),
    Column("effect", Text, ForeignKey("outbox.key")),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Column("reason", Text, nullable=False),
    Index(None, "effect"),
    Index(None, "case_id"),
    comment="What operators did by hand, and why",
)

processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True, comment="kind, machine and process id"),
    Column("kind", Text, nullable=False, comment="web | worker | clock"),
    Column("release", Text, nullable=False),
    moment("started_at"),
    moment("seen_at"),
    comment="Who is alive: each process says so now and then",
)

verifications = Table(
    "verifications",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    moment("at"),
    Column("cases", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("first", JSONB, nullable=False, comment="the first of them, as people read them"),
    comment="When everything stored was compared with the events, and what came of it; never changed",
)
