"""The bodies that the gateway sends to Graph, pure (reference 1.2 to 1.9). ValueError: beyond Meta's limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from signaling.events import Customer
from signaling.private import Bsuid, Payload, PhoneNumber, Sdp, Wacid

Body = dict[str, object]
Callee = PhoneNumber | Bsuid
"""Whom to reach. A customer with a username may only have a business-scoped id."""

PAYLOAD_LIMIT_CHARS: Final = 512
PURPOSE_LIMIT_CHARS: Final = 250
BUTTON_LIMIT_CHARS: Final = 20
BUTTON_TTL_MINUTES: Final = range(1, 43_201)

TemplateCategory = Literal["MARKETING", "UTILITY"]
Granularity = Literal["HALF_HOUR", "DAILY", "MONTHLY"]


@dataclass(frozen=True, slots=True)
class MetaCapture:
    """Ask Meta itself to record or transcribe a call: both sides hear a notice that names `purpose` (reference 1.7)."""

    purpose: str
    announcement_language: str

    def body(self) -> Body:
        purpose = limited("purpose", self.purpose, PURPOSE_LIMIT_CHARS)
        return {"status": "ENABLED", "purpose": purpose, "announcement_language": self.announcement_language}


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What may go with `connect` and `accept`. `opaque` comes back in the webhooks of the call."""

    opaque: Payload | None = None
    recording: MetaCapture | None = None
    transcription: MetaCapture | None = None

    def body(self) -> Body:
        found: Body = {}
        if self.opaque is not None:
            found["biz_opaque_callback_data"] = limited("opaque", self.opaque.value, PAYLOAD_LIMIT_CHARS)
        if self.recording is not None:
            found["recording"] = self.recording.body()
        if self.transcription is not None:
            found["transcription"] = self.transcription.body()
        return found


NO_OPTIONS: Final = CallOptions()


def callee_of(customer: Customer) -> Callee | None:
    return customer.phone or customer.bsuid


def limited(what: str, text: str, most_chars: int) -> str:
    if not 0 < len(text) <= most_chars:
        raise ValueError(f"{what} must have 1 to {most_chars} characters")
    return text


# ---- /calls ----------------------------------------------------------------------------------------------------------


def answer_call(
    action: Literal["pre_accept", "accept"], wacid: Wacid, answer: Sdp, options: CallOptions = NO_OPTIONS
) -> Body:
    """`accept` must repeat the very SDP of `pre_accept`. The options belong to `accept` alone."""
    session = {"sdp_type": "answer", "sdp": answer.value}
    return {
        "messaging_product": "whatsapp",
        "call_id": wacid.value,
        "action": action,
        "session": session,
        **options.body(),
    }


def end_call(action: Literal["reject", "terminate"], wacid: Wacid) -> Body:
    return {"messaging_product": "whatsapp", "call_id": wacid.value, "action": action}


def start_call(callee: Callee, offer: Sdp, options: CallOptions) -> Body:
    session = {"sdp_type": "offer", "sdp": offer.value}
    return {
        "messaging_product": "whatsapp",
        **recipient(callee),
        "action": "connect",
        "session": session,
        **options.body(),
    }


def recipient(callee: Callee) -> Body:
    return {"to": callee.value} if isinstance(callee, PhoneNumber) else {"recipient": callee.value}


# ---- /messages and templates -----------------------------------------------------------------------------------------


def permission_request(callee: Callee, text: str | None) -> Body:
    """Free-form: only inside an open customer service window."""
    interactive: Body = {"type": "call_permission_request", "action": {"name": "call_permission_request"}}
    if text:
        interactive["body"] = {"text": text}
    return {**_message(callee, "interactive"), "interactive": interactive}


def call_button(callee: Callee, text: str, label: str, ttl_minutes: int, button_payload: Payload | None) -> Body:
    parameters: Body = {"display_text": limited("label", label, BUTTON_LIMIT_CHARS), "ttl_minutes": _ttl(ttl_minutes)}
    if button_payload is not None:
        parameters["payload"] = limited("payload", button_payload.value, PAYLOAD_LIMIT_CHARS)
    action = {"name": "voice_call", "parameters": parameters}
    interactive = {"type": "voice_call", "body": {"text": text}, "action": action}
    return {**_message(callee, "interactive"), "interactive": interactive}


def template_message(callee: Callee, name: str, language: str, components: Sequence[Body] = ()) -> Body:
    """`language` must be the one that the template was created with, else error 132001."""
    template: Body = {"name": name, "language": {"code": language}}
    if components:
        template["components"] = list(components)
    return {**_message(callee, "template"), "template": template}


def text_parameters(kind: Literal["header", "body"], texts: Sequence[str]) -> Body:
    return {"type": kind, "parameters": [{"type": "text", "text": text} for text in texts]}


def call_button_parameters(ttl_minutes: int, button_payload: Payload | None) -> Body:
    parameters: list[Body] = [{"type": "ttl_minutes", "ttl_minutes": _ttl(ttl_minutes)}]
    if button_payload is not None:
        limited("payload", button_payload.value, PAYLOAD_LIMIT_CHARS)
        parameters.append({"type": "payload", "payload": button_payload.value})
    return {"type": "button", "sub_type": "voice_call", "parameters": parameters}


def new_template(name: str, language: str, category: TemplateCategory, components: Sequence[Body]) -> Body:
    return {"name": name, "language": language, "category": category, "components": list(components)}


ASKS_PERMISSION: Final[Body] = {"type": "call_permission_request"}
"""The component that makes a template a request for permission. It stands after HEADER, BODY and FOOTER."""


def _ttl(minutes: int) -> int:
    if minutes not in BUTTON_TTL_MINUTES:
        raise ValueError("ttl_minutes must be 1 to 43,200")
    return minutes


def _message(callee: Callee, kind: str) -> Body:
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **recipient(callee), "type": kind}


# ---- analytics -------------------------------------------------------------------------------------------------------


def analytics_fields(
    start: datetime,
    end: datetime,
    granularity: Granularity,
    *,
    phone_numbers: Sequence[PhoneNumber] = (),
    directions: Sequence[Literal["USER_INITIATED", "BUSINESS_INITIATED"]] = (),
    country_codes: Sequence[str] = (),
    dimensions: Sequence[str] = (),
    metric_types: Sequence[str] = (),
) -> str:
    """The `fields` query of call analytics (reference 1.9)."""
    lists = {
        "phone_numbers": [number.value for number in phone_numbers],
        "country_codes": country_codes,
        "directions": directions,
        "dimensions": dimensions,
        "metric_types": metric_types,
    }
    filters = "".join(f".{name}([{','.join(values)}])" for name, values in lists.items() if values)
    span = f".start({int(start.timestamp())}).end({int(end.timestamp())})"
    return f"call_analytics{span}.granularity({granularity}){filters}"
