"""Cases that stand still until somebody does something: few, and asked for at every inbox."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_cases_held_up ON cases (number) WHERE state ?| ARRAY['proposal', 'suspended_at']"
    )


def downgrade() -> None:
    op.drop_index("ix_cases_held_up", "cases")
