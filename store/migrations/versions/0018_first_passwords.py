"""Passwords that an administrator gave and that work once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    column: sa.Column[bool] = sa.Column("password_is_first", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("users", column)
