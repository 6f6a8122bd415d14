"""Pure readers for one value of a webhook: what Meta may send is widened here, and nothing unreadable gets past.

Later stages (SQL, JSON for pages, logs) break on NUL and on lone surrogates: both become U+FFFD at this door.
"""

import math
import re
from datetime import UTC, datetime
from typing import Final

from signaling.events import Customer, MetaError
from signaling.meta.scrub import scrub
from signaling.private import Bsuid, Payload, PhoneNumber, Private

ID_LIMIT_CHARS: Final = 512
NAME_LIMIT_CHARS: Final = 256
PAYLOAD_LIMIT_CHARS: Final = 512  # Meta's own limit for every payload (reference 1.2, 1.6)
SDP_LIMIT_CHARS: Final = 16_384
URL_LIMIT_CHARS: Final = 2_048
TITLE_LIMIT_CHARS: Final = 256
DETAILS_LIMIT_CHARS: Final = 1_024
ERRORS_LIMIT: Final = 32
SETTINGS_DEPTH_LIMIT: Final = 32

LATEST_UNIX_S: Final = 4_102_444_800  # 2100-01-01: later times are nonsense, and adding to them may overflow
LARGEST_INT: Final = 2**31 - 1  # what a column of the store holds

_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")
_WORD = re.compile(r"[A-Za-z_]{1,64}")


class Broken(ValueError):
    """An item lacks something it cannot do without. It becomes `Unrecognised`; the message says nothing private."""


def mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Broken("not an object")
    return value


def optional_mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def items(parent: dict[str, object], key: str) -> list[object]:
    """The list at `key`; a missing one is empty, something else in its place is one broken item."""
    value = parent.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def word(value: object) -> str:
    """A word of Meta's vocabulary that may be logged. Anything with a digit in it may be a person: `""`."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def lower(value: object) -> str:
    """Meta spells its words in both cases (reference 2.6, 2.9)."""
    return value.lower() if isinstance(value, str) else ""


def safe(value: str) -> str:
    return _UNSAFE.sub("\ufffd", value)


def text(value: object, limit_chars: int) -> str | None:
    return safe(value[:limit_chars]) if isinstance(value, str) and value else None


def name(value: object) -> str | None:
    """A display name on one line."""
    cleaned = _CONTROL.sub(" ", value).strip() if isinstance(value, str) else ""
    return text(cleaned, NAME_LIMIT_CHARS)


def payload(value: object) -> Payload | None:
    cleaned = text(value, PAYLOAD_LIMIT_CHARS)
    return None if cleaned is None else Payload(cleaned)


def identifier(value: object, limit_chars: int = ID_LIMIT_CHARS) -> str:
    """An id as it came: cutting or cleaning would make it the id of something else. Raises Broken."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**32 else None
    if not isinstance(value, str) or not 0 < len(value) <= limit_chars or not value.isprintable():
        raise Broken("no usable id")
    return value


def optional_identifier(value: object) -> str | None:
    try:
        return identifier(value)
    except Broken:
        return None


def integer(value: object, most: int = LARGEST_INT) -> int | None:
    """0 to `most`, written as a number or as a string of digits."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            return None
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        return None
    return value


def time_of(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def optional_time(value: object) -> datetime | None:
    unix_s = integer(value, LATEST_UNIX_S)
    return None if not unix_s else time_of(unix_s)


def time(value: object) -> datetime:
    unix_s = integer(value, LATEST_UNIX_S)
    if unix_s is None:
        raise Broken("no usable time")
    return time_of(unix_s)


def phone(value: object) -> PhoneNumber | None:
    """Digits only, whatever was written around them; None when it is no phone number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**20 else None
    if not isinstance(value, str) or not re.fullmatch(r"\+?[0-9 ().-]{3,40}", value):
        return None
    digits = re.sub(r"[^0-9]", "", value)
    return PhoneNumber(digits) if 3 <= len(digits) <= 20 else None


def bsuid(value: object) -> Bsuid | None:
    found = optional_identifier(value)
    return None if found is None else Bsuid(found)


def contact(value: object) -> Customer:
    entry = optional_mapping(value)
    profile = optional_mapping(entry.get("profile"))
    return Customer(
        phone=phone(entry.get("wa_id")),
        bsuid=bsuid(entry.get("user_id")),
        parent_bsuid=bsuid(entry.get("parent_user_id")),
        name=name(profile.get("name")),
        username=name(profile.get("username")),
    )


class Contacts:
    """The `contacts` of one value, found by any name that a call, status or message gives its customer."""

    def __init__(self, entries: list[object], *, of_one_item: bool) -> None:
        known = [contact(entry) for entry in entries]
        self._by_name: dict[Private, Customer] = {}
        for customer in known:
            for key in (customer.phone, customer.bsuid):
                if key is not None:
                    self._by_name.setdefault(key, customer)
        # wa_id and `from` may differ (Brazil's ninth digit): with one item and one contact there is nothing to guess.
        self._only = known[0] if of_one_item and len(known) == 1 else None

    def __contains__(self, key: Private | None) -> bool:
        return key is not None and key in self._by_name

    def complete(self, item: dict[str, object], prefix: str) -> Customer:
        """Who `from`, `to` or `recipient` is, with the name that the contact gives. The item's own word wins."""
        number = phone(item.get("recipient_id" if prefix == "recipient" else prefix))
        own, parent = bsuid(item.get(f"{prefix}_user_id")), bsuid(item.get(f"{prefix}_parent_user_id"))
        match = next((self._by_name[key] for key in (own, number) if key is not None and key in self._by_name), None)
        if match is None and self._only is not None and (own is None or self._only.bsuid in (None, own)):
            match = self._only
        if match is None:
            return Customer(phone=number, bsuid=own, parent_bsuid=parent)
        return Customer(
            phone=number or match.phone,
            bsuid=own or match.bsuid,
            parent_bsuid=parent or match.parent_bsuid,
            name=match.name,
            username=match.username,
        )

    def only(self) -> Customer:
        return self._only or Customer()


def errors(entries: list[object]) -> tuple[MetaError, ...]:
    """An `errors` array without repetitions and without what it may quote of a person (reference 2.6)."""
    found: dict[tuple[int, str], MetaError] = {}
    for entry in entries[:ERRORS_LIMIT]:
        fields = optional_mapping(entry)
        code = integer(fields.get("code"))
        if code is None:
            continue
        title = text(fields.get("title"), TITLE_LIMIT_CHARS) or text(fields.get("message"), TITLE_LIMIT_CHARS) or ""
        details = text(optional_mapping(fields.get("error_data")).get("details"), DETAILS_LIMIT_CHARS) or ""
        found.setdefault((code, details), MetaError(code, scrub(title), scrub(details)))
    return tuple(found.values())


def plain_json(value: object, depth: int = SETTINGS_DEPTH_LIMIT) -> object:
    """`value` with safe strings and finite numbers, fit for a JSON column. Raises Broken when it is too deep."""
    if depth == 0:
        raise Broken("too deep")
    if isinstance(value, dict):
        return {safe(key): plain_json(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_json(inner, depth - 1) for inner in value]
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Broken("not a number")
    return value
