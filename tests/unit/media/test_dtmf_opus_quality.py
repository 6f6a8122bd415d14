import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.dtmf import Digit, DigitReader, event_payload
from gateway.media.opus import SILENCE_PACKET, duration_ticks, is_quiet
from gateway.media.quality import mean_opinion_score


def press(reader: DigitReader, ticks: int, key: str, *, ends: int = 3) -> list[Digit]:
    packets = [event_payload(key, ms, end=False) for ms in (20, 40, 60, 80)]
    packets += [event_payload(key, 100, end=True)] * ends
    return [digit for packet in packets for digit in reader.read(ticks, packet)]


def test_every_key_comes_out_once_with_its_length_at_8000_hertz() -> None:
    reader = DigitReader()
    heard = [digit for n, key in enumerate("0123456789*#ABCD") for digit in press(reader, 48_000 * n, key)]
    assert heard == [Digit(key, 100) for key in "0123456789*#ABCD"]


def test_the_same_key_twice_is_two_digits() -> None:
    reader = DigitReader()
    assert press(reader, 0xFFFF_F000, "5") + press(reader, 0x100, "5") == [Digit("5", 100)] * 2  # over the wrap


def test_a_key_whose_ends_are_lost_is_told_when_the_next_begins_or_by_flush() -> None:
    reader = DigitReader()
    assert press(reader, 1000, "7", ends=0) == []
    assert press(reader, 9000, "8", ends=0) == [Digit("7", 80)]
    assert reader.flush() == [Digit("8", 80)]
    assert reader.flush() == []


def test_late_packets_of_an_earlier_key_say_nothing() -> None:
    reader = DigitReader()
    press(reader, 1000, "7")
    press(reader, 9000, "8")
    assert reader.read(1000, event_payload("7", 100, end=True)) == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=6)), max_size=30))
def test_any_events_are_digits_or_nothing(packets: list[tuple[int, bytes]]) -> None:
    reader = DigitReader()
    digits = [digit for ticks, payload in packets for digit in reader.read(ticks, payload)]
    assert len(digits) <= len(packets)


def test_the_silence_packet_is_twenty_milliseconds() -> None:
    assert duration_ticks(SILENCE_PACKET) == 960


def test_what_a_muted_browser_sends_is_known_by_its_size() -> None:
    assert all(is_quiet(payload) for payload in (b"\x78", b"\x78\x00", b"\x78\xff\xfe", SILENCE_PACKET))
    assert not is_quiet(b"\x78 the shortest speech")


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        (b"\x08x", 960),  # SILK, 20 ms
        (b"\x18x", 2880),  # SILK, 60 ms
        (b"\x70x", 480),  # hybrid, 10 ms
        (b"\xf9xx", 1920),  # two CELT frames of 20 ms
        (b"\xfb\x03x", 2880),  # three
        (b"\xfb\x3fx", None),  # 63 of 20 ms: more than 120 ms
        (b"\xfb", None),
        (b"", None),
    ],
)
def test_the_length_of_a_packet_is_read_from_its_first_bytes(packet: bytes, ticks: int | None) -> None:
    assert duration_ticks(packet) == ticks


def test_quality_falls_with_loss_delay_and_jitter() -> None:
    best = mean_opinion_score(0.0, 1.0, 20.0)
    assert best > 4.3
    assert best > mean_opinion_score(0.03, 1.0, 20.0) > mean_opinion_score(0.2, 1.0, 20.0)
    assert best > mean_opinion_score(0.0, 1.0, 600.0)
    assert best > mean_opinion_score(0.0, 80.0, 20.0)
    assert mean_opinion_score(1.0, 500.0, 5000.0) == 1.0
