"""What people say to each other about a case, beside its facts; kept for good."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from workflow.store.tables.columns import metadata, moment

comments = Table(
    "comments",
    metadata,
    Column("id", UUID, primary_key=True, comment="made by who sends it: the same twice is once"),
    Column("case_id", UUID, ForeignKey("cases.id"), nullable=False),
    Column("audience", Text, nullable=False, comment="office | reviewers | applicant"),
    Column("office", Text, nullable=False, comment="whose person wrote it; empty: the applicant's"),
    Column("author_id", UUID, ForeignKey("persons.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("asks", Boolean, nullable=False, comment="the applicant is to answer"),
    Column("answers_id", UUID, ForeignKey("comments.id"), comment="of an applicant's: to which message"),
    moment("at"),
    moment("withdrawn_at", nullable=True),
    Index(None, "case_id", "at"),
    Index("ix_comments_answers_id", "answers_id", postgresql_where=text("answers_id IS NOT NULL")),
    Index("ix_comments_asked", "author_id", "at", postgresql_where=text("asks")),
    comment="Append-only: a comment can be withdrawn, and is never changed",
)

mentions = Table(
    "mentions",
    metadata,
    Column("comment_id", UUID, ForeignKey("comments.id"), primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id"), primary_key=True),
    moment("at"),
    Index(None, "person_id", "at"),
    comment="Who is called to a comment; whoever asked is to the answer",
)

comment_reads = Table(
    "comment_reads",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    moment("at"),
    comment="Up to when a person has read what was said about a case",
)
