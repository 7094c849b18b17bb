"""The words by which a project is found are those of what was handed in, not of what is being written."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WORDS = "to_tsvector('german', concat_ws(' ', t.data #>> '{project,title}', t.data #>> '{project,summary}'))"
TYPED = (
    "to_tsvector('german'::regconfig, (COALESCE(answers #>> '{project,title}'::text[], ''::text)"
    " || ' '::text) || COALESCE(answers #>> '{project,summary}'::text[], ''::text))"
)


def upgrade() -> None:
    op.execute("ALTER TABLE applications ALTER COLUMN words DROP EXPRESSION")
    op.execute("COMMENT ON COLUMN applications.words IS 'of the project, as it was handed in; for searching'")
    op.execute("UPDATE applications SET words = NULL WHERE id NOT IN (SELECT id FROM cases)")
    # of those that are being changed: as they were handed in before, where that was not erased
    op.execute(
        f"UPDATE applications a SET words = {WORDS} FROM cases c"
        " JOIN contents t ON t.case_id = c.id AND t.hash = c.state->>'content'"
        " WHERE c.id = a.id AND t.data->'project' IS DISTINCT FROM a.answers->'project'"
    )


def downgrade() -> None:
    op.drop_index("ix_applications_words", "applications")
    op.drop_column("applications", "words")
    op.execute(f"ALTER TABLE applications ADD COLUMN words tsvector GENERATED ALWAYS AS ({TYPED}) STORED")
    op.execute("COMMENT ON COLUMN applications.words IS 'of the project; for searching'")
    op.create_index("ix_applications_words", "applications", ["words"], postgresql_using="gin")
