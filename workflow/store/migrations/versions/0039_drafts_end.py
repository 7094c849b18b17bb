"""What was begun and never handed in ends after a year; what was handed in always has words, if only none."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    words = "of the project, as it was handed in; for searching"
    op.execute("UPDATE applications SET words = '' WHERE words IS NULL AND id IN (SELECT id FROM cases)")
    op.execute(f"COMMENT ON COLUMN applications.words IS '{words}. None: it was not'")
    op.add_column(
        "applications",
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            comment="when it is erased unless somebody writes; its people were told",
        ),
    )
    begun = sa.text("words IS NULL")
    op.create_index("ix_applications_begun", "applications", ["saved_at"], postgresql_where=begun)


def downgrade() -> None:
    op.drop_index("ix_applications_begun", "applications")
    op.drop_column("applications", "ends_at")
    op.execute("COMMENT ON COLUMN applications.words IS 'of the project, as it was handed in; for searching'")
