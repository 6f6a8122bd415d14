"""Whose a report by e-mail is: those that are there are the administrators'. And which are held."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("reports", sa.Column("made_by", sa.Integer()))
    op.add_column("reports", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
