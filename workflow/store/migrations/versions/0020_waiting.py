"""Indexes of what waits: by case, by who has done their part, and of what is late without its rows."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

DUE = "CREATE INDEX ix_cases_due ON cases (coalesce(due_at, 'infinity'), id)"
DONE = "CREATE INDEX ix_work_items_done ON work_items ({}) WHERE closed_by <> 'system'"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_work_items_waiting ON work_items (case_id) WHERE closed_at IS NULL")
    op.execute("DROP INDEX ix_work_items_done")
    op.execute(DONE.format("closed_by, case_id"))
    op.execute("DROP INDEX ix_cases_due")
    op.execute(f"{DUE} INCLUDE (due_at, stage, area, size, call, ending, asked_by)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_cases_due")
    op.execute(DUE)
    op.execute("DROP INDEX ix_work_items_done")
    op.execute(DONE.format("closed_by"))
    op.execute("DROP INDEX ix_work_items_waiting")
