"""Messages after the beep can be held by themselves, as recordings can."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("messages", sa.Column("legal_hold", sa.Boolean(), nullable=False, server_default=sa.false()))
