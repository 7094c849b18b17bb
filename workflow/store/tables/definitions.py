"""What has been published."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from workflow.store.tables.columns import metadata, moment

definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="programme | route | form | letter"),
    Column("code", Text, nullable=False),
    Column("content", JSON, nullable=False, comment="not JSONB: the order of a page's keys is kept"),
    moment("published_at"),
    comment="Every published version, whole, named by the hash of its content",
)

programmes = Table(
    "programmes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("hash", Text, ForeignKey("definitions.hash"), nullable=False),
    moment("since"),
    comment="Which version of a programme new applications take",
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", UUID, primary_key=True),
    Column(
        "base", Text, ForeignKey("definitions.hash"), nullable=False, comment="what it was checked against"
    ),
    Column("parts", JSON, nullable=False, comment="name of the part → its new content, null: taken away"),
    Column("reason", Text, nullable=False),
    Column("proposed_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("proposed_at"),
    Column("state", Text, nullable=False, comment="open | published | refused | withdrawn"),
    Column("decided_by", UUID, ForeignKey("persons.id")),
    moment("decided_at", nullable=True),
    Column("decision", Text, nullable=False, server_default="", comment="why it was refused or withdrawn"),
    Column("published", Text, ForeignKey("definitions.hash"), comment="the version that came of it"),
    Index(None, "proposed_at", "id"),
    CheckConstraint("decided_by <> proposed_by OR state = 'withdrawn'", name="two_persons"),
    comment="Changes of the programme: made by one person, published by another; never deleted",
)
