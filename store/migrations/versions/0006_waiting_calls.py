"""Calls that wait accepted, without an agent: since when, and whether they were promised a call back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("calls", sa.Column("waiting_since", sa.DateTime(timezone=True)))
    op.add_column("calls", sa.Column("callback_promised_at", sa.DateTime(timezone=True)))
