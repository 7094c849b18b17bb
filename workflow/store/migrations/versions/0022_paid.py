"""What was paid out, and what is carried over from one year to the next."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BEFORE = "ceiling | available | reserved | committed"
NONE_LESS = "available >= 0 AND reserved >= 0 AND committed >= 0"
CHECK = "ck_budget_lines_no_overspending"


def upgrade() -> None:
    # Columns with a default: processes of the version before go on writing rows meanwhile.
    op.add_column(
        "cases",
        sa.Column("paid", sa.BigInteger, nullable=False, server_default="0", comment="of what is committed"),
    )
    op.create_index(
        op.f("ix_cases_payable"), "cases", ["entered_at", "id"], postgresql_where=sa.text("committed > paid")
    )
    op.create_index(
        op.f("ix_cases_paid"), "cases", ["entered_at", "id"], postgresql_where=sa.text("paid > 0")
    )
    op.add_column("budget_lines", sa.Column("paid", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column(
        "budget_lines",
        sa.Column(
            "carried",
            sa.BigInteger,
            nullable=False,
            server_default="0",
            comment="from the year before, less what went on",
        ),
    )
    op.alter_column("budget_lines", "committed", comment="and not paid yet")
    op.drop_constraint(op.f(CHECK), "budget_lines", type_="check")
    op.create_check_constraint(op.f(CHECK), "budget_lines", f"{NONE_LESS} AND paid >= 0")
    op.alter_column(
        "postings", "account", comment="ceiling | carried | available | reserved | committed | paid"
    )


def downgrade() -> None:
    op.alter_column("postings", "account", comment=BEFORE)
    op.drop_constraint(op.f(CHECK), "budget_lines", type_="check")
    op.create_check_constraint(op.f(CHECK), "budget_lines", NONE_LESS)
    op.alter_column("budget_lines", "committed", comment=None)
    op.drop_column("budget_lines", "carried")
    op.drop_column("budget_lines", "paid")
    op.drop_index(op.f("ix_cases_paid"), "cases")
    op.drop_index(op.f("ix_cases_payable"), "cases")
    op.drop_column("cases", "paid")
