"""Keeps what contacts are found by, in the transactions that change contacts."""

from datetime import datetime

from sqlmodel import Session, col, delete, insert, select

from store.directory_models import ContactNumberRow, ContactWordRow
from store.directory_words import words_of
from store.models import ContactAliasRow, ContactRow


def met(session: Session, contact: int, number: int, at: datetime | None) -> None:
    """The two had to do with each other. What an older call tells moves nothing back."""
    if at is None:
        return
    row = session.get(ContactNumberRow, (contact, number))
    if row is None:
        session.add(ContactNumberRow(contact_id=contact, number_id=number, last_at=at))
    elif at > row.last_at:
        row.last_at = at


def index_words(session: Session, contact: ContactRow) -> None:
    """After its names, phone or aliases have changed."""
    assert contact.id is not None
    aliases = session.exec(select(ContactAliasRow).where(ContactAliasRow.contact_id == contact.id)).all()
    phones = [*([] if contact.phone is None else [contact.phone]), *(alias.phone for alias in aliases)]
    forget_words(session, contact.id)
    words = words_of((contact.given_name, contact.name, contact.username), [phone.value for phone in phones])
    if words:
        rows = [{"contact_id": contact.id, "word": word} for word in sorted(words)]
        session.execute(insert(ContactWordRow), rows)


def absorb_meetings(session: Session, gone: int, stays: int) -> None:
    """Two contacts are one person. Their words are indexed when that is settled."""
    for old in session.exec(select(ContactNumberRow).where(ContactNumberRow.contact_id == gone)).all():
        met(session, stays, old.number_id, old.last_at)
        session.delete(old)
    forget_words(session, gone)
    session.flush()


def forget_words(session: Session, contact: int) -> None:
    session.execute(delete(ContactWordRow).where(col(ContactWordRow.contact_id) == contact))


def forget_meetings(session: Session, contact: int) -> None:
    """Nobody finds them any more."""
    forget_words(session, contact)
    session.execute(delete(ContactNumberRow).where(col(ContactNumberRow.contact_id) == contact))
