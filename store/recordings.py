"""Recordings of calls in SQL: begun and ended with the saves of their call, finished by whoever makes the file.

A row's state only moves on. Saves of a call bring it as far as FINISHING (`follow`, in the call's own transaction), the
finishing job takes it from there (`finished`, `failed`), so that neither can undo what the other has said.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from signaling.announcements import EventKind
from signaling.call import Call, Consent
from signaling.ids import CallId, DepartmentId, NumberId
from signaling.recording_policy import RecordingPolicy, policy_for
from signaling.recording_record import RecordingFacts, RecordingState, facts_of
from store.database import Database
from store.history_filter import HistoryFilter, conditions_of
from store.models import CallEventRow, CallRow, NumberRow
from store.outbox import NewEvent, write_next
from store.recording_models import UNFINISHED, RecordingRow

EVERY_CALL: Final = HistoryFilter()
PAGE_LIMIT: Final = 100
JOURNAL_SUFFIX: Final = ".journal"
INTERRUPTED: Final = "gateway_died"
"""Why a recording ends before its call does: our process was gone."""

JOURNAL_MISSING: Final = "journal_missing"


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """`peaks`: left and right, one behind the other; None where there is no file. `marks`: `at_s`, `mark`, `count`."""

    call: CallId
    number: NumberId
    department: DepartmentId | None
    state: RecordingState
    reason: str | None
    policy: RecordingPolicy
    consent: Consent | None
    consent_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    journal: str | None
    file: str | None
    key_name: str | None
    sha256: str | None
    size_bytes: int | None
    duration_s: float | None
    missing_s: float | None
    keep_until: datetime | None
    legal_hold: bool
    peaks: bytes | None = field(repr=False)
    marks: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """What the finishing job made of a journal (`recording.mix.Finished`), and where the vault keeps it. `partial`:
    something of the call is missing."""

    file: str
    key_name: str | None
    sha256: str
    size_bytes: int
    duration_s: float
    missing_s: float
    partial: bool
    peaks: bytes = field(repr=False)
    marks: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class LeftJournal:
    """A journal that a process before this one left. Times are UTC: of its head, and of its last write."""

    call: CallId
    began_at: datetime
    written_at: datetime


@dataclass(frozen=True)
class SqlRecordings:
    """Every method may raise NeighbourError."""

    database: Database

    async def get(self, call: CallId, visible: HistoryFilter = EVERY_CALL) -> StoredRecording | None:
        query = select(RecordingRow).where(RecordingRow.call_id == call, *_of_calls(visible))

        def work(session: Session) -> StoredRecording | None:
            row = session.exec(query).one_or_none()
            return None if row is None else _read(row)

        return await self.database.read(work)

    async def page(
        self,
        limit: int = PAGE_LIMIT,
        before: int | None = None,
        states: Collection[RecordingState] | None = None,
        visible: HistoryFilter = EVERY_CALL,
    ) -> tuple[list[StoredRecording], int | None]:
        """Of calls that are `visible`, the newest first, without peaks and marks; and the cursor (`before`) of the next
        page; None: this is the last."""
        query = select(RecordingRow).where(*_of_calls(visible)).options(defer(RecordingRow.peaks))  # type: ignore[arg-type]
        if before is not None:
            query = query.where(col(RecordingRow.id) < before)
        if states is not None:
            query = query.where(col(RecordingRow.state).in_(states))
        query = query.order_by(col(RecordingRow.id).desc()).limit(limit + 1)

        def work(session: Session) -> tuple[list[StoredRecording], int | None]:
            rows = session.exec(query).all()
            shown = [_read(row, whole=False) for row in rows[:limit]]
            return shown, rows[limit - 1].id if len(rows) > limit else None

        return await self.database.read(work)

    async def to_finish(self) -> list[StoredRecording]:
        """Whose journal is complete and of which no file was made yet, oldest first."""
        query = select(RecordingRow).where(text(UNFINISHED), RecordingRow.state == RecordingState.FINISHING)
        query = query.order_by(col(RecordingRow.id))
        return await self.database.read(lambda session: [_read(row) for row in session.exec(query)])

    async def finished(self, call: CallId, made: FinishedFile, at: datetime) -> bool:
        """Said again, it changes nothing. False: there is nothing to finish (any more)."""

        def work(session: Session) -> bool:
            row = _to_finish(session, call)
            if row is None:
                return False
            row.state = RecordingState.PARTIAL if made.partial else RecordingState.RECORDED
            row.file, row.key_name, row.sha256, row.size_bytes = made.file, made.key_name, made.sha256, made.size_bytes
            row.duration_s, row.missing_s, row.peaks = made.duration_s, made.missing_s, made.peaks
            row.marks = [dict(mark) for mark in made.marks]
            _tell(session, row, EventKind.RECORDING_ENDED, at)
            return True

        return await self.database.run(work)

    async def failed(self, call: CallId, reason: str, at: datetime) -> bool:
        """Nothing can be made of its journal, ever. False: there is nothing to finish (any more)."""

        def work(session: Session) -> bool:
            row = _to_finish(session, call)
            if row is None:
                return False
            row.state, row.reason = RecordingState.FAILED, row.reason or reason
            _tell(session, row, EventKind.RECORDING_FAILED, at)
            return True

        return await self.database.run(work)

    async def journal_gone(self, call: CallId) -> None:
        """The journal was removed by policy; the finished file stays."""

        def work(session: Session) -> None:
            row = session.exec(select(RecordingRow).where(RecordingRow.call_id == call)).one_or_none()
            if row is not None:
                row.journal = None

        await self.database.run(work)

    async def take_over(self, journals: Sequence[LeftJournal], at: datetime) -> list[CallId]:
        """At start, before any call is live: what a process that died was recording ends with its journal, and is to be
        finished. A journal whose row was never saved, as the store was away, gets one. Returns the calls of which
        something is to be finished that was not before; journals of calls that nobody knows are left alone."""
        left = {journal.call: journal for journal in journals}
        return await self.database.run(lambda session: _take_over(session, left, at), races=True)


def follow(session: Session, call: Call) -> bool:
    """Part of the transaction that saves the call, after the call's own row. Whether an event was written."""
    facts = facts_of(call)
    if facts is None:
        return False
    is_new = False
    row = session.exec(select(RecordingRow).where(RecordingRow.call_id == call.id).with_for_update()).one_or_none()
    if row is None:
        is_new = True
        row = RecordingRow(
            call_id=call.id,
            number_id=call.number,
            department_id=call.department,
            state=RecordingState.RECORDING,
            policy=facts.policy,
            journal=None if facts.started_at is None else journal_name(call.id),
        )
    elif row.state is not RecordingState.RECORDING:
        return False
    broke_off = facts.reason is not None and row.reason is None
    _bring_up(row, facts)
    session.add(row)
    session.flush()
    at = call.timeline[-1].at if call.timeline else facts.started_at
    if at is None:
        return False
    began = is_new and facts.started_at is not None
    if began:
        _tell(session, row, EventKind.RECORDING_STARTED, at)
    if broke_off:
        _tell(session, row, EventKind.RECORDING_FAILED, at)
    return began or broke_off


