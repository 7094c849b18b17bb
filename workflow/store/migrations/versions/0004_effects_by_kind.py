"""What somebody waits for goes before mails: the effects that are due, kind by kind."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOT_DONE = sa.text("done_at IS NULL AND parked_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["kind", "next_try"], postgresql_where=NOT_DONE)


def downgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["next_try"], postgresql_where=NOT_DONE)
