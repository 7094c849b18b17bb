"""What somebody has written at a seat and not yet handed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP = "foerderweg_app"
SEAT = ["case_id", "entry", "seat"]


def upgrade() -> None:
    op.create_table(
        "statement_drafts",
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, comment="empty while none is chosen"),
        sa.Column("answers", JSONB, nullable=False, comment="as typed"),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*SEAT, "person_id", name="pk_statement_drafts"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name="fk_statement_drafts_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            SEAT, [f"work_items.{name}" for name in SEAT], name="fk_statement_drafts_case_id"
        ),
        comment="Written at a seat and not yet handed in: its author's alone, erased when the seat is done",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON statement_drafts TO {APP}")


def downgrade() -> None:
    op.drop_table("statement_drafts")