def same_recording(call: Call, before: Call) -> bool:
    """Whether a save of `call` after `before` leaves its recording's row as it is."""
    return facts_of(call) == facts_of(before)


def journal_name(call: CallId) -> str:
    return f"{call}{JOURNAL_SUFFIX}"


def _of_calls(visible: HistoryFilter) -> Iterable[Any]:
    conditions = conditions_of(visible, in_passing=True)
    if conditions:
        yield col(RecordingRow.call_id).in_(select(CallRow.call_id).where(*conditions))


def _bring_up(row: RecordingRow, facts: RecordingFacts) -> None:
    row.state, row.reason = facts.state, facts.reason
    row.consent, row.consent_at = facts.consent, facts.consent_at
    row.started_at, row.ended_at = facts.started_at, facts.ended_at
    _keep(row)


def _keep(row: RecordingRow) -> None:
    if row.ended_at is not None and row.policy.keep_days is not None:
        row.keep_until = row.ended_at + timedelta(days=row.policy.keep_days)


def _tell(session: Session, row: RecordingRow, kind: EventKind, at: datetime) -> None:
    session.flush()
    department = None if row.department_id is None else DepartmentId(row.department_id)
    call, number = CallId(row.call_id), NumberId(row.number_id)
    write_next(session, NewEvent(kind, at, f"recording:{call}", 0, number, department, {}, call))


