"""Cases are counted by their due time too, so that the late ones are added up and not read one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = {name: f"{{row}}{name}" for name in ("stage", "area", "size", "call")}
"""What is counted by, as it stands in a row of cases."""
DUE = {"due": "coalesce({row}due_at, 'infinity')"}
INCLUDED = ["due_at", "stage", "area", "size", "call", "ending", "asked_by"]


def upgrade() -> None:
    _uncounted()
    for table in ("stage_moves", "stage_sums"):
        column = sa.Column("due", sa.DateTime(timezone=True), nullable=False)
        op.add_column(table, column)
    op.create_primary_key("pk_stage_sums", "stage_sums", [*KEY, *DUE])
    _counted(KEY | DUE)
    op.drop_index("ix_cases_due", "cases")
    op.create_index("ix_cases_due", "cases", [sa.text("coalesce(due_at, 'infinity')"), "id"])


def downgrade() -> None:
    _uncounted()
    for table in ("stage_moves", "stage_sums"):
        op.drop_column(table, "due")
    op.create_primary_key("pk_stage_sums", "stage_sums", [*KEY])
    _counted(KEY)
    op.drop_index("ix_cases_due", "cases")
    due = sa.text("coalesce(due_at, 'infinity')")
    op.create_index("ix_cases_due", "cases", [due, "id"], postgresql_include=INCLUDED)


def _uncounted() -> None:
    """No case changes from here on, until all of this is committed."""
    op.execute("DROP TRIGGER added_cases_count ON cases; DROP TRIGGER moved_cases_count ON cases")
    op.execute("TRUNCATE stage_moves, stage_sums")
    op.drop_constraint("pk_stage_sums", "stage_sums")


def _counted(key: dict[str, str]) -> None:
    def of(row: str) -> str:
        return ", ".join(one.format(row=row) for one in key.values())

    columns = f"{', '.join(key)}, cases, requested"
    by = ", ".join(str(number + 1) for number in range(len(key)))
    count = f"SELECT {of('')}, count(*), sum(requested) FROM {{rows}} WHERE asked_by IS NULL GROUP BY {by}"
    op.execute(f"""
CREATE OR REPLACE FUNCTION count_added_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage_moves ({columns}) {count.format(rows="added")};
  RETURN NULL;
END $$""")
    op.execute(f"""
CREATE OR REPLACE FUNCTION count_moved_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage_moves ({columns}) VALUES
    ({of("OLD.")}, -1, -OLD.requested), ({of("NEW.")}, 1, NEW.requested);
  RETURN NULL;
END $$""")
    op.execute("""
CREATE TRIGGER added_cases_count AFTER INSERT ON cases REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION count_added_cases()""")
    op.execute(f"""
CREATE TRIGGER moved_cases_count AFTER UPDATE ON cases FOR EACH ROW
WHEN (NEW.asked_by IS NULL AND ({of("OLD.")}, OLD.requested) IS DISTINCT FROM ({of("NEW.")}, NEW.requested))
EXECUTE FUNCTION count_moved_case()""")
    op.execute(f"INSERT INTO stage_sums ({columns}) {count.format(rows='cases')}")
