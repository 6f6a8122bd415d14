"""Takes out of Meta's sentences what may name a person or open a door, before they reach a log, a record or a page."""

import re
from typing import Final

_READ_CHARS: Final = 4_096

# No expression here begins with an open repetition, so that no text makes it slow.
_PRIVATE_WORD: Final = re.compile(
    r"wa[cm]id\.|@|\bice-(?:ufrag|pwd):|\binline:|\bfingerprint:"
    r"|\b[A-Z]{2}\.[A-Za-z0-9]{6}"  # a business-scoped user id
    r"|(?:[0-9A-Fa-f]{2}:){3}"  # a fingerprint
    r"|\bEAA[A-Za-z0-9_-]{8}"  # Meta's access tokens
)
_LONG_RUN: Final = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_PHONE: Final = re.compile(r"\+?[0-9](?:[\s().-]*[0-9]){6,}")  # however it is written


def scrub(sentence: str, limit_chars: int = 300) -> str:
    """At most `limit_chars` of `sentence` on one line, with `…` for phone numbers, ids, keys and tokens."""
    words = ("…" if _is_private(word) else word for word in sentence[:_READ_CHARS].split())
    return _PHONE.sub("…", " ".join(words))[:limit_chars]


def _is_private(word: str) -> bool:
    if _PRIVATE_WORD.search(word):
        return True
    return any(char.isdigit() for run in _LONG_RUN.findall(word) for char in run)
