"""What goes for good: recordings whose time is over or that somebody deletes, and customers who must be forgotten.

Everything is decided and audited in one transaction, in which a recording can be heard no longer; its files go by a job
(`ERASE_SOUND`, `ERASE_MESSAGE`), which is never forgotten. Calls stay, and are counted: without a name, a number, or a
word of what was said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlmodel import Session, col, select, update

from signaling.call import State
from signaling.ids import CallId, ContactId
from signaling.private import PhoneNumber, Wacid
from signaling.recording_record import RecordingState
from store.after_call_models import CallNoteRow
from store.audit import Entry, write
from store.callback_models import CallbackRow, ClosedAs
from store.database import Database
from store.directory_index import forget_meetings
from store.integration_models import ProtocolRow
from store.jobs import drop_job, put_job
from store.messages import ERASE_MESSAGE, ERASED, any_held, erase_messages
from store.meta_file_models import MetaFileRow
from store.meta_files import erase_meta_files
from store.models import CallRow, ContactAliasRow, ContactRow, PermissionRow
from store.prompt_models import PromptHeardRow
from store.reach import EVERYTHING, Reach
from store.recording_models import RecordingRow
from store.retention import ERASABLE, META_ALONE, RECORDING_THERE, Scheduled, Stays, recording_scheduled
from store.transcripts import erase_texts, forget_erased_words

ERASE_SOUND: Final = "erase_sound"
"""A kind of jobs; their subject is a call."""

RETENTION: Final = "retention"
"""Who erases what nobody erased by hand."""

AT_ONCE: Final = 100
WORKER_STOPS: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is kept of a customer: so many calls, of which nobody can tell whose they were."""

    calls: int
    recordings: int


@dataclass(frozen=True)
class SqlErasure:
    """Every method may raise NeighbourError."""

    database: Database

    async def hold(self, call: CallId, on: bool, by: str, at: datetime, reach: Reach = EVERYTHING) -> Scheduled | None:
        """Legal hold: nothing erases it while that lasts. None: there is no such recording."""

        def work(session: Session) -> Scheduled | None:
            row = _row_of(session, call, reach)
            if row is None or row.state in (RecordingState.REFUSED, RecordingState.DELETED):
                return None
            if row.legal_hold != on:
                row.legal_hold = on
                write(session, Entry(at, by, "recording.held" if on else "recording.let_go", f"call:{call}"))
            return recording_scheduled(row)

        return await self.database.run(work, races=True)

    async def delete(self, call: CallId, by: str, at: datetime, reach: Reach = EVERYTHING) -> Stays | None:
        """None: it is gone, or was."""

        def work(session: Session) -> Stays | None:
            row = _row_of(session, call, reach)
            if row is None or row.state is RecordingState.REFUSED:
                return Stays.UNKNOWN
            if row.state is RecordingState.RECORDING:
                return Stays.IN_CALL
            if row.state is RecordingState.DELETED:
                return None
            if row.legal_hold:
                return Stays.ON_HOLD
            _sound_goes(session, [row], by, at)
            return None

        return await self.database.run(work, races=True)

    async def sweep(self, now: datetime) -> int:
        """Delete what is due, at most `AT_ONCE`: how many that were."""
        query = (
            select(RecordingRow)
            .where(RECORDING_THERE, col(RecordingRow.keep_until) <= now, col(RecordingRow.legal_hold).is_(False))
            .order_by(col(RecordingRow.keep_until))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )

        def work(session: Session) -> int:
            rows = session.exec(query).all()
            _sound_goes(session, rows, RETENTION, now)
            return len(rows)

        return await self.database.run(work, races=True)

    async def sweep_metas(self, now: datetime) -> int:
        """The same of what Meta made of calls of which we have no recording: of how many calls that was. Meta's of the
        others goes with ours, and is held with it."""
        query = (
            select(MetaFileRow)
            .where(META_ALONE, col(MetaFileRow.keep_until) <= now)
            .order_by(col(MetaFileRow.keep_until))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )

        def work(session: Session) -> int:
            calls = list(dict.fromkeys(row.call_id for row in session.exec(query)))
            erase_texts(session, [CallId(call) for call in calls])
            erase_meta_files(session, calls, now)
            for call in calls:
                write(session, Entry(now, RETENTION, "recording.metas_deleted", f"call:{call}"))
            return len(calls)

        return await self.database.run(work, races=True)

    async def files_gone(self, call: CallId) -> None:
        """Nothing of it lies anywhere any more."""
        gone = dict.fromkeys(("file", "journal", "key_name", "sha256", "size_bytes"))
        query = update(RecordingRow).where(
            col(RecordingRow.call_id) == call, col(RecordingRow.state) == RecordingState.DELETED
        )
        await self.database.run(lambda session: session.exec(query.values(**gone)))

    async def words_gone(self) -> None:
        """Words of erased transcripts are not even in an index any more."""
        await self.database.run(forget_erased_words)

    async def contacts_with(self, phone: PhoneNumber) -> list[ContactId]:
        """Every contact of this number, also by another spelling: one in each WhatsApp Business Account."""

        def work(session: Session) -> list[ContactId]:
            found = session.exec(select(ContactRow.id).where(ContactRow.phone == phone)).all()
            others = session.exec(select(ContactAliasRow.contact_id).where(ContactAliasRow.phone == phone)).all()
            return [ContactId(each) for each in dict.fromkeys([*found, *others]) if each is not None]

        return await self.database.read(work)

    async def forget(self, contact: ContactId, by: str, at: datetime) -> Forgotten | Stays:
        """Everything that tells who they are or what they said, everywhere. Doing it again changes nothing."""
        return await self.database.run(lambda session: _forget(session, contact, by, at), races=True)


