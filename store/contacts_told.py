"""That a customer is new is told to integrators once: by the first event that is written after their contact was made,
in its transaction. What makes a contact and tells nothing else, such as a message, is told by `contact.added`."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from signaling.announcements import EventKind
from signaling.ids import DepartmentId, NumberId
from store.models import ContactRow
from store.outbox import NewEvent, write_next


def first_word(session: Session, contact: ContactRow | None) -> bool:
    """Whether the event that is being written is the first since the contact was made. Asked for an event once: from
    then on integrators know of them, and of two who ask at the same time one is told so."""
    if contact is None or contact.told:
        return False
    unknown = update(ContactRow).where(col(ContactRow.id) == contact.id, col(ContactRow.told).is_(False))
    is_first = session.connection().execute(unknown.values(told=True)).rowcount == 1
    session.refresh(contact, ["told"])
    return is_first


def tell_if_new(
    session: Session, contact: ContactRow, number: NumberId, department: DepartmentId | None, at: datetime
) -> None:
    """`contact.added`, where nothing else has told of the contact."""
    if first_word(session, contact):
        stream = f"contact:{contact.id}"
        added = EventKind.CONTACT_ADDED
        write_next(session, NewEvent(added, at, stream, 0, number, department, contact=contact.id, new_contact=True))
