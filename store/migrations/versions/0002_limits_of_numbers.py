"""What Meta allows a number, where that differs from Meta's usual limits. NULL: it does not."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("numbers", sa.Column("limits", sa.JSON()))
