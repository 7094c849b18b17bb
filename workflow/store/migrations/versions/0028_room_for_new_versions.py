"""Each page of cases keeps room for a new version of one of its rows.

What changes no column of an index (a vote, a reminder) is then written beside the old row, and into none
of its indexes. Rows that are there already get the room when they are written anew.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE cases SET (fillfactor = 70)")


def downgrade() -> None:
    op.execute("ALTER TABLE cases RESET (fillfactor)")
