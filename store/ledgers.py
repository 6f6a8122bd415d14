"""Ledgers of permission as rows: appending an event, and making one ledger of two. Inside a transaction of others."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlmodel import Session, col, delete, select

from signaling.meta_rules import Limits
from signaling.permission import EMPTY, Ledger, apply, is_newest, replay, window_opened
from signaling.permission_events import Asked, Asker, Event, Reference
from signaling.permission_verdicts import next_end
from store.models import NumberRow, PermissionEventRow, PermissionRow

NEVER: Final = datetime.max.replace(tzinfo=UTC)
JUST_BEFORE: Final = timedelta(microseconds=1)
_KINDS: Final[dict[str, type[Event]]] = {kind.__name__: kind for kind in get_args(Event)}
_ADAPTERS: Final[dict[str, TypeAdapter[Any]]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}


def append(session: Session, number: int, contact: int, event: Event, limits: Limits) -> tuple[Ledger, Ledger]:
    """The ledger before and after. The same event twice changes nothing; a late one is put in its place."""
    row = ledger_row(session, number, contact, to_write=True)
    before = EMPTY if row is None else row.ledger
    if _has(session, number, event):
        return before, before
    session.add(
        PermissionEventRow(
            number_id=number,
            contact_id=contact,
            reference=event.reference,
            kind=type(event).__name__,
            at=event.at,
            data=data_of(event),
            **_asker_of(event),
        )
    )
    session.flush()
    if is_newest(before, event):
        after = apply(before, event, limits)
    else:
        after = replay(_events(session, number, contact), limits, before.window_opened_at)
    _keep(session, row, number, contact, after, limits, event.at)
    return before, after


def keep(session: Session, number: int, contact: int, ledger: Ledger, limits: Limits, at: datetime) -> None:
    """Replace a ledger by what is no event: the service window."""
    _keep(session, ledger_row(session, number, contact, to_write=True), number, contact, ledger, limits, at)


def ledger_row(session: Session, number: int, contact: int, *, to_write: bool = False) -> PermissionRow | None:
    query = select(PermissionRow).where(PermissionRow.number_id == number, PermissionRow.contact_id == contact)
    return session.exec(query.with_for_update() if to_write else query).one_or_none()


def request_sent(session: Session, number: int, request: Reference) -> PermissionEventRow | None:
    """The sending of this request; None: it is no request of ours."""
    query = select(PermissionEventRow).where(
        PermissionEventRow.number_id == number,
        PermissionEventRow.reference == request,
        PermissionEventRow.kind == "Asked",
    )
    return session.exec(query).one_or_none()


def merge_ledgers(session: Session, gone: int, stays: int) -> None:
    """Two contacts turned out to be one person: so do their ledgers, with each of our numbers."""
    moved = update(PermissionEventRow).where(col(PermissionEventRow.contact_id) == gone).values(contact_id=stays)
    session.execute(moved)
    for old in session.exec(select(PermissionRow).where(PermissionRow.contact_id == gone)).all():
        row = ledger_row(session, old.number_id, stays, to_write=True)
        opened = old.ledger.window_opened_at
        both = EMPTY if row is None else row.ledger
        if opened is not None:
            both = window_opened(both, opened)
        limits = session.get_one(NumberRow, old.number_id).limits
        merged = replay(_events(session, old.number_id, stays), limits, both.window_opened_at)
        at = min(
            (ends for ends in (old.ends_at, None if row is None else row.ends_at) if ends is not None), default=NEVER
        )
        _keep(session, row, old.number_id, stays, merged, limits, at - JUST_BEFORE)
    session.execute(delete(PermissionRow).where(col(PermissionRow.contact_id) == gone))
    session.flush()


def data_of(event: Event) -> dict[str, Any]:
    """What an event holds beyond its time and reference, and who asked."""
    beside = {"at", "reference", "by"}
    data: dict[str, Any] = _ADAPTERS[type(event).__name__].dump_python(event, mode="json", exclude=beside)
    return data


def event_of(row: PermissionEventRow) -> Event:
    by = {} if row.asked_by is None else {"by": Asker(row.asked_by, row.asker_id)}
    event: Event = _ADAPTERS[row.kind].validate_python({**row.data, **by, "at": row.at, "reference": row.reference})
    return event


def _asker_of(event: Event) -> dict[str, Any]:
    if not isinstance(event, Asked) or event.by is None:
        return {}
    return {"asked_by": event.by.kind, "asker_id": event.by.id}


def _events(session: Session, number: int, contact: int) -> list[Event]:
    query = select(PermissionEventRow).where(
        PermissionEventRow.contact_id == contact, PermissionEventRow.number_id == number
    )
    return [event_of(row) for row in session.exec(query)]


def _has(session: Session, number: int, event: Event) -> bool:
    query = select(PermissionEventRow.id).where(
        PermissionEventRow.number_id == number,
        PermissionEventRow.reference == event.reference,
        PermissionEventRow.kind == type(event).__name__,
    )
    return session.exec(query).one_or_none() is not None


def _keep(
    session: Session, row: PermissionRow | None, number: int, contact: int, ledger: Ledger, limits: Limits, at: datetime
) -> None:
    """An end that has come and was not told of yet stays the next one."""
    if row is None:
        row = PermissionRow(number_id=number, contact_id=contact, ledger=ledger)
    untold = row.ends_at if row.ends_at is not None and row.ends_at <= at else None
    row.ledger, row.ends_at = ledger, untold or next_end(ledger, limits, at)
    session.add(row)
    session.flush()
