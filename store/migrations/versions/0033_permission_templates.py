"""How numbers ask for permission: their words, templates in other languages, and what Meta thinks of templates."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("numbers", sa.Column("asking", sa.JSON()))
    op.add_column("numbers", sa.Column("templates_at_meta", sa.JSON()))
