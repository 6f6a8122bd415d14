"""What reports add up of calls that are over, in narrow tables; cards of rates; the time of permission events."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from signaling.call import TimelineEntry
from signaling.events import Direction
from signaling.private import Bsuid, PhoneNumber
from signaling.pulses import billed_s, pulses_of
from signaling.work import OF_HOLDS, STARTS, holds_of
from store.columns import PrivateText, UtcDateTime
from store.destinations import destination_of
from store.figures import quality_of

revision = "0029"
down_revision = "0028"

AT_ONCE: Final = 1_000

FIGURES: Final = tuple(
    f"{side}_{figure}"
    for side in ("customer", "agent")
    for figure in ("mos", "loss_percent", "jitter_ms", "round_trip_ms")
)

CALLS: Final = sa.table(
    "calls",
    *(sa.column(name, sa.Integer()) for name in ("id", "number_id", "department_id", "agent_id", "contact_id")),
    *(sa.column(name, UtcDateTime()) for name in ("received_at", "accepted_at", "ended_at")),
    *(sa.column(name, sa.Text()) for name in ("call_id", "direction", "state")),
    sa.column("meta_duration_s", sa.Integer()),
)
CONTACTS: Final = sa.table(
    "contacts",
    sa.column("id", sa.Integer()),
    sa.column("phone", PrivateText(PhoneNumber)),
    sa.column("bsuid", PrivateText(Bsuid)),
)
EVENTS: Final = sa.table(
    "call_events",
    sa.column("call_id", sa.String()),
    sa.column("position", sa.Integer()),
    sa.column("at", UtcDateTime()),
    sa.column("kind", sa.Text()),
    sa.column("data", sa.JSON()),
)


def upgrade() -> None:
    work = op.create_table(
        "agent_work",
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.Integer(), autoincrement=False, nullable=False),
        *_place(),
        sa.Column("holds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wrap_up_ms", sa.Integer()),
        *_keys("agent_work", "call_id", "agent_id"),
    )
    quality = op.create_table(
        "call_quality",
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.Integer()),
        *_place(),
        sa.Column("direction", sa.String(32), nullable=False),
        *(sa.Column(figure, sa.Float()) for figure in FIGURES),
        *_keys("call_quality", "call_id"),
    )
    charges = op.create_table(
        "call_charges",
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.Integer()),
        *_place(),
        sa.Column("destination", sa.String(8), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("pulses", sa.Integer(), nullable=False),
        *_keys("call_charges", "call_id"),
    )
    op.create_table(
        "rate_cards",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rates", sa.JSON(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_rate_cards"),
    )
    connection = op.get_bind()
    for calls in _calls(connection):
        for table, rows in zip((work, quality, charges), _figures(connection, calls), strict=True):
            if rows:
                connection.execute(table.insert(), rows)
    for name in ("agent_work", "call_quality", "call_charges"):
        op.create_index(f"ix_{name}_received_at", name, ["received_at"])
    op.create_index("ix_permission_events_kind_at", "permission_events", ["kind", "at"])


def _place() -> list[sa.Column[Any]]:
    return [
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _keys(table: str, *primary: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint(*primary, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=f"fk_{table}_call_id"),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name=f"fk_{table}_agent_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name=f"fk_{table}_number_id"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=f"fk_{table}_department_id"),
    ]


def _calls(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Those that are over, some at a time, with whom they were with."""
    column, contacts = CALLS.c, CONTACTS
    query = (
        sa.select(
            *(column.id, column.call_id, column.number_id, column.department_id, column.agent_id, column.direction),
            *(column.received_at, column.accepted_at, column.ended_at, column.meta_duration_s),
            *(contacts.c.phone, contacts.c.bsuid),
        )
        .select_from(CALLS.outerjoin(contacts, contacts.c.id == column.contact_id))
        .where(column.state == "ended", column.received_at.is_not(None))
        .order_by(column.id)
        .limit(AT_ONCE)
    )
    last = 0
    while calls := connection.execute(query.where(column.id > last)).all():
        yield calls
        last = calls[-1].id


def _figures(
    connection: sa.Connection, calls: Sequence[Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of work, of quality and of charges."""
    first, last = calls[0].id, calls[-1].id
    query = (
        sa.select(EVENTS)
        .join(CALLS, CALLS.c.call_id == EVENTS.c.call_id)
        .where(CALLS.c.id.between(first, last), EVENTS.c.kind.in_(sorted(OF_HOLDS | {"measured"})))
        .order_by(EVENTS.c.call_id, EVENTS.c.position)
    )
    told: dict[str, list[TimelineEntry]] = {}
    for event in connection.execute(query):
        told.setdefault(event.call_id, []).append(TimelineEntry(event.at, event.kind, event.data))
    work: list[dict[str, Any]] = []
    quality: list[dict[str, Any]] = []
    charges: list[dict[str, Any]] = []
    for call in calls:
        timeline = told.get(call.call_id, [])
        place = {
            "call_id": call.call_id,
            "number_id": call.number_id,
            "department_id": call.department_id,
            "received_at": call.received_at,
        }
        if any(entry.kind in STARTS for entry in timeline):
            for agent, held in holds_of(timeline, call.ended_at, call.agent_id).items():
                work.append({**place, "agent_id": agent, "holds": held.times, "held_ms": held.ms})
        measured = next((entry.data for entry in reversed(timeline) if entry.kind == "measured"), None)
        if measured is not None:
            about = {"agent_id": call.agent_id, "direction": call.direction}
            quality.append({**place, **about, **dict.fromkeys(FIGURES), **quality_of(measured)})
        billed = billed_s(Direction(call.direction), call.accepted_at, call.ended_at, call.meta_duration_s)
        if billed is not None:
            charges.append(
                {
                    **place,
                    "agent_id": call.agent_id,
                    "destination": destination_of(call.phone, call.bsuid),
                    "duration_s": round(billed),
                    "pulses": pulses_of(billed),
                }
            )
    return work, quality, charges
