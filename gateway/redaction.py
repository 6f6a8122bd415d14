"""What must never be printed, and how it is taken out of anything that is about to be. Pure.

Private values (`signaling.private`) hide by themselves. This is the second line: whatever comes in by a library's
message, an exception's text or a mistake of ours. It prefers to hide too much.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from signaling.private import Private

MARK: Final = "…"

LONGEST_TEXT_CHARS: Final = 16_000
"""Longer text is cut: everything that is logged may have been sent by a stranger, and is scanned on the event loop."""

DEEPEST: Final = 6

SEVEN_DIGITS: Final = 9_999_999
"""Eight digits and more may be a phone number; ids and counts of ours are shorter."""

_LABELS: Final = (
    "password|passwd|secret|token|api_key|authorization|cookie|ramal_session|"
    "ice[-_]pwd|ice[-_]ufrag|username_?fragment|hub\\.challenge"
)

_RUNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # A session description: all that follows its first line, with real or escaped line ends (RFC 8866 §5).
        r"v=0\s*(?:\r|\n|\\r|\\n)[\s\S]*",
        r"inline:[A-Za-z0-9+/=|:^]+",  # SDES keys
        r"(?:[0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}",  # certificate fingerprints
        r"(?i:wacid|wamid)\.[A-Za-z0-9+/=_%.:-]*",
        r"EAA[A-Za-z0-9_-]{12,}",  # Meta's access tokens
        r"eyJ[\w-]{1,500}\.[\w-]+(?:\.[\w-]*)?",  # JSON web tokens
        r"\+\d[\d\s().-]{7,}",  # a phone number written for people
        r"\d{8,}",
    )
)
"""Secrets that are known by their own shape."""

_LABELLED: Final = tuple(
    (re.compile(label), re.compile(value))
    for label, value in (
        (r"(?i:bearer)\s+", r"[^\s\"',;]+"),
        (r"(?i:fingerprint)[\"']?\s*[:=]\s*[\"']?", r"[^\r\n\"',]+"),
        (r"(?i:authorization|cookie)[\"']?\s*[:=]", r"[^\r\n]+"),
        (rf"(?i:{_LABELS})[\"']?\s*[:=]\s*[\"']?", r"[^\s\"',&;)]+"),
    )
)
"""Secrets that are known by the word before them, and what such a secret is made of."""

_SECRET_KEY: Final = re.compile(rf"(?i)(?:^|[_.-])(?:{_LABELS}|phone|wacid|wamid|bsuid|sdp|offer|answer)$")
_ID_KEYS: Final = frozenset({"call_id", "seat_id"})
_OWN_ID: Final = re.compile(r"(?=.*[a-f])[0-9a-f]{32}")  # `signaling.ids`: random, says nothing about a person


def redact_text(text: str, literals: Iterable[str] = ()) -> str:
    """`text` with `…` for all that looks like a secret, and for each of `literals` wherever it stands."""
    cut = len(text) > LONGEST_TEXT_CHARS
    text = text[:LONGEST_TEXT_CHARS]
    spans = [match.span() for pattern in _RUNS for match in pattern.finditer(text)]
    spans += [span for label, value in _LABELLED for span in _behind(label, value, text)]
    present = [literal for literal in literals if literal and literal in text]  # to look is far cheaper than a pattern
    spans += [match.span() for literal in present for match in re.finditer(re.escape(literal), text)]
    if cut:
        spans.append((len(text) - 64, len(text)))  # half a secret would not look like one
    pieces: list[str] = []
    shown_to = 0
    for start, end in sorted(spans):
        if start >= shown_to:
            pieces += (text[shown_to:start], MARK)
        shown_to = max(shown_to, end)
    return "".join((*pieces, text[shown_to:]))


def _behind(label: re.Pattern[str], value: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where values stand behind a label. A label may stand inside another's value (`token=xtoken= abc`)."""
    end = 0
    for found in label.finditer(text):
        if found.end() >= end and (secret := value.match(text, found.end())) is not None:
            end = secret.end()  # a label that ends before this has a value that ends here too
            yield secret.span()


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
