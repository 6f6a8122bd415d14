"""Departments and single users who work with a number, users who work with some numbers only, and linked devices."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "number_operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("user_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_number_operators"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_number_operators_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_number_operators_department_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_number_operators_user_id"),
    )
    op.create_index("uq_number_operators_department", "number_operators", ["number_id", "department_id"], unique=True)
    op.create_index("uq_number_operators_user", "number_operators", ["number_id", "user_id"], unique=True)
    op.create_table(
        "user_numbers",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "number_id", name="pk_user_numbers"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_numbers_user_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_user_numbers_number_id"),
    )
    op.add_column("users", sa.Column("only_numbers", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "linked_devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_linked_devices"),
        sa.UniqueConstraint("phone", name="uq_linked_devices_phone"),
    )
