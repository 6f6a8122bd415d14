"""What Meta itself keeps of calls: which numbers ask for it, what came of it, and that it goes with its call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlmodel import Session, col, select

from signaling.ids import CallId, DepartmentId, PhoneNumberId
from signaling.private import Wacid
from signaling.recording_policy import policy_for
from store.audit import Entry, write
from store.database import Database
from store.jobs import put_job
from store.meta_file_models import MetaCaptureRow, MetaFileRow, MetaFileState
from store.models import CallRow, NumberRow
from store.refusal import Refusal, Why

FETCH_META, ERASE_META = "fetch_meta", "erase_meta"
"""Kinds of jobs; the subject of the first is a file's id, of the second a call."""

PURPOSE_CHARS: Final = 250
LANGUAGES: Final = ("en", "en_US", "en_GB", "nl", "fr", "de", "hi", "it", "kn", "pt", "es", "es_ES", "te", "vi")
"""In which Meta announces it (reference 1.7); `nl` and `es_ES` still play the English notice."""

FileKind = Literal["recording", "transcription"]


@dataclass(frozen=True, slots=True)
class Capture:
    """What Meta is asked to keep of each call. Both sides hear a notice that names `purpose`."""

    recording: bool
    transcription: bool
    purpose: str
    language: str


@dataclass(frozen=True, slots=True)
class MetaFile:
    id: int
    call: CallId
    phone_number_id: PhoneNumberId
    kind: FileKind
    media_id: str
    told_sha256: str
    state: MetaFileState
    reason: str | None
    arrived_at: datetime
    ended_at: datetime | None
    size_bytes: int | None
    sha256: str | None
    file: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`file` None: it is text, and stands in `transcripts`."""

    sha256: str
    size_bytes: int
    file: str | None = None
    key_name: str | None = None


@dataclass(frozen=True)
class SqlMetaFiles:
    """`place`: which machine's files jobs need (`store.jobs`). Every method may raise NeighbourError."""

    database: Database
    place: str | None = None

    async def capture(self, number: PhoneNumberId) -> Capture | None:
        query = select(MetaCaptureRow).join(NumberRow).where(NumberRow.phone_number_id == number)

        def work(session: Session) -> Capture | None:
            row = session.exec(query).one_or_none()
            return None if row is None else Capture(row.recording, row.transcription, row.purpose, row.language)

        return await self.database.read(work)

    async def set_capture(self, number: str, wanted: Capture | None, by: str, at: datetime) -> None:
        """From the number's next call on; None: Meta keeps nothing. Raises Refusal."""
        if wanted is not None:
            _check(wanted)

        def work(session: Session) -> None:
            found = session.exec(select(NumberRow).where(NumberRow.phone_number_id == number)).one_or_none()
            if found is None or found.id is None:
                raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
            row = session.get(MetaCaptureRow, found.id)
            if row is not None:
                session.delete(row)
                session.flush()
            if wanted is not None:
                session.add(
                    MetaCaptureRow(
                        number_id=found.id,
                        recording=wanted.recording,
                        transcription=wanted.transcription,
                        purpose=wanted.purpose,
                        language=wanted.language,
                    )
                )
            told = {
                "recording": wanted is not None and wanted.recording,
                "transcription": wanted is not None and wanted.transcription,
            }
            write(session, Entry(at, by, "number.meta_capture_written", f"number:{found.id}", told))

        await self.database.run(work, races=True)

    async def arrived(
        self, number: PhoneNumberId, wacid: Wacid, kind: FileKind, media_id: str, sha256: str, at: datetime
    ) -> bool:
        """Meta has a file. False: of a call that is not ours. Being told again changes nothing, unless it could not be
        fetched."""
        of_call = select(CallRow).where(CallRow.phone_number_id == number, CallRow.wacid == wacid)

        def work(session: Session) -> bool:
            call = session.exec(of_call).one_or_none()
            if call is None:
                return False
            mine = select(MetaFileRow).where(MetaFileRow.call_id == call.call_id, MetaFileRow.kind == kind)
            row = session.exec(mine.with_for_update()).one_or_none()
            if row is None:
                row = MetaFileRow(
                    call_id=call.call_id,
                    kind=kind,
                    media_id=media_id,
                    told_sha256=sha256,
                    state=MetaFileState.WAITING,
                    arrived_at=at,
                    keep_until=_kept_until(session, call, at),
                )
                session.add(row)
            elif row.state is MetaFileState.FAILED:
                row.media_id, row.told_sha256, row.arrived_at = media_id, sha256, at
                row.state, row.reason, row.ended_at = MetaFileState.WAITING, None, None
            else:
                return True
            session.flush()
            put_job(session, FETCH_META, str(row.id), at, self.place)
            return True

        return await self.database.run(work, races=True)

    async def get(self, file: int) -> MetaFile | None:
        return next(iter(await self._files(MetaFileRow.id == file)), None)

    async def of_call(self, call: CallId) -> list[MetaFile]:
        return await self._files(MetaFileRow.call_id == call)

    async def done(self, file: int, fetched: Fetched, at: datetime) -> bool:
        """False: it was erased meanwhile, and nothing of it may stay."""

        return await self.database.run(lambda session: note_done(session, file, fetched, at))

    async def failed(self, file: int, reason: str, at: datetime) -> None:
        def work(session: Session) -> None:
            row = session.get(MetaFileRow, file, with_for_update=True)
            if row is not None and row.state is MetaFileState.WAITING:
                row.state, row.reason, row.ended_at = MetaFileState.FAILED, reason[:64], at

        await self.database.run(work)

    async def _files(self, condition: object) -> list[MetaFile]:
        query = (
            select(MetaFileRow, CallRow.phone_number_id)
            .join(CallRow, col(CallRow.call_id) == col(MetaFileRow.call_id))
            .where(condition)  # type: ignore[arg-type]
            .order_by(col(MetaFileRow.kind))
        )
        return await self.database.read(lambda session: [_file(row, number) for row, number in session.exec(query)])


