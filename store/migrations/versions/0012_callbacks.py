"""Customers who should be called back."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Integer()),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(length=64)),
        sa.Column("closed_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_callbacks_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_callbacks_department_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_callbacks_contact_id"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_callbacks_call_id"),
        sa.ForeignKeyConstraint(["taken_by"], ["users.id"], name="fk_callbacks_taken_by"),
    )
    op.create_index("ix_callbacks_department_id", "callbacks", ["department_id"])
    op.create_index("ix_callbacks_contact_id", "callbacks", ["contact_id"])
    op.create_index(
        "ix_callbacks_open",
        "callbacks",
        ["number_id", "contact_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
