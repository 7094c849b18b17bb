"""What somebody has written beside a case, a report or an amendment, and not yet handed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

APP = "foerderweg_app"


def upgrade() -> None:
    op.create_table(
        "opening_drafts",
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("child", sa.Text, nullable=False, comment="what is being written: report, amendment"),
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("child_id", UUID, nullable=False, comment="of the page on which it was written last"),
        sa.Column("answers", JSONB, nullable=False, comment="as typed"),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "child", "person_id", name="pk_opening_drafts"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_opening_drafts_case_id"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name="fk_opening_drafts_person_id", ondelete="CASCADE"
        ),
        comment="Written beside a case and not yet handed in: its author's alone, erased when handed in",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON opening_drafts TO {APP}")


def downgrade() -> None:
    op.drop_table("opening_drafts")
