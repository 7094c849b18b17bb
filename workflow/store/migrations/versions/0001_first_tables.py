"""The first tables, and what the application may do with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APP = "foerderweg_app"
APPEND_ONLY = ("events", "postings", "definitions")


def upgrade() -> None:
    make_tables()
    grant_rights()


def grant_rights() -> None:
    """The application reads and writes rows; what is append-only it can neither change nor take away."""
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP}")


def make_tables() -> None:
    op.execute("CREATE SEQUENCE case_number")
    op.create_table(
        "budget_lines",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("pot", sa.Text(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "available >= 0 AND reserved >= 0 AND committed >= 0",
            name=op.f("ck_budget_lines_no_overspending"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint(
            "programme", "year", "area", "pot", name=op.f("uq_budget_lines_programme_year_area_pot")
        ),
        comment="The balances of the postings, in Rappen; locked before money is asked for",
    )
    op.create_table(
        "commands",
        sa.Column("command_id", sa.UUID(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="of the case when the command was done: its result",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_commands")),
    )
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="programme | route | form | letter"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "content",
            sa.JSON(),
            nullable=False,
            comment="not JSONB: the order of a page's keys is kept",
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_definitions")),
        comment="Every published version, whole, named by the hash of its content",
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_form", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("town", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="de", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("email", name=op.f("uq_persons_email")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="hash of an address or of a mail"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index(op.f("ix_sign_in_attempts_key_at"), "sign_in_attempts", ["key", "at"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.UUID(), nullable=False, comment="the id of the case, once submitted"),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("programme_hash", sa.Text(), nullable=False),
        sa.Column("form_hash", sa.Text(), nullable=False),
        sa.Column(
            "answers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="as typed; what counts is the snapshot in contents",
        ),
        sa.Column("eligibility", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.UUID(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_hash"], ["definitions.hash"], name=op.f("fk_applications_form_hash")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_applications_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_hash"], ["definitions.hash"], name=op.f("fk_applications_programme_hash")
        ),
        sa.ForeignKeyConstraint(["saved_by"], ["persons.id"], name=op.f("fk_applications_saved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        comment="The working copy of the answers; erasable",
    )
    op.create_index(
        op.f("ix_applications_organisation_id"), "applications", ["organisation_id"], unique=False
    )
    op.create_table(
        "memberships",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("rights", sa.ARRAY(sa.Text()), nullable=False, comment="of: read, draft, sign"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_memberships_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_memberships_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "organisation_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_organisation_id"), "memberships", ["organisation_id"], unique=False)
    op.create_table(
        "programmes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["definitions.hash"], name=op.f("fk_programmes_hash")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_programmes")),
        comment="Which version of a programme new applications take",
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="browser | api"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_sessions_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "staff_roles",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_staff_roles_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "office", "role", name=op.f("pk_staff_roles")),
    )
    op.create_index(op.f("ix_staff_roles_office_role"), "staff_roles", ["office", "role"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="for lists; erasable"),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_hash", sa.Text(), nullable=False),
        sa.Column("route_hash", sa.Text(), nullable=False),
        sa.Column("form_hash", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("target_group", sa.Text(), nullable=False),
        sa.Column("requested", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="of the last event: the head of the chain"),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["form_hash"], ["definitions.hash"], name=op.f("fk_cases_form_hash")),
        sa.ForeignKeyConstraint(["id"], ["applications.id"], name=op.f("fk_cases_id")),
        sa.ForeignKeyConstraint(["line_id"], ["budget_lines.id"], name=op.f("fk_cases_line_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_cases_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_hash"], ["definitions.hash"], name=op.f("fk_cases_programme_hash")
        ),
        sa.ForeignKeyConstraint(["route_hash"], ["definitions.hash"], name=op.f("fk_cases_route_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(op.f("ix_cases_area_stage"), "cases", ["area", "stage"], unique=False)
    op.create_index(op.f("ix_cases_organisation_id"), "cases", ["organisation_id"], unique=False)
    op.create_index(
        op.f("ix_cases_programme_stage_entered_at_id"),
        "cases",
        ["programme", "stage", "entered_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_cases_submitted_at_id"), "cases", ["submitted_at", "id"], unique=False)
    op.create_table(
        "contents",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="application | statement"),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_by", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["applications.id"], name=op.f("fk_contents_case_id")),
        sa.ForeignKeyConstraint(["written_by"], ["persons.id"], name=op.f("fk_contents_written_by")),
        sa.PrimaryKeyConstraint("case_id", "hash", name=op.f("pk_contents")),
        comment="What people wrote, by the hash that the events hold; erasable",
    )
    op.create_table(
        "files",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="upload | letter"),
        sa.Column(
            "step", sa.Text(), server_default="", nullable=False, comment="of a letter: the step that made it"
        ),
        sa.Column("added_by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["persons.id"], name=op.f("fk_files_added_by")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_files_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_application_id"), "files", ["application_id"], unique=False)
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"], unique=False)
    op.create_table(
        "agenda",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_agenda_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_agenda")),
        comment="When a worker must look at a case again: work and timers are one thing",
    )
    op.create_index(
        "ix_agenda_due",
        "agenda",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "events",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("command_id", sa.UUID(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_events")),
        sa.UniqueConstraint("position", name=op.f("uq_events_position")),
        comment="The truth. Each hash covers the one before it: the audit chain of a case",
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="mail | letter"),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbox")),
        comment="Exactly one effect a key",
    )
    op.create_index(op.f("ix_outbox_case_id"), "outbox", ["case_id"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_try"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="of the case after the change that moved the money",
        ),
        sa.Column("account", sa.Text(), nullable=False, comment="ceiling | available | reserved | committed"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("target_group", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_postings_case_id")),
        sa.ForeignKeyConstraint(["line_id"], ["budget_lines.id"], name=op.f("fk_postings_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
        sa.UniqueConstraint(
            "case_id", "version", "account", name=op.f("uq_postings_case_id_version_account")
        ),
        comment="Double entry in Rappen: the amounts of one case version, or of one ceiling, sum to zero",
    )
    op.create_index(op.f("ix_postings_line_id_account"), "postings", ["line_id", "account"], unique=False)
    op.create_table(
        "work_items",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_work_items_case_id")),
        sa.PrimaryKeyConstraint("case_id", "entry", "seat", name=op.f("pk_work_items")),
        comment="Who has to do what by when",
    )
    op.create_index(
        "ix_work_items_open",
        "work_items",
        ["office", "role", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
