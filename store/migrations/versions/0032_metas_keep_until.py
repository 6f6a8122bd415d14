"""What Meta made of calls goes by itself, as recordings do; what is there already stays, as it did."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("meta_files", sa.Column("keep_until", sa.DateTime(timezone=True)))
    op.create_index("ix_meta_files_keep_until", "meta_files", ["keep_until"])
