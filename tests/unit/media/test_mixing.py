"""Voices that are mixed: aligned, loud together, late, twice, lost, silent in between, or no sound at all."""

from pathlib import Path

import numpy as np
import pytest

from gateway import simulator
from gateway.media.mixing import AHEAD, FURTHEST, LOUDEST, Blend, Limiter, Samples, Voice, decoded, new_decoder
from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import FlowId, TappedPacket
from gateway.media.prompts import decode, encode

FRAME = 960
VOICES = Path(simulator.__file__).with_name("voices")
LAG = 312
"""Samples by which libopus' encoder is behind at 48 kHz (6.5 ms)."""


def speech(frames: int, who: str = "maria") -> Samples:
    """A recorded voice, from its first word on."""
    sound = decode(VOICES / f"{who}.ogg").astype(np.float32)
    begins = int(np.argmax(np.abs(sound) > 3000))
    return sound[begins : begins + frames * FRAME]


def packets(sound: Samples, sequence: int = 65_530, ticks: int = 0xFFFF_F000) -> list[TappedPacket]:
    payloads = encode(sound.astype(np.int16))
    return [
        TappedPacket(FlowId(1), 0.0, 9, (sequence + n) & 0xFFFF, (ticks + n * FRAME) & 0xFFFF_FFFF, False, payload)
        for n, payload in enumerate(payloads)
    ]


def silence() -> Samples:
    return np.zeros(FRAME, np.float32)


def heard(voice: Voice, arrivals: list[list[TappedPacket]]) -> Samples:
    """What is due while these packets come, 20 ms after 20 ms."""
    frames = []
    for arrived in arrivals:
        for packet in arrived:
            voice.take(packet)
        frame = voice.frame()
        frames.append(silence() if frame is None else frame)
    return np.concatenate(frames)


def likeness(said: Samples, listened: Samples, delay: int) -> float:
    size = min(said.size, listened.size - delay)
    return float(np.corrcoef(said[:size], listened[delay : delay + size])[0, 1])


def test_a_voice_is_heard_one_frame_after_its_packets_through_the_wrap_around_of_its_numbers() -> None:
    said = speech(40)
    listened = heard(Voice(), [[packet] for packet in packets(said)])
    assert likeness(said[: 38 * FRAME], listened, AHEAD + LAG) > 0.9


def test_packets_in_pairs_out_of_order_and_twice_sound_as_if_they_had_come_in_time() -> None:
    said = speech(40)
    sent = packets(said)
    in_time = heard(Voice(), [[packet] for packet in sent])
    arrivals: list[list[TappedPacket]] = [[sent[0]]]
    for n in range(1, 39, 2):
        arrivals += [[sent[n + 1], sent[n], sent[n]], []]
    listened = heard(Voice(), arrivals)
    assert np.corrcoef(in_time[: 36 * FRAME], listened[: 36 * FRAME])[0, 1] > 0.99


def test_what_is_lost_is_silent_and_moves_nothing() -> None:
    said = speech(40)
    sent = packets(said)
    listened = heard(Voice(), [[] if n in (10, 11) else [packet] for n, packet in enumerate(sent)])
    lost = listened[11 * FRAME : 13 * FRAME]
    assert not lost.any()
    assert likeness(said[14 * FRAME : 36 * FRAME], listened[14 * FRAME :], AHEAD + LAG) > 0.85


def test_a_pause_of_dtx_is_silent_and_the_voice_comes_back_without_delay() -> None:
    said = speech(20)
    first = packets(said[: 10 * FRAME])
    second = packets(said[10 * FRAME :], 65_530 + len(first), 0xFFFF_F000 + 60 * FRAME)
    arrivals = [[p] for p in first] + [[]] * (60 - len(first)) + [[p] for p in second]
    listened = heard(Voice(), arrivals)
    assert not listened[(len(first) + 1) * FRAME : 60 * FRAME].any()
    assert listened[61 * FRAME : 62 * FRAME].any()


def test_a_voice_that_comes_late_is_heard_whole_from_then_on_and_never_more_than_the_limit_behind() -> None:
    said = speech(60)
    sent = packets(said)
    arrivals = [[packet] for packet in sent[:20]]
    arrivals += [[], [], [], sent[20:24]] + [[packet] for packet in sent[24:]]
    listened = heard(Voice(), arrivals)
    late = max(
        range(AHEAD, FURTHEST + FRAME, FRAME),
        key=lambda delay: likeness(said[30 * FRAME :], listened[30 * FRAME :], delay + LAG),
    )
    assert late <= FURTHEST
    assert likeness(said[30 * FRAME : 52 * FRAME], listened[30 * FRAME :], late + LAG) > 0.85


@pytest.mark.parametrize("payload", [b"\xff", b"\xff\x00\x00\x00\x00", b"\x03\x3f\x01\x02", bytes(1200)])
def test_what_is_no_opus_is_silence_and_the_next_packet_is_heard(payload: bytes) -> None:
    voice, sent = Voice(), packets(speech(10))
    voice.take(TappedPacket(FlowId(1), 0.0, 9, 65_529, 0xFFFF_F000 - FRAME, False, payload))
    assert heard(voice, [[packet] for packet in sent]).any()


def test_a_speaker_with_a_new_ssrc_goes_on_with_new_numbers() -> None:
    voice = Voice()
    heard(voice, [[packet] for packet in packets(speech(10))])
    fresh = [
        TappedPacket(FlowId(1), 0.0, 77, 5 + n, n * FRAME, False, packet.payload)
        for n, packet in enumerate(packets(speech(10)))
    ]
    assert heard(voice, [[packet] for packet in fresh])[2 * FRAME :].any()


def test_two_voices_are_both_in_what_the_listener_hears() -> None:
    one, other = speech(40), speech(40, "carlos")
    blend, decoder = Blend(), new_decoder()
    listened = []
    for n in range(40):
        part = slice(n * FRAME, (n + 1) * FRAME)
        sound = decoded(decoder, blend.packet([one[part], other[part]]))
        assert sound is not None and sound.size == FRAME
        listened.append(sound)
    together = np.concatenate(listened)
    assert likeness(one + other, together, LAG) > 0.9
    assert min(likeness(one, together, LAG), likeness(other, together, LAG)) > 0.5


def test_loud_voices_together_are_turned_down_and_never_cut() -> None:
    limit = Limiter()
    loud = np.full(FRAME, 28_000, np.float32)
    for _ in range(5):
        assert np.abs(limit(loud + loud)).max() <= LOUDEST
    soft = np.full(FRAME, 8_000, np.float32)
    levels = [int(limit(soft)[-1]) for _ in range(60)]
    assert levels == sorted(levels) and levels[0] < 7_000 and levels[-1] > 7_900


def test_when_nobody_speaks_the_listener_gets_silence_after_the_last_of_the_sound() -> None:
    blend = Blend()
    assert blend.packet([]) == SILENCE_PACKET
    blend.packet([speech(1)])
    assert [blend.packet([]) == SILENCE_PACKET for _ in range(4)] == [False, False, True, True]
