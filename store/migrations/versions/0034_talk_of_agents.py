"""How long each agent of a call talked; and when a call that was given on was answered first, of older calls."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from signaling.call import TimelineEntry
from signaling.events import Direction
from signaling.ids import AgentId
from signaling.work import OF_TALKS, talks_of, with_agent_since
from store.columns import UtcDateTime

revision = "0034"
down_revision = "0033"

AT_ONCE: Final = 1_000
GIVEN_ON: Final = frozenset({"transferred", "agent_lost"})

CALLS: Final = sa.table(
    "calls",
    *(sa.column(name, sa.Integer()) for name in ("id", "number_id", "department_id", "agent_id")),
    *(sa.column(name, UtcDateTime()) for name in ("received_at", "answered_at", "accepted_at", "ended_at")),
    *(sa.column(name, sa.Text()) for name in ("call_id", "direction", "state", "outcome")),
)
EVENTS: Final = sa.table(
    "call_events",
    sa.column("call_id", sa.String()),
    sa.column("position", sa.Integer()),
    sa.column("at", UtcDateTime()),
    sa.column("kind", sa.Text()),
    sa.column("data", sa.JSON()),
)
WORK: Final = sa.table(
    "agent_work",
    *(sa.column(name, sa.Text()) for name in ("call_id", "direction")),
    *(sa.column(name, sa.Integer()) for name in ("agent_id", "number_id", "department_id", "talk_ms")),
    sa.column("received_at", UtcDateTime()),
)


def upgrade() -> None:
    op.add_column("agent_work", sa.Column("talk_ms", sa.Integer()))
    op.add_column("agent_work", sa.Column("direction", sa.String(32), server_default="inbound", nullable=False))
    connection = op.get_bind()
    outbound = sa.select(CALLS.c.call_id).where(CALLS.c.direction == "outbound")
    connection.execute(sa.update(WORK).where(WORK.c.call_id.in_(outbound)).values(direction="outbound"))
    for calls in _calls(connection):
        _write(connection, calls)


def _calls(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Those that were answered and are over, some at a time."""
    column = CALLS.c
    query = (
        sa.select(CALLS)
        .where(column.state == "ended", column.outcome == "answered", column.received_at.is_not(None))
        .order_by(column.id)
        .limit(AT_ONCE)
    )
    last = 0
    while calls := connection.execute(query.where(column.id > last)).all():
        yield calls
        last = calls[-1].id


def _write(connection: sa.Connection, calls: Sequence[Any]) -> None:
    first, last = calls[0].id, calls[-1].id
    told: dict[str, list[TimelineEntry]] = {}
    query = (
        sa.select(EVENTS)
        .join(CALLS, CALLS.c.call_id == EVENTS.c.call_id)
        .where(CALLS.c.id.between(first, last), EVENTS.c.kind.in_(sorted(OF_TALKS)))
        .order_by(EVENTS.c.call_id, EVENTS.c.position)
    )
    for event in connection.execute(query):
        told.setdefault(event.call_id, []).append(TimelineEntry(event.at, event.kind, event.data))
    known = sa.select(WORK.c.call_id, WORK.c.agent_id).join(CALLS, CALLS.c.call_id == WORK.c.call_id)
    there = {(call, agent) for call, agent in connection.execute(known.where(CALLS.c.id.between(first, last)))}
    new: list[dict[str, Any]] = []
    more: list[dict[str, Any]] = []
    for call in calls:
        timeline, answered_at = told.get(call.call_id, []), call.answered_at
        if call.direction == "inbound" and answered_at is not None:
            answered_at = _first_answer(timeline) or answered_at
        if answered_at != call.answered_at:
            connection.execute(sa.update(CALLS).where(CALLS.c.id == call.id).values(answered_at=answered_at))
        since = with_agent_since(Direction(call.direction), call.accepted_at, answered_at)
        agent = None if call.agent_id is None else AgentId(call.agent_id)
        for who, talk_ms in talks_of(timeline, since, call.ended_at, agent).items():
            if (call.call_id, who) in there:
                more.append({"of_call": call.call_id, "of_agent": who, "ms": talk_ms})
                continue
            place = {name: getattr(call, name) for name in ("call_id", "number_id", "department_id", "received_at")}
            new.append({**place, "direction": call.direction, "agent_id": who, "talk_ms": talk_ms})
    if new:
        connection.execute(WORK.insert(), new)
    if more:
        of_them = sa.and_(WORK.c.call_id == sa.bindparam("of_call"), WORK.c.agent_id == sa.bindparam("of_agent"))
        connection.execute(sa.update(WORK).where(of_them).values(talk_ms=sa.bindparam("ms")), more)


def _first_answer(timeline: Sequence[TimelineEntry]) -> datetime | None:
    """Of a call that its first agent gave on: each later answer was written over it."""
    given_on = next((at for at, entry in enumerate(timeline) if entry.kind in GIVEN_ON), None)
    if given_on is None:
        return None
    answers = (entry.at for entry in reversed(timeline[:given_on]) if entry.kind == "claimed")
    return next(answers, None)
