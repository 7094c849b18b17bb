"""Who of the staff has read the documents of which organisation, for the auditor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation_reads",
        sa.Column("organisation_id", UUID, nullable=False),
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="in Zurich"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_reads_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_organisation_reads_person_id")),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "day", name=op.f("pk_organisation_reads")),
        comment="Who of the staff has read documents of which organisation: as dossier_reads, never changed",
    )
    columns = ["at", "organisation_id", "person_id"]
    op.create_index("ix_organisation_reads_at_organisation_id_person_id", "organisation_reads", columns)
    op.create_index("ix_organisation_reads_person_id_at", "organisation_reads", ["person_id", "at"])
    op.execute("GRANT SELECT, INSERT ON organisation_reads TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("organisation_reads")
