"""`/api/v1/linked-devices`: WhatsApp numbers that are connected by QR code and not by the official API. They are listed
beside the others, say that no call is possible, and are nothing else to this gateway."""

from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, LEADERS, Access
from gateway.api.number_plans import NUMBER
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.people import CHANGES, beside_the_field
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import By
from store.linked_devices import NOTE_LIMIT_CHARS, DeviceForm, LinkedDevice, SqlLinkedDevices
from store.refusal import Refusal

SEES: Final = Access(Scope.NUMBERS_READ, LEADERS)
WRITES: Final = Access(Scope.NUMBERS_WRITE, ADMINISTRATORS)


class LinkedDeviceForm(Form):
    label: Annotated[str, Field(max_length=200)]
    phone: Annotated[str, Field(max_length=64, description="Such as +55 11 95555-0101.")]
    note: Annotated[str, Field(max_length=NOTE_LIMIT_CHARS, description="For people; nothing reads it.")] = ""


class LinkedDeviceTold(Answer):
    id: int
    label: str
    phone: str
    note: str
    changed_at: Moment
    calls: Annotated[Literal["impossible"], Field(description="Meta's calling API knows official numbers only.")]


class LinkedDevicesAnswer(Answer):
    devices: list[LinkedDeviceTold]


class LinkedDeviceRoutes:
    def __init__(self, store: SqlLinkedDevices, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def operations(self) -> list[Operation]:
        root, one = "/linked-devices", "/linked-devices/{id}"
        taken = {**CHANGES, 409: "The phone is in the list, or is a number of the official API."}
        return [
            Operation(
                *("listLinkedDevices", "GET", root, "Numbers that are connected by QR code: no calls.", SEES),
                answer=LinkedDevicesAnswer,
                handler=self.all,
                tag="numbers",
            ),
            Operation(
                *("addLinkedDevice", "POST", root, "List a number that is connected by QR code.", WRITES),
                body=LinkedDeviceForm,
                answer=LinkedDeviceTold,
                handler=self.add,
                status=201,
                errors=taken,
                tag="numbers",
            ),
            Operation(
                *("changeLinkedDevice", "PUT", one, "Write it whole.", WRITES),
                body=LinkedDeviceForm,
                answer=LinkedDeviceTold,
                handler=self.change,
                errors=taken,
                path_patterns=NUMBER,
                tag="numbers",
            ),
            Operation(
                *("removeLinkedDevice", "DELETE", one, "Take it off the list.", WRITES),
                answer=None,
                handler=self.remove,
                status=204,
                path_patterns=NUMBER,
                tag="numbers",
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> LinkedDevicesAnswer:
        return LinkedDevicesAnswer(devices=[_told(device) for device in await self._store.all()])

    async def add(self, asked: Asked[LinkedDeviceForm, Nothing]) -> LinkedDeviceTold:
        try:
            return _told(await self._store.add(_form(asked.body), self._by(asked.who.actor)))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None

    async def change(self, asked: Asked[LinkedDeviceForm, Nothing]) -> LinkedDeviceTold:
        device = int(asked.path["id"])
        try:
            return _told(await self._store.change(device, _form(asked.body), self._by(asked.who.actor)))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        await self._store.remove(int(asked.path["id"]), self._by(asked.who.actor))

    def _by(self, actor: str) -> By:
        return By(actor, self._clock())


def _form(body: LinkedDeviceForm) -> DeviceForm:
    return DeviceForm(body.label, body.phone, body.note)


def _told(device: LinkedDevice) -> LinkedDeviceTold:
    return LinkedDeviceTold(
        id=device.id,
        label=device.label,
        phone=device.phone.value,
        note=device.note,
        changed_at=device.changed_at,
        calls="impossible",
    )
