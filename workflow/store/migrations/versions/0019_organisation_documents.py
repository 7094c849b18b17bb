"""Organisations have documents: a file belongs to an application or to an organisation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STEP = "of a letter: the step that made it; of a document: the field that asks for it"


def upgrade() -> None:
    op.add_column("files", sa.Column("organisation_id", UUID, nullable=True))
    op.create_foreign_key(
        op.f("fk_files_organisation_id"), "files", "organisations", ["organisation_id"], ["id"]
    )
    op.alter_column("files", "application_id", nullable=True)
    op.alter_column("files", "kind", comment="upload | letter | document")
    op.alter_column("files", "step", comment=STEP)
    op.create_check_constraint(
        op.f("ck_files_belongs_to_one"), "files", "(application_id IS NULL) <> (organisation_id IS NULL)"
    )
    op.create_index(op.f("ix_files_organisation_id"), "files", ["organisation_id"])


def downgrade() -> None:
    op.execute("DELETE FROM files WHERE application_id IS NULL")
    op.drop_column("files", "organisation_id")
    op.alter_column("files", "application_id", nullable=False)
    op.alter_column("files", "kind", comment="upload | letter")
    op.alter_column("files", "step", comment="of a letter: the step that made it")
