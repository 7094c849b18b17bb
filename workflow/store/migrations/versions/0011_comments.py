"""What people say to each other about a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APP = "foerderweg_app"


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", UUID, nullable=False, comment="made by who sends it: the same twice is once"),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("audience", sa.Text, nullable=False, comment="office | reviewers | applicant"),
        sa.Column("office", sa.Text, nullable=False, comment="whose person wrote it; empty: the applicant's"),
        sa.Column("author_id", UUID, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asks", sa.Boolean, nullable=False, comment="the applicant is to answer"),
        sa.Column("answers_id", UUID, comment="of an applicant's: to which message"),
        _time("at"),
        _time("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_comments_case_id"),
        sa.ForeignKeyConstraint(["author_id"], ["persons.id"], name="fk_comments_author_id"),
        sa.ForeignKeyConstraint(["answers_id"], ["comments.id"], name="fk_comments_answers_id"),
        comment="Append-only: a comment can be withdrawn, and is never changed",
    )
    op.create_index("ix_comments_case_id_at", "comments", ["case_id", "at"])
    op.create_index(
        "ix_comments_answers_id",
        "comments",
        ["answers_id"],
        postgresql_where=sa.text("answers_id IS NOT NULL"),
    )
    op.create_index("ix_comments_asked", "comments", ["author_id", "at"], postgresql_where=sa.text("asks"))
    op.create_table(
        "mentions",
        sa.Column("comment_id", UUID, nullable=False),
        sa.Column("person_id", UUID, nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("comment_id", "person_id", name="pk_mentions"),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name="fk_mentions_comment_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_mentions_person_id"),
        comment="Who is called to a comment; whoever asked is to the answer",
    )
    op.create_index("ix_mentions_person_id_at", "mentions", ["person_id", "at"])
    op.create_table(
        "comment_reads",
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("person_id", "case_id", name="pk_comment_reads"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name="fk_comment_reads_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_comment_reads_case_id"),
        comment="Up to when a person has read what was said about a case",
    )
    op.execute(f"GRANT SELECT, INSERT ON comments, mentions TO {APP}")
    op.execute(f"GRANT UPDATE (withdrawn_at) ON comments TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON comment_reads TO {APP}")


def downgrade() -> None:
    for table in ("comment_reads", "mentions", "comments"):
        op.drop_table(table)
