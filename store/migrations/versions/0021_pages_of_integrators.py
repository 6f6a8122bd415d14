"""Subscriptions that an administrator holds back, what was given up found at once, and the audit read by who, what and
when."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

DEAD: Final = sa.text("state = 'dead'")
AUDIT_INDEXES: Final = {
    "ix_audit_at": ["at", "position"],
    "ix_audit_actor": ["actor", "at", "position"],
    "ix_audit_action": ["action", "at", "position"],
    "ix_audit_subject": ["subject", "at", "position"],
}


def upgrade() -> None:
    op.add_column("event_subscriptions", sa.Column("held_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_event_deliveries_dead",
        "event_deliveries",
        ["subscription_id", "outbox_id"],
        sqlite_where=DEAD,
        postgresql_where=DEAD,
    )
    for name, columns in AUDIT_INDEXES.items():
        op.create_index(name, "audit", columns)
