"""Which payment was put into which file for the bank."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filed_payments",
        sa.Column("case_id", postgresql.UUID(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False, comment="Rappen that were paid before it"),
        sa.Column("message", sa.Text(), nullable=False, comment="the id by which a bank knows the file"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="Rappen"),
        sa.Column("made_by", postgresql.UUID(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_filed_payments_case_id_cases")),
        sa.ForeignKeyConstraint(["made_by"], ["persons.id"], name=op.f("fk_filed_payments_made_by_persons")),
        sa.PrimaryKeyConstraint("case_id", "paid", name=op.f("pk_filed_payments")),
        comment="The file for the bank in which a payment was last; it is paid when that is recorded",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON filed_payments TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("filed_payments")
