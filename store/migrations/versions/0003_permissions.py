"""Permission to call customers: what happened, what it comes to, and who may call from where."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("departments", sa.Column("outbound_enabled", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("numbers", sa.Column("permission_template", sa.Text()))
    op.add_column("numbers", sa.Column("permission_template_language", sa.String(length=16)))
    op.create_table(
        "contact_aliases",
        sa.Column("waba_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_contact_aliases_contact_id"),
        sa.PrimaryKeyConstraint("waba_id", "phone", name="pk_contact_aliases"),
    )
    op.create_index("ix_contact_aliases_contact_id", "contact_aliases", ["contact_id"])
    op.create_table(
        "permissions",
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_permissions_contact_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_permissions_number_id"),
        sa.PrimaryKeyConstraint("number_id", "contact_id", name="pk_permissions"),
    )
    op.create_index("ix_permissions_contact_id", "permissions", ["contact_id"])
    op.create_table(
        "permission_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_permission_events_contact_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_permission_events_number_id"),
        sa.PrimaryKeyConstraint("id", name="pk_permission_events"),
        sa.UniqueConstraint("number_id", "reference", "kind", name="uq_permission_events_number_id_reference_kind"),
    )
    op.create_index("ix_permission_events_contact_id_number_id", "permission_events", ["contact_id", "number_id"])
