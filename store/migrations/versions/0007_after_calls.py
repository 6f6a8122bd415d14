"""Notes and dispositions of calls, and a company's own words for them and for pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "call_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("disposition", sa.String(length=32)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_call_notes"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_call_notes_call_id"),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name="fk_call_notes_agent_id"),
        sa.UniqueConstraint("call_id", "agent_id", name="uq_call_notes_call_id_agent_id"),
    )
    op.create_table(
        "reasons",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.PrimaryKeyConstraint("kind", "code", name="pk_reasons"),
    )
