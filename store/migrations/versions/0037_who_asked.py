"""Who asked a customer for permission: an agent, an API key, or the gateway by itself. Not known of older requests."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("permission_events", sa.Column("asked_by", sa.String(32)))
    op.add_column("permission_events", sa.Column("asker_id", sa.Integer()))
