"""Internal cases: who asks, and that the applicant sees nothing of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = ("stage", "area", "size", "call", "requested")
WAS, IS = (", ".join(f"{row}.{name}" for name in KEY) for row in ("OLD", "NEW"))


def upgrade() -> None:
    op.add_column("cases", sa.Column("asked_by", UUID, comment="of an internal case: who asks"))
    op.create_foreign_key("fk_cases_asked_by", "cases", "persons", ["asked_by"], ["id"])
    op.create_index(
        "ix_cases_asked_by", "cases", ["asked_by"], postgresql_where=sa.text("asked_by IS NOT NULL")
    )
    _count("WHERE asked_by IS NULL", "NEW.asked_by IS NULL AND")


def _count(added: str, moved: str) -> None:
    """What counts the cases by stage leaves internal ones out."""
    op.execute(f"""
CREATE OR REPLACE FUNCTION count_added_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stage_moves (stage, area, size, call, cases, requested)
  SELECT stage, area, size, call, count(*), sum(requested) FROM added {added} GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$""")
    op.execute(f"""
DROP TRIGGER moved_cases_count ON cases;
CREATE TRIGGER moved_cases_count AFTER UPDATE ON cases FOR EACH ROW
WHEN ({moved} ({WAS}) IS DISTINCT FROM ({IS})) EXECUTE FUNCTION count_moved_case()""")


def downgrade() -> None:
    _count("", "")
    op.drop_column("cases", "asked_by")
