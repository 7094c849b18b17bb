"""When everything stored was compared with the events, and what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verifications",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cases", sa.Integer, nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("first", JSONB, nullable=False, comment="the first of them, as people read them"),
        sa.PrimaryKeyConstraint("id", name="pk_verifications"),
        comment="When everything stored was compared with the events, and what came of it; never changed",
    )
    op.execute("GRANT SELECT, INSERT ON verifications TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("verifications")
