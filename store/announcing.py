"""What the save of a call makes known: its events, and the protocol of a call that nobody answered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from signaling.announcements import EventKind, Told, callback_reason, news_of, order_of, protocol_reason
from signaling.call import Call, TimelineEntry
from store.callbacks import open_or_join, reached
from store.columns import storable
from store.contacts_told import first_word
from store.models import CallRow, ContactRow
from store.outbox import NewEvent, write
from store.protocols import open_for_call
from store.texts_told import due_now, told_of_text

TIMES = ("received_at", "offered_at", "rung_at", "answered_at", "accepted_at", "ended_at")


def told_of(row: CallRow | None) -> Told:
    """What was told of a call; ask it of the row as it is before it takes on the new state."""
    if row is None:
        return Told()
    return Told(tuple(EventKind(word) for word in row.told.split()), row.outcome)


def announce_call(session: Session, row: CallRow, before: Told, call: Call, lines: Sequence[TimelineEntry]) -> bool:
    """Write what this save makes known. `row` is in the session and holds what `call` says; `lines` of its timeline are
    new to the store. Whether there was news."""
    news = news_of(call, before)
    texts = due_now(session, row, call, lines)
    if not news and not texts:
        return False
    at = call.timeline[-1].at if call.timeline else call.received_at
    if at is None:
        return False  # no step of the lifecycle leaves a call without a past
    facts = _facts(call)
    told = [(order_of(kind), kind, at, facts) for kind in news]
    told += [(order_of(EventKind.TEXT_DUE, due.kind), EventKind.TEXT_DUE, due.at, told_of_text(due)) for due in texts]
    told.sort(key=lambda each: each[0])
    contact = None if row.contact_id is None else session.get(ContactRow, row.contact_id)
    for sequence, (_, kind, when, data) in enumerate(told, start=len(before.kinds) + 1):
        event = NewEvent(kind, when, f"call:{call.id}", sequence, call.number, call.department, data, call.id)
        write(session, replace(event, new_contact=first_word(session, contact)))
    row.told = " ".join((*before.kinds, *(kind for _, kind, _, _ in told)))
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
