"""A `signaling.ports.PermissionStore` in SQL: events are appended, and beside them stands what they come to."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from signaling.announcements import EventKind
from signaling.events import Customer
from signaling.ids import ContactId, DepartmentId, NumberId
from signaling.meta_rules import Limits
from signaling.permission import EMPTY, Ledger, window_opened
from signaling.permission_events import Event, Reference
from signaling.permission_verdicts import Standing, next_end, standing
from signaling.ports import Ended, KnownLedger, LedgerChange, Number
from signaling.private import PhoneNumber
from store.contacts import contact_of, customer_of, find_contact
from store.contacts_told import first_word, tell_if_new
from store.database import Database
from store.directory_index import index_words
from store.ledgers import JUST_BEFORE, append, keep, ledger_row, request_sent
from store.models import ContactAliasRow, ContactRow, NumberRow, PermissionRow
from store.outbox import NewEvent, write_next
from store.permission_templates import has_template


@dataclass(frozen=True)
class SqlPermissionStore:
    """Every method may raise NeighbourError. Customers are `store.contacts`; merging two merges their ledgers."""

    database: Database

    async def find(self, number: Number, customer: Customer) -> KnownLedger:
        def work(session: Session) -> KnownLedger:
            contact = find_contact(session, number.waba_id, customer)
            if contact is None or contact.id is None:
                return KnownLedger(None, customer, EMPTY)
            row = ledger_row(session, number.id, contact.id)
            return KnownLedger(ContactId(contact.id), customer_of(contact), EMPTY if row is None else row.ledger)

        return await self.database.read(work)

    async def add(self, number: Number, customer: Customer, event: Event) -> LedgerChange:
        def work(session: Session) -> LedgerChange:
            contact = _contact(session, number, customer, event.at)
            return _append(session, number, contact, event)

        return await self.database.run(work, races=True)

    async def add_to_request(self, number: Number, request: Reference, event: Event) -> LedgerChange | None:
        if await self.database.read(lambda session: request_sent(session, number.id, request)) is None:
            return None  # most messages are no requests: nothing is written for them

        def work(session: Session) -> LedgerChange | None:
            sent = request_sent(session, number.id, request)
            if sent is None:
                return None
            # By our clock it was sent, by Meta's, in whole seconds, this became of it: never before, whatever they say.
            later = replace(event, at=max(event.at, sent.at))
            return _append(session, number, session.get_one(ContactRow, sent.contact_id), later)

        return await self.database.run(work, races=True)

    async def open_window(
        self, number: Number, customer: Customer, at: datetime, *, by_call: bool = False
    ) -> LedgerChange:
        def work(session: Session) -> LedgerChange:
            contact = _contact(session, number, customer, at)
            assert contact.id is not None
            row = ledger_row(session, number.id, contact.id, to_write=True)
            before = EMPTY if row is None else row.ledger
            after = window_opened(before, at)
            if after != before:
                keep(session, number.id, contact.id, after, number.limits, at)
            if not by_call:  # whose own event says so
                tell_if_new(session, contact, number.id, number.department, at)
            return LedgerChange(ContactId(contact.id), customer_of(contact), before, after)

        return await self.database.run(work, races=True)

    async def next_end(self) -> datetime | None:
        """When the first pair stands differently by time alone; it may be past."""
        query = select(func.min(PermissionRow.ends_at))
        return await self.database.read(lambda session: session.exec(query).one())

    async def tell_ended(self, now: datetime, limit: int) -> list[Ended]:
        """Pairs whose end has come: each is told to integrators once, whoever else asks at the same time. Empty: none
        is left."""

        def work(session: Session) -> list[Ended]:
            query = (
                select(PermissionRow, ContactRow, NumberRow)
                .join(ContactRow, col(ContactRow.id) == col(PermissionRow.contact_id))
                .join(NumberRow, col(NumberRow.id) == col(PermissionRow.number_id))
                .where(col(PermissionRow.ends_at) <= now)
                .order_by(col(PermissionRow.ends_at))
                .limit(limit)
                .with_for_update(of=PermissionRow, skip_locked=True)
            )
            return [_end(session, *found, now) for found in session.exec(query).all()]

        return await self.database.run(work, races=True)

    async def same_person(self, number: Number, asked_for: PhoneNumber, customer: Customer) -> None:
        def work(session: Session) -> None:
            contact = _contact(session, number, customer, None)
            assert contact.id is not None
            row = ContactAliasRow(waba_id=number.waba_id, phone=asked_for, contact_id=contact.id)
            session.merge(row)
            session.flush()
            index_words(session, contact)

        await self.database.run(work, races=True)


def _contact(session: Session, number: Number, customer: Customer, seen_at: datetime | None) -> ContactRow:
    """The customer's contact, made or completed. An alias leads to whom Meta says it is."""
    known = find_contact(session, number.waba_id, customer)
    if known is not None and known.phone is not None and customer.phone not in (None, known.phone):
        alias = session.get(ContactAliasRow, (number.waba_id, customer.phone))
        if alias is not None and alias.contact_id == known.id:
            customer = Customer(known.phone, customer.bsuid, customer.parent_bsuid, customer.name, customer.username)
    contact = contact_of(session, number.id, customer, seen_at, None)
    assert contact is not None, "the ledger of nobody"
    return contact


