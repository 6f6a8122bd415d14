"""Figures of reports as an attachment."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("reports", sa.Column("csv", sa.Boolean(), server_default=sa.false(), nullable=False))