def note_done(session: Session, file: int, fetched: Fetched, at: datetime) -> bool:
    """`SqlMetaFiles.done`, as a part of the caller's transaction."""
    row = session.get(MetaFileRow, file, with_for_update=True)
    if row is None or row.state is MetaFileState.ERASED:
        return False
    row.state, row.reason, row.ended_at = MetaFileState.DONE, None, at
    row.file, row.key_name, row.sha256 = fetched.file, fetched.key_name, fetched.sha256
    row.size_bytes = fetched.size_bytes
    return True


def erase_meta_files(session: Session, calls: Sequence[str], at: datetime) -> None:
    """Part of the transaction that erases what was said in these calls: nobody is shown Meta's files any more, none is
    fetched, and the job removes those that are in the vault."""
    rows = session.exec(select(MetaFileRow).where(col(MetaFileRow.call_id).in_(calls)).with_for_update()).all()
    for row in rows:
        row.state, row.reason, row.sha256, row.size_bytes, row.file = MetaFileState.ERASED, None, None, None, None
        put_job(session, ERASE_META, row.call_id, at)


def _kept_until(session: Session, call: CallRow, at: datetime) -> datetime | None:
    """As long as a recording of ours would be by the policies of now, whether or not these have the call recorded."""
    number = session.get_one(NumberRow, call.number_id)
    department = None if call.department_id is None else DepartmentId(call.department_id)
    days = policy_for(number.recording or (), call.direction, department).keep_days
    return None if days is None else at + timedelta(days=days)


def _check(wanted: Capture) -> None:
    if not 0 < len(wanted.purpose) <= PURPOSE_CHARS:
        raise Refusal(Why.INVALID, "purpose", f"Say in 1 to {PURPOSE_CHARS} characters what it is for.")
    if wanted.language not in LANGUAGES:
        raise Refusal(Why.INVALID, "language", f"Meta announces it in: {', '.join(LANGUAGES)}.")
    if not (wanted.recording or wanted.transcription):
        raise Refusal(Why.INVALID, "recording", "Ask for a recording, a transcription, or both.")


def _file(row: MetaFileRow, number: str) -> MetaFile:
    assert row.id is not None
    return MetaFile(
        id=row.id,
        call=CallId(row.call_id),
        phone_number_id=PhoneNumberId(number),
        kind="recording" if row.kind == "recording" else "transcription",
        media_id=row.media_id,
        told_sha256=row.told_sha256,
        state=row.state,
        reason=row.reason,
        arrived_at=row.arrived_at,
        ended_at=row.ended_at,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        file=row.file,
    )
