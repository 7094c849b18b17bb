"""What is still to be paid is found by an index whose share of all cases PostgreSQL knows.

Of one column beside another it knows nothing and supposes a third: over a million cases, of which thirty were
owed something, it read them all. A new database is not analyzed: PostgreSQL would take it for known that
there is nothing in it, and read all of its cases for each one, until it looks anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("committed - paid > 0")
    op.create_index(op.f("ix_cases_owed"), "cases", ["entered_at", "id"], postgresql_where=where)
    op.drop_index(op.f("ix_cases_payable"), "cases")
    op.execute("CREATE STATISTICS cases_owed ON (committed - paid) FROM cases")
    if op.get_bind().execute(sa.text("SELECT EXISTS (SELECT FROM cases)")).scalar_one():
        op.execute("ANALYZE cases")


def downgrade() -> None:
    op.execute("DROP STATISTICS cases_owed")
    op.create_index(
        op.f("ix_cases_payable"), "cases", ["entered_at", "id"], postgresql_where=sa.text("committed > paid")
    )
    op.drop_index(op.f("ix_cases_owed"), "cases")
