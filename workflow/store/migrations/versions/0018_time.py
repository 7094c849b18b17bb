"""Indexes for where time goes: what was done when, what ended when."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    done = sa.text("closed_at IS NOT NULL")
    op.create_index("ix_work_items_closed", "work_items", ["closed_at"], postgresql_where=done)
    ended = sa.text("ending IS NOT NULL")
    op.create_index("ix_cases_ended", "cases", ["entered_at"], postgresql_where=ended)


def downgrade() -> None:
    op.drop_index("ix_cases_ended", "cases")
    op.drop_index("ix_work_items_closed", "work_items")
