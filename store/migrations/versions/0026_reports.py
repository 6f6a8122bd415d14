"""Reports of measures by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every", sa.String(32), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("grouped", sa.String(32), nullable=False),
        sa.Column("number_id", sa.Integer()),
        sa.Column("department_id", sa.Integer()),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("removed_at", moment),
        sa.Column("next_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_reports_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_reports_department_id"),
    )
    op.create_index("ix_reports_next_at", "reports", ["next_at"])
    op.create_table(
        "report_sends",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("error", sa.String(64)),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "period", name="pk_report_sends"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_sends_report_id"),
    )
