"""What has been published."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Table, Text

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
