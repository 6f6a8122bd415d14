"""What goes when, of all that is kept of calls: recordings, messages after the beep, and what Meta itself made of calls
of which we have no recording (Meta's of the others goes with ours).

When each goes was written when it ended, by the policy of its number, direction and department of that moment: a
policy that changes changes nothing that is there. Deleting is `store.erasure` and `store.messages`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, false, func
from sqlmodel import Session, col, or_, select

from signaling.events import Direction
from signaling.ids import CallId, DepartmentId, NumberId
from signaling.recording_policy import policy_for
from signaling.recording_record import RecordingState
from store.database import Database
from store.message_models import MessageRow, MessageState
from store.meta_file_models import MetaFileRow, MetaFileState
from store.models import CallRow, NumberRow
from store.reach import EVERYTHING, Reach
from store.recording_models import RecordingRow

ERASABLE: Final = (
    RecordingState.FINISHING,
    RecordingState.RECORDED,
    RecordingState.PARTIAL,
    RecordingState.FAILED,
)
"""Recordings of which there is something to erase; of a message there is until it is deleted."""

NEVER: Final = datetime.max.replace(tzinfo=UTC)
DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)


class Stays(StrEnum):
    """Why nothing was erased."""

    UNKNOWN = "unknown"
    ON_HOLD = "on_hold"  # legal hold: somebody must lift it first
    IN_CALL = "in_call"  # it is being recorded, or they are being talked to


class Thing(StrEnum):
    RECORDING = "recording"
    MESSAGE = "message"
    META = "meta"  # all that Meta made of one call


@dataclass(frozen=True, slots=True)
class Scheduled:
    """`due_at` None: it stays until somebody deletes it. On hold, it stays whatever `due_at` says. `with_recording`:
    a message that the hold of its call's recording holds, whatever becomes of its own."""

    thing: Thing
    call: CallId
    number: NumberId
    department: DepartmentId | None
    due_at: datetime | None
    legal_hold: bool
    with_recording: bool = False


