"""Who was in whose call is audited, in the transaction that saves it: neither is ever without the other."""

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session

from signaling.call import Call, TimelineEntry
from signaling.supervision_moves import BEGAN, OVER, TAKEN_OVER
from store.audit import Entry, write

ACTIONS: Final = {BEGAN: "call.supervision_began", OVER: "call.supervision_over", TAKEN_OVER: "call.taken_over"}


def is_audited(lines: Iterable[TimelineEntry]) -> bool:
    return any(line.kind in ACTIONS for line in lines)


def audit_lines(session: Session, call: Call, lines: Iterable[TimelineEntry]) -> None:
    """Of lines of the timeline that are new to the store. `way`: listen, whisper or barge_in; `since` and the time of
    the line are from when to when."""
    for line in lines:
        if line.kind in ACTIONS:
            supervisor = line.data["by" if line.kind == TAKEN_OVER else "agent"]
            data = {name: value for name, value in line.data.items() if name in ("way", "since")}
            if line.kind == TAKEN_OVER:
                data["from"] = f"user:{line.data['agent']}"
            write(session, Entry(line.at, f"user:{supervisor}", ACTIONS[line.kind], f"call:{call.id}", data))
