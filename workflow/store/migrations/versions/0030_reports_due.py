"""Which endings still ask for a report, and until when: written with the ending, gone with the report."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports_due",
        sa.Column("case_id", postgresql.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "stopped",
            sa.Boolean(),
            nullable=False,
            comment="so late that nothing is paid and nothing new comes in",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_due_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_reports_due")),
        comment="Endings that still ask for a report; the row goes when it is handed in",
    )
    op.create_index("ix_reports_due_due", "reports_due", ["due_at", "case_id"])
    op.create_index("ix_reports_due_stopped", "reports_due", ["case_id"], postgresql_where=sa.text("stopped"))
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON reports_due TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("reports_due")
