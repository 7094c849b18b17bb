"""When people want mails, and what waits until then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = "mail | letter | link | notice | parent"


def upgrade() -> None:
    op.create_table(
        "mail_times",
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("digest_hour", sa.SmallInteger),
        sa.Column("quiet_from", sa.SmallInteger),
        sa.Column("quiet_until", sa.SmallInteger),
        sa.Column("quiet_weekend", sa.Boolean, nullable=False),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_mail_times_quiet_hours_end")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_mail_times_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_times")),
        comment="Who wants mails gathered, or not at all hours; hours of Europe/Zurich",
    )
    op.create_table(
        "held_mails",
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("effect", sa.Text, nullable=False, comment="key of the outbox"),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("case_id", UUID),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_held_mails_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_held_mails_case_id")),
        sa.PrimaryKeyConstraint("person_id", "effect", name=op.f("pk_held_mails")),
        comment="Mails that wait for the hour at which one person wants them: erased when sent",
    )
    op.create_index(op.f("ix_held_mails_effect"), "held_mails", ["effect"])
    op.create_index(op.f("ix_held_mails_case_id"), "held_mails", ["case_id"])
    op.alter_column("outbox", "kind", comment=f"{KINDS} | digest")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON mail_times, held_mails TO foerderweg_app")


def downgrade() -> None:
    op.alter_column("outbox", "kind", comment=KINDS)
    op.drop_table("held_mails")
    op.drop_table("mail_times")
