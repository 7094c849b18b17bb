"""The words of a project stand in its row, so that a list can test case after case as it is read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WORDS = (
    "to_tsvector('german'::regconfig, (COALESCE(answers #>> '{project,title}'::text[], ''::text)"
    " || ' '::text) || COALESCE(answers #>> '{project,summary}'::text[], ''::text))"
)


def upgrade() -> None:
    op.drop_index("ix_applications_words", "applications")
    words = sa.Computed(WORDS, persisted=True)
    op.add_column(
        "applications", sa.Column("words", TSVECTOR, words, comment="of the project; for searching")
    )
    op.create_index("ix_applications_words", "applications", ["words"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_applications_words", "applications")
    op.drop_column("applications", "words")
    op.create_index("ix_applications_words", "applications", [sa.text(WORDS)], postgresql_using="gin")
