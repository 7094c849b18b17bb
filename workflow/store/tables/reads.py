"""Who of the staff has read which dossier, and the documents of which organisation."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import UUID

from workflow.store.tables.columns import metadata, moment

dossier_reads = Table(
    "dossier_reads",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="in Zurich"),
    moment("at"),
    Index(None, "at", "case_id", "person_id"),
    Index(None, "person_id", "at"),
    comment="Who of the staff has read which dossier: one row a person, case and day, never changed",
)

organisation_reads = Table(
    "organisation_reads",
    metadata,
    Column("organisation_id", UUID, ForeignKey("organisations.id"), primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="in Zurich"),
    moment("at"),
    Index(None, "at", "organisation_id", "person_id"),
    Index(None, "person_id", "at"),
    comment="Who of the staff has read documents of which organisation: as dossier_reads, never changed",
)
