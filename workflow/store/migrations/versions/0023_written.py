"""Where somebody wrote an application is found by the person, not in all that an applicant ever sent."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("kind = 'application'")
    op.create_index(
        op.f("ix_contents_written"), "contents", ["written_by", "case_id"], postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_contents_written"), "contents")
