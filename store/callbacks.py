"""Customers who should be called back: opened, joined and closed with the calls that say so, taken by whoever calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, func, select

from signaling.announcements import CallbackReason, EventKind
from signaling.events import Customer
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId
from store.callback_merging import open_of
from store.callback_models import CallbackRow, ClosedAs
from store.contacts import customer_of
from store.database import Database
from store.models import CallRow, ContactRow, DepartmentRow, NumberRow, UserRow
from store.outbox import NewEvent, write_next
from store.reach import EVERYTHING, Reach

PAGE_LIMIT: Final = 100
GATEWAY: Final = "gateway"
SAVED_WITHIN: Final = timedelta(minutes=1)
"""A call may have ended a little before its card was opened."""


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    number: NumberId
    number_label: str
    department: DepartmentId | None
    department_name: str | None
    contact: ContactId
    customer: Customer
    call: CallId
    reason: CallbackReason
    times: int
    first_at: datetime
    last_at: datetime
    taken_by: AgentId | None
    taken_by_name: str | None
    taken_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else is calling already."""

    by: str


@dataclass(frozen=True)
class SqlCallbacks:
    """Every method may raise NeighbourError. Closed or unknown cards, and those out of `reach`, are None."""

    database: Database

    async def open_cards(self, limit: int = PAGE_LIMIT, reach: Reach = EVERYTHING) -> list[Card]:
        """Who waits longest first."""
        query = _cards().where(col(CallbackRow.closed_at).is_(None), *reach.conditions(CallbackRow))
        query = query.order_by(col(CallbackRow.first_at)).limit(limit)
        return await self.database.read(lambda session: [_card(*found) for found in session.exec(query).all()])

    async def calls_of(self, cards: Sequence[Card]) -> dict[int, tuple[CallId, ...]]:
        """By card: the calls that ended since its first call in vain, oldest first."""
        pairs = {(card.number, card.contact): card for card in cards}
        if not pairs:
            return {}
        query = (
            select(CallRow.number_id, CallRow.contact_id, CallRow.call_id, CallRow.ended_at)
            .where(col(CallRow.contact_id).in_({card.contact for card in cards}))
            .where(col(CallRow.ended_at) >= min(card.first_at for card in cards) - SAVED_WITHIN)
            .order_by(col(CallRow.id))
        )
        rows: list[Any] = await self.database.read(lambda session: list(session.exec(query)))
        found: dict[int, list[CallId]] = {}
        for number, contact, call, ended_at in rows:
            card = pairs.get((number, contact))
            if card is not None and ended_at >= card.first_at - SAVED_WITHIN:
                found.setdefault(card.id, []).append(CallId(call))
        return {card: tuple(calls) for card, calls in found.items()}

    async def count(self, reach: Reach = EVERYTHING) -> int:
        """How many are open."""
        query = select(func.count()).select_from(CallbackRow)
        query = query.where(col(CallbackRow.closed_at).is_(None), *reach.conditions(CallbackRow))
        return await self.database.read(lambda session: session.exec(query).one())

    async def take(self, card: int, agent: AgentId, at: datetime, reach: Reach = EVERYTHING) -> Card | Taken | None:
        """This agent calls back. Two at once: one has it, the other is told who."""

        def work(session: Session) -> Card | Taken | None:
            row = _open_row(session, card, reach)
            if row is None:
                return None
            if row.taken_by is not None and row.taken_by != agent:
                return Taken(session.get_one(UserRow, row.taken_by).name)
            if row.taken_by is None:
                row.taken_by, row.taken_at = agent, at
                session.flush()
            return _read(session, card)

        return await self.database.run(work)

    async def give_back(self, card: int, agent: AgentId, reach: Reach = EVERYTHING) -> Card | None:
        def work(session: Session) -> Card | None:
            row = _open_row(session, card, reach)
            if row is None:
                return None
            if row.taken_by == agent:
                row.taken_by = row.taken_at = None
                session.flush()
            return _read(session, card)

        return await self.database.run(work)

    async def close(
        self, card: int, closed_as: ClosedAs, by: str, at: datetime, reach: Reach = EVERYTHING
    ) -> Card | None:
        def work(session: Session) -> Card | None:
            row = _open_row(session, card, reach)
            if row is None:
                return None
            _close(session, row, closed_as, by, at)
            return _read(session, card)

        return await self.database.run(work)


