"""Digits a customer presses, sent as RTP events (RFC 4733). Pure.

A key is a row of packets with one RTP timestamp and a growing duration; the last is sent several times with the end
bit. Meta counts the duration at 8000 Hz while the timestamps run with the audio (reference 3.6).
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

_EVENT = struct.Struct("!BBH")
_KEYS = "0123456789*#ABCD"  # RFC 4733 §3.2
_CLOCK_PER_MS = 8


class Digit(NamedTuple):
    character: str
    duration_ms: int


@dataclass(slots=True)
class DigitReader:
    """Feed it every event packet of one sender; each key comes out once."""

    _ticks: int | None = None  # of the key heard last
    _open: Digit | None = None  # its end has not been heard

    def read(self, ticks: int, payload: bytes) -> list[Digit]:
        """The keys that are complete now: at the first end bit, or because the next key has begun (ends were lost)."""
        if len(payload) < _EVENT.size:
            return []
        event, flags, duration = _EVENT.unpack_from(payload)
        if event >= len(_KEYS):
            return []
        done: list[Digit] = []
        if self._ticks is None or 0 < (ticks - self._ticks) & 0xFFFF_FFFF < 0x8000_0000:
            done += self.flush()
            self._ticks = ticks
        elif ticks != self._ticks or self._open is None:
            return []  # of an earlier key, or a repetition of the end
        digit = Digit(_KEYS[event], duration // _CLOCK_PER_MS)
        if flags & 0x80:
            self._open = None
            done.append(digit)
        else:
            self._open = digit
        return done

    def flush(self) -> list[Digit]:
        """The key whose end never came."""
        lost, self._open = self._open, None
        return [lost] if lost else []


def event_payload(character: str, duration_ms: int, end: bool) -> bytes:
    """One event packet's payload, volume -10 dBm0: what a phone sends while `character` is held."""
    flags = 0x0A | (0x80 if end else 0)
    return _EVENT.pack(_KEYS.index(character), flags, min(0xFFFF, duration_ms * _CLOCK_PER_MS))
