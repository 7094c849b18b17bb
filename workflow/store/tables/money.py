"""Budget lines and their postings."""

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
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from workflow.store.tables.columns import metadata, moment

budget_lines = Table(
    "budget_lines",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("programme", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("pot", Text, nullable=False),
    Column("ceiling", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False, comment="and not paid yet"),
    Column("paid", BigInteger, nullable=False, server_default="0"),
    Column(
        "carried",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="from the year before, less what went on",
    ),
    UniqueConstraint("programme", "year", "area", "pot"),
    CheckConstraint(
        "available >= 0 AND reserved >= 0 AND committed >= 0 AND paid >= 0", name="no_overspending"
    ),
    comment="The balances of the postings, in Rappen; locked before money is asked for",
)

postings = Table(
    "postings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("line_id", Integer, ForeignKey("budget_lines.id"), nullable=False),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Column("version", Integer, comment="of the case after the change that moved the money"),
    Column(
        "account", Text, nullable=False, comment="ceiling | carried | available | reserved | committed | paid"
    ),
    Column("amount", BigInteger, nullable=False),
    Column("target_group", Text),
    moment("at"),
    UniqueConstraint("case_id", "version", "account"),
    Index(None, "line_id", "account"),
    comment="Double entry in Rappen: the amounts of one case version, or of one ceiling, sum to zero",
)

filed_payments = Table(
    "filed_payments",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("paid", BigInteger, primary_key=True, comment="Rappen that were paid before it"),
    Column("message", Text, nullable=False, comment="the id by which a bank knows the file"),
    Column(
        "earlier",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="other files in which it was before, meant all the same",
    ),
    Column("amount", BigInteger, nullable=False, comment="Rappen"),
    Column("made_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("made_at"),
    comment="The file for the bank in which a payment was last; it is paid when that is recorded",
)
