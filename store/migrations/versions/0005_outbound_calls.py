"""Calls that we make: who asks twice with the same key gets the same call, and a customer may decline."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("calls", sa.Column("request_key", sa.Text()))
    op.add_column("calls", sa.Column("rejected_at", sa.DateTime(timezone=True)))
    op.create_index("ix_calls_request_key", "calls", ["request_key"], unique=True)
