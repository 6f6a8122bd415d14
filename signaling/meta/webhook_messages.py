"""What of the webhook field `messages` is about calls: permissions, voicemail, failed messages (reference 2.8, 1.8).

Of everything else that customers write only the time is read: it opens the service window, in which a request for
permission may be free-form. This gateway carries calls, not chats.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from signaling.events import (
    CustomerWrote,
    MessageDelivered,
    MessageFailed,
    PermissionReplied,
    Unrecognised,
    VoicemailLeft,
    WebhookEvent,
)
from signaling.ids import PhoneNumberId
from signaling.meta.reading import (
    LATEST_UNIX_S,
    Broken,
    Contacts,
    errors,
    identifier,
    integer,
    items,
    lower,
    mapping,
    optional_identifier,
    optional_mapping,
    time,
    time_of,
    word,
)
from signaling.meta.webhook_change import Change
from signaling.private import Wacid

RELATIVE_BELOW_S: Final = 10**9
"""A smaller `expiration_timestamp` counts seconds from the reply (conflict C13)."""

WRITTEN: Final = frozenset(
    ("text", "image", "audio", "video", "document", "sticker", "location", "contacts", "button", "interactive", "order")
)
"""What counts as a message of the customer's. Not so: reactions, news of the system, and what Meta cannot show."""


def read_messages(change: Change) -> list[WebhookEvent]:
    messages, statuses = items(change.value, "messages"), items(change.value, "statuses")
    words = [_message_word(message) for message in messages] + [_status_word(status) for status in statuses]
    try:
        number = PhoneNumberId(identifier(mapping(change.value.get("metadata")).get("phone_number_id")))
    except Broken:
        return [Unrecognised(change.field, what) for what in words] or [Unrecognised(change.field)]
    contacts = Contacts(items(change.value, "contacts"), of_one_item=len(words) == 1)
    readers = [_message] * len(messages) + [_status] * len(statuses)
    read = zip(readers, messages + statuses, words, strict=True)
    found = [_read(reader, number, contacts, item, change.field, what) for reader, item, what in read]
    return found or [Unrecognised(change.field)]


Reader = Callable[[PhoneNumberId, Contacts, dict[str, object]], WebhookEvent]


def _read(
    reader: Reader, number: PhoneNumberId, contacts: Contacts, item: object, field: str, what: str
) -> WebhookEvent:
    try:
        return reader(number, contacts, mapping(item))
    except Broken:
        return Unrecognised(field, what)


def _message_word(message: object) -> str:
    fields = optional_mapping(message)
    return word(optional_mapping(fields.get("interactive")).get("type")) or word(fields.get("type"))


def _status_word(status: object) -> str:
    return word(optional_mapping(status).get("status"))


def _message(number: PhoneNumberId, contacts: Contacts, message: dict[str, object]) -> WebhookEvent:
    kind = lower(message.get("type"))
    interactive = optional_mapping(message.get("interactive"))
    if kind == "interactive" and lower(interactive.get("type")) == "call_permission_reply":
        return _permission(number, contacts, message, mapping(interactive.get("call_permission_reply")))
    if kind == "audio" and identifier(message.get("id")).startswith("wacid."):
        return _voicemail(number, contacts, message)
    customer = contacts.complete(message, "from")
    if kind not in WRITTEN or (customer.phone is None and customer.bsuid is None):
        raise Broken("opens no service window")
    return CustomerWrote(number=number, at=time(message.get("timestamp")), customer=customer)


def _permission(
    number: PhoneNumberId, contacts: Contacts, message: dict[str, object], reply: dict[str, object]
) -> PermissionReplied:
    response, at = lower(reply.get("response")), time(message.get("timestamp"))
    if response not in ("accept", "reject"):
        raise Broken("neither accepted nor refused")
    accepted = response == "accept"
    permanent = accepted and (reply.get("is_permanent") is True or lower(reply.get("is_permanent")) == "true")
    return PermissionReplied(
        number=number,
        at=at,
        message_id=identifier(message.get("id")),
        customer=contacts.complete(message, "from"),
        accepted=accepted,
        permanent=permanent,
        expires_at=_expiry(reply.get("expiration_timestamp"), at) if accepted and not permanent else None,
        automatic=lower(reply.get("response_source")) == "automatic",
        context_id=optional_identifier(optional_mapping(message.get("context")).get("id")),
    )


def _expiry(stated: object, replied_at: datetime) -> datetime | None:
    """When a temporary permission ends. Unreadable is Broken: it must not pass for a permission without end."""
    if stated is None:
        return None
    unix_s = integer(stated, LATEST_UNIX_S)
    if unix_s is None:
        raise Broken("no usable expiry")
    return replied_at + timedelta(seconds=unix_s) if unix_s < RELATIVE_BELOW_S else time_of(unix_s)


def _voicemail(number: PhoneNumberId, contacts: Contacts, message: dict[str, object]) -> VoicemailLeft:
    """Only its id tells a voicemail from a voice message: it is the call's (reference 1.8)."""
    audio = mapping(message.get("audio"))
    return VoicemailLeft(
        number=number,
        at=time(message.get("timestamp")),
        wacid=Wacid(identifier(message.get("id"))),
        customer=contacts.complete(message, "from"),
        media_id=identifier(audio.get("id")),
        mime_type=identifier(audio.get("mime_type")),
    )


def _status(number: PhoneNumberId, contacts: Contacts, status: dict[str, object]) -> MessageFailed | MessageDelivered:
    word = lower(status.get("status"))
    if word == "delivered":  # the life of a request for permission counts from it (reference 4.2)
        return MessageDelivered(number, time(status.get("timestamp")), identifier(status.get("id")))
    if word != "failed":
        raise Broken("sent or read: not about calls")
    return MessageFailed(
        number=number,
        at=time(status.get("timestamp")),
        message_id=identifier(status.get("id")),
        customer=contacts.complete(status, "recipient"),
        errors=errors(items(status, "errors")),
    )
