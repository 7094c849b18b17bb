"""Who of the staff has read which dossier, for the auditor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dossier_reads",
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="in Zurich"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_dossier_reads_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_dossier_reads_person_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", "day", name=op.f("pk_dossier_reads")),
        comment="Who of the staff has read which dossier: one row a person, case and day, never changed",
    )
    op.create_index("ix_dossier_reads_at_case_id_person_id", "dossier_reads", ["at", "case_id", "person_id"])
    op.create_index("ix_dossier_reads_person_id_at", "dossier_reads", ["person_id", "at"])
    op.execute("GRANT SELECT, INSERT ON dossier_reads TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("dossier_reads")
