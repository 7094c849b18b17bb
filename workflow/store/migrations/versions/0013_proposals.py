"""Proposals to change the programme, kept for good: what is proposed, by whom and when never changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP = "foerderweg_app"


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", UUID, nullable=False),
        sa.Column("base", sa.Text, nullable=False, comment="what it was checked against"),
        sa.Column(
            "parts", sa.JSON, nullable=False, comment="name of the part → its new content, null: taken away"
        ),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposed_by", UUID, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False, comment="open | published | refused | withdrawn"),
        sa.Column("decided_by", UUID),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column(
            "decision", sa.Text, nullable=False, server_default="", comment="why it was refused or withdrawn"
        ),
        sa.Column("published", sa.Text, comment="the version that came of it"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.ForeignKeyConstraint(["base"], ["definitions.hash"], name="fk_proposals_base"),
        sa.ForeignKeyConstraint(["published"], ["definitions.hash"], name="fk_proposals_published"),
        sa.ForeignKeyConstraint(["proposed_by"], ["persons.id"], name="fk_proposals_proposed_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["persons.id"], name="fk_proposals_decided_by"),
        sa.CheckConstraint(
            "decided_by <> proposed_by OR state = 'withdrawn'", name="ck_proposals_two_persons"
        ),
        comment="Changes of the programme: made by one person, published by another; never deleted",
    )
    op.create_index("ix_proposals_proposed_at_id", "proposals", ["proposed_at", "id"])
    changeable = "base, state, decided_by, decided_at, decision, published"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changeable}) ON proposals TO {APP}")


def downgrade() -> None:
    op.drop_table("proposals")
