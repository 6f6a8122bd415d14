"""A number's plan and hours, what Meta knows of them, uploaded sounds, and who heard which."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for column in (
        sa.Column("plan", sa.JSON()),
        sa.Column("plan_version", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("plan_changed_at", sa.DateTime(timezone=True)),
        sa.Column("plan_changed_by", sa.String(length=64)),
        sa.Column("schedule", sa.JSON()),
        sa.Column("schedule_version", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("schedule_changed_at", sa.DateTime(timezone=True)),
        sa.Column("schedule_changed_by", sa.String(length=64)),
        sa.Column("hours_told", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("hours_at_meta", sa.JSON()),
    ):
        op.add_column("numbers", column)
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prompts"),
    )
    op.create_table(
        "prompts_heard",
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.String(length=64), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number_id", "contact_id", "prompt", name="pk_prompts_heard"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_prompts_heard_number_id"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_prompts_heard_contact_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_prompts_heard_contact_id", "prompts_heard", ["contact_id"])
    op.create_index("ix_prompts_heard_heard_at", "prompts_heard", ["heard_at"])
