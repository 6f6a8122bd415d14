"""Recordings of calls, and by which policies a number's calls are recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

UNFINISHED = sa.text("state IN ('recording', 'finishing')")


def upgrade() -> None:
    op.add_column("numbers", sa.Column("recording", sa.JSON()))
    op.create_table(
        "recordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64)),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("consent", sa.String(length=32)),
        sa.Column("consent_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("journal", sa.Text()),
        sa.Column("file", sa.Text()),
        sa.Column("key_name", sa.Text()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("duration_s", sa.Float()),
        sa.Column("missing_s", sa.Float()),
        sa.Column("peaks", sa.LargeBinary()),
        sa.Column("marks", sa.JSON()),
        sa.Column("keep_until", sa.DateTime(timezone=True)),
        sa.Column("legal_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_recordings_call_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_recordings_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_recordings_department_id"),
        sa.UniqueConstraint("call_id", name="uq_recordings_call_id"),
    )
    op.create_index("ix_recordings_number_id", "recordings", ["number_id"])
    op.create_index("ix_recordings_department_id", "recordings", ["department_id"])
    op.create_index("ix_recordings_keep_until", "recordings", ["keep_until"])
    op.create_index(
        "ix_recordings_unfinished", "recordings", ["id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )
