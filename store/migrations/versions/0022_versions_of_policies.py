"""Recording policies have versions, with who wrote them and when, and name greeting, menu and queue apart."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

PARTS = ("greeting", "menu", "queue")


def upgrade() -> None:
    op.add_column("numbers", sa.Column("recording_version", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("numbers", sa.Column("recording_changed_at", sa.DateTime(timezone=True)))
    op.add_column("numbers", sa.Column("recording_changed_by", sa.String(length=64)))
    numbers = sa.table("numbers", sa.column("id", sa.Integer()), sa.column("recording", sa.JSON()))
    connection = op.get_bind()
    for number, rules in connection.execute(sa.select(numbers.c.id, numbers.c.recording)).all():
        if isinstance(rules, list) and '"waiting"' in json.dumps(rules):
            apart = [_apart(rule) for rule in rules]
            connection.execute(numbers.update().where(numbers.c.id == number).values(recording=apart))


def _apart(rule: object) -> object:
    """`waiting` was all three."""
    if not isinstance(rule, dict) or not isinstance(policy := rule.get("policy"), dict) or "waiting" not in policy:
        return rule
    kept = {name: value for name, value in policy.items() if name != "waiting"}
    return {**rule, "policy": {**kept, **dict.fromkeys(PARTS, policy["waiting"])}}
