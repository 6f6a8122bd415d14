"""Messages after the beep: what became of each, where the vault keeps it, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64)),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.Text()),
        sa.Column("key_name", sa.Text()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("duration_s", sa.Float()),
        sa.Column("keep_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("call_id", name="pk_messages"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_messages_call_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_messages_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_messages_department_id"),
    )
    op.create_index("ix_messages_keep_until", "messages", ["keep_until"])
