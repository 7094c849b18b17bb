"""In which files a payment was before the one in which it was last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "filed_payments",
        sa.Column(
            "earlier",
            ARRAY(sa.Text),
            nullable=False,
            server_default="{}",
            comment="other files in which it was before, meant all the same",
        ),
    )


def downgrade() -> None:
    op.drop_column("filed_payments", "earlier")
