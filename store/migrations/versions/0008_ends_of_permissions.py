"""When a pair of number and customer stands differently by time alone, so that it can be told then.

Permissions that are under way get the end that Meta named; requests that wait for an answer get theirs with their next
event.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

AT_ONCE = 1_000


def upgrade() -> None:
    op.add_column("permissions", sa.Column("ends_at", sa.DateTime(timezone=True)))
    op.create_index("ix_permissions_ends_at", "permissions", ["ends_at"])
    table = sa.table(
        "permissions",
        sa.column("number_id", sa.Integer),
        sa.column("contact_id", sa.Integer),
        sa.column("ledger", sa.Text),
        sa.column("ends_at", sa.DateTime(timezone=True)),
    )
    connection, now, last = op.get_bind(), datetime.now(UTC), (0, 0)
    pair = sa.tuple_(table.c.number_id, table.c.contact_id)
    while rows := connection.execute(
        sa.select(table).where(pair > last).order_by(table.c.number_id, table.c.contact_id).limit(AT_ONCE)
    ).all():
        last = (rows[-1].number_id, rows[-1].contact_id)
        for row in rows:
            told = (json.loads(row.ledger).get("grant") or {}).get("expires_at")
            ends_at = None if told is None else datetime.fromisoformat(told.replace("Z", "+00:00"))
            if ends_at is not None and ends_at > now:
                here = (table.c.number_id == row.number_id) & (table.c.contact_id == row.contact_id)
                connection.execute(sa.update(table).where(here).values(ends_at=ends_at.astimezone(UTC)))
