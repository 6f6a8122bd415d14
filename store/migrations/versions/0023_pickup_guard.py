"""What the pick-up guard of a number may do, and what it did."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "pickup_guards",
        sa.Column("number_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guard", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number_id", name="pk_pickup_guards"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_pickup_guards_number_id"),
    )
