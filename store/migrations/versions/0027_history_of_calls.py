"""Histories in the order in which calls came, by number, department, agent and outcome; what went wrong as a column."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("calls", sa.Column("reason", CODE))
    code = "json_extract({0}, '$.code')" if op.get_bind().dialect.name == "sqlite" else "({0} ->> 'code')"
    told = f"coalesce({code.format('failure')}, {code.format('refusal')})"
    op.execute(f"UPDATE calls SET reason = {told} WHERE failure IS NOT NULL OR refusal IS NOT NULL")  # noqa: S608
    for old in ("number_id_id", "department_id_id", "agent_id_id", "outcome_id", "received_at"):
        op.drop_index(f"ix_calls_{old}", "calls")
    newest = ["received_at", "id", "outcome", "direction"]
    op.create_index("ix_calls_newest", "calls", [*newest, "department_id", "number_id", "agent_id"])
    op.create_index("ix_calls_newest_of_number", "calls", ["number_id", *newest, "department_id", "agent_id"])
    op.create_index("ix_calls_newest_of_department", "calls", ["department_id", *newest, "number_id", "agent_id"])
    op.create_index("ix_calls_newest_of_agent", "calls", ["agent_id", *newest, "department_id", "number_id"])
    rest = ["direction", "department_id", "number_id", "agent_id"]
    op.create_index("ix_calls_newest_of_outcome", "calls", ["outcome", "received_at", "id", *rest])
    given = sa.text("reason IS NOT NULL")
    op.create_index(
        "ix_calls_reason", "calls", ["reason", "received_at", "id"], sqlite_where=given, postgresql_where=given
    )
    op.create_index("ix_recordings_state_call_id", "recordings", ["state", "call_id"])
    op.create_index("ix_call_notes_disposition_call_id", "call_notes", ["disposition", "call_id"])
