"""Events on their way out: written in the transaction of what they tell, so that neither is ever without the other.

A subscription gets its line of `event_deliveries` at the same moment; `store.event_queue` is read by who delivers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, delete, func, select

from signaling.announcements import VERSION, EventKind
from signaling.ids import CallId, DepartmentId, NumberId
from store.integration_models import EventDeliveryRow, EventSubscriptionRow, OutboxEventRow


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`stream` keeps its order, `sequence` counts in it from 1. `data` is what is true now, and tells of no person.
    `new_contact`: it is the first that tells of its customer (`store.contacts_told`)."""

    kind: EventKind
    at: datetime
    stream: str
    sequence: int
    number: NumberId
    department: DepartmentId | None
    data: Mapping[str, Any] = field(default_factory=dict)
    call: CallId | None = None
    contact: int | None = None
    new_contact: bool = False


def write(session: Session, event: NewEvent) -> None:
    """Part of the caller's transaction."""
    row = OutboxEventRow(
        event_id=str(uuid4()),
        kind=event.kind,
        version=VERSION,
        at=event.at,
        stream=event.stream,
        sequence=event.sequence,
        number_id=event.number,
        department_id=event.department,
        call_id=event.call,
        contact_id=event.contact,
        new_contact=event.new_contact,
        data=dict(event.data),
    )
    session.add(row)
    session.flush()
    for subscription in session.exec(
        select(EventSubscriptionRow).where(col(EventSubscriptionRow.removed_at).is_(None))
    ):
        if wants(subscription, event.kind, event.number, event.department):
            session.add(delivery_of(subscription, row, event.at))


def write_next(session: Session, event: NewEvent) -> None:
    """The same for a stream of which nobody counts the events: its next sequence, whatever `event` says."""
    query = select(func.max(OutboxEventRow.sequence)).where(OutboxEventRow.stream == event.stream)
    write(session, replace(event, sequence=(session.exec(query).one() or 0) + 1))


def forget_stream(session: Session, stream: str) -> None:
    """Its subject goes, and nobody can be told of it any more."""
    session.exec(delete(EventDeliveryRow).where(col(EventDeliveryRow.stream) == stream))
    session.exec(delete(OutboxEventRow).where(col(OutboxEventRow.stream) == stream))
    session.flush()


def delivery_of(subscription: EventSubscriptionRow, event: OutboxEventRow, at: datetime) -> EventDeliveryRow:
    assert subscription.id is not None and event.id is not None
    return EventDeliveryRow(
        subscription_id=subscription.id,
        outbox_id=event.id,
        stream=event.stream,
        state="pending",
        queued_at=at,
        next_at=at,
    )


def wants(
    subscription: EventSubscriptionRow, kind: EventKind, number: NumberId, department: DepartmentId | None
) -> bool:
    if subscription.kinds is not None and kind.value not in subscription.kinds:
        return False
    if subscription.numbers is not None and number not in subscription.numbers:
        return False
    return subscription.departments is None or department in subscription.departments