def _forget(session: Session, contact: ContactId, by: str, at: datetime) -> Forgotten | Stays:
    person = session.get(ContactRow, contact, with_for_update=True)
    if person is None:
        return Stays.UNKNOWN
    calls = session.exec(select(CallRow).where(CallRow.contact_id == contact).with_for_update()).all()
    if any(call.state is not State.ENDED for call in calls):
        return Stays.IN_CALL
    names = [call.call_id for call in calls]
    recordings = _recordings_of(session, names)
    if any(row.legal_hold for row in recordings) or any(any_held(session, some) for some in _portions(names)):
        return Stays.ON_HOLD
    if any(row.state is RecordingState.RECORDING for row in recordings):
        return Stays.IN_CALL
    _sound_goes(session, recordings, by, at)
    for some in _portions(names):
        erase_messages(session, some, by, at)
    for call in calls:
        _nobodys(call)
        put_job(session, ERASE_MESSAGE, call.call_id, at)
    person.phone = person.bsuid = person.parent_bsuid = person.seen_at = None
    person.name = person.username = person.given_name = None
    _forget_beside_calls(session, contact, names, by, at)
    session.flush()
    told: dict[str, Any] = {"calls": len(calls), "recordings": len(recordings)}
    write(session, Entry(at, by, "contact.erased", f"contact:{contact}", told))
    return Forgotten(len(calls), len(recordings))


def _nobodys(call: CallRow) -> None:
    """Meta's id of a call holds the customer's number; what stands in its place is like no id of Meta's."""
    call.wacid = Wacid(f"{ERASED}:{call.call_id}")
    call.request_key = call.button_payload = call.link_payload = call.reference = call.answer = None


def _forget_beside_calls(session: Session, contact: int, calls: Sequence[str], by: str, at: datetime) -> None:
    """What others keep of a person: free texts may name them, a card asks to call them, a permission speaks of them."""
    forget_meetings(session, contact)
    session.execute(delete(ContactAliasRow).where(col(ContactAliasRow.contact_id) == contact))
    session.execute(delete(PromptHeardRow).where(col(PromptHeardRow.contact_id) == contact))
    session.execute(update(PermissionRow).where(col(PermissionRow.contact_id) == contact).values(ends_at=None))
    for some in _portions(calls):
        erase_texts(session, [CallId(call) for call in some])  # also Meta's, of calls that we did not record
        erase_meta_files(session, some, at)
        session.execute(update(CallNoteRow).where(col(CallNoteRow.call_id).in_(some)).values(text=""))
        session.execute(update(ProtocolRow).where(col(ProtocolRow.call_id).in_(some)).values(note=None))
    session.execute(update(ProtocolRow).where(col(ProtocolRow.contact_id) == contact).values(note=None))
    cards = update(CallbackRow).where(col(CallbackRow.contact_id) == contact, col(CallbackRow.closed_at).is_(None))
    session.execute(cards.values(closed_at=at, closed_by=by, closed_as=ClosedAs.DISMISSED.value))


def _sound_goes(session: Session, rows: Sequence[RecordingRow], by: str, at: datetime) -> None:
    """From now on nobody can hear them; the job removes the files. That there was a recording stays."""
    for row in rows:
        drop_job(session, "recording", row.call_id)
        # A worker that is just putting it there stops when it cannot renew its lease: what it put goes after that.
        files_go_at = at + WORKER_STOPS if row.state is RecordingState.FINISHING else at
        row.state, row.peaks, row.marks, row.legal_hold = RecordingState.DELETED, None, None, False
        put_job(session, ERASE_SOUND, row.call_id, files_go_at)
        write(session, Entry(at, by, "recording.deleted", f"call:{row.call_id}"))
    session.flush()
    for some in _portions([row.call_id for row in rows]):
        erase_texts(session, [CallId(call) for call in some])
        erase_meta_files(session, some, at)


def _recordings_of(session: Session, calls: Sequence[str]) -> list[RecordingRow]:
    found: list[RecordingRow] = []
    for some in _portions(calls):
        alive = col(RecordingRow.state).in_((*ERASABLE, RecordingState.RECORDING))
        found += session.exec(select(RecordingRow).where(col(RecordingRow.call_id).in_(some), alive).with_for_update())
    return found


def _portions(calls: Sequence[str]) -> list[Sequence[str]]:
    """SQLite takes some thousand values in a statement."""
    return [calls[start : start + 500] for start in range(0, len(calls), 500)]


def _row_of(session: Session, call: CallId, reach: Reach) -> RecordingRow | None:
    query = select(RecordingRow).where(RecordingRow.call_id == call, *reach.conditions(RecordingRow))
    return session.exec(query.with_for_update()).one_or_none()
