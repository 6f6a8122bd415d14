"""Work that is done besides calls."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=32)),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_until", sa.DateTime(timezone=True)),
        sa.Column("holder", sa.String(length=32)),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32)),
        sa.Column("progress", sa.Float()),
        sa.Column("last_error", sa.String(length=64)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("kind", "subject", name="uq_jobs_kind_subject"),
    )
    open_jobs = sa.text("state IN ('waiting', 'running')")
    op.create_index("ix_jobs_open", "jobs", ["next_at"], sqlite_where=open_jobs, postgresql_where=open_jobs)
