"""What of a settled grant has to come back: written with the settlement, gone with the money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repayments_due",
        sa.Column("case_id", postgresql.UUID(), nullable=False),
        sa.Column(
            "amount",
            sa.BigInteger(),
            nullable=False,
            comment="Rappen that were paid beyond the settled grant",
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_repayments_due_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_repayments_due")),
        comment="What has to come back; the row goes when it has",
    )
    op.create_index("ix_repayments_due_since", "repayments_due", ["since", "case_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON repayments_due TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("repayments_due")
