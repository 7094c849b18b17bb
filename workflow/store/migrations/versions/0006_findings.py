"""Finding the same project twice, and the grants of an area."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    words = (
        "to_tsvector('german'::regconfig, (COALESCE(answers #>> '{project,title}'::text[], ''::text)"
        " || ' '::text) || COALESCE(answers #>> '{project,summary}'::text[], ''::text))"
    )
    op.create_index("ix_applications_words", "applications", [sa.text(words)], postgresql_using="gin")
    grants = sa.text("committed > 0")
    op.create_index("ix_cases_grants", "cases", ["area", "submitted_at"], postgresql_where=grants)


def downgrade() -> None:
    op.drop_index("ix_cases_grants", "cases")
    op.drop_index("ix_applications_words", "applications")
