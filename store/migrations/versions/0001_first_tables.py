"""The first tables: people, numbers, contacts, calls with their timelines, and webhooks that wait to be handled."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("waba_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("bsuid", sa.Text()),
        sa.Column("parent_bsuid", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("username", sa.Text()),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("waba_id", "bsuid", name="uq_contacts_waba_id_bsuid"),
        sa.UniqueConstraint("waba_id", "phone", name="uq_contacts_waba_id_phone"),
    )
    op.create_table(
        "departments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_departments"),
        sa.UniqueConstraint("name", name="uq_departments_name"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index(
        "ix_webhook_deliveries_unhandled",
        "webhook_deliveries",
        ["id"],
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("may_take_inbound", sa.Boolean(), nullable=False),
        sa.Column("may_call_outbound", sa.Boolean(), nullable=False),
        sa.Column("may_listen", sa.Boolean(), nullable=False),
        sa.Column("may_replay", sa.Boolean(), nullable=False),
        sa.Column("may_export", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_memberships_department_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id"),
        sa.PrimaryKeyConstraint("user_id", "department_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_department_id", "memberships", ["department_id"])
    op.create_table(
        "numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("waba_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("inbound_enabled", sa.Boolean(), nullable=False),
        sa.Column("outbound_enabled", sa.Boolean(), nullable=False),
        sa.Column("token_encrypted", sa.Text()),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_numbers_department_id"),
        sa.PrimaryKeyConstraint("id", name="pk_numbers"),
        sa.UniqueConstraint("phone_number_id", name="uq_numbers_phone_number_id"),
    )
    op.create_index("ix_numbers_department_id", "numbers", ["department_id"])
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("direction", sa.String(32), nullable=False),
        sa.Column("wacid", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("button_payload", sa.Text()),
        sa.Column("link_payload", sa.Text()),
        sa.Column("refusal", sa.JSON()),
        sa.Column("answer", sa.Text()),
        sa.Column("received_at", sa.DateTime(timezone=True)),
        sa.Column("offered_at", sa.DateTime(timezone=True)),
        sa.Column("pre_accepted_at", sa.DateTime(timezone=True)),
        sa.Column("rung_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("customer_audio_at", sa.DateTime(timezone=True)),
        sa.Column("agent_audio_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("meta_started_at", sa.DateTime(timezone=True)),
        sa.Column("meta_ended_at", sa.DateTime(timezone=True)),
        sa.Column("meta_duration_s", sa.Integer()),
        sa.Column("leg_connected", sa.Boolean(), nullable=False),
        sa.Column("ring_window_over", sa.Boolean(), nullable=False),
        sa.Column("claim_agent", sa.Integer()),
        sa.Column("claim_seat", sa.Text()),
        sa.Column("claim_audible", sa.Boolean(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("absences", sa.Integer(), nullable=False),
        sa.Column("reattach_until", sa.DateTime(timezone=True)),
        sa.Column("ring_until", sa.DateTime(timezone=True)),
        sa.Column("declined_by", sa.JSON(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("agent_id", sa.Integer()),
        sa.Column("outcome", sa.String(32)),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("failure", sa.JSON()),
        sa.Column("terminated_by_meta", sa.Boolean(), nullable=False),
        sa.Column("timeline_length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name="fk_calls_agent_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_calls_contact_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_calls_department_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_calls_number_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("call_id", name="uq_calls_call_id"),
        sa.UniqueConstraint("phone_number_id", "wacid", name="uq_calls_phone_number_id_wacid"),
    )
    op.create_index("ix_calls_agent_id_id", "calls", ["agent_id", "id"])
    op.create_index("ix_calls_contact_id", "calls", ["contact_id"])
    op.create_index("ix_calls_department_id_id", "calls", ["department_id", "id"])
    op.create_index("ix_calls_number_id_id", "calls", ["number_id", "id"])
    op.create_index(
        "ix_calls_open",
        "calls",
        ["id"],
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("ix_calls_outcome_id", "calls", ["outcome", "id"])
    op.create_index("ix_calls_received_at", "calls", ["received_at"])
    op.create_table(
        "call_events",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_call_events_call_id"),
        sa.PrimaryKeyConstraint("call_id", "position", name="pk_call_events"),
    )
