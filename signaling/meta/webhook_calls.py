"""The webhook field `calls`: `calls[]`, `statuses[]` and `errors[]` of one value (reference 2.4 to 2.7)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from signaling.events import (
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    Customer,
    Direction,
    MetaError,
    MetaFileReady,
    NumberErrorReported,
    OutboundStatus,
    Unrecognised,
    WebhookEvent,
)
from signaling.ids import PhoneNumberId
from signaling.meta.reading import (
    SDP_LIMIT_CHARS,
    URL_LIMIT_CHARS,
    Broken,
    Contacts,
    errors,
    identifier,
    integer,
    items,
    lower,
    mapping,
    optional_mapping,
    optional_time,
    payload,
    phone,
    safe,
    time,
    word,
)
from signaling.meta.webhook_change import Change
from signaling.private import PhoneNumber, Sdp, Wacid

DIRECTIONS: Final = {"user_initiated": Direction.INBOUND, "business_initiated": Direction.OUTBOUND}
SDP_TYPES: Final = {"offer": Direction.INBOUND, "answer": Direction.OUTBOUND}

# event → kind, the key of the call that describes the file, and the key of the file in it
FILES: Final[dict[str, tuple[Literal["recording", "transcription"], str, str]]] = {
    "call_recording_available": ("recording", "call_recording", "audio"),
    "call_transcription_available": ("transcription", "call_transcript", "document"),
    "call_transcript_available": ("transcription", "call_transcript", "document"),  # an alias partners see
}


@dataclass(frozen=True, slots=True)
class _Value:
    """What the items of one value share."""

    number: PhoneNumberId
    display_phone: PhoneNumber | None
    contacts: Contacts
    errors: tuple[MetaError, ...]
    failed_calls: int


def read_calls(change: Change) -> list[WebhookEvent]:
    """The events of one value, in order; errors that belong to none of its calls are the number's."""
    value = change.value
    calls, statuses, loose_errors = items(value, "calls"), items(value, "statuses"), items(value, "errors")
    try:
        shared = _shared(value, calls, statuses, errors(loose_errors))
    except Broken:
        return [Unrecognised(change.field, _word_of(item)) for item in calls + statuses] or [Unrecognised(change.field)]
    found = [_read(_call, shared, item, change.field) for item in calls]
    found += [_read(_status, shared, item, change.field) for item in statuses]
    if loose_errors and shared.failed_calls == 0:
        if shared.errors:
            found.append(NumberErrorReported(shared.number, change.entry_at, shared.errors))
        else:
            found.append(Unrecognised(change.field, "errors"))
    return found or [Unrecognised(change.field)]


def _shared(
    value: dict[str, object], calls: list[object], statuses: list[object], value_errors: tuple[MetaError, ...]
) -> _Value:
    metadata = mapping(value.get("metadata"))
    return _Value(
        number=PhoneNumberId(identifier(metadata.get("phone_number_id"))),
        display_phone=phone(metadata.get("display_phone_number")),
        contacts=Contacts(items(value, "contacts"), of_one_item=len(calls) + len(statuses) == 1),
        errors=value_errors,
        failed_calls=sum(_has_failed(call) for call in calls),
    )


def _word_of(item: object) -> str:
    fields = optional_mapping(item)
    return word(fields.get("event")) or word(fields.get("status"))


def _read(
    reader: Callable[[_Value, dict[str, object]], WebhookEvent], shared: _Value, item: object, field: str
) -> WebhookEvent:
    try:
        return reader(shared, mapping(item))
    except Broken:
        return Unrecognised(field, _word_of(item))


def _call(shared: _Value, call: dict[str, object]) -> WebhookEvent:
    event = lower(call.get("event"))
    if event == "connect":
        return _connect(shared, call)
    if event == "terminate":
        return _terminate(shared, call)
    if event in FILES:
        return _file(shared, call, event)
    raise Broken("unknown event")


def _connect(shared: _Value, call: dict[str, object]) -> CallOffered | CallAnswerReceived:
    """An offer comes from a calling customer, an answer from a called one; `direction` is only asked when neither fits.

    `connection.webrtc.sdp` is a leftover that Meta asks not to use (reference 1.2).
    """
    session = mapping(call.get("session"))
    sdp = session.get("sdp")
    if not isinstance(sdp, str) or not 0 < len(sdp) <= SDP_LIMIT_CHARS:
        raise Broken("no usable session description")
    direction = SDP_TYPES.get(lower(session.get("sdp_type"))) or _stated_direction(call)
    if direction is None:
        raise Broken("neither offer nor answer")
    number, at, wacid = shared.number, time(call.get("timestamp")), Wacid(identifier(call.get("id")))
    if direction is Direction.INBOUND:
        return CallOffered(
            number=number,
            at=at,
            wacid=wacid,
            customer=shared.contacts.complete(call, "from"),
            offer=Sdp(safe(sdp)),
            button_payload=payload(call.get("cta_payload")),
            link_payload=payload(call.get("deeplink_payload")),
        )
    return CallAnswerReceived(
        number=number,
        at=at,
        wacid=wacid,
        customer=shared.contacts.complete(call, "to"),
        answer=Sdp(safe(sdp)),
        opaque=payload(call.get("biz_opaque_callback_data")),
    )


