"""Pure: the webhooks of the field `messages` that are about calls, in their live shapes (reference 2.8)."""

from dataclasses import dataclass
from typing import Literal

from gateway.simulator.customers import Customer
from gateway.simulator.webhooks import Envelope, Json, contact_of

APP_TOO_OLD: Json = {
    "code": 131026,
    "title": "Message undeliverable",
    "message": "Message undeliverable",
    "error_data": {"details": "Message undeliverable."},
}
WINDOW_CLOSED: Json = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {
        "details": "Message failed to send because more than 24 hours have passed since the customer last replied to "
        "this number."
    },
}


@dataclass(frozen=True, slots=True)
class Reply:
    """`call_permission_reply`. `context`: the request's wamid, the wacid of the customer's call, or nothing."""

    accepted: bool
    permanent: bool = False
    until_s: float | None = None
    automatic: bool = False
    context: str | None = None


def permission_reply_change(envelope: Envelope, customer: Customer, wamid: str, at_unix_s: float, reply: Reply) -> Json:
    body: Json = {"response": "accept" if reply.accepted else "reject"}
    if reply.accepted:
        body["is_permanent"] = reply.permanent
        if not reply.permanent and reply.until_s is not None:
            body["expiration_timestamp"] = str(int(reply.until_s))
    body["response_source"] = "automatic" if reply.automatic else "user_action"
    message = _from(customer, wamid, at_unix_s, "interactive")
    message["interactive"] = {"type": "call_permission_reply", "call_permission_reply": body}
    if reply.context is not None:
        sender = customer.phone if reply.automatic else envelope.business_phone
        message["context"] = {"from": sender or envelope.business_phone, "id": reply.context}
    return _change(envelope, {"contacts": [contact_of(customer)], "messages": [message]})


def text_change(envelope: Envelope, customer: Customer, wamid: str, at_unix_s: float, text: str) -> Json:
    """The customer writes."""
    message = _from(customer, wamid, at_unix_s, "text") | {"text": {"body": text}}
    return _change(envelope, {"contacts": [contact_of(customer)], "messages": [message]})


def message_status_change(
    envelope: Envelope,
    customer: Customer,
    wamid: str,
    at_unix_s: float,
    status: Literal["sent", "delivered", "failed"],
    error: Json | None = None,
) -> Json:
    """What became of a message of the business."""
    body: Json = {"id": wamid, "status": status, "timestamp": str(int(at_unix_s))}
    for key, value in (("recipient_id", customer.phone), ("recipient_user_id", customer.bsuid)):
        if value is not None:
            body[key] = value
    if error is not None:
        body["errors"] = [error]
    return _change(envelope, {"statuses": [body]})


def _from(customer: Customer, wamid: str, at_unix_s: float, kind: str) -> Json:
    message: Json = {}
    for key, value in (
        ("from", customer.phone),
        ("from_user_id", customer.bsuid),
        ("from_parent_user_id", customer.parent_bsuid),
    ):
        if value is not None:
            message[key] = value
    return message | {"id": wamid, "timestamp": str(int(at_unix_s)), "type": kind}


def _change(envelope: Envelope, what: Json) -> Json:
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": envelope.business_phone,
            "phone_number_id": envelope.phone_number_id,
        },
        **what,
    }
    return {"value": value, "field": "messages"}
