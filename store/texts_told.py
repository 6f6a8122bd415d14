"""Texts that are due to customers become events, in the transaction that saves the line of the call which says so."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from signaling.call import Call, TimelineEntry
from signaling.texts_due import Due, due_of
from store.models import CallRow
from store.prompts_heard import begin_to_hear


def due_now(session: Session, row: CallRow, call: Call, lines: Sequence[TimelineEntry]) -> list[Due]:
    """Those that lines which are new to the store make due, without what the customer was told a moment ago. The store
    remembers the others as told."""
    return [due for due in due_of(call, lines) if not _was_told(session, row, due)]


def told_of_text(due: Due) -> dict[str, Any]:
    """The words are kept as they were: the plan may have others when the event is delivered."""
    return {"text": {"kind": due.kind.value, "language": due.written.language, "text": due.written.text}}


def _was_told(session: Session, row: CallRow, due: Due) -> bool:
    if due.interval is None or row.contact_id is None:
        return False
    sound = f"text:{due.kind.value}"
    return begin_to_hear(session, row.number_id, row.contact_id, sound, due.interval, due.at) is not None
