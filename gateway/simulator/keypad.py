"""Pure: a key of the customer's phone as RTP events (RFC 4733), counted as Meta counts (reference 3.6)."""

import struct
from dataclasses import dataclass

KEYS = "0123456789*#ABCD"  # event numbers, RFC 4733 §3.2
KEY_FRAMES = 8  # 160 ms
EVENT = struct.Struct("!BBH")
EVENT_TICKS_PER_FRAME = 160  # durations count at 8000 Hz (reference 3.6)


@dataclass(frozen=True, slots=True)
class KeyPacket:
    payload: bytes
    marker: bool
    last_of_key: bool


def key_packets(digit: str) -> list[KeyPacket]:
    """A key as RTP events: the duration grows, the end is said three times (RFC 4733 §2.5)."""
    event = KEYS.index(digit)
    packets = [
        KeyPacket(EVENT.pack(event, 10, EVENT_TICKS_PER_FRAME * (n + 1)), n == 0, False) for n in range(KEY_FRAMES)
    ]
    end = EVENT.pack(event, 0x80 | 10, EVENT_TICKS_PER_FRAME * (KEY_FRAMES + 1))
    return [*packets, *(KeyPacket(end, False, n == 2) for n in range(3))]
