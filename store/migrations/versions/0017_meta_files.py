"""What Meta itself keeps of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "meta_captures",
        sa.Column("number_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("transcription", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("number_id", name="pk_meta_captures"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_meta_captures_number_id"),
    )
    op.create_table(
        "meta_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("told_sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64)),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("file", sa.Text()),
        sa.Column("key_name", sa.Text()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_meta_files"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_meta_files_call_id"),
        sa.UniqueConstraint("call_id", "kind", name="uq_meta_files_call_id_kind"),
    )
