"""Balances of numbers, and what may be done below a floor."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "balance_guards",
        sa.Column("number_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guard", sa.JSON(), nullable=False),
        sa.Column("balance", sa.JSON()),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by", sa.String(length=64)),
        sa.PrimaryKeyConstraint("number_id", name="pk_balance_guards"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_balance_guards_number_id"),
    )
