"""Which process delivers to a receiver of events, so that several on one database deliver each event once."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("event_subscriptions", sa.Column("carrier", sa.String(length=32)))
    op.add_column("event_subscriptions", sa.Column("carried_until", sa.DateTime(timezone=True)))
