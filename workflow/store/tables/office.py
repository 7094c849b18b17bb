"""What the Fachstelle's pages keep: cases counted by stage, and views that people have named."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from workflow.store.tables.columns import metadata, moment

# `due` as in cases.DUE
stage_sums = Table(
    "stage_sums",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("size", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("cases", BigInteger, nullable=False),
    Column("requested", BigInteger, nullable=False),
    Column("due", DateTime(timezone=True), primary_key=True),
    Column("status", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("line_id", Integer, primary_key=True, autoincrement=False),
    Column("route_hash", Text, primary_key=True),
    comment="How many cases stand where, but for what stage_moves still says",
)

stage_moves = Table(
    "stage_moves",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("stage", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("cases", BigInteger, nullable=False),
    Column("requested", BigInteger, nullable=False),
    moment("due"),
    Column("status", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("line_id", Integer, nullable=False),
    Column("route_hash", Text, nullable=False),
    comment="Written by triggers of cases, in their transactions, until a worker adds them to stage_sums."
    " Never updated, so that nobody waits for anybody",
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="of the pipeline's address: its filters"),
    moment("at"),
    Index("uq_saved_views_person_id_name", "person_id", "name", unique=True),
    comment="A person's own views of the pipeline, each a named address",
)
