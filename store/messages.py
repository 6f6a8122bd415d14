"""Messages that customers left after the beep, in SQL: what became of each, and when it goes.

A message is kept as long as a recording of its call would be: by the policy of its number, direction and department,
whether or not that has calls recorded.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from signaling.ids import CallId, DepartmentId
from signaling.recording_policy import policy_for
from store.audit import Entry, write
from store.database import Database
from store.jobs import drop_job, put_job
from store.message_models import MessageRow, MessageState
from store.models import CallRow, NumberRow
from store.reach import EVERYTHING, Reach
from store.recording_models import RecordingRow
from store.retention import MESSAGE_THERE, Scheduled, Stays, message_scheduled

KEEP_MESSAGE, ERASE_MESSAGE = "message", "erase_message"
"""Kinds of jobs; their subject is a call."""

READABLE: Final = (MessageState.RECORDED, MessageState.PARTIAL)
AT_ONCE: Final = 100
ERASED: Final = "erased"
"""What Meta's id of a call begins with whose customer was forgotten (`store.erasure`)."""

WORKER_STOPS: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`seconds`: how long it is. `file` and what follows: None where nothing can be heard. `legal_hold`: nothing
    erases it; `with_recording`: because its call's recording is held, and only as long as that is."""

    call: CallId
    state: MessageState
    left_at: datetime
    seconds: float
    file: str | None
    sha256: str | None
    size_bytes: int | None
    legal_hold: bool = False
    with_recording: bool = False


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """What was made of a journal, and where the vault keeps it."""

    file: str
    key_name: str | None
    sha256: str
    size_bytes: int
    duration_s: float
    partial: bool


@dataclass(frozen=True)
class SqlMessages:
    """Every method may raise NeighbourError."""

    database: Database

    async def put(self, call: CallId, at: datetime, place: str) -> bool:
        """Its journal is complete, at `place`: a row, and the job that makes a file of it. Putting it twice changes
        nothing. False: nobody knows the call (yet)."""

        def work(session: Session) -> bool:
            if session.get(MessageRow, call) is None:
                found = session.exec(select(CallRow).where(CallRow.call_id == call)).one_or_none()
                if found is None:
                    return False
                row = _row(session, found, at)
                session.add(row)
                session.flush()
                if found.wacid is not None and found.wacid.value.startswith(ERASED):
                    row.state = MessageState.DELETED  # its customer was forgotten while it was written
                    put_job(session, ERASE_MESSAGE, call, at)
                    return True
            put_job(session, KEEP_MESSAGE, call, at, place)
            return True

        return await self.database.run(work, races=True)

    async def get(self, call: CallId) -> StoredMessage | None:
        def work(session: Session) -> StoredMessage | None:
            row = session.get(MessageRow, call)
            return None if row is None else _read(row)

        return await self.database.read(work)

    async def of(self, calls: Iterable[CallId]) -> dict[CallId, StoredMessage]:
        """The messages that can be heard, of these calls."""
        wanted = list(dict.fromkeys(calls))
        portions = [wanted[start : start + 500] for start in range(0, len(wanted), 500)]

        def work(session: Session) -> dict[CallId, StoredMessage]:
            found = {}
            for some in portions:
                query = select(MessageRow).where(col(MessageRow.call_id).in_(some), col(MessageRow.state).in_(READABLE))
                held = select(RecordingRow.call_id).where(
                    col(RecordingRow.call_id).in_(some), col(RecordingRow.legal_hold)
                )
                by_recording = set(session.exec(held))
                for row in session.exec(query):
                    found[CallId(row.call_id)] = _read(row, row.call_id in by_recording)
            return found

        return await self.database.read(work)

    async def kept(self, call: CallId, made: KeptMessage) -> bool:
        """Said again, it changes nothing. False: there is nothing to keep (any more)."""

        def work(session: Session) -> bool:
            row = session.get(MessageRow, call, with_for_update=True)
            if row is None or row.state is not MessageState.FINISHING:
                return False
            row.state = MessageState.PARTIAL if made.partial else MessageState.RECORDED
            row.file, row.key_name, row.sha256, row.size_bytes = made.file, made.key_name, made.sha256, made.size_bytes
            row.duration_s = made.duration_s
            return True

        return await self.database.run(work)

    async def failed(self, call: CallId, reason: str) -> None:
        """Nothing can be made of its journal, ever."""

        def work(session: Session) -> None:
            row = session.get(MessageRow, call, with_for_update=True)
            if row is not None and row.state is MessageState.FINISHING:
                row.state, row.reason = MessageState.FAILED, reason

        await self.database.run(work)

    async def hold(self, call: CallId, on: bool, by: str, at: datetime, reach: Reach = EVERYTHING) -> Scheduled | None:
        """Legal hold: nothing erases it while that lasts. None: there is no such message."""

        def work(session: Session) -> Scheduled | None:
            row = _row_within(session, call, reach)
            if row is None or row.state is MessageState.DELETED:
                return None
            if row.legal_hold != on:
                row.legal_hold = on
                write(session, Entry(at, by, "message.held" if on else "message.let_go", f"call:{call}"))
            return message_scheduled(row, _recording_held(session, call))

        return await self.database.run(work, races=True)

    async def delete(self, call: CallId, by: str, at: datetime, reach: Reach = EVERYTHING) -> Stays | None:
        """It alone, whatever else is kept of its call. None: it is gone, or was."""

        def work(session: Session) -> Stays | None:
            row = _row_within(session, call, reach)
            if row is None:
                return Stays.UNKNOWN
            if row.state is MessageState.DELETED:
                return None
            if row.legal_hold or _recording_held(session, call):
                return Stays.ON_HOLD
            _goes(session, row, by, at)
            return None

        return await self.database.run(work, races=True)

    async def sweep(self, now: datetime, by: str) -> int:
        """Delete what is due and not held, at most `AT_ONCE`: how many that were. The legal hold of a call's recording
        holds its message as well."""
        held = select(RecordingRow.id).where(RecordingRow.call_id == MessageRow.call_id, col(RecordingRow.legal_hold))
        query = (
            select(MessageRow)
            .where(MESSAGE_THERE, col(MessageRow.keep_until) <= now, ~col(MessageRow.legal_hold), ~held.exists())
            .order_by(col(MessageRow.keep_until))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )

        def work(session: Session) -> int:
            rows = session.exec(query).all()
            for row in rows:
                _goes(session, row, by, now)
            return len(rows)

        return await self.database.run(work, races=True)

    async def file_gone(self, call: CallId) -> None:
        """Nothing of it lies anywhere any more."""

        def work(session: Session) -> None:
            row = session.get(MessageRow, call, with_for_update=True)
            if row is not None and row.state is MessageState.DELETED:
                row.file = row.key_name = row.sha256 = row.size_bytes = None

        await self.database.run(work)


