"""Who never joined is erased: since when there has been a person, and no log that holds them."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ABOUT = "fk_organisation_log_about"


def upgrade() -> None:
    made = sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    op.add_column("persons", made)
    op.drop_constraint(ABOUT, "organisation_log", type_="foreignkey")
    op.create_foreign_key(ABOUT, "organisation_log", "persons", ["about"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    op.drop_constraint(ABOUT, "organisation_log", type_="foreignkey")
    op.create_foreign_key(ABOUT, "organisation_log", "persons", ["about"], ["id"])
    op.drop_column("persons", "made_at")
