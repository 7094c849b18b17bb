"""Which application a new one was copied from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    what = "the application of an earlier year that this one was copied from"
    key = sa.ForeignKey("applications.id", name="fk_applications_predecessor_id")
    op.add_column("applications", sa.Column("predecessor_id", UUID, key, comment=what))


def downgrade() -> None:
    op.drop_column("applications", "predecessor_id")
