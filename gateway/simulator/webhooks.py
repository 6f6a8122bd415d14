"""Pure: the bodies of Meta's webhooks in their live shapes, and their signature (reference, section 2)."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.simulator.customers import Customer
from signaling.private import Token, Wacid

Json = dict[str, object]

MEDIA_RECEIVE_TIMEOUT: Json = {
    "code": 138021,
    "title": "Media receive timeout",
    "message": "Media receive timeout",
    "error_data": {
        "details": "The WhatsApp client terminated the call because it did not receive any media for a long time"
    },
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Which of the business' numbers a webhook is about."""

    waba_id: str
    phone_number_id: str
    business_phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallNews:
    """What all webhooks of one call repeat."""

    wacid: Wacid
    customer: Customer
    cta_payload: str | None = field(default=None, repr=False)
    deeplink_payload: str | None = field(default=None, repr=False)
    with_direction: bool = True
    with_contacts: bool = True
    outbound: bool = False  # the business called


def answer_change(envelope: Envelope, news: CallNews, at_unix_s: float, answer_sdp: str, opaque: str | None) -> Json:
    """Meta's answer to the business' offer: one element of `changes`."""
    call = _call(envelope, news, "connect", at_unix_s)
    call["session"] = {"sdp": answer_sdp, "sdp_type": "answer"}
    if opaque is not None:
        call["biz_opaque_callback_data"] = opaque
    return _change(envelope, news, call)


def status_change(envelope: Envelope, news: CallNews, at_unix_s: float, status: str, opaque: str | None) -> Json:
    """RINGING, ACCEPTED or REJECTED: one element of `changes` (reference 2.7)."""
    who = news.customer
    told: Json = {"id": news.wacid.value, "type": "call", "status": status, "timestamp": str(int(at_unix_s))}
    for key, value in (
        ("recipient_id", who.phone),
        ("recipient_user_id", who.bsuid),
        ("biz_opaque_callback_data", opaque),
    ):
        if value is not None:
            told[key] = value
    return {"value": _value(envelope, news) | {"statuses": [told]}, "field": "calls"}


def connect_change(envelope: Envelope, news: CallNews, at_unix_s: float, offer_sdp: str) -> Json:
    """A customer calls: one element of `changes`."""
    call = _call(envelope, news, "connect", at_unix_s)
    call["session"] = {"sdp": offer_sdp, "sdp_type": "offer"}
    return _change(envelope, news, call)


@dataclass(frozen=True, slots=True)
class HowItEnded:
    """`started_unix_s` is None when nobody picked up: that, not `status`, tells a missed call (reference 2.6)."""

    at_unix_s: float
    started_unix_s: float | None
    no_media: bool = False
    opaque: str | None = field(default=None, repr=False)


def terminate_change(envelope: Envelope, news: CallNews, how: HowItEnded) -> Json:
    """The call is over: one element of `changes`."""
    call = _call(envelope, news, "terminate", how.at_unix_s)
    call["status"] = "FAILED" if how.no_media else "COMPLETED"
    if how.started_unix_s is not None:
        start, end = int(how.started_unix_s), int(how.at_unix_s)
        call |= {"start_time": str(start), "end_time": str(end), "duration": end - start}
    if how.opaque is not None and (how.started_unix_s is not None or news.outbound):
        call["biz_opaque_callback_data"] = how.opaque
    errors: list[object] = [MEDIA_RECEIVE_TIMEOUT] if how.no_media else []
    if errors:
        call["errors"] = errors
    return _change(envelope, news, call, errors)


def capture_change(envelope: Envelope, news: CallNews, at_unix_s: float, event: str, told: Json) -> Json:
    """Meta's own recording or transcription is there: one element of `changes` (reference 2.5)."""
    return _change(envelope, news, _call(envelope, news, event, at_unix_s) | told)


def settings_change(envelope: Envelope, calling: Json, at_unix_s: float) -> Json:
    """The number's calling settings were changed (reference 2.9)."""
    value: Json = {
        "messaging_product": "whatsapp",
        "timestamp": str(int(at_unix_s)),
        "type": "phone_number_settings",
        "phone_number_settings": {"phone_number_id": envelope.phone_number_id, "calling": calling},
    }
    return {"value": value, "field": "account_settings_update"}


def account_change(envelope: Envelope, value: Json) -> Json:
    """A warning or a restriction (reference 2.10)."""
    return {"value": {"phone_number": envelope.business_phone, **value}, "field": "account_update"}


def delivery_body(waba_id: str, changes: Sequence[Json]) -> bytes:
    """One POST's body. Non-ASCII is escaped and slashes too, as Graph does: hashing re-made JSON must fail."""
    body = {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": list(changes)}]}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def signature(app_secret: Token, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(app_secret.value.encode(), body, hashlib.sha256).hexdigest()


def _call(envelope: Envelope, news: CallNews, event: str, at_unix_s: float) -> Json:
    who = news.customer
    call: Json = {"id": news.wacid.value}
    theirs, ours = ("to", "from") if news.outbound else ("from", "to")
    call[ours] = envelope.business_phone
    for key, value in (("", who.phone), ("_user_id", who.bsuid), ("_parent_user_id", who.parent_bsuid)):
        if value is not None:
            call[theirs + key] = value
    call |= {"event": event, "timestamp": str(int(at_unix_s))}
    if news.with_direction:
        call["direction"] = "BUSINESS_INITIATED" if news.outbound else "USER_INITIATED"
    for key, value in (("cta_payload", news.cta_payload), ("deeplink_payload", news.deeplink_payload)):
        if value is not None:
            call[key] = value
    return call


def _change(envelope: Envelope, news: CallNews, call: Json, errors: Sequence[object] = ()) -> Json:
    value = _value(envelope, news) | {"calls": [call]}
    if errors:
        value["errors"] = list(errors)
    return {"value": value, "field": "calls"}


def _value(envelope: Envelope, news: CallNews) -> Json:
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": envelope.business_phone,
            "phone_number_id": envelope.phone_number_id,
        },
    }
    if news.with_contacts:
        value["contacts"] = [contact_of(news.customer)]
    return value


def contact_of(who: Customer) -> Json:
    profile = {"name": who.name} if who.username is None else {"name": who.name, "username": who.username}
    contact: Json = {"profile": profile}
    for key, value in (("wa_id", who.phone), ("user_id", who.bsuid), ("parent_user_id", who.parent_bsuid)):
        if value is not None:
            contact[key] = value
    return contact
