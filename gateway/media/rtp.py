"""RTP packets as bytes and as values (RFC 3550 §5.1, RFC 8285, RFC 6464). Pure."""

import struct
from typing import NamedTuple

HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_VERSION_2 = 0x80
_ONE_BYTE_PROFILE = 0xBEDE  # RFC 8285 §4.2
_TWO_BYTE_PROFILE = 0x1000  # RFC 8285 §4.3, upper 12 bits


class MalformedRtp(ValueError):
    """Authentic, and yet not RTP: a broken sender."""


class RtpPacket(NamedTuple):
    """`ticks` is the RTP timestamp; `level_dbov` the RFC 6464 audio level (0 loud … -127 silent), where it was sent."""

    payload_type: int
    marker: bool
    sequence: int
    ticks: int
    ssrc: int
    payload: bytes
    level_dbov: int | None


def is_rtp_or_rtcp(data: bytes) -> bool:
    """By the first byte, as RFC 7983 §7 tells packets on one port apart."""
    return len(data) > 1 and 128 <= data[0] <= 191


def is_rtcp(data: bytes) -> bool:
    """Of RTP and RTCP on one port (RFC 5761 §4): RTCP packet types are 192 to 223."""
    return 192 <= data[1] <= 223


def parse_rtp(data: bytes, level_extension: int | None = None) -> RtpPacket:
    """A packet without its CSRCs, header extensions and padding. Raises MalformedRtp."""
    end = len(data)
    if end < 12:
        raise MalformedRtp("short")
    first, second, sequence, ticks, ssrc = HEADER.unpack_from(data)
    if first & 0xC0 != _VERSION_2:
        raise MalformedRtp("version")
    start = 12 + 4 * (first & 0x0F)
    level = None
    if first & 0x10:
        if end < start + 4:
            raise MalformedRtp("extension")
        profile, words = _EXTENSION.unpack_from(data, start)
        body, start = start + 4, start + 4 + 4 * words
        if start > end:
            raise MalformedRtp("extension")
        if level_extension is not None:
            level = _audio_level(data[body:start], profile, level_extension)
    if first & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            raise MalformedRtp("padding")
    if start > end:
        raise MalformedRtp("padding")
    return RtpPacket(second & 0x7F, second > 127, sequence, ticks, ssrc, data[start:end], level)


def _audio_level(body: bytes, profile: int, wanted: int) -> int | None:
    two_byte = profile & 0xFFF0 == _TWO_BYTE_PROFILE
    if not two_byte and profile != _ONE_BYTE_PROFILE:
        return None
    at, end = 0, len(body)
    while at < end:
        if body[at] == 0:  # padding between elements
            at += 1
            continue
        if two_byte:
            if at + 2 > end:
                return None
            element, size, at = body[at], body[at + 1], at + 2
        else:
            element, size, at = body[at] >> 4, (body[at] & 0x0F) + 1, at + 1
            if element == 15:  # reserved: stop here (RFC 8285 §4.2)
                return None
        if element == wanted and size >= 1 and at < end:
            return -(body[at] & 0x7F)
        at += size
    return None


def pack_rtp(payload_type: int, marker: bool, sequence: int, ticks: int, ssrc: int, payload: bytes) -> bytes:
    second = payload_type | 0x80 if marker else payload_type
    return HEADER.pack(_VERSION_2, second, sequence, ticks, ssrc) + payload
