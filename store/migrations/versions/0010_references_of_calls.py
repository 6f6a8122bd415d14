"""What an integrator names a call of ours by: a ticket, a protocol of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("calls", sa.Column("reference", sa.Text()))
