"""What a simulated voice says: packets that tell who speaks and when they left. Pure.

An Opus packet is a TOC byte and then the frame's bytes, which may be any (RFC 6716 §3.1, code 0: one frame). Nobody
decodes these on their way: the gateway forwards Opus as it comes. A packet is as long as Meta's live ones are at 20
kbit/s.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.media.plane import STAMP, Prompt

TOC: Final = 0x48  # SILK, wide band, 20 ms, mono, one frame
PACKET_BYTES: Final = 50
_MARK: Final = b"ramal"
_HEAD: Final = struct.Struct("=B5scI")  # TOC, mark, side, number
_STAMP_AT: Final = _HEAD.size


class Side(StrEnum):
    CUSTOMER = "c"
    AGENT = "a"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who said a packet, and when it left: seconds of the plane's monotonic clock."""

    side: Side
    number: int
    left_s: float


def voice(side: Side, number: int) -> Prompt:
    """The voice of this customer or agent."""
    head = _HEAD.pack(TOC, _MARK, side.value.encode(), number)
    packet = head.ljust(PACKET_BYTES, b"\x55")
    return Prompt(f"{side.name.lower()} {number}", (packet,), loop=True, stamp_at=_STAMP_AT)


def read_stamp(payload: bytes) -> Stamp | None:
    """Whose packet this is; None: nobody's here (a prompt of the gateway, silence)."""
    if len(payload) != PACKET_BYTES:
        return None
    toc, mark, side, number = _HEAD.unpack_from(payload)
    if toc != TOC or mark != _MARK or side not in (b"a", b"c"):
        return None
    (left_s,) = STAMP.unpack_from(payload, _STAMP_AT)
    return Stamp(Side(side.decode()), number, left_s)
