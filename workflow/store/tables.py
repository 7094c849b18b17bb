"""The tables. Facts are append-only; the rest is written beside them in the same transaction."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


PROJECT_WORDS = (
    "to_tsvector('german'::regconfig, (COALESCE(answers #>> '{project,title}'::text[], ''::text)"
    " || ' '::text) || COALESCE(answers #>> '{project,summary}'::text[], ''::text))"
)
"""What a project is about, without the endings of the words: for finding the same project twice."""


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="programme | route | form | letter"),
    Column("code", Text, nullable=False),
    Column("content", JSON, nullable=False, comment="not JSONB: the order of a page's keys is kept"),
    _time("published_at"),
    comment="Every published version, whole, named by the hash of its content",
)

programmes = Table(
    "programmes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("hash", Text, ForeignKey("definitions.hash"), nullable=False),
    _time("since"),
    comment="Which version of a programme new applications take",
)

persons = Table(
    "persons",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("language", Text, nullable=False, server_default="de"),
    _time("left_at", nullable=True),
    comment="An empty password_hash opens nothing: invited, and no password chosen yet",
)

links = Table(
    "links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    _time("until"),
    Index(None, "person_id"),
    comment="One-time links with which a person chooses a password",
)

absences = Table(
    "absences",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("deputy_id", UUID, ForeignKey("persons.id")),
    Index(None, "deputy_id"),
    CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
    CheckConstraint("deputy_id <> person_id", name="deputy_is_another_person"),
    comment="While a person is away, the deputy has that person's roles",
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("office", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Index(None, "office", "role"),
)

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
    _time("at"),
    _time("until"),
    _time("ended_at", nullable=True),
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
    _time("at"),
    Column("person_id", UUID, ForeignKey("persons.id"), nullable=False, comment="who did it"),
    Column("kind", Text, nullable=False, comment="see workflow.organisations"),
    Column("about", UUID, ForeignKey("persons.id"), comment="whom it concerns"),
    Column("data", JSONB, nullable=False),
    Index(None, "organisation_id"),
    comment="Every change of an organisation and its members",
)


sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", UUID, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, comment="browser | api"),
    _time("until"),
    Index(None, "person_id"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False, comment="hash of an address or of a mail"),
    _time("at"),
    Index(None, "key", "at"),
)

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
    _time("saved_at"),
    Column(
        "predecessor_id",
        UUID,
        ForeignKey("applications.id"),
        comment="the application of an earlier year that this one was copied from",
    ),
    Index(None, "organisation_id"),
    Index("ix_applications_words", text(PROJECT_WORDS), postgresql_using="gin"),
    comment="The working copy of the answers; erasable",
)

signatures = Table(
    "signatures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    Column("person_id", UUID, ForeignKey("persons.id"), nullable=False),
    Column("hash", Text, nullable=False, comment="of the answers that were signed"),
    _time("at"),
    _time("void_at", nullable=True),
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
    _time("at"),
    comment="Which sections an adviser has saved for an organisation, and when last",
)

field_saves = Table(
    "field_saves",
    metadata,
    Column("application_id", UUID, ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True, comment="section.field"),
    Column("save_id", UUID, nullable=False, comment="of the request: whoever sent it knows its own again"),
    Column("saved_by", UUID, ForeignKey("persons.id"), nullable=False),
    _time("saved_at"),
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
    _time("at"),
    comment="What people wrote, by the hash that the events hold; erasable",
)

files = Table(
    "files",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="upload | letter"),
    Column("step", Text, nullable=False, server_default="", comment="of a letter: the step that made it"),
    Column("added_by", UUID, ForeignKey("persons.id")),
    _time("at"),
    Index(None, "application_id"),
    Index(None, "sha256"),
)

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
    Column("committed", BigInteger, nullable=False),
    UniqueConstraint("programme", "year", "area", "pot"),
    CheckConstraint("available >= 0 AND reserved >= 0 AND committed >= 0", name="no_overspending"),
    comment="The balances of the postings, in Rappen; locked before money is asked for",
)

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
    Column("target_group", Text, nullable=False),
    Column("requested", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("ending", Text),
    _time("submitted_at"),
    _time("entered_at", nullable=True),
    _time("due_at", nullable=True),
    Column("version", Integer, nullable=False),
    Column("hash", Text, nullable=False, comment="of the last event: the head of the chain"),
    Column("state", JSONB, nullable=False),
    Index(None, "programme", "stage", "entered_at", "id"),
    Index(None, "organisation_id"),
    Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    Index(None, "area", "stage"),
    Index("ix_cases_grants", "area", "submitted_at", postgresql_where=text("committed > 0")),
    Index(None, "submitted_at", "id"),
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
    _time("at"),
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
    _time("at"),
    Column("command_id", UUID),
    Column("hash", Text, nullable=False),
    comment="The truth. Each hash covers the one before it: the audit chain of a case",
)

work_items = Table(
    "work_items",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    Column("entry", Integer, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("role", Text, nullable=False),
    _time("opened_at"),
    _time("due_at", nullable=True),
    _time("closed_at", nullable=True),
    Column("closed_by", Text),
    Column("holder", UUID, comment="who of the office has it"),
    Index("ix_work_items_open", "office", "role", "due_at", postgresql_where=text("closed_at IS NULL")),
    Index(
        "ix_work_items_held",
        "holder",
        "due_at",
        postgresql_where=text("holder IS NOT NULL AND closed_at IS NULL"),
    ),
    Index("ix_work_items_done", "closed_by", postgresql_where=text("closed_by <> 'system'")),
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
    _time("saved_at"),
    ForeignKeyConstraint(
        ["case_id", "entry", "seat"], ["work_items.case_id", "work_items.entry", "work_items.seat"]
    ),
    comment="Written at a seat and not yet handed in: its author's alone, erased when the seat is done",
)

agenda = Table(
    "agenda",
    metadata,
    Column("case_id", UUID, ForeignKey("cases.id"), primary_key=True),
    _time("due_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    _time("parked_at", nullable=True),
    Column("handed_to", UUID, ForeignKey("persons.id"), comment="who looks after a parked case"),
    Index("ix_agenda_due", "due_at", postgresql_where=text("due_at IS NOT NULL AND parked_at IS NULL")),
    Index("ix_agenda_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    comment="When a worker must look at a case again: work and timers are one thing",
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="mail | letter | link | notice | parent"),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Column("payload", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _time("next_try", nullable=True),
    _time("leased_until", nullable=True),
    Column("error", Text),
    _time("parked_at", nullable=True),
    _time("done_at", nullable=True),
    _time("skipped_at", nullable=True),
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
    _time("at"),
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
    _time("started_at"),
    _time("seen_at"),
    comment="Who is alive: each process says so now and then",
)

postings = Table(
    "postings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("line_id", Integer, ForeignKey("budget_lines.id"), nullable=False),
    Column("case_id", UUID, ForeignKey("cases.id")),
    Column("version", Integer, comment="of the case after the change that moved the money"),
    Column("account", Text, nullable=False, comment="ceiling | available | reserved | committed"),
    Column("amount", BigInteger, nullable=False),
    Column("target_group", Text),
    _time("at"),
    UniqueConstraint("case_id", "version", "account"),
    Index(None, "line_id", "account"),
    comment="Double entry in Rappen: the amounts of one case version, or of one ceiling, sum to zero",
)
