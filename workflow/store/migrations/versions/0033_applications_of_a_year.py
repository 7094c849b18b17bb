"""A year's applications are read from an index, however many other years there are."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_of_line", "cases", ["line_id"], postgresql_where=sa.text("parent_id IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_cases_of_line", "cases")
