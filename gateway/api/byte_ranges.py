"""Which bytes a request wants (RFC 9110 §14). Pure."""

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """No byte of the range exists (416)."""


def wanted_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte, inclusive; None: all of it. A header that cannot be read, or names several ranges, is as
    none (§14.2). Raises Unsatisfiable."""
    match = None if header is None else _ONE.fullmatch(header)
    if match is None:
        return None
    first, last = match[1], match[2]
    if not first:
        if not last:
            return None
        if int(last) == 0 or size_bytes == 0:
            raise Unsatisfiable
        return max(0, size_bytes - int(last)), size_bytes - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise Unsatisfiable
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1
