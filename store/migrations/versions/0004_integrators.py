"""Keys of integrators, the audit, events on their way out, protocols, and requests that may be repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_REFUSE_SQLITE = """
CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
"""
_REFUSE_POSTGRES = (
    """
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
""",
    """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()
""",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON()),
        sa.Column("departments", sa.JSON()),
        sa.Column("per_minute", sa.Integer()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
    )
    op.create_table(
        "audit",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit"),
    )
    op.create_table(
        "event_subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("secret_encrypted", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON()),
        sa.Column("numbers", sa.JSON()),
        sa.Column("departments", sa.JSON()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_event_subscriptions"),
    )
    op.create_table(
        "idempotent_requests",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.JSON()),
        sa.PrimaryKeyConstraint("actor", "key_sha256", name="pk_idempotent_requests"),
    )
    op.create_index("ix_idempotent_requests_at", "idempotent_requests", ["at"])
    op.create_table(
        "sequences",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sequences"),
    )
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("call_id", sa.String(length=32)),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_outbox_events_call_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_outbox_events_contact_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_outbox_events_department_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_outbox_events_number_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_events"),
        sa.UniqueConstraint("event_id", name="uq_outbox_events_event_id"),
        sa.UniqueConstraint("stream", "sequence", name="uq_outbox_events_stream_sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_events_at", "outbox_events", ["at"])
    op.create_index("ix_outbox_events_contact_id", "outbox_events", ["contact_id"])
    op.create_table(
        "protocols",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("call_id", sa.String(length=32)),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(length=64)),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_protocols_call_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_protocols_contact_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_protocols_department_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_protocols_number_id"),
        sa.PrimaryKeyConstraint("id", name="pk_protocols"),
        sa.UniqueConstraint("call_id", name="uq_protocols_call_id"),
        sa.UniqueConstraint("code", name="uq_protocols_code"),
    )
    op.create_index("ix_protocols_contact_id", "protocols", ["contact_id"])
    op.create_index("ix_protocols_department_id", "protocols", ["department_id"])
    op.create_index("ix_protocols_number_id", "protocols", ["number_id"])
    op.create_index(
        "ix_protocols_open",
        "protocols",
        ["id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "event_deliveries",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("last_result", sa.String(length=64)),
        sa.Column("last_took_ms", sa.Integer()),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox_events.id"], name="fk_event_deliveries_outbox_id"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["event_subscriptions.id"], name="fk_event_deliveries_subscription_id"
        ),
        sa.PrimaryKeyConstraint("subscription_id", "outbox_id", name="pk_event_deliveries"),
    )
    op.create_index("ix_event_deliveries_outbox_id", "event_deliveries", ["outbox_id"])
    op.create_index(
        "ix_event_deliveries_pending",
        "event_deliveries",
        ["subscription_id", "outbox_id"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_event_deliveries_stream",
        "event_deliveries",
        ["subscription_id", "stream", "outbox_id"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column("calls", sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False))
    _keep_the_audit()


def _keep_the_audit() -> None:
    """No mistake of ours and no tool of an administrator changes a line; whoever owns the database still can, and the
    hashes show it."""
    if op.get_bind().dialect.name == "sqlite":
        statements = [_REFUSE_SQLITE.format(verb=verb) for verb in ("update", "delete")]
    else:
        statements = list(_REFUSE_POSTGRES)
    for statement in statements:
        op.execute(sa.text(statement))
