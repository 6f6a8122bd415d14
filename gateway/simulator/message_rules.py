"""Pure: what `POST /{PNID}/messages` and templates may say about calls (reference 1.4, 1.6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from gateway.simulator.refusals import Refusal, invalid

Json = dict[str, object]
Kind = Literal["permission_request", "call_button", "other"]

PAYLOAD_LIMIT_CHARS: Final = 512
LABEL_LIMIT_CHARS: Final = 20
TEXT_LIMIT_CHARS: Final = 1_024
LONGEST_TTL_MINUTES: Final = 43_200

TEMPLATES: Final[Mapping[tuple[str, str], Kind]] = {
    ("pedido_ligacao_v1", "pt_BR"): "permission_request",
    ("botao_ligar_v1", "pt_BR"): "call_button",
}
"""Approved from the start. Name and language → what it asks of the customer."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that Graph takes. `free_form`: only inside the service window."""

    to: str | None
    recipient: str | None
    kind: Kind
    free_form: bool
    text: str = field(default="", repr=False)
    label: str | None = None
    payload: str | None = field(default=None, repr=False)


def read_message(given: object, kind_of: Callable[[str, str], Kind | Refusal]) -> Outgoing | Refusal:
    """`kind_of` a template by name and language, or why it is not sent."""
    body: Json = given if isinstance(given, dict) else {}
    match body:
        case {"messaging_product": "whatsapp", "type": "interactive", "interactive": dict(interactive)}:
            return _interactive(body, interactive)
        case {
            "messaging_product": "whatsapp",
            "type": "template",
            "template": {"name": str(name), "language": {"code": str(language)}, **rest},
        }:
            kind = kind_of(name, language)
            if isinstance(kind, Refusal):
                return kind
            return _addressed(
                body, Outgoing(None, None, kind, free_form=False, payload=_payload(rest.get("components")))
            )
        case _:
            return invalid("The message is of no kind that this simulator sends")


def kind_of_components(components: Sequence[Json]) -> Kind:
    """What a template with these components asks of the customer."""
    if any(str(one.get("type", "")).upper() == "CALL_PERMISSION_REQUEST" for one in components):
        return "permission_request"
    buttons = [one.get("buttons", []) for one in components]
    has_call = any(isinstance(b, dict) and b.get("type") == "voice_call" for group in buttons for b in _list(group))
    return "call_button" if has_call else "other"


def components_of(kind: Kind) -> list[Json]:
    """As Meta lists them, whose types are in capitals."""
    own: Mapping[Kind, list[Json]] = {
        "permission_request": [{"type": "CALL_PERMISSION_REQUEST"}],
        "call_button": [{"type": "BUTTONS", "buttons": [{"type": "VOICE_CALL", "text": "Ligar agora"}]}],
        "other": [],
    }
    return [{"type": "BODY", "text": "…"}, *own[kind]]


def _interactive(body: Json, interactive: Json) -> Outgoing | Refusal:
    text = ""
    match interactive.get("body"):
        case {"text": str(said)} if 0 < len(said) <= TEXT_LIMIT_CHARS:
            text = said
        case None:
            pass
        case _:
            return invalid("interactive.body.text has 1 to 1024 characters")
    match interactive:
        case {"type": "call_permission_request", "action": {"name": "call_permission_request"}}:
            if "header" in interactive or "footer" in interactive:
                return invalid("Header and footer are not supported for call_permission_request")
            return _addressed(body, Outgoing(None, None, "permission_request", free_form=True, text=text))
        case {"type": "voice_call", "action": {"name": "voice_call", **rest}} if text:
            return _button(body, text, rest.get("parameters", {}))
        case _:
            return invalid("interactive is neither a call_permission_request nor a voice_call with a body")


def _button(body: Json, text: str, parameters: object) -> Outgoing | Refusal:
    if not isinstance(parameters, dict):
        return invalid("parameters must be an object")
    label, ttl = parameters.get("display_text", "Call Now"), parameters.get("ttl_minutes", 10_080)
    payload = parameters.get("payload")
    if not (isinstance(label, str) and 0 < len(label) <= LABEL_LIMIT_CHARS):
        return invalid("display_text has 1 to 20 characters")
    if not (isinstance(ttl, int) and 1 <= ttl <= LONGEST_TTL_MINUTES):
        return invalid("ttl_minutes is 1 to 43200")
    if not (payload is None or (isinstance(payload, str) and len(payload) <= PAYLOAD_LIMIT_CHARS)):
        return invalid("payload has at most 512 characters")
    return _addressed(body, Outgoing(None, None, "call_button", True, text, label, payload))


def _addressed(body: Json, message: Outgoing) -> Outgoing | Refusal:
    """`to` wins over `recipient`."""
    to, recipient = body.get("to"), body.get("recipient")
    if isinstance(to, str) and to.removeprefix("+").isdecimal():
        return Outgoing(to.removeprefix("+"), None, *_rest(message))
    if to is None and isinstance(recipient, str) and recipient:
        return Outgoing(None, recipient, *_rest(message))
    return invalid("to must be a phone number, or recipient a business-scoped id")


def _rest(message: Outgoing) -> tuple[Kind, bool, str, str | None, str | None]:
    return message.kind, message.free_form, message.text, message.label, message.payload


def _payload(components: object) -> str | None:
    for component in _list(components):
        match component:
            case {"type": "button", "sub_type": "voice_call", "parameters": [*parameters]}:
                for parameter in parameters:
                    match parameter:
                        case {"type": "payload", "payload": str(payload)}:
                            return payload
    return None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
