"""That a contact is new is told once; integrators know of those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("outbox_events", sa.Column("new_contact", sa.Boolean(), nullable=False, server_default=sa.false()))
