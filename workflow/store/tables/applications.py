"""What applicants write, sign and upload."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from workflow.store.tables.columns import metadata, moment

applications = Table(
    "applications",
    metadata,
    Column("id", UUID, primary_key=True, comment="the id of the case, once submitted"),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False),
    Column("call", Text, nullable=False),
    Column("programme_hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("form_hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("answers", JSONB, nullable=False, comment="as typed; what counts is the snapshot in contents"),
    Column("eligibility", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("saved_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("saved_at"),
    Column(
        "predecessor_id",
        UUID,
        ForeignKey("applications.id"),
        comment="the application of an earlier year that this one was copied from",
    ),
    Column("words", TSVECTOR, comment="of the project, as it was handed in; for searching. None: it was not"),
    moment(
        "ends_at", nullable=True, comment="when it is erased unless somebody writes; its people were told"
    ),
    Index(None, "organisation_id"),
    Index("ix_applications_begun", "saved_at", postgresql_where=text("words IS NULL")),
    Index("ix_applications_words", "words", postgresql_using="gin"),
    comment="The working copy of the answers; erasable",
)

signatures = Table(
    "signatures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    Column("person_id", UUID, ForeignKey("persons.id"), nullable=False),
    Column("hash", Text, nullable=False, comment="of the answers that were signed"),
    moment("at"),
    moment("void_at", nullable=True),
    Column("void_by", UUID, ForeignKey("persons.id"), comment="who changed the answers"),
    Index(
        "uq_signatures_valid",
        "application_id",
        "person_id",
        unique=True,
        postgresql_where=text("void_at IS NULL"),
    ),
    Index(None, "application_id"),
    comment="The first of two signatures under an application that is not submitted yet",
)

advice = Table(
    "advice",
    metadata,
    Column("application_id", UUID, ForeignKey("applications.id"), primary_key=True),
    Column("section", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id"), primary_key=True),
    moment("at"),
    comment="Which sections an adviser has saved for an organisation, and when last",
)

field_saves = Table(
    "field_saves",
    metadata,
    Column("application_id", UUID, ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True, comment="section.field"),
    Column("save_id", UUID, nullable=False, comment="of the request: whoever sent it knows its own again"),
    Column("saved_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("saved_at"),
    comment="Who last saved which answer of a working copy, and when",
)

contents = Table(
    "contents",
    metadata,
    Column("case_id", UUID, ForeignKey("applications.id"), primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="application | statement"),
    Column("step", Text, nullable=False, server_default=""),
    Column("data", JSONB, nullable=False),
    Column("written_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("at"),
    Index("ix_contents_written", "written_by", "case_id", postgresql_where=text("kind = 'application'")),
    comment="What people wrote, by the hash that the events hold; erasable",
)

files = Table(
    "files",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("application_id", UUID, ForeignKey("applications.id")),
    Column("organisation_id", UUID, ForeignKey("organisations.id")),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="upload | letter | document"),
    Column(
        "step",
        Text,
        nullable=False,
        server_default="",
        comment="of a letter: the step that made it; of a document: the field that asks for it",
    ),
    Column("added_by", UUID, ForeignKey("persons.id")),
    moment("at"),
    CheckConstraint("(application_id IS NULL) <> (organisation_id IS NULL)", name="belongs_to_one"),
    Index(None, "application_id"),
    Index(None, "organisation_id"),
    Index(None, "sha256"),
)