def _to_finish(session: Session, call: CallId) -> RecordingRow | None:
    query = select(RecordingRow).where(RecordingRow.call_id == call, RecordingRow.state == RecordingState.FINISHING)
    return session.exec(query.with_for_update()).one_or_none()


def _take_over(session: Session, left: Mapping[CallId, LeftJournal], at: datetime) -> list[CallId]:
    open_rows = session.exec(
        select(RecordingRow).where(text(UNFINISHED), RecordingRow.state == RecordingState.RECORDING)
    ).all()
    taken: list[CallId] = []
    for row in open_rows:
        call = CallId(row.call_id)
        if (journal := left.get(call)) is None:
            row.state, row.reason = RecordingState.FAILED, JOURNAL_MISSING
            _tell(session, row, EventKind.RECORDING_FAILED, at)
            continue
        row.state, row.reason, row.ended_at = RecordingState.FINISHING, row.reason or INTERRUPTED, journal.written_at
        _keep(row)
        taken.append(call)
    known = set(session.exec(select(RecordingRow.call_id).where(col(RecordingRow.call_id).in_(list(left)))).all())
    for journal in left.values():
        if journal.call not in known and (adopted := _adopted(session, journal)) is not None:
            session.add(adopted)
            taken.append(journal.call)
    session.flush()
    return taken


def _adopted(session: Session, journal: LeftJournal) -> RecordingRow | None:
    """A row for a journal without one, from what is known of its call; None: nobody knows the call."""
    call = session.exec(select(CallRow).where(CallRow.call_id == journal.call)).one_or_none()
    if call is None:
        return None
    number = session.get_one(NumberRow, call.number_id)
    department = None if call.department_id is None else DepartmentId(call.department_id)
    agreed_at = session.exec(
        select(CallEventRow.at).where(CallEventRow.call_id == call.call_id, CallEventRow.kind == "consent_agreed")
    ).first()
    row = RecordingRow(
        call_id=journal.call,
        number_id=call.number_id,
        department_id=department,
        state=RecordingState.FINISHING,
        reason=INTERRUPTED,
        policy=policy_for(number.recording or (), call.direction, department),
        consent=None if agreed_at is None else Consent.AGREED,
        consent_at=agreed_at,
        started_at=journal.began_at,
        ended_at=journal.written_at,
        journal=journal_name(journal.call),
    )
    _keep(row)
    return row


def _read(row: RecordingRow, *, whole: bool = True) -> StoredRecording:
    return StoredRecording(
        call=CallId(row.call_id),
        number=NumberId(row.number_id),
        department=None if row.department_id is None else DepartmentId(row.department_id),
        state=row.state,
        reason=row.reason,
        policy=row.policy,
        consent=row.consent,
        consent_at=row.consent_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        journal=row.journal,
        file=row.file,
        key_name=row.key_name,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        duration_s=row.duration_s,
        missing_s=row.missing_s,
        keep_until=row.keep_until,
        legal_hold=row.legal_hold,
        peaks=row.peaks if whole else None,
        marks=tuple(row.marks or ()) if whole else (),
    )
