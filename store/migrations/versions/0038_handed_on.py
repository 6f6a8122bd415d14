"""In which calls an agent talked that were not theirs any more at the end."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

FOUND = """
UPDATE agent_work SET handed_on = (
    SELECT calls.id FROM calls
    WHERE calls.call_id = agent_work.call_id
    AND (calls.agent_id IS NULL OR calls.agent_id <> agent_work.agent_id)
)
WHERE talk_ms IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("agent_work", sa.Column("handed_on", sa.Integer()))
    op.execute(FOUND)
    op.create_index(
        "ix_agent_work_handed_on",
        "agent_work",
        ["agent_id", "received_at", "handed_on"],
        sqlite_where=sa.text("handed_on IS NOT NULL"),
        postgresql_where=sa.text("handed_on IS NOT NULL"),
    )
