"""What integrators read of our records: in events and in answers of the API, the same words. Typed once.

Numbers and names of customers are the integrator's own data and are told in full; tokens, session descriptions and
Meta's call ids (which hold a phone number) never are. `docs/events.md` is generated from here.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from signaling.announcements import CallbackReason, EventKind, ProtocolReason
from signaling.texts import TextKind


def iso(at: datetime) -> str:
    """ISO 8601 in UTC: `2025-11-21T02:44:00.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(iso, return_type=str, when_used="json"), Field(description="UTC")]


class Told(BaseModel):
    """Common to all: frozen, and silent about its values in logs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class NumberTold(Told):
    """One of our WhatsApp numbers."""

    id: int
    phone_number_id: Annotated[str, Field(description="Meta's id of the number.")]
    phone: Annotated[str, Field(description="Digits with country code, no plus sign.")]
    label: str
    slug: Annotated[str, Field(description="Our internal id, which stays when the label changes.")]


class DepartmentTold(Told):
    id: int
    name: str


class AgentTold(Told):
    id: int
    login: str
    name: str


class CustomerTold(Told):
    """A customer with a username may have no phone number: `bsuid` then names them, inside one business account."""

    phone: Annotated[str | None, Field(description="Digits with country code, no plus sign.")] = None
    bsuid: Annotated[str | None, Field(description="Meta's business-scoped user id.")] = None
    name: str | None = None
    username: str | None = None


class CallTold(Told):
    """A call as it was when the event happened; who its customer is, as known now."""

    call_id: str
    ticket_key: Annotated[
        str,
        Field(
            description="The same in every event of the call, from the first on: open your ticket under it, if none is "
            "there yet. What you named the call by when you asked for it, else the call's own id."
        ),
    ]
    direction: Literal["inbound", "outbound"]
    number: NumberTold
    department: DepartmentTold | None
    customer: CustomerTold
    agent: Annotated[AgentTold | None, Field(description="Who talks, or talked; outbound: who calls.")]
    state: str
    outcome: Annotated[str | None, Field(description="answered, missed, declined or failed; null: not over yet.")]
    ended_by: Annotated[str | None, Field(description="customer, agent or gateway.")]
    failure_code: Annotated[str | None, Field(description="A stable word such as meta.138021.")]
    button_payload: Annotated[str | None, Field(description="What the call button carried.")]
    link_payload: Annotated[str | None, Field(description="What the deep link carried.")]
    reference: Annotated[str | None, Field(description="What you named the call by when you asked for it.")]
    received_at: Moment | None
    offered_at: Moment | None
    rung_at: Moment | None
    answered_at: Annotated[Moment | None, Field(description="The first agent who talked pressed answer.")]
    accepted_at: Annotated[Moment | None, Field(description="The two could hear each other from here on.")]
    ended_at: Moment | None
    talk_s: Annotated[float | None, Field(description="Seconds from accepted_at to ended_at.")]
    meta_duration_s: Annotated[int | None, Field(description="Meta's own count, as on its invoice.")]


class ProtocolTold(Told):
    """A customer is owed an answer. `code` is what they can be told."""

    code: str
    reason: ProtocolReason
    number: NumberTold
    department: DepartmentTold | None
    customer: CustomerTold
    call_id: str | None
    note: str | None
    created_at: Moment
    created_by: str
    closed_at: Moment | None
    closed_by: str | None


class PermissionTold(Told):
    """How one customer stands towards one of our numbers."""

    number: NumberTold
    customer: CustomerTold
    status: Annotated[str, Field(description="A stable word of the permission ledger.")]
    until: Annotated[Moment | None, Field(description="When it ends by itself; null: no end is known.")]


class NoteTold(Told):
    """What one agent wrote of a call that they had."""

    agent_id: int
    agent_name: str
    text: str
    disposition: Annotated[str | None, Field(description="What came of the call: a code of `/api/v1/reasons`.")]
    updated_at: Moment
    finished_at: Annotated[Moment | None, Field(description="null: a draft.")]


class CallData(Told):
    call: CallTold


class ProtocolData(Told):
    protocol: ProtocolTold


class CallbackTold(Told):
    """A customer who should be called back: one card for each customer and number, however often they called."""

    id: int
    reason: CallbackReason
    times: Annotated[int, Field(description="How often they called in vain.")]
    number: NumberTold
    department: DepartmentTold | None
    customer: CustomerTold
    call_id: Annotated[str, Field(description="The newest of those calls.")]
    first_at: Moment
    last_at: Moment
    permission: Annotated[str, Field(description="How they stand with the number now: may they be called?")]
    closed_at: Moment | None
    closed_as: Annotated[str | None, Field(description="reached, done or dismissed.")]


class CallbackData(Told):
    callback: CallbackTold


class NoteData(Told):
    note: NoteTold
    call: CallTold


class RecordingTold(Told):
    """The recording of a call as it is now; its sound is fetched elsewhere, by those who may."""

    state: Annotated[str, Field(description="recording, finishing, recorded, partial, failed, refused or deleted.")]
    reason: Annotated[str | None, Field(description="What ended it early: disk_full, gateway_died …")]
    consent: Annotated[str | None, Field(description="agreed or refused; null: nobody was asked.")]
    consent_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    duration_s: float | None
    missing_s: Annotated[float | None, Field(description="How much of it is missing.")]
    sha256: Annotated[str | None, Field(description="Of the file, in hex.")]


class RecordingData(Told):
    recording: RecordingTold
    call: CallTold


class TextTold(Told):
    """A text of the number's own that is for the customer of a call now: send it in the chat, once."""

    kind: Annotated[TextKind, Field(description="Which of the number's texts it is.")]
    language: Annotated[str, Field(description="pt-BR, en or es.")]
    text: Annotated[str, Field(description="At most 1,024 characters.")]


class TextData(Told):
    text: TextTold
    call: CallTold


class PermissionData(Told):
    permission: PermissionTold


class ContactTold(Told):
    """A customer whom we did not know before."""

    number: NumberTold
    customer: CustomerTold


class ContactData(Told):
    contact: ContactTold


class GuardTold(Told):
    """What the pick-up guard of a number did, why, and what was known then."""

    number: NumberTold
    did: Annotated[str, Field(description="warned, hid_icon, showed_icon, shortened_hours or restored_hours.")]
    cause: Annotated[
        str, Field(description="nobody, low_pickup, meta_warned; to undo: somebody, new_day, switched_off.")
    ]
    able: Annotated[int, Field(description="Agents who could answer then.")]
    offered: Annotated[int, Field(description="Calls of customers in the time that is looked at.")]
    picked_up: Annotated[int, Field(description="Those that were accepted.")]
    icon_hidden: Annotated[bool, Field(description="The guard keeps the call button hidden, after this act.")]
    closed_today: Annotated[bool, Field(description="The guard keeps the number closed at Meta, after this act.")]


class GuardData(Told):
    guard: GuardTold


class BalanceTold(Told):
    """How a number's account stands towards its floor. Calls that are up are never cut."""

    number: NumberTold
    standing: Annotated[str, Field(description="low, fine, unknown or off.")]
    amount: Annotated[str | None, Field(description="As it was told, digit by digit; null: never.")]
    currency: str | None
    told_at: Moment | None
    known_until: Annotated[Moment | None, Field(description="Without news until then it is not known any more.")]
    floor: Annotated[str, Field(description="In the same currency.")]
    refuses_inbound: Annotated[bool, Field(description="New calls of customers are refused.")]
    refuses_outbound: Annotated[bool, Field(description="New calls to customers are refused.")]


class BalanceData(Told):
    balance: BalanceTold


class NumberWarningTold(Told):
    """What Meta warned a number of, or did to it."""

    number: NumberTold
    kind: Annotated[str, Field(description="ACCOUNT_VIOLATION: a warning; ACCOUNT_RESTRICTION: something is paused.")]
    type: Annotated[str, Field(description="Meta's own word.")]
    until: Annotated[Moment | None, Field(description="When it ends by itself; null: Meta names no end.")]


class NumberWarningData(Told):
    warning: NumberWarningTold


EventData = (
    CallData
    | TextData
    | ProtocolData
    | PermissionData
    | ContactData
    | NoteData
    | CallbackData
    | RecordingData
    | GuardData
    | BalanceData
    | NumberWarningData
)
"""What an event is about."""


class EventTold(Told):
    """The body of a delivery."""

    id: Annotated[str, Field(description="The same in every repetition: keep it, and do nothing twice.")]
    type: EventKind
    version: int
    at: Moment
    subject: Annotated[str, Field(description="What the order is kept for, such as call:<call_id>.")]
    sequence: Annotated[int, Field(description="1, 2, 3 … inside the subject.")]
    new_contact: Annotated[
        bool,
        Field(description="Its customer was added to our contacts, and this is the first event that tells of them."),
    ] = False
    data: EventData


_DATA_OF_AREA: Final[dict[str, type[Told]]] = {
    "call": CallData,
    "text": TextData,
    "protocol": ProtocolData,
    "callback": CallbackData,
    "note": NoteData,
    "recording": RecordingData,
    "permission": PermissionData,
    "contact": ContactData,
    "guard": GuardData,
    "balance": BalanceData,
    "number": NumberWarningData,
}

DATA_OF: Final[dict[EventKind, type[Told]]] = {kind: _DATA_OF_AREA[kind.value.partition(".")[0]] for kind in EventKind}
