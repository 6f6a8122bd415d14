"""Protocols: the number a customer can be told when somebody owes them an answer. Opened by a missed call, or by hand.

A code is the year and a count without gaps (`2026000123`), in UTC.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from signaling.announcements import EventKind, ProtocolReason
from signaling.events import Customer
from signaling.ids import CallId, DepartmentId, NumberId
from signaling.integrator_contract import ProtocolTold
from store.columns import storable
from store.contacts import contact_of
from store.contacts_told import first_word
from store.database import Database
from store.event_bodies import protocol_told
from store.integration_models import ProtocolRow
from store.models import CallRow, ContactRow, DepartmentRow, NumberRow
from store.outbox import NewEvent, write_next
from store.reach import EVERYTHING, Reach
from store.refusal import Refusal, Why
from store.sequences import next_value

PAGE_LIMIT: Final = 200
NOTE_LIMIT_CHARS: Final = 2_000
GATEWAY: Final = "gateway"


@dataclass(frozen=True, slots=True)
class NewProtocol:
    number: NumberId
    customer: Customer
    department: DepartmentId | None = None  # None: the number's own
    note: str | None = None
    call: CallId | None = None


@dataclass(frozen=True)
class SqlProtocolStore:
    """Every method may raise NeighbourError; those that change something raise Refusal for what cannot be."""

    database: Database

    async def create(self, new: NewProtocol, by: str, at: datetime, reach: Reach = EVERYTHING) -> ProtocolTold:
        return await self.database.run(lambda session: _create(session, new, by, at, reach), races=True)

    async def close(self, code: str, by: str, at: datetime, reach: Reach = EVERYTHING) -> ProtocolTold | None:
        """None: there is none within `reach`. Closing twice changes nothing."""

        def work(session: Session) -> ProtocolTold | None:
            query = select(ProtocolRow).where(ProtocolRow.code == code, *reach.conditions(ProtocolRow))
            row = session.exec(query.with_for_update()).one_or_none()
            if row is None:
                return None
            if row.closed_at is None:
                row.closed_at, row.closed_by = at, by
                session.flush()
                _tell(session, row, EventKind.PROTOCOL_CLOSED, at)
            return protocol_told(session, row)

        return await self.database.run(work)

    async def get(self, code: str, reach: Reach = EVERYTHING) -> ProtocolTold | None:
        query = select(ProtocolRow).where(ProtocolRow.code == code, *reach.conditions(ProtocolRow))

        def work(session: Session) -> ProtocolTold | None:
            row = session.exec(query).one_or_none()
            return None if row is None else protocol_told(session, row)

        return await self.database.read(work)

    async def page(
        self, *, is_open: bool | None, limit: int, cursor: int | None, reach: Reach = EVERYTHING
    ) -> tuple[list[ProtocolTold], int | None]:
        """Newest first, and the cursor of the next page."""
        conditions: list[Any] = list(reach.conditions(ProtocolRow))
        if is_open is not None:
            conditions.append(
                col(ProtocolRow.closed_at).is_(None) if is_open else col(ProtocolRow.closed_at).is_not(None)
            )
        if cursor is not None:
            conditions.append(col(ProtocolRow.id) < cursor)
        query = select(ProtocolRow).where(*conditions).order_by(col(ProtocolRow.id).desc()).limit(limit + 1)

        def work(session: Session) -> tuple[list[ProtocolTold], int | None]:
            rows = list(session.exec(query).all())
            shown = rows[:limit]
            return [protocol_told(session, row) for row in shown], shown[-1].id if len(rows) > limit else None

        return await self.database.read(work)


def open_for_call(session: Session, call: CallRow, reason: ProtocolReason, at: datetime) -> None:
    """The protocol of a call that nobody answered, in its number's department, unless it has one."""
    if session.exec(select(ProtocolRow.id).where(ProtocolRow.call_id == call.call_id)).one_or_none() is not None:
        return
    row = ProtocolRow(
        code=_next_code(session, at),
        reason=reason,
        number_id=call.number_id,
        department_id=call.department_id,
        call_id=call.call_id,
        contact_id=call.contact_id,
        created_at=at,
        created_by=GATEWAY,
    )
    session.add(row)
    session.flush()
    _tell(session, row, EventKind.PROTOCOL_CREATED, at)


def _create(session: Session, new: NewProtocol, by: str, at: datetime, reach: Reach) -> ProtocolTold:
    number = session.get(NumberRow, new.number)
    if number is None or not reach.covers(new.number, new.department or _department(number)):
        raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
    if new.department is not None and session.get(DepartmentRow, new.department) is None:
        raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
    if new.call is not None:
        call = session.exec(select(CallRow).where(CallRow.call_id == new.call)).one_or_none()
        if call is None or call.number_id != new.number:
            raise Refusal(Why.UNKNOWN, "call_id", "There is no such call of this number.")
        if session.exec(select(ProtocolRow.id).where(ProtocolRow.call_id == new.call)).one_or_none() is not None:
            raise Refusal(Why.EXISTS, "call_id", "This call has a protocol already.")
    contact = contact_of(session, new.number, new.customer, at, None)
    row = ProtocolRow(
        code=_next_code(session, at),
        reason=ProtocolReason.REQUESTED,
        number_id=new.number,
        department_id=new.department or _department(number),
        call_id=new.call,
        contact_id=None if contact is None else contact.id,
        note=None if new.note is None else storable(new.note),
        created_at=at,
        created_by=by,
    )
    session.add(row)
    session.flush()
    _tell(session, row, EventKind.PROTOCOL_CREATED, at)
    return protocol_told(session, row)


def _department(number: NumberRow) -> DepartmentId | None:
    return None if number.department_id is None else DepartmentId(number.department_id)


def _tell(session: Session, row: ProtocolRow, kind: EventKind, at: datetime) -> None:
    department = None if row.department_id is None else DepartmentId(row.department_id)
    stream = f"protocol:{row.code}"
    data = {"protocol": row.code}
    contact = None if row.contact_id is None else session.get(ContactRow, row.contact_id)
    event = NewEvent(kind, at, stream, 0, NumberId(row.number_id), department, data)
    write_next(session, replace(event, new_contact=first_word(session, contact)))


def _next_code(session: Session, at: datetime) -> str:
    return f"{at.year}{next_value(session, f'protocol.{at.year}'):06d}"
