"""Cases in which somebody has proposed a way off the straight one: few, and asked for at every inbox."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_cases_proposed ON cases (number) WHERE state ? 'proposal'")


def downgrade() -> None:
    op.drop_index("ix_cases_proposed", "cases")
