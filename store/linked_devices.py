"""Numbers that are no numbers of the official API: WhatsApp apps whose linked device (QR code) another system uses for
messages. No call can be made or taken with one. They are kept so that the list of numbers is whole, and say so."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from signaling.private import PhoneNumber
from store.audit import By, Entry, write
from store.database import Database
from store.models import NumberRow
from store.number_models import LinkedDeviceRow
from store.numbers import international
from store.refusal import Refusal, Why, plain_name

NOTE_LIMIT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class DeviceForm:
    """As it is typed. `note`: whatever people should know, such as when its main phone was last opened (after 14 days
    without it WhatsApp ends the link); nothing reads it."""

    label: str
    phone: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkedDevice:
    id: int
    label: str
    phone: PhoneNumber
    note: str
    changed_at: datetime


@dataclass(frozen=True)
class SqlLinkedDevices:
    """Every method may raise NeighbourError; those that change something Refusal for what cannot be."""

    database: Database

    async def all(self) -> list[LinkedDevice]:
        """By name."""
        query = select(LinkedDeviceRow).order_by(col(LinkedDeviceRow.label), col(LinkedDeviceRow.id))
        return await self.database.read(lambda session: [_device(row) for row in session.exec(query)])

    async def add(self, form: DeviceForm, by: By) -> LinkedDevice:
        label, phone, note = _checked(form)

        def work(session: Session) -> LinkedDevice:
            _must_be_free(session, phone, None)
            row = LinkedDeviceRow(label=label, phone=phone, note=note, changed_at=by.at)
            return _kept(session, row, "number.device_added", by)

        return await self.database.run(work, races=True)

    async def change(self, device: int, form: DeviceForm, by: By) -> LinkedDevice:
        label, phone, note = _checked(form)

        def work(session: Session) -> LinkedDevice:
            row = _row(session, device)
            _must_be_free(session, phone, device)
            row.label, row.phone, row.note, row.changed_at = label, phone, note, by.at
            return _kept(session, row, "number.device_changed", by)

        return await self.database.run(work, races=True)

    async def remove(self, device: int, by: By) -> None:
        def work(session: Session) -> None:
            row = _row(session, device)
            what = {"label": row.label}
            session.delete(row)
            write(session, Entry(by.at, by.actor, "number.device_removed", f"device:{device}", what))

        await self.database.run(work)


def _checked(form: DeviceForm) -> tuple[str, PhoneNumber, str]:
    note = form.note.strip()
    if len(note) > NOTE_LIMIT_CHARS or not note.replace("\n", "").isprintable():
        raise Refusal(Why.INVALID, "note", f"A note has at most {NOTE_LIMIT_CHARS} printable characters.")
    return plain_name("label", form.label), international(form.phone), note


def _must_be_free(session: Session, phone: PhoneNumber, own: int | None) -> None:
    """A number of the official API is no linked device; that it was one before is no obstacle to adding it there."""
    known = session.exec(select(LinkedDeviceRow).where(LinkedDeviceRow.phone == phone)).one_or_none()
    if known is not None and known.id != own:
        raise Refusal(Why.EXISTS, "phone", "This phone is in the list already.")
    if session.exec(select(NumberRow.id).where(NumberRow.phone == phone)).first() is not None:
        raise Refusal(Why.EXISTS, "phone", "This phone is a number of the official API.")


def _row(session: Session, device: int) -> LinkedDeviceRow:
    row = session.get(LinkedDeviceRow, device, with_for_update=True)
    if row is None:
        raise Refusal(Why.UNKNOWN, "device", "There is no such linked device.")
    return row


def _kept(session: Session, row: LinkedDeviceRow, action: str, by: By) -> LinkedDevice:
    session.add(row)
    session.flush()
    write(session, Entry(by.at, by.actor, action, f"device:{row.id}", {"label": row.label}))
    return _device(row)


def _device(row: LinkedDeviceRow) -> LinkedDevice:
    assert row.id is not None
    return LinkedDevice(row.id, row.label, row.phone, row.note, row.changed_at)