@dataclass(slots=True)
class Outlook:
    """How many there are of one thing; how many of them go within a day, a week and 30 days, each counting those
    before; how many are held; how many never go by themselves."""

    kept: int = 0
    day: int = 0
    week: int = 0
    month: int = 0
    held: int = 0
    for_good: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is kept of one number's calls in one department. `inbound_days`, `outbound_days`: as its policies say now;
    None: for ever."""

    number: NumberId
    department: DepartmentId | None
    inbound_days: int | None
    outbound_days: int | None
    recordings: Outlook
    messages: Outlook


@dataclass(frozen=True)
class SqlRetention:
    """Every method may raise NeighbourError."""

    database: Database

    async def schedule(self, limit: int, reach: Reach = EVERYTHING) -> list[Scheduled]:
        """What goes by itself or is held, the next first; what never goes by itself at the end."""
        recordings = (
            select(RecordingRow)
            .where(RECORDING_THERE, or_(col(RecordingRow.keep_until).is_not(None), col(RecordingRow.legal_hold)))
            .where(*reach.conditions(RecordingRow))
            .order_by(col(RecordingRow.keep_until).is_(None), col(RecordingRow.keep_until), col(RecordingRow.id))
            .limit(limit)
        )
        messages = (
            select(MessageRow, HELD_WITH_RECORDING.label("held"))
            .outerjoin(RecordingRow, col(RecordingRow.call_id) == col(MessageRow.call_id))
            .where(MESSAGE_THERE, or_(col(MessageRow.keep_until).is_not(None), MESSAGE_HELD))
            .where(*reach.conditions(MessageRow))
            .order_by(col(MessageRow.keep_until).is_(None), col(MessageRow.keep_until), col(MessageRow.call_id))
            .limit(limit)
        )
        due_at = func.min(col(MetaFileRow.keep_until)).label("due_at")
        of_call = (col(CallRow.call_id), col(CallRow.number_id), col(CallRow.department_id))
        metas = (
            select(*of_call, due_at)
            .join(MetaFileRow, col(MetaFileRow.call_id) == col(CallRow.call_id))
            .where(META_ALONE, col(MetaFileRow.keep_until).is_not(None), *reach.conditions(CallRow))
            .group_by(*of_call)
            .order_by(due_at)
            .limit(limit)
        )

        def work(session: Session) -> list[Scheduled]:
            found = [recording_scheduled(row) for row in session.exec(recordings)]
            found += [message_scheduled(row, bool(held)) for row, held in session.exec(messages)]
            found += [
                Scheduled(Thing.META, CallId(call), NumberId(number), _department(department), due, legal_hold=False)
                for call, number, department, due in session.exec(metas)
            ]
            return sorted(found, key=lambda each: each.due_at or NEVER)[:limit]

        return await self.database.read(work)

    async def shelves(self, now: datetime, reach: Reach = EVERYTHING) -> list[Shelf]:
        """Each number, and each department of which something is kept or that has a policy of its own."""
        recordings = (
            _counted(RecordingRow, now, col(RecordingRow.legal_hold))
            .where(RECORDING_THERE)
            .where(*reach.conditions(RecordingRow))
        )
        messages = (
            _counted(MessageRow, now, MESSAGE_HELD)
            .outerjoin(RecordingRow, col(RecordingRow.call_id) == col(MessageRow.call_id))
            .where(MESSAGE_THERE)
            .where(*reach.conditions(MessageRow))
        )

        def work(session: Session) -> list[Shelf]:
            of_recordings, of_messages = _by_place(session, recordings), _by_place(session, messages)
            numbers = session.exec(select(NumberRow).order_by(col(NumberRow.id))).all()
            return [
                _shelf(number, department, of_recordings, of_messages)
                for number in numbers
                for department in _departments(number, {*of_recordings, *of_messages}, reach)
            ]

        return await self.database.read(work)


RECORDING_THERE: Final[ColumnElement[bool]] = col(RecordingRow.state).in_(ERASABLE)
META_ALONE: Final[ColumnElement[bool]] = and_(
    col(MetaFileRow.state) != MetaFileState.ERASED,
    ~exists().where(
        col(RecordingRow.call_id) == col(MetaFileRow.call_id),
        col(RecordingRow.state).in_((RecordingState.RECORDING, *ERASABLE)),
    ),
)
"""What Meta made of a call of which we have no recording (any more)."""
MESSAGE_THERE: Final[ColumnElement[bool]] = col(MessageRow.state) != MessageState.DELETED
HELD_WITH_RECORDING: Final = func.coalesce(col(RecordingRow.legal_hold), false())
MESSAGE_HELD: Final[ColumnElement[bool]] = or_(col(MessageRow.legal_hold), HELD_WITH_RECORDING)
"""Of messages that are joined with what recordings their calls have."""


def recording_scheduled(row: RecordingRow) -> Scheduled:
    call, number, department = CallId(row.call_id), NumberId(row.number_id), _department(row.department_id)
    return Scheduled(Thing.RECORDING, call, number, department, row.keep_until, row.legal_hold)


def message_scheduled(row: MessageRow, with_recording: bool) -> Scheduled:
    """`with_recording`: whether its call's recording is held."""
    call, number, department = CallId(row.call_id), NumberId(row.number_id), _department(row.department_id)
    held = row.legal_hold or with_recording
    return Scheduled(Thing.MESSAGE, call, number, department, row.keep_until, held, with_recording)


def _department(of: int | None) -> DepartmentId | None:
    return None if of is None else DepartmentId(of)


def _counted(table: Any, now: datetime, held: Any) -> Any:
    """One line for each number and department, in the order of `Outlook`."""

    def many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    goes = [and_(~held, col(table.keep_until) <= now + ahead) for ahead in (DAY, WEEK, MONTH)]
    stays = and_(~held, col(table.keep_until).is_(None))
    columns = [func.count(), *(many(each) for each in goes), many(held), many(stays)]
    place = (col(table.number_id), col(table.department_id))
    return select(*place, *columns).select_from(table).group_by(*place)


_Places = dict[tuple[int, int | None], Outlook]


def _by_place(session: Session, query: Any) -> _Places:
    found: _Places = defaultdict(Outlook)
    for number, department, *counts in session.exec(query):
        assert len(counts) == len(fields(Outlook)), "in the order of its fields"
        found[number, department] = Outlook(*map(int, counts))
    return found


def _departments(number: NumberRow, places: set[tuple[int, int | None]], reach: Reach) -> Sequence[DepartmentId | None]:
    named = {rule.department for rule in number.recording or ()} | {None}
    named |= {None if at is None else DepartmentId(at) for of, at in places if of == number.id}
    return sorted(
        (at for at in named if number.id is not None and reach.covers(NumberId(number.id), at)),
        key=lambda at: (at is not None, at or 0),
    )


def _shelf(number: NumberRow, department: DepartmentId | None, recordings: _Places, messages: _Places) -> Shelf:
    assert number.id is not None, "it is stored"
    days = {direction: policy_for(number.recording or (), direction, department).keep_days for direction in Direction}
    return Shelf(
        number=NumberId(number.id),
        department=department,
        inbound_days=days[Direction.INBOUND],
        outbound_days=days[Direction.OUTBOUND],
        recordings=recordings.get((number.id, department), Outlook()),
        messages=messages.get((number.id, department), Outlook()),
    )
