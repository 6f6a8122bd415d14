"""Who a call's customer is: one contact per person and WhatsApp Business Account, known by bsuid, by phone, or by both.

A bsuid names a person for good; a phone number is given to somebody else one day. So when the two disagree, the bsuid
says who it is, and the newest call says whose the number is. A contact known only by a number that turns out to be
somebody's is that somebody: the two become one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from signaling.events import Customer
from signaling.ids import ContactId, NumberId
from store.callback_merging import absorb_cards
from store.database import Database
from store.directory_index import absorb_meetings, index_words, met
from store.integration_models import OutboxEventRow, ProtocolRow
from store.ledgers import merge_ledgers
from store.models import CallRow, ContactAliasRow, ContactRow, NumberRow
from store.prompt_merging import absorb_heard

_TOLD: Final = ("phone", "bsuid", "parent_bsuid", "name", "username")


@dataclass(frozen=True)
class SqlContactStore:
    """A `signaling.ports.ContactStore`. Raises NeighbourError."""

    database: Database

    async def by_id(self, contact: ContactId, waba_id: str) -> Customer | None:
        def work(session: Session) -> Customer | None:
            row = session.get(ContactRow, contact)
            return None if row is None or row.waba_id != waba_id else customer_of(row)

        return await self.database.read(work)


def contact_of(
    session: Session, number: NumberId, customer: Customer, seen_at: datetime | None, current: ContactRow | None
) -> ContactRow | None:
    """The contact of a call received at `seen_at`, made or completed; None when nothing is known of the customer.

    `current` is the call's contact so far. What an older call knows completes a contact, but changes nothing.
    """
    if customer == Customer():
        return current
    if current is not None and _tells_nothing_new(customer, current):
        if _is_newer(seen_at, current):
            current.seen_at = seen_at
        return current
    waba_id = _waba_of(session, number)
    by_phone = _by_phone(session, waba_id, customer)
    person = _choose(customer, current, _by_bsuid(session, waba_id, customer), by_phone)
    if person is None:
        person = ContactRow(waba_id=waba_id)
        session.add(person)
    before = _names_of(person)
    newer = _is_newer(seen_at, person)
    number_is_theirs = _settle_phone(session, customer, seen_at, person, by_phone)
    if current is not None and current is not person and current.phone is None and current.bsuid is None:
        _absorb(session, current, person)
    person.bsuid = person.bsuid or customer.bsuid
    if number_is_theirs and (newer or person.phone is None):
        person.phone = customer.phone
    for field in ("parent_bsuid", "name", "username"):
        told, known = getattr(customer, field), getattr(person, field)
        if told is not None and (newer or known is None):
            setattr(person, field, told)
    if newer:
        person.seen_at = seen_at
    session.flush()
    assert person.id is not None
    if _names_of(person) != before:
        index_words(session, person)
    met(session, person.id, number, seen_at)
    return person


def find_contact(session: Session, waba_id: str, customer: Customer) -> ContactRow | None:
    """By bsuid, by phone, or by another spelling of the phone that Meta has told us of."""
    found = _by_bsuid(session, waba_id, customer) or _by_phone(session, waba_id, customer)
    if found is not None or customer.phone is None:
        return found
    alias = session.get(ContactAliasRow, (waba_id, customer.phone))
    return None if alias is None else session.get(ContactRow, alias.contact_id)


def customer_of(contact: ContactRow | None) -> Customer:
    """The customer as now known: what any of their calls has told."""
    if contact is None:
        return Customer()
    return Customer(
        phone=contact.phone,
        bsuid=contact.bsuid,
        parent_bsuid=contact.parent_bsuid,
        name=contact.name,
        username=contact.username,
    )


def _choose(
    customer: Customer, current: ContactRow | None, by_bsuid: ContactRow | None, by_phone: ContactRow | None
) -> ContactRow | None:
    if by_bsuid is not None:
        return by_bsuid
    if customer.bsuid is None:
        if current is not None and current.bsuid is not None:
            return current  # the call had a better name before; its phone number may be another's by now
        return by_phone or current
    if by_phone is not None and by_phone.bsuid is None:
        return by_phone
    return current if current is not None and current.bsuid is None else None


def _settle_phone(
    session: Session,
    customer: Customer,
    seen_at: datetime | None,
    person: ContactRow,
    by_phone: ContactRow | None,
) -> bool:
    """Whether the customer's number is free for `person`, after taking it from whom it belonged to before."""
    if customer.phone is None:
        return False
    if by_phone is None or by_phone is person:
        return True
    if by_phone.bsuid is None and person.bsuid is not None:
        _absorb(session, by_phone, person)
        return True
    if not _is_newer(seen_at, by_phone):
        return False
    by_phone.phone = None
    session.flush()  # before somebody else gets it: the number is unique
    index_words(session, by_phone)
    return True


def _absorb(session: Session, other: ContactRow, person: ContactRow) -> None:
    person.parent_bsuid = person.parent_bsuid or other.parent_bsuid
    person.name = person.name or other.name
    person.username = person.username or other.username
    person.given_name = person.given_name or other.given_name
    person.told = person.told or other.told
    session.flush()  # `person` may be new
    assert other.id is not None and person.id is not None
    for table in (CallRow, ProtocolRow, OutboxEventRow):
        session.execute(update(table).where(col(table.contact_id) == other.id).values(contact_id=person.id))
    aliases = update(ContactAliasRow).where(col(ContactAliasRow.contact_id) == other.id)
    session.execute(aliases.values(contact_id=person.id))
    merge_ledgers(session, other.id, person.id)
    absorb_cards(session, other.id, person.id)
    absorb_heard(session, other.id, person.id)
    absorb_meetings(session, other.id, person.id)
    session.delete(other)
    session.flush()
    index_words(session, person)  # who also has the other's aliases now


def _is_newer(seen_at: datetime | None, contact: ContactRow) -> bool:
    return contact.seen_at is None or (seen_at is not None and seen_at >= contact.seen_at)


def _names_of(contact: ContactRow) -> tuple[object, ...]:
    """What a contact is found by."""
    return contact.id, contact.phone, contact.name, contact.username, contact.given_name


def _tells_nothing_new(customer: Customer, contact: ContactRow) -> bool:
    return all(getattr(customer, field) in (None, getattr(contact, field)) for field in _TOLD)


def _waba_of(session: Session, number: NumberId) -> str:
    row = session.get(NumberRow, number)
    assert row is not None, "a call of a number that is not in the store"
    return row.waba_id


def _by_bsuid(session: Session, waba_id: str, customer: Customer) -> ContactRow | None:
    if customer.bsuid is None:
        return None
    query = select(ContactRow).where(ContactRow.waba_id == waba_id, ContactRow.bsuid == customer.bsuid)
    return session.exec(query).one_or_none()


def _by_phone(session: Session, waba_id: str, customer: Customer) -> ContactRow | None:
    if customer.phone is None:
        return None
    query = select(ContactRow).where(ContactRow.waba_id == waba_id, ContactRow.phone == customer.phone)
    return session.exec(query).one_or_none()