def _terminate(shared: _Value, call: dict[str, object]) -> CallTerminated:
    at = time(call.get("timestamp"))
    ended_at, duration_s = optional_time(call.get("end_time")), integer(call.get("duration"))
    direction = _direction(shared, call)
    return CallTerminated(
        number=shared.number,
        at=at,
        wacid=Wacid(identifier(call.get("id"))),
        customer=_customer(shared.contacts, call, direction),
        direction=direction,
        failed=_has_failed(call),
        started_at=_started_at(optional_time(call.get("start_time")), ended_at or at, duration_s),
        ended_at=ended_at,
        duration_s=duration_s,
        errors=_call_errors(shared, call),
        opaque=payload(call.get("biz_opaque_callback_data")),
        button_payload=payload(call.get("cta_payload")),
        link_payload=payload(call.get("deeplink_payload")),
    )


def _has_failed(call: object) -> bool:
    fields = optional_mapping(call)
    return lower(fields.get("event")) == "terminate" and lower(fields.get("status")) == "failed"


def _started_at(stated: datetime | None, ended_at: datetime, duration_s: int | None) -> datetime | None:
    """None means: nobody picked up. A positive duration alone also proves a conversation (reference 2.6)."""
    if stated is not None or not duration_s:
        return stated
    seconds = min(duration_s, int(ended_at.timestamp()))
    return ended_at - timedelta(seconds=seconds)


def _call_errors(shared: _Value, call: dict[str, object]) -> tuple[MetaError, ...]:
    """Meta writes them into the call, beside it, or into both (conflict C12). Of several failed calls in one value,
    only those without errors of their own can be meant by the errors beside them."""
    own = errors(items(call, "errors"))
    if not _has_failed(call) or (own and shared.failed_calls > 1):
        return own
    return own + tuple(error for error in shared.errors if error not in own)


def _stated_direction(call: dict[str, object]) -> Direction | None:
    return DIRECTIONS.get(lower(call.get("direction")))


def _direction(shared: _Value, call: dict[str, object]) -> Direction | None:
    """Who called whom: as stated, else by which end is our number, else by which end is a known customer."""
    if (stated := _stated_direction(call)) is not None:
        return stated
    caller, callee = phone(call.get("from")), phone(call.get("to"))
    if shared.display_phone is not None and (caller == shared.display_phone) != (callee == shared.display_phone):
        return Direction.OUTBOUND if caller == shared.display_phone else Direction.INBOUND
    from_customer = "from_user_id" in call or caller in shared.contacts
    to_customer = "to_user_id" in call or callee in shared.contacts
    if from_customer == to_customer:
        return None
    return Direction.INBOUND if from_customer else Direction.OUTBOUND


def _customer(contacts: Contacts, call: dict[str, object], direction: Direction | None) -> Customer:
    if direction is None:
        return contacts.only()
    return contacts.complete(call, "from" if direction is Direction.INBOUND else "to")


def _file(shared: _Value, call: dict[str, object], event: str) -> MetaFileReady:
    kind, described_by, file_key = FILES[event]
    file = mapping(mapping(call.get(described_by)).get(file_key))
    return MetaFileReady(
        number=shared.number,
        at=time(call.get("timestamp")),
        wacid=Wacid(identifier(call.get("id"))),
        kind=kind,
        media_id=identifier(file.get("id")),
        url=identifier(file.get("url"), URL_LIMIT_CHARS),
        sha256=identifier(file.get("sha256")),
        mime_type=identifier(file.get("mime_type")),
    )


def _status(shared: _Value, status: dict[str, object]) -> CallStatusChanged:
    """Statuses of messages have the same shape but come on the field `messages` (reference 2.7)."""
    stated = status.get("status")
    if lower(status.get("type") or "call") != "call" or not isinstance(stated, str):
        raise Broken("not the status of a call")
    if stated.upper() not in OutboundStatus.__members__:
        raise Broken("unknown status")
    return CallStatusChanged(
        number=shared.number,
        at=time(status.get("timestamp")),
        wacid=Wacid(identifier(status.get("id"))),
        status=OutboundStatus(stated.upper()),
        customer=shared.contacts.complete(status, "recipient"),
        opaque=payload(status.get("biz_opaque_callback_data")),
    )
