"""What the save of a call makes known: its events, and the protocol of a call that nobody answered."""

from typing import Any

from sqlmodel import Session

from signaling.announcements import EventKind, Told, callback_reason, news_of, protocol_reason
from signaling.call import Call
from store.callbacks import open_or_join, reached
from store.columns import storable
from store.models import CallRow
from store.outbox import NewEvent, write
from store.protocols import open_for_call

TIMES = ("received_at", "offered_at", "rung_at", "answered_at", "accepted_at", "ended_at")


def told_of(row: CallRow | None) -> Told:
    """What was told of a call; ask it of the row as it is before it takes on the new state."""
    if row is None:
        return Told()
    return Told(tuple(EventKind(word) for word in row.told.split()), row.outcome)


def announce_call(session: Session, row: CallRow, before: Told, call: Call) -> bool:
    """Write what this save makes known. `row` is in the session and holds what `call` says. Whether there was news."""
    news = news_of(call, before)
    if not news:
        return False
    at = call.timeline[-1].at if call.timeline else call.received_at
    if at is None:
        return False  # no step of the lifecycle leaves a call without a past
    for sequence, kind in enumerate(news, start=len(before.kinds) + 1):
        facts = _facts(call)
        write(session, NewEvent(kind, at, f"call:{call.id}", sequence, call.number, call.department, facts, call.id))
    row.told = " ".join((*before.kinds, *news))
    if (reason := protocol_reason(call, news)) is not None:
        open_for_call(session, row, reason, at)
    if (owed := callback_reason(call, news)) is not None:
        open_or_join(session, row, owed, at)
    elif EventKind.CALL_ANSWERED in news:
        reached(session, row, at)
    return True


def _facts(call: Call) -> dict[str, Any]:
    """What is true at this moment. Who and which number is read at delivery."""
    return {
        "state": call.state.value,
        "outcome": None if call.outcome is None else call.outcome.value,
        "ended_by": None if call.ended_by is None else call.ended_by.value,
        "failure_code": None if call.failure is None else storable(call.failure.code),
        "agent_id": call.agent,
        "meta_duration_s": call.meta_duration_s,
        **{name: None if (at := getattr(call, name)) is None else at.timestamp() for name in TIMES},
    }