def open_or_join(session: Session, call: CallRow, reason: CallbackReason, at: datetime) -> None:
    """In the transaction that ends the call. Somebody whom nobody knows cannot be called back."""
    if call.contact_id is None:
        return
    row = open_of(session, call.number_id, call.contact_id)
    if row is None:
        row = CallbackRow(
            number_id=call.number_id,
            department_id=call.department_id,
            contact_id=call.contact_id,
            call_id=call.call_id,
            reason=reason,
            first_at=at,
            last_at=at,
        )
        session.add(row)
        session.flush()
        _tell(session, row, EventKind.CALLBACK_OPENED, at)
    elif row.call_id != call.call_id:
        row.call_id, row.reason, row.times, row.last_at = call.call_id, reason, row.times + 1, at
        session.flush()


def reached(session: Session, call: CallRow, at: datetime) -> None:
    """Somebody talks to the customer, whoever called."""
    if call.contact_id is None:
        return
    row = open_of(session, call.number_id, call.contact_id)
    if row is not None and row.call_id != call.call_id:
        by = GATEWAY if call.agent_id is None else f"user:{call.agent_id}"
        _close(session, row, ClosedAs.REACHED, by, at)


def _open_row(session: Session, card: int, reach: Reach) -> CallbackRow | None:
    query = select(CallbackRow).where(
        CallbackRow.id == card, col(CallbackRow.closed_at).is_(None), *reach.conditions(CallbackRow)
    )
    return session.exec(query.with_for_update()).one_or_none()


def _close(session: Session, row: CallbackRow, closed_as: ClosedAs, by: str, at: datetime) -> None:
    row.closed_at, row.closed_by, row.closed_as = at, by, closed_as.value
    session.flush()
    _tell(session, row, EventKind.CALLBACK_CLOSED, at)


def _tell(session: Session, row: CallbackRow, kind: EventKind, at: datetime) -> None:
    department = None if row.department_id is None else DepartmentId(row.department_id)
    data = {"callback": row.id}
    write_next(session, NewEvent(kind, at, f"callback:{row.id}", 0, NumberId(row.number_id), department, data))


def _cards() -> Any:  # five tables are one more than the overloads of `select` describe
    return (
        select(CallbackRow, NumberRow.label, DepartmentRow.name, UserRow.name, ContactRow)  # type: ignore[call-overload]
        .join(NumberRow, col(NumberRow.id) == col(CallbackRow.number_id))
        .outerjoin(DepartmentRow, col(DepartmentRow.id) == col(CallbackRow.department_id))
        .outerjoin(UserRow, col(UserRow.id) == col(CallbackRow.taken_by))
        .join(ContactRow, col(ContactRow.id) == col(CallbackRow.contact_id))
    )


def _read(session: Session, card: int) -> Card:
    return _card(*session.exec(_cards().where(CallbackRow.id == card)).one())


def _card(
    row: CallbackRow, number_label: str, department_name: str | None, taken_by: str | None, contact: ContactRow
) -> Card:
    assert row.id is not None
    return Card(
        id=row.id,
        number=NumberId(row.number_id),
        number_label=number_label,
        department=None if row.department_id is None else DepartmentId(row.department_id),
        department_name=department_name,
        contact=ContactId(row.contact_id),
        customer=customer_of(contact),
        call=CallId(row.call_id),
        reason=row.reason,
        times=row.times,
        first_at=row.first_at,
        last_at=row.last_at,
        taken_by=None if row.taken_by is None else AgentId(row.taken_by),
        taken_by_name=taken_by,
        taken_at=row.taken_at,
        closed_at=row.closed_at,
        closed_as=row.closed_as,
    )
