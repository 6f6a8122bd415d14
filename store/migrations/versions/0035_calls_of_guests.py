"""Which calls were had by an agent of none of the departments whose calls they are."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

FOUND = """
UPDATE calls SET by_guest = true
WHERE agent_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM memberships
    WHERE memberships.user_id = calls.agent_id
    AND (memberships.may_take_inbound OR memberships.may_call_outbound)
    AND (
        memberships.department_id = calls.department_id
        OR memberships.department_id IN (
            SELECT number_operators.department_id FROM number_operators
            WHERE number_operators.number_id = calls.number_id AND number_operators.department_id IS NOT NULL
        )
    )
)
"""


def upgrade() -> None:
    op.add_column("calls", sa.Column("by_guest", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(FOUND)
    op.create_index(
        "ix_calls_newest_of_guests",
        "calls",
        ["received_at", "id", "agent_id"],
        sqlite_where=sa.text("by_guest"),
        postgresql_where=sa.text("by_guest"),
    )
