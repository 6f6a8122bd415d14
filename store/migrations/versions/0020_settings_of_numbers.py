"""Settings of numbers as a whole, with their version; what we want of Meta; what Meta warned of."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

COLUMNS: Final[tuple[tuple[str, Any, dict[str, Any]], ...]] = (
    ("slug", sa.String(length=64), {"nullable": False, "server_default": sa.text("''")}),
    ("disabled_at", sa.DateTime(timezone=True), {}),
    ("settings_version", sa.Integer(), {"nullable": False, "server_default": sa.text("0")}),
    ("settings_changed_at", sa.DateTime(timezone=True), {}),
    ("settings_changed_by", sa.String(length=64), {}),
    ("wanted_at_meta", sa.JSON(), {}),
    ("settings_at_meta", sa.JSON(), {}),
)


def upgrade() -> None:
    for name, kind, more in COLUMNS:
        op.add_column("numbers", sa.Column(name, kind, **more))
    # An administrator gives them better ones; these are stable and nobody's secret.
    op.execute("UPDATE numbers SET slug = 'number-' || id")
    op.create_index("ix_numbers_slug", "numbers", ["slug"], unique=True)
    op.create_table(
        "number_warnings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_number_warnings"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_number_warnings_number_id"),
    )
    op.create_index("uq_number_warnings_number_id_type_at", "number_warnings", ["number_id", "type", "at"], unique=True)
