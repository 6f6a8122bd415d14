"""Notes and dispositions of calls: written by the agents who had them, told to integrators when they are finished."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from signaling.announcements import EventKind
from signaling.ids import AgentId, CallId, DepartmentId, NumberId
from store.after_call_models import CallNoteRow
from store.calls import read_timeline
from store.columns import storable
from store.database import Database
from store.models import CallRow, UserRow
from store.outbox import NewEvent, write_next

NOTE_LIMIT_CHARS: Final = 4_000
_HAD_IT: Final = frozenset({"talking", "transferred", "consult_answered", "taken_over"})
"""Lines of a timeline that name an agent who had the customer."""


@dataclass(frozen=True, slots=True)
class Note:
    call: CallId
    agent: AgentId
    agent_name: str
    text: str
    disposition: str | None
    updated_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class SqlNotes:
    """Every method may raise NeighbourError."""

    database: Database

    async def save(
        self, call: CallId, agent: AgentId, text: str, disposition: str | None, *, finished: bool, at: datetime
    ) -> Note | None:
        """None: there is no such call, or it was never this agent's. `finished` tells integrators, if anything is new
        since they were told last."""

        def work(session: Session) -> Note | None:
            row = session.exec(select(CallRow).where(CallRow.call_id == call)).one_or_none()
            if row is None or not _had(session, row, agent):
                return None
            query = select(CallNoteRow).where(CallNoteRow.call_id == call, CallNoteRow.agent_id == agent)
            note = session.exec(query.with_for_update()).one_or_none()
            if note is None:
                note = CallNoteRow(call_id=call, agent_id=agent, text="", updated_at=at)
                session.add(note)
            if (note.text, note.disposition) != (storable(text), disposition):
                note.text, note.disposition, note.updated_at, note.finished_at = storable(text), disposition, at, None
            session.flush()
            if finished and note.finished_at is None:
                note.finished_at = at
                _tell(session, row, note, at)
            return _note(note, session.get_one(UserRow, agent).name)

        return await self.database.run(work, races=True)

    async def of_call(self, call: CallId) -> list[Note]:
        """Oldest first."""
        query = (
            select(CallNoteRow, UserRow.name)
            .join(UserRow, col(UserRow.id) == col(CallNoteRow.agent_id))
            .where(CallNoteRow.call_id == call)
            .order_by(col(CallNoteRow.id))
        )
        return await self.database.read(lambda session: [_note(row, name) for row, name in session.exec(query)])


def _had(session: Session, row: CallRow, agent: AgentId) -> bool:
    if agent in (row.agent_id, row.claim_agent):
        return True
    timeline = read_timeline(session, CallId(row.call_id))
    return any(entry.kind in _HAD_IT and entry.data.get("agent") == agent for entry in timeline)


def _tell(session: Session, call: CallRow, note: CallNoteRow, at: datetime) -> None:
    department = None if call.department_id is None else DepartmentId(call.department_id)
    stream, data = f"note:{call.call_id}", {"note": note.id}
    number = NumberId(call.number_id)
    write_next(session, NewEvent(EventKind.NOTE_WRITTEN, at, stream, 0, number, department, data, CallId(call.call_id)))


def _note(row: CallNoteRow, agent_name: str) -> Note:
    return Note(
        CallId(row.call_id),
        AgentId(row.agent_id),
        agent_name,
        row.text,
        row.disposition,
        row.updated_at,
        row.finished_at,
    )
