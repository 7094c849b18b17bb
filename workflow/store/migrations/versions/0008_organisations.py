"""Organisations that register, invite, sign, are advised and are merged. All of it is added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP = "foerderweg_app"
KINDS = "mail | letter | link | notice | parent"


def upgrade() -> None:
    organisations()
    members()
    signing()
    op.alter_column("outbox", "kind", comment=KINDS, existing_comment="mail | letter | link | parent")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON invitations, signatures, advice TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON organisation_log TO {APP}")


def organisations() -> None:
    for name, comment in (
        ("uid", None),
        ("iban", None),
        ("holder", "of the account"),
        ("refusal", "why it was refused, in words"),
    ):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="", comment=comment)
        op.add_column("organisations", column)
    state = "waiting | confirmed | refused"
    op.add_column(
        "organisations",
        sa.Column("state", sa.Text(), nullable=False, server_default="confirmed", comment=state),
    )
    op.add_column(
        "organisations", sa.Column("merged_into", sa.UUID(), comment="of an alias: the one that stays")
    )
    op.create_foreign_key(
        op.f("fk_organisations_merged_into"), "organisations", "organisations", ["merged_into"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_organisations_no_alias_of_itself"), "organisations", "merged_into <> id"
    )
    op.create_index(
        "ix_organisations_merged_into",
        "organisations",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_organisations_waiting",
        "organisations",
        ["state"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def members() -> None:
    rights = "of: read, draft, cosign, sign, advise; none: has advised, and no longer does"
    op.alter_column("memberships", "rights", comment=rights, existing_comment="of: read, draft, sign")
    op.add_column(
        "memberships",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.execute("""
CREATE TABLE invitations (
    id uuid CONSTRAINT pk_invitations PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT fk_invitations_organisation_id REFERENCES organisations,
    email text NOT NULL,
    rights text[] NOT NULL,
    invited_by uuid NOT NULL CONSTRAINT fk_invitations_invited_by REFERENCES persons,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX uq_invitations_open ON invitations (organisation_id, email) WHERE ended_at IS NULL;
CREATE INDEX ix_invitations_email ON invitations (email);
COMMENT ON TABLE invitations IS
    'Who is asked to join an organisation, by mail address; ended when answered or taken back';
CREATE TABLE organisation_log (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_organisation_log PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT fk_organisation_log_organisation_id REFERENCES organisations,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL CONSTRAINT fk_organisation_log_person_id REFERENCES persons,
    kind text NOT NULL,
    about uuid CONSTRAINT fk_organisation_log_about REFERENCES persons,
    data jsonb NOT NULL
);
CREATE INDEX ix_organisation_log_organisation_id ON organisation_log (organisation_id);
COMMENT ON TABLE organisation_log IS 'Every change of an organisation and its members';
COMMENT ON COLUMN organisation_log.person_id IS 'who did it';
COMMENT ON COLUMN organisation_log.kind IS 'see workflow.organisations';
COMMENT ON COLUMN organisation_log.about IS 'whom it concerns';
""")


def signing() -> None:
    op.execute("""
CREATE TABLE signatures (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_signatures PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_signatures_application_id REFERENCES applications,
    person_id uuid NOT NULL CONSTRAINT fk_signatures_person_id REFERENCES persons,
    hash text NOT NULL,
    at timestamptz NOT NULL,
    void_at timestamptz,
    void_by uuid CONSTRAINT fk_signatures_void_by REFERENCES persons
);
CREATE UNIQUE INDEX uq_signatures_valid ON signatures (application_id, person_id) WHERE void_at IS NULL;
CREATE INDEX ix_signatures_application_id ON signatures (application_id);
COMMENT ON TABLE signatures IS
    'The first of two signatures under an application that is not submitted yet';
COMMENT ON COLUMN signatures.hash IS 'of the answers that were signed';
COMMENT ON COLUMN signatures.void_by IS 'who changed the answers';
CREATE TABLE advice (
    application_id uuid NOT NULL CONSTRAINT fk_advice_application_id REFERENCES applications,
    section text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT fk_advice_person_id REFERENCES persons,
    at timestamptz NOT NULL,
    CONSTRAINT pk_advice PRIMARY KEY (application_id, section, person_id)
);
COMMENT ON TABLE advice IS 'Which sections an adviser has saved for an organisation, and when last';
""")


def downgrade() -> None:
    op.execute("DROP TABLE advice, signatures, organisation_log, invitations")
    op.drop_column("memberships", "since")
    for name in ("merged_into", "state", "refusal", "holder", "iban", "uid"):
        op.drop_column("organisations", name)
