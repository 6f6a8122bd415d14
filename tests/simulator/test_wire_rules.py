"""What a customer's phone notices about packets."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.simulator.faults import FaultKind
from gateway.simulator.wire_rules import RTP_HEADER, RtpPacket, WireWatch, opus_ms, read_rtp

SILENCE = bytes.fromhex("f8fffe")


PLAIN = RtpPacket(111, False, 65530, 4294960000, 7, SILENCE)


def packet(n: int, **changes: Any) -> RtpPacket:
    """The n-th of a good stream, or a changed one."""
    numbered = replace(PLAIN, sequence=(65530 + n) & 0xFFFF, ticks=(4294960000 + 960 * n) & 0xFFFF_FFFF)
    return replace(numbered, **changes)


def watch() -> WireWatch:
    return WireWatch(opus=111, telephone_event=126, announced_ssrc=7, late_audio_s=0.2)


def findings(*packets: RtpPacket, every_s: float = 0.02) -> list[FaultKind]:
    seen = watch()
    return [kind for n, one in enumerate(packets) for kind, _words in seen.see(one, 100.0 + n * every_s)]


def test_an_unbroken_stream_is_fine_also_where_its_numbers_wrap() -> None:
    assert findings(*(packet(n) for n in range(50))) == []


def test_a_loss_is_no_fault_of_the_sender() -> None:
    assert findings(packet(0), packet(1), packet(4)) == []


def test_a_timestamp_may_leap_forward() -> None:
    assert findings(packet(0), packet(1, ticks=(4294960000 + 96000) & 0xFFFF_FFFF)) == []


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (packet(0), FaultKind.SEQUENCE_BACKWARDS),
        (packet(-3), FaultKind.SEQUENCE_BACKWARDS),
        (packet(1, ticks=4294960000), FaultKind.TIMESTAMP_BACKWARDS),
        (packet(1, ticks=4294960000 - 960), FaultKind.TIMESTAMP_BACKWARDS),
        (packet(1, ssrc=8), FaultKind.SECOND_SSRC),
        (packet(1, payload_type=96), FaultKind.PAYLOAD_TYPE),
        (packet(1, payload=b""), FaultKind.NOT_20_MS),
        (packet(1, payload=b"\x18xx"), FaultKind.NOT_20_MS),
    ],
)
def test_a_broken_packet_is_noticed(second: RtpPacket, kind: FaultKind) -> None:
    assert findings(packet(0), second) == [kind]


def test_another_ssrc_than_announced_is_noticed_at_the_first_packet() -> None:
    assert findings(packet(0, ssrc=9)) == [FaultKind.SECOND_SSRC]


def test_a_gap_that_the_customer_hears_is_a_fault_of_its_own() -> None:
    assert findings(packet(0), packet(1), every_s=0.21) == [FaultKind.LATE_AUDIO]
    assert findings(packet(0), packet(1), every_s=0.19) == []


def test_a_gap_in_which_the_customer_was_made_deaf_is_nobodys_fault() -> None:
    seen = watch()
    assert seen.see(packet(0), 100.0) == []
    seen.pause()
    assert seen.see(packet(1), 106.0) == []
    assert [kind for kind, _words in seen.see(packet(2), 106.3)] == [FaultKind.LATE_AUDIO]


def test_packets_of_one_digit_share_a_timestamp() -> None:
    digits = [packet(n, payload_type=126, ticks=4294960960, payload=b"\x01\x0a\x00\xa0") for n in (1, 2, 3)]
    assert findings(packet(0), *digits) == []


@pytest.mark.parametrize(
    ("payload", "ms"),
    [
        (SILENCE, 20.0),
        (b"\x08", 20.0),
        (b"\x00", 10.0),
        (b"\x09", 40.0),
        (b"\x68", 20.0),
        (b"\x0b\x03", 60.0),
        (b"\x80", 2.5),
        (b"\x0b", 0),
        (b"", 0),
    ],
)
def test_the_length_of_an_opus_packet_is_read_from_its_first_byte(payload: bytes, ms: float) -> None:
    assert opus_ms(payload) == ms


def test_csrcs_extensions_and_padding_are_left_out_of_the_payload() -> None:
    header = RTP_HEADER.pack(0x80 | 0x20 | 0x10 | 1, 0x80 | 111, 5, 6, 7)
    data = header + b"CSRC" + b"\xbe\xde\x00\x01" + b"\x10\xff\x00\x00" + b"sound" + b"\x00\x00\x03"
    assert read_rtp(data) == RtpPacket(111, True, 5, 6, 7, b"sound")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(20),
        RTP_HEADER.pack(0x90, 111, 1, 1, 1),
        RTP_HEADER.pack(0x90, 111, 1, 1, 1) + b"\xbe\xde\xff\xff",
        RTP_HEADER.pack(0xA0, 111, 1, 1, 1) + b"\x00",
        RTP_HEADER.pack(0xA0, 111, 1, 1, 1) + b"\xff",
        RTP_HEADER.pack(0x8F, 111, 1, 1, 1) + b"ab",
    ],
)
def test_a_malformed_packet_is_none(data: bytes) -> None:
    assert read_rtp(data) is None