def any_held(session: Session, calls: Collection[str]) -> bool:
    """Whether a message of these calls is under a legal hold of its own."""
    held = (col(MessageRow.call_id).in_(calls), MESSAGE_THERE, col(MessageRow.legal_hold))
    return session.exec(select(MessageRow.call_id).where(*held).limit(1)).first() is not None


def erase_messages(session: Session, calls: Collection[str], by: str, at: datetime) -> None:
    """Part of the transaction that forgets a customer: nobody hears them from now on."""
    query = select(MessageRow).where(col(MessageRow.call_id).in_(calls), MessageRow.state != MessageState.DELETED)
    for row in session.exec(query.with_for_update()).all():
        _goes(session, row, by, at)


def _goes(session: Session, row: MessageRow, by: str, at: datetime) -> None:
    drop_job(session, KEEP_MESSAGE, row.call_id)
    # Who is just putting it there stops when it cannot renew its lease: what it put goes after that.
    files_go_at = at + WORKER_STOPS if row.state is MessageState.FINISHING else at
    row.state, row.legal_hold = MessageState.DELETED, False
    put_job(session, ERASE_MESSAGE, row.call_id, files_go_at)
    write(session, Entry(at, by, "message.deleted", f"call:{row.call_id}"))


def _row_within(session: Session, call: CallId, reach: Reach) -> MessageRow | None:
    query = select(MessageRow).where(MessageRow.call_id == call, *reach.conditions(MessageRow))
    return session.exec(query.with_for_update()).one_or_none()


def _recording_held(session: Session, call: CallId) -> bool:
    """The legal hold of a call's recording holds its message as well."""
    query = select(RecordingRow.legal_hold).where(RecordingRow.call_id == call)
    return bool(session.exec(query).one_or_none())


def _row(session: Session, call: CallRow, at: datetime) -> MessageRow:
    number = session.get_one(NumberRow, call.number_id)
    department = None if call.department_id is None else DepartmentId(call.department_id)
    policy = policy_for(number.recording or (), call.direction, department)
    return MessageRow(
        call_id=call.call_id,
        number_id=call.number_id,
        department_id=department,
        state=MessageState.FINISHING,
        left_at=at,
        keep_until=None if policy.keep_days is None else at + timedelta(days=policy.keep_days),
    )


def _read(row: MessageRow, with_recording: bool = False) -> StoredMessage:
    return StoredMessage(
        call=CallId(row.call_id),
        state=row.state,
        left_at=row.left_at,
        seconds=row.duration_s or 0.0,
        file=row.file,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        legal_hold=row.legal_hold or with_recording,
        with_recording=with_recording,
    )