def _append(session: Session, number: Number, contact: ContactRow, event: Event) -> LedgerChange:
    session.flush()
    assert contact.id is not None
    before, after = append(session, number.id, contact.id, event, number.limits)
    _tell(session, _Teller.of(number), contact.id, before, after, event.at)
    return LedgerChange(ContactId(contact.id), customer_of(contact), before, after)


@dataclass(frozen=True, slots=True)
class _Teller:
    """What is needed of a number to tell how a customer stands with it."""

    id: NumberId
    department: DepartmentId | None
    limits: Limits
    has_template: bool

    @classmethod
    def of(cls, number: Number) -> "_Teller":
        return cls(number.id, number.department, number.limits, number.has_template)

    @classmethod
    def of_row(cls, row: NumberRow) -> "_Teller":
        assert row.id is not None
        department = None if row.department_id is None else DepartmentId(row.department_id)
        return cls(NumberId(row.id), department, row.limits, has_template(row))

    def standing(self, ledger: Ledger, at: datetime) -> Standing:
        return standing(ledger, at, self.limits, has_template=self.has_template)


def _end(session: Session, row: PermissionRow, contact: ContactRow, number_row: NumberRow, now: datetime) -> Ended:
    ended_at, number = row.ends_at, _Teller.of_row(number_row)
    assert ended_at is not None and contact.id is not None
    row.ends_at = next_end(row.ledger, number.limits, now)
    was, is_now = number.standing(row.ledger, ended_at - JUST_BEFORE), number.standing(row.ledger, now)
    if was.state != is_now.state:
        _write(session, number, contact.id, is_now, ended_at)
    return Ended(number.id, ContactId(contact.id), customer_of(contact), row.ledger)


def _tell(session: Session, number: _Teller, contact: int, before: Ledger, after: Ledger, at: datetime) -> None:
    """`permission.changed`, where the customer stands differently now: in the transaction of what changed it."""
    was, now = number.standing(before, at), number.standing(after, at)
    if (was.state, was.until) != (now.state, now.until):
        _write(session, number, contact, now, at)


def _write(session: Session, number: _Teller, contact: int, now: Standing, at: datetime) -> None:
    data = {"status": now.state, "until": None if now.until is None else now.until.timestamp()}
    stream, kind = f"permission:{number.id}:{contact}", EventKind.PERMISSION_CHANGED
    event = NewEvent(kind, at, stream, 0, number.id, number.department, data, contact=contact)
    is_first = first_word(session, session.get(ContactRow, contact))
    write_next(session, replace(event, new_contact=is_first))
