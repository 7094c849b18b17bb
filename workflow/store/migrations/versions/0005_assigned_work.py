"""Who of an office has a piece of open work, and who did which."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    what = "who of the office has it"
    op.add_column("work_items", sa.Column("holder", UUID, comment=what))
    held = sa.text("holder IS NOT NULL AND closed_at IS NULL")
    op.create_index("ix_work_items_held", "work_items", ["holder", "due_at"], postgresql_where=held)
    done = sa.text("closed_by <> 'system'")
    op.create_index("ix_work_items_done", "work_items", ["closed_by"], postgresql_where=done)


def downgrade() -> None:
    op.drop_index("ix_work_items_done", "work_items")
    op.drop_column("work_items", "holder")
