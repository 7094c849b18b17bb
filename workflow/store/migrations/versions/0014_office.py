"""Cases counted by stage as they change, indexes for the office's lists and search, saved views."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APP = "foerderweg_app"
KEY = ("stage", "area", "size", "call")
COLUMNS = "stage, area, size, call, cases, requested"
COUNT = "SELECT stage, area, size, call, count(*), sum(requested) FROM {cases} GROUP BY 1, 2, 3, 4"
STANDING = """(
CASE
    WHEN ending IS NULL THEN COALESCE(entered_at, 'infinity'::timestamp with time zone)
    ELSE 'infinity'::timestamp with time zone
END)"""
WAS, IS = (", ".join(f"{row}.{name}" for name in (*KEY, "requested")) for row in ("OLD", "NEW"))


def upgrade() -> None:
    _tables()
    _triggers()
    op.execute(f"INSERT INTO stage_sums ({COLUMNS}) {COUNT.format(cases='cases')}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON stage_sums, stage_moves, saved_views TO {APP}")
    op.drop_index("ix_cases_programme_stage_entered_at_id", "cases")
    op.drop_index("ix_cases_area_stage", "cases")
    op.create_index("ix_cases_due", "cases", [sa.text("coalesce(due_at, 'infinity')"), "id"])
    op.create_index("ix_cases_requested_id", "cases", ["requested", "id"])
    op.create_index("ix_cases_standing", "cases", ["stage", sa.text(STANDING), "id"])
    words = sa.text("to_tsvector('german'::regconfig, name)")
    op.create_index("ix_organisations_words", "organisations", [words], postgresql_using="gin")


def _tables() -> None:
    op.create_table(
        "stage_sums",
        *_counted(),
        sa.PrimaryKeyConstraint(*KEY, name="pk_stage_sums"),
        comment="How many cases stand where, but for what stage_moves still says",
    )
    op.create_table(
        "stage_moves",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_counted(),
        sa.PrimaryKeyConstraint("id", name="pk_stage_moves"),
        comment="Written by triggers of cases, in their transactions, until a worker adds them to stage_sums."
        " Never updated, so that nobody waits for anybody",
    )
    op.create_table(
        "saved_views",
        sa.Column("id", UUID, nullable=False),
        sa.Column("person_id", UUID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False, comment="of the pipeline's address: its filters"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name="fk_saved_views_person_id", ondelete="CASCADE"
        ),
        comment="A person's own views of the pipeline, each a named address",
    )
    op.create_index("uq_saved_views_person_id_name", "saved_views", ["person_id", "name"], unique=True)


def _counted() -> list[sa.Column[Any]]:
    figures = [sa.Column(name, sa.BigInteger, nullable=False) for name in ("cases", "requested")]
    return [*(sa.Column(name, sa.Text, nullable=False) for name in KEY), *figures]


def _triggers() -> None:
    """A statement that adds cases counts them all at once, so that a COPY of a million makes few rows."""
    into = f"INSERT INTO stage_moves ({COLUMNS})"
    op.execute(f"""
CREATE FUNCTION count_added_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {into} {COUNT.format(cases="added")};
  RETURN NULL;
END $$""")
    op.execute(f"""
CREATE FUNCTION count_moved_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {into} VALUES (OLD.stage, OLD.area, OLD.size, OLD.call, -1, -OLD.requested),
    (NEW.stage, NEW.area, NEW.size, NEW.call, 1, NEW.requested);
  RETURN NULL;
END $$""")
    op.execute("""
CREATE TRIGGER added_cases_count AFTER INSERT ON cases REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION count_added_cases()""")
    op.execute(f"""
CREATE TRIGGER moved_cases_count AFTER UPDATE ON cases FOR EACH ROW
WHEN (({WAS}) IS DISTINCT FROM ({IS})) EXECUTE FUNCTION count_moved_case()""")


def downgrade() -> None:
    op.execute("DROP TRIGGER added_cases_count ON cases; DROP TRIGGER moved_cases_count ON cases")
    op.execute("DROP FUNCTION count_added_cases; DROP FUNCTION count_moved_case")
    for name in ("saved_views", "stage_moves", "stage_sums"):
        op.drop_table(name)
    op.drop_index("ix_organisations_words", "organisations")
    for name in ("ix_cases_standing", "ix_cases_requested_id", "ix_cases_due"):
        op.drop_index(name, "cases")
    op.create_index("ix_cases_area_stage", "cases", ["area", "stage"])
    columns = ["programme", "stage", "entered_at", "id"]
    op.create_index("ix_cases_programme_stage_entered_at_id", "cases", columns)
