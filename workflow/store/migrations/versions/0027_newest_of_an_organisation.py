"""The newest applications of an organisation are read from an index, however many it has handed in."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["organisation_id", "submitted_at"]
    op.create_index(op.f("ix_cases_organisation_id_submitted_at"), "cases", columns)
    op.drop_index(op.f("ix_cases_organisation_id"), "cases")


def downgrade() -> None:
    op.create_index(op.f("ix_cases_organisation_id"), "cases", ["organisation_id"])
    op.drop_index(op.f("ix_cases_organisation_id_submitted_at"), "cases")
