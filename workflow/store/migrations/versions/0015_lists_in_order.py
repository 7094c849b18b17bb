"""The open work of an office, and the organisations, come from an index in the order of their lists."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_work_items_open", "work_items")
    due = sa.text("coalesce(due_at, 'infinity'::timestamptz)")
    op.create_index(
        "ix_work_items_open",
        "work_items",
        ["office", "role", due, "case_id", "seat"],
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_organisations_listed",
        "organisations",
        [sa.text("(state <> 'waiting')"), "name"],
        postgresql_where=sa.text("merged_into IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_organisations_listed", "organisations")
    op.drop_index("ix_work_items_open", "work_items")
    op.create_index("ix_work_items_open", "work_items", ["office", "role", "due_at"], postgresql_where=OPEN)
