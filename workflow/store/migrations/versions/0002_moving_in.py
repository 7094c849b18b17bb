"""People who come, go and are away; organisations of all kinds; what operators do by hand.

Everything is added so that the version before goes on working beside this one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


APP = "foerderweg_app"


def upgrade() -> None:
    people()
    organisations()
    operations()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON links, absences, processes TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON interventions TO {APP}")


def people() -> None:
    op.add_column("persons", sa.Column("left_at", sa.DateTime(timezone=True)))
    op.create_table_comment(
        "persons", "An empty password_hash opens nothing: invited, and no password chosen yet"
    )
    op.create_table(
        "links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_links_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_links")),
        comment="One-time links with which a person chooses a password",
    )
    op.create_index(op.f("ix_links_person_id"), "links", ["person_id"])
    op.create_table(
        "absences",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.UUID()),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_absences_ends_after_it_begins")),
        sa.CheckConstraint("deputy_id <> person_id", name=op.f("ck_absences_deputy_is_another_person")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_absences_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["deputy_id"], ["persons.id"], name=op.f("fk_absences_deputy_id")),
        sa.PrimaryKeyConstraint("person_id", "first_day", name=op.f("pk_absences")),
        comment="While a person is away, the deputy has that person's roles",
    )
    op.create_index(op.f("ix_absences_deputy_id"), "absences", ["deputy_id"])


def organisations() -> None:
    op.add_column(
        "organisations",
        sa.Column(
            "kind",
            sa.Text(),
            server_default="non_state",
            nullable=False,
            comment="non_state | institution | office",
        ),
    )
    op.add_column(
        "organisations",
        sa.Column("office", sa.Text(), comment="of an office with measures of its own: its code"),
    )
    op.create_unique_constraint(op.f("uq_organisations_office"), "organisations", ["office"])
    op.create_check_constraint(
        op.f("ck_organisations_office_has_a_code"),
        "organisations",
        "(kind = 'office') = (office IS NOT NULL)",
    )


def operations() -> None:
    op.add_column("agenda", sa.Column("handed_to", sa.UUID(), comment="who looks after a parked case"))
    op.create_foreign_key(op.f("fk_agenda_handed_to"), "agenda", "persons", ["handed_to"], ["id"])
    op.create_index(
        "ix_agenda_parked", "agenda", ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL")
    )
    op.alter_column("outbox", "kind", comment="mail | letter | link", existing_comment="mail | letter")
    op.alter_column("outbox", "case_id", nullable=True)
    op.add_column("outbox", sa.Column("skipped_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_outbox_parked",
        "outbox",
        ["parked_at"],
        postgresql_where=sa.text("parked_at IS NOT NULL AND skipped_at IS NULL"),
    )
    op.create_table(
        "interventions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="retry | skip | hand_over"),
        sa.Column("effect", sa.Text()),
        sa.Column("case_id", sa.UUID()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_interventions_person_id")),
        sa.ForeignKeyConstraint(["effect"], ["outbox.key"], name=op.f("fk_interventions_effect")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_interventions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interventions")),
        comment="What operators did by hand, and why",
    )
    op.create_index(op.f("ix_interventions_effect"), "interventions", ["effect"])
    op.create_index(op.f("ix_interventions_case_id"), "interventions", ["case_id"])
    op.create_table(
        "processes",
        sa.Column("id", sa.Text(), nullable=False, comment="kind, machine and process id"),
        sa.Column("kind", sa.Text(), nullable=False, comment="web | worker | clock"),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processes")),
        comment="Who is alive: each process says so now and then",
    )
