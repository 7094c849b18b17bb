"""What administrators did to people's access is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APP = "foerderweg_app"


def upgrade() -> None:
    op.create_table(
        "people_log",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", UUID, nullable=False),
        sa.Column("about", UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False, comment="added | changed | ended | reopened | invited"),
        sa.Column("data", JSONB, nullable=False, comment="field → [was, is]; reason"),
        sa.PrimaryKeyConstraint("id", name="pk_people_log"),
        sa.ForeignKeyConstraint(["by"], ["persons.id"], name="fk_people_log_by"),
        sa.ForeignKeyConstraint(["about"], ["persons.id"], name="fk_people_log_about"),
        comment="What administrators did to people's access",
    )
    op.create_index("ix_people_log_about", "people_log", ["about"])
    op.execute(f"GRANT SELECT, INSERT ON people_log TO {APP}")


def downgrade() -> None:
    op.drop_table("people_log")
