"""Cases that belong to another case: amendments, reports, appeals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    what = "of an amendment, a report, an appeal"
    op.add_column("cases", sa.Column("parent_id", UUID, sa.ForeignKey("cases.id"), comment=what))
    op.create_index(
        "ix_cases_parent_id", "cases", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.alter_column(
        "outbox", "kind", comment="mail | letter | link | parent", existing_comment="mail | letter | link"
    )


def downgrade() -> None:
    op.alter_column("outbox", "kind", comment="mail | letter | link")
    op.drop_column("cases", "parent_id")
