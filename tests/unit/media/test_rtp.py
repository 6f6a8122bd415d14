import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.rtp import MalformedRtp, is_rtcp, is_rtp_or_rtcp, pack_rtp, parse_rtp

PAYLOAD = b"sound"


def with_extension(profile: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    plain = pack_rtp(111, False, 1, 2, 3, b"")
    return bytes([plain[0] | 0x10]) + plain[1:] + struct.pack("!HH", profile, len(body) // 4) + body + PAYLOAD


def test_a_packet_reads_back_as_it_was_packed() -> None:
    packet = parse_rtp(pack_rtp(111, True, 65535, 0xFFFF_FFFF, 0xDEAD_BEEF, PAYLOAD))
    assert packet == (111, True, 65535, 0xFFFF_FFFF, 0xDEAD_BEEF, PAYLOAD, None)


def test_the_audio_level_is_read_from_one_byte_and_two_byte_extensions() -> None:
    one_byte = with_extension(0xBEDE, bytes([0x31, 9, 9, 0x10, 0x80 | 37]))
    two_byte = with_extension(0x1000, bytes([3, 2, 9, 9, 1, 1, 37]))
    assert [parse_rtp(data, 1).level_dbov for data in (one_byte, two_byte)] == [-37, -37]
    assert [parse_rtp(data, 1).payload for data in (one_byte, two_byte)] == [PAYLOAD, PAYLOAD]
    assert parse_rtp(one_byte, 2).level_dbov is None
    assert parse_rtp(one_byte).level_dbov is None


def test_csrcs_and_padding_are_no_sound() -> None:
    plain = pack_rtp(111, False, 1, 2, 3, b"")
    data = bytes([0xA2]) + plain[1:] + bytes(8) + PAYLOAD + b"\0\0\3"
    assert parse_rtp(data).payload == PAYLOAD


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" + bytes(10),
        b"\x40" + bytes(11),  # version 1
        b"\x8f" + bytes(11),  # 15 CSRCs that are not there
        b"\x90" + bytes(11),  # an extension that is not there
        b"\x90" + bytes(11) + b"\xbe\xde\xff\xff",  # longer than the packet
        b"\xa0" + bytes(11) + b"\xff",  # more padding than packet
        b"\xa0" + bytes(12),  # padding of no bytes
    ],
)
def test_broken_packets_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedRtp):
        parse_rtp(data, 1)


@settings(deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"\x80", b"\x90", b"\xb5"]))
def test_any_bytes_are_a_packet_or_refused(data: bytes, first: bytes) -> None:
    try:
        packet = parse_rtp(first + data, 1)
    except MalformedRtp:
        return
    assert len(packet.payload) <= len(data)


def test_rtp_rtcp_stun_and_dtls_are_told_apart_by_their_first_bytes() -> None:
    assert is_rtp_or_rtcp(b"\x80\x6f") and not is_rtp_or_rtcp(b"\x16\xfe") and not is_rtp_or_rtcp(b"\x00\x01")
    assert is_rtcp(b"\x80\xc8") and not is_rtcp(b"\x80\x6f") and not is_rtcp(b"\x80\xef")  # marked Opus is 239
