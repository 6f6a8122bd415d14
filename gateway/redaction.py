"""What must never be printed, and how it is taken out of anything that is about to be. Pure.

Private values (`signaling.private`) hide by themselves. This is the second line: whatever comes in by a library's
message, an exception's text or a mistake of ours. It prefers to hide too much.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from signaling.private import Private

MARK: Final = "…"

LONGEST_TEXT_CHARS: Final = 16_000
"""Longer text is cut: everything that is logged may have been sent by a stranger, and is scanned on the event loop."""

LONGEST_VALUE: Final = "{1,4096}"
DEEPEST: Final = 6

SEVEN_DIGITS: Final = 9_999_999
"""Eight digits and more may be a phone number; ids and counts of ours are shorter."""

_LABELS = (
    "password|passwd|secret|token|api_key|authorization|cookie|ramal_session|"
    "ice[-_]pwd|ice[-_]ufrag|username_?fragment|hub\\.challenge"
)

_ADJACENT: Final = (
    # A session description: all that follows its first line, with real or escaped line ends (RFC 8866 §5).
    r"v=0\s*(?:\r|\n|\\r|\\n)[\s\S]*",
    r"inline:[A-Za-z0-9+/=|:^]+",  # SDES keys
    r"(?:[0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}",  # certificate fingerprints
    r"(?i:wacid|wamid)\.[A-Za-z0-9+/=_%.:-]*",
    r"EAA[A-Za-z0-9_-]{12,}",  # Meta's access tokens
    r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?",  # JSON web tokens
    r"\+\d[\d\s().-]{7,}",  # a phone number written for people
    r"\d{8,}",
)
"""Secrets that are one run of characters: after one match the next begins behind it."""

_LABELLED: Final = (
    rf"(?i:bearer)\s+[^\s\"',;]{LONGEST_VALUE}",
    rf"(?i:fingerprint)[\"']?\s*[:=]\s*[\"']?[^\r\n\"',]{LONGEST_VALUE}",
    rf"(?i:authorization|cookie)[\"']?\s*[:=][^\r\n]{LONGEST_VALUE}",
    rf"(?i:{_LABELS})[\"']?\s*[:=]\s*[\"']?[^\s\"',&;)]{LONGEST_VALUE}",
)
"""Secrets behind a word. Matches may overlap (`token=Bearer abc`): each is looked for from every position."""

_PATTERNS: Final = (
    *(re.compile(f"({pattern})") for pattern in _ADJACENT),
    *(re.compile(f"(?=({pattern}))") for pattern in _LABELLED),
)

_SECRET_KEY: Final = re.compile(rf"(?i)(?:^|[_.-])(?:{_LABELS}|phone|wacid|wamid|bsuid|sdp|offer|answer)$")
_ID_KEYS: Final = frozenset({"call_id", "seat_id"})
_OWN_ID: Final = re.compile(r"(?=.*[a-f])[0-9a-f]{32}")  # `signaling.ids`: random, says nothing about a person


def redact_text(text: str, literals: Iterable[str] = ()) -> str:
    """`text` with `…` for all that looks like a secret, and for each of `literals` wherever it stands."""
    cut = len(text) > LONGEST_TEXT_CHARS
    text = text[:LONGEST_TEXT_CHARS]
    spans = [match.span(1) for pattern in _PATTERNS for match in pattern.finditer(text)]
    spans += [span for literal in literals for span in _places(text, literal)]
    if cut:
        spans.append((len(text) - 64, len(text)))  # half a secret would not look like one
    pieces: list[str] = []
    shown_to = 0
    for start, end in sorted(spans):
        if start >= shown_to:
            pieces += (text[shown_to:start], MARK)
        shown_to = max(shown_to, end)
    return "".join((*pieces, text[shown_to:]))


def _places(text: str, literal: str) -> list[tuple[int, int]]:
    return [(match.start(), match.end()) for match in re.finditer(re.escape(literal), text)] if literal else []


def redact(value: object, literals: Iterable[str] = (), depth: int = 0) -> object:
    """`value` as plain data (text, numbers, lists, dictionaries) that holds nothing that looks like a secret."""
    match value:
        case None | bool() | float():
            return value
        case int():
            return MARK if abs(value) > SEVEN_DIGITS else int(value)
        case Private():
            return MARK
        case str():
            return redact_text(str(value), literals)
        case bytes() | bytearray():
            return redact_text(value.decode("utf-8", "backslashreplace"), literals)
        case datetime():
            return value.isoformat()
        case Mapping() if depth < DEEPEST:
            return {
                redact_text(str(key), literals): _item(str(key), item, literals, depth) for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            return [redact(item, literals, depth + 1) for item in value]
        case _:
            return redact_text(repr(value), literals)


def _item(key: str, value: object, literals: Iterable[str], depth: int) -> object:
    if key in _ID_KEYS and isinstance(value, str) and _OWN_ID.fullmatch(value):
        return value
    if value is not None and not isinstance(value, bool) and _SECRET_KEY.search(key):
        return MARK
    return redact(value, literals, depth + 1)
