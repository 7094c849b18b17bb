"""Cases that stand still until somebody does something, and those ever granted anything: as columns.

An index whose condition read `state` would be written anew at each change of a case, for that column always
changes; these change seldom. The table is written once anew meanwhile, and nobody can change a case.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

HELD_UP = "state ?| ARRAY['proposal', 'suspended_at']"
GRANTED = "committed > 0 OR (ending IS NOT NULL AND state ? 'settled')"


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE cases ADD held_up boolean GENERATED ALWAYS AS ({HELD_UP}) STORED,"
        f" ADD granted boolean GENERATED ALWAYS AS ({GRANTED}) STORED"
    )
    op.execute("COMMENT ON COLUMN cases.held_up IS 'until somebody does something'")
    op.execute("COMMENT ON COLUMN cases.granted IS 'ever, be it settled at nothing'")
    op.execute("CREATE INDEX ix_cases_held_up ON cases (number) WHERE held_up")
    op.execute("CREATE INDEX ix_cases_granted ON cases (submitted_at, id) WHERE granted")


def downgrade() -> None:
    op.execute("ALTER TABLE cases DROP held_up, DROP granted")
