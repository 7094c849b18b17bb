"""Organisations and who acts for them."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from workflow.store.tables.columns import metadata, moment

organisations = Table(
    "organisations",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("legal_form", Text, nullable=False),
    Column("street", Text, nullable=False, server_default=""),
    Column("postcode", Text, nullable=False, server_default=""),
    Column("town", Text, nullable=False, server_default=""),
    Column(
        "kind", Text, nullable=False, server_default="non_state", comment="non_state | institution | office"
    ),
    Column("office", Text, unique=True, comment="of an office with measures of its own: its code"),
    Column("uid", Text, nullable=False, server_default=""),
    Column("iban", Text, nullable=False, server_default=""),
    Column("holder", Text, nullable=False, server_default="", comment="of the account"),
    Column(
        "state", Text, nullable=False, server_default="confirmed", comment="waiting | confirmed | refused"
    ),
    Column("refusal", Text, nullable=False, server_default="", comment="why it was refused, in words"),
    Column("merged_into", UUID, ForeignKey("organisations.id"), comment="of an alias: the one that stays"),
    CheckConstraint("(kind = 'office') = (office IS NOT NULL)", name="office_has_a_code"),
    CheckConstraint("merged_into <> id", name="no_alias_of_itself"),
    Index("ix_organisations_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    Index("ix_organisations_words", text("to_tsvector('german'::regconfig, name)"), postgresql_using="gin"),
    Index(
        "ix_organisations_listed",
        text("(state <> 'waiting')"),
        "name",
        postgresql_where=text("merged_into IS NULL"),
    ),
    Index("ix_organisations_waiting", "state", postgresql_where=text("state = 'waiting'")),
)

memberships = Table(
    "memberships",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), primary_key=True),
    Column(
        "rights",
        ARRAY(Text),
        nullable=False,
        comment="of: read, draft, cosign, sign, advise; none: has advised, and no longer does",
    ),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index(None, "organisation_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("rights", ARRAY(Text), nullable=False),
    Column("invited_by", UUID, ForeignKey("persons.id"), nullable=False),
    moment("at"),
    moment("until"),
    moment("ended_at", nullable=True),
    Index(
        "uq_invitations_open",
        "organisation_id",
        "email",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(None, "email"),
    comment="Who is asked to join an organisation, by mail address; ended when answered or taken back",
)

organisation_log = Table(
    "organisation_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False),
    moment("at"),
    Column("person_id", UUID, ForeignKey("persons.id"), nullable=False, comment="who did it"),
    Column("kind", Text, nullable=False, comment="see workflow.organisations"),
    Column("about", UUID, ForeignKey("persons.id", ondelete="SET NULL"), comment="whom it concerns"),
    Column("data", JSONB, nullable=False),
    Index(None, "organisation_id"),
    comment="Every change of an organisation and its members",
)
