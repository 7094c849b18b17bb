"""Who last saved which answer of a working copy: two members may fill in one form at the same time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_saves",
        sa.Column("application_id", UUID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="section.field"),
        sa.Column(
            "save_id", UUID, nullable=False, comment="of the request: whoever sent it knows its own again"
        ),
        sa.Column("saved_by", UUID, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_field_saves_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["saved_by"], ["persons.id"], name=op.f("fk_field_saves_saved_by")),
        sa.PrimaryKeyConstraint("application_id", "path", name=op.f("pk_field_saves")),
        comment="Who last saved which answer of a working copy, and when",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON field_saves TO foerderweg_app")


def downgrade() -> None:
    op.drop_table("field_saves")
