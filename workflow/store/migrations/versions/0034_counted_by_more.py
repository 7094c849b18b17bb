"""Cases are counted by status, step, budget line and route too, and lists are read from where there are any.

There are as many indexes as before: those of the lists' orders hold a few more columns.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEFORE = ("stage", "area", "size", "call")
ADDED = {"status": sa.Text, "step": sa.Text, "line_id": sa.Integer, "route_hash": sa.Text}
STANDING = """(
CASE
    WHEN ending IS NULL THEN COALESCE(entered_at, 'infinity'::timestamp with time zone)
    ELSE 'infinity'::timestamp with time zone
END)"""
DUE = """(
CASE
    WHEN ending IS NULL THEN COALESCE(due_at, to_timestamp('253370764800'::double precision))
    ELSE 'infinity'::timestamp with time zone
END)"""
DUE_BEFORE = "coalesce(due_at, 'infinity')"
BOTH = (
    *("ix_cases_submitted_at_id", "ix_cases_requested_id"),
    *("ix_cases_newest", "ix_cases_amount", "ix_cases_due", "ix_cases_standing"),
)


def upgrade() -> None:
    _uncounted()
    for table in ("stage_moves", "stage_sums"):
        for name, type_ in ADDED.items():
            op.add_column(table, sa.Column(name, type_, nullable=False))
    _counted(DUE, *BEFORE, *ADDED)
    op.execute("REVOKE UPDATE ON stage_sums FROM foerderweg_app")  # what adds up by the old key fails
    _indexed(
        ix_cases_newest=["submitted_at", "id", "stage", "status", "line_id", "size"],
        ix_cases_due=[DUE, "id", "stage", "status", "line_id", "size"],
        ix_cases_standing=["stage", "status", STANDING, "id", "line_id", "size"],
        ix_cases_amount=["size", "requested", "id", "stage", "status", "line_id"],
    )


def downgrade() -> None:
    _uncounted()
    for table in ("stage_moves", "stage_sums"):
        for name in ADDED:
            op.drop_column(table, name)
    _counted(DUE_BEFORE, *BEFORE)
    op.execute("GRANT UPDATE ON stage_sums TO foerderweg_app")
    _indexed(
        ix_cases_submitted_at_id=["submitted_at", "id"],
        ix_cases_due=[DUE_BEFORE, "id"],
        ix_cases_standing=["stage", STANDING, "id"],
        ix_cases_requested_id=["requested", "id"],
    )


def _indexed(**indexes: list[str]) -> None:
    """These in place of the other ones."""
    for name in BOTH:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    for name, columns in indexes.items():
        op.execute(f"CREATE INDEX {name} ON cases ({', '.join(columns)})")


def _uncounted() -> None:
    """No case changes from here on, until all of this is committed."""
    op.execute("DROP TRIGGER added_cases_count ON cases; DROP TRIGGER moved_cases_count ON cases")
    op.execute("TRUNCATE stage_moves, stage_sums")
    op.drop_constraint("pk_stage_sums", "stage_sums")


def _counted(due: str, *key: str) -> None:
    op.create_primary_key("pk_stage_sums", "stage_sums", [*key, "due"])

    def of(row: str) -> str:
        until = re.sub(r"\b(ending|due_at)\b", rf"{row}\1", due)
        return ", ".join([*(f"{row}{name}" for name in key), until])

    columns = f"{', '.join(key)}, due, cases, requested"
    by = ", ".join(str(number + 1) for number in range(len(key) + 1))
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
