"""One webhook POST, pure: is it Meta's, and what does it say.

Shapes: reference 2.1 to 2.11. An item that is unknown or broken is `Unrecognised`, beside its neighbours.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from signaling.events import Unrecognised, WebhookEvent
from signaling.meta.reading import Broken, items, mapping, optional_identifier, optional_time, word
from signaling.meta.webhook_account import read_account_update, read_settings_update
from signaling.meta.webhook_calls import read_calls
from signaling.meta.webhook_change import Change
from signaling.meta.webhook_messages import read_messages
from signaling.private import Token

ITEMS_LIMIT: Final = 10_000
"""Meta's rule is 1,000 updates in one POST (reference 2.3). Far beyond it, a body only wants to keep us busy."""

CHALLENGE_LIMIT_CHARS: Final = 256

_SIGNATURE: Final = re.compile(r"sha256=[0-9a-f]{64}")


class MalformedDelivery(ValueError):
    """A body that is no delivery at all. The message is the name of an error type: the body holds phone numbers."""


class TooManyItems(ValueError):
    """More than ITEMS_LIMIT items in one body."""


def verify_handshake(query: Mapping[str, str], verify_token: Token) -> str | None:
    """The challenge to answer with 200 and as plain text, or None: answer 403 (reference 2.1)."""
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    expected = verify_token.value.encode("utf-8", "surrogatepass")
    challenge = query.get("hub.challenge", "")
    token_is_right = hmac.compare_digest(given, expected) and expected != b""
    if query.get("hub.mode") != "subscribe" or not token_is_right or not 0 < len(challenge) <= CHALLENGE_LIMIT_CHARS:
        return None
    return challenge


def signature_is_valid(body: bytes, header: str | None, secrets: Sequence[Token]) -> bool:
    """Whether `X-Hub-Signature-256` was made from these very bytes with one of our apps' secrets (reference 2.2).

    An empty secret signs nothing: anybody could. How long it takes does not depend on which secret fits.
    """
    if header is None or not _SIGNATURE.fullmatch(header):
        return False
    valid = False
    for secret in secrets:
        digest = hmac.new(secret.value.encode("utf-8", "surrogatepass"), body, hashlib.sha256).hexdigest()
        valid |= hmac.compare_digest(f"sha256={digest}", header) and secret.value != ""
    return valid


def parse_delivery(body: bytes) -> list[WebhookEvent]:
    """Every event of one delivery, in Meta's order. Raises MalformedDelivery, and nothing else."""
    try:
        root = json.loads(body, parse_constant=_refuse_constant)
        if not isinstance(root, list):
            return _read_envelope(root)
        # Meta's own page prints one body inside an array (reference 2.10).
        return [event for envelope in root for event in _tolerantly(_read_envelope, envelope)]
    except (ValueError, RecursionError) as error:
        raise MalformedDelivery(type(error).__name__) from None


READERS: Final[Mapping[str, Callable[[Change], list[WebhookEvent]]]] = {
    "calls": read_calls,
    "messages": read_messages,
    "account_settings_update": read_settings_update,
    "account_update": read_account_update,
}


def _read_envelope(envelope: object) -> list[WebhookEvent]:
    fields = mapping(envelope)
    if "entry" not in fields:
        raise Broken("no entry")
    entries = items(fields, "entry")
    if sum(_weight(entry) for entry in entries) > ITEMS_LIMIT:
        raise TooManyItems
    known_object = fields.get("object", "whatsapp_business_account") == "whatsapp_business_account"
    reader = _read_entry if known_object else _read_foreign_entry
    return [event for entry in entries for event in _tolerantly(reader, entry)]


def _read_entry(entry: object) -> list[WebhookEvent]:
    fields = mapping(entry)
    waba, at = optional_identifier(fields.get("id")) or "", optional_time(fields.get("time"))
    found: list[WebhookEvent] = []
    for item in items(fields, "changes"):
        change = item if isinstance(item, dict) else {}
        field, value = word(change.get("field")), change.get("value")
        reader = READERS.get(field)
        if reader is None or not isinstance(value, dict):
            found.append(Unrecognised(field))
        else:
            found += reader(Change(field, waba, at, value))
    return found


def _read_foreign_entry(entry: object) -> list[WebhookEvent]:
    """An app may also be subscribed to pages or Instagram: their `messages` are not ours to read."""
    changes = items(mapping(entry), "changes")
    return [Unrecognised(word(change.get("field")) if isinstance(change, dict) else "", "object") for change in changes]


def _tolerantly(reader: Callable[[object], list[WebhookEvent]], item: object) -> list[WebhookEvent]:
    try:
        return reader(item)
    except Broken:
        return [Unrecognised("")]


def _weight(entry: object) -> int:
    """How many items an entry holds, itself and its changes included."""
    changes = items(entry, "changes") if isinstance(entry, dict) else []
    values = [
        change["value"] for change in changes if isinstance(change, dict) and isinstance(change.get("value"), dict)
    ]
    kinds = ("calls", "statuses", "messages", "contacts")
    return 1 + len(changes) + sum(len(items(value, kind)) for value in values for kind in kinds)


def _refuse_constant(constant: str) -> float:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's
