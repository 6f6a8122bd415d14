"""One speaker of a mix: packets in time, late, twice, lost, after a pause, on another clock, or no sound at all."""

import random
from dataclasses import replace

import numpy as np
import pytest

from gateway.media.jitter import AHEAD, FURTHEST, MOST_GUESSED, Samples, Voice
from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import FlowId, TappedPacket
from gateway.media.prompts import encode
from tests.media.phone_voice import phone_voice
from tests.unit.media.test_mixing import FRAME, LAG, likeness, speech

DTX = b"\x08"
"""What an encoder says when its speaker falls silent, before it sends nothing more."""


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


def test_what_is_lost_is_stood_in_for_and_moves_nothing() -> None:
    said = speech(40)
    sent = packets(said)
    in_time = heard(Voice(), [[packet] for packet in sent])
    listened = heard(Voice(), [[] if n in (10, 11) else [packet] for n, packet in enumerate(sent)])
    lost = slice(11 * FRAME, 13 * FRAME)
    assert np.array_equal(listened[: lost.start], in_time[: lost.start])
    assert np.corrcoef(listened[lost], in_time[lost])[0, 1] > 0.4, "guessed from the voice before it"
    assert likeness(said[14 * FRAME : 36 * FRAME], listened[14 * FRAME :], AHEAD + LAG) > 0.85


def test_of_a_packet_that_was_lost_the_next_one_is_asked_first() -> None:
    """As in `tests.media.phone_voice`, each packet repeats the one before it."""
    phone = phone_voice("maria")
    spoken = [n for n, payload in enumerate(phone.packets[:150]) if len(payload) > 20]
    sent = [
        TappedPacket(FlowId(1), 0.0, 9, n, n * FRAME, False, payload)
        for n, payload in enumerate(phone.packets[: spoken[40]])
    ]
    likenesses = []
    for missing in spoken[12:30]:
        arrivals = [[] if n == missing or not packet.payload else [packet] for n, packet in enumerate(sent)]
        listened = heard(Voice(), arrivals)[(missing + 1) * FRAME : (missing + 2) * FRAME]
        likenesses.append(np.corrcoef(listened, phone.said(missing, missing + 1))[0, 1])
    assert np.median(likenesses) > 0.9


def test_a_packet_that_comes_when_the_next_one_has_come_but_before_its_turn_is_not_lost() -> None:
    sent = packets(speech(40))
    deep = [[], [], [sent[0], sent[1], sent[2]]] + [[packet] for packet in sent[3:]]
    swapped = [list(arrived) for arrived in deep]
    swapped[20], swapped[21] = deep[21], deep[20]
    assert np.array_equal(heard(Voice(), swapped)[: 30 * FRAME], heard(Voice(), deep)[: 30 * FRAME])


def test_a_pause_of_dtx_is_silent_at_once_and_the_voice_comes_back_without_delay() -> None:
    said = speech(20)
    first = packets(said[: 10 * FRAME])
    says_so = replace(
        first[-1],
        sequence=(first[-1].sequence + 1) & 0xFFFF,
        ticks=(first[-1].ticks + FRAME) & 0xFFFF_FFFF,
        payload=DTX,
    )
    second = packets(said[10 * FRAME :], 65_530 + len(first) + 1, 0xFFFF_F000 + 60 * FRAME)
    arrivals = [[p] for p in first] + [[says_so]] + [[]] * (59 - len(first)) + [[p] for p in second]
    listened = heard(Voice(), arrivals)
    assert listened[len(first) * FRAME : (len(first) + 1) * FRAME].any()
    assert not listened[(len(first) + 1) * FRAME : 60 * FRAME].any()
    assert listened[61 * FRAME : 62 * FRAME].any()


def test_a_voice_that_breaks_off_is_guessed_on_for_a_moment_and_fades() -> None:
    sent = packets(speech(20))
    listened = heard(Voice(), [[packet] for packet in sent[:15]] + [[]] * 40)
    ends = 16 * FRAME + MOST_GUESSED
    assert listened[16 * FRAME : ends - FRAME].any() and not listened[ends:].any()
    assert np.abs(listened[ends - 10 : ends]).max() < 200


def test_the_network_gets_slower_for_good_and_the_voice_is_heard_that_much_later() -> None:
    """By 60 ms, and again: whoever only ever waited up to a limit would hear nothing of it any more."""
    said = speech(100)
    sent = packets(said)
    arrivals = [[p] for p in sent[:20]] + [[]] * 3 + [[p] for p in sent[20:50]] + [[]] * 3 + [[p] for p in sent[50:]]
    listened = heard(Voice(), arrivals)
    late = 6 * FRAME + LAG  # of which 20 ms were waited from the beginning
    assert likeness(said[60 * FRAME : 95 * FRAME], listened[60 * FRAME :], late) > 0.85


def test_who_overtakes_others_again_and_again_waits_longer_and_is_heard_whole_from_then_on() -> None:
    said = speech(150)
    sent = packets(said)
    chance = random.Random(3)
    arrivals: list[list[TappedPacket]] = [[] for _ in range(160)]
    for n, packet in enumerate(sent):
        arrivals[n + chance.choice((0, 0, 1, 2, 3))].append(packet)
    listened = heard(Voice(), arrivals)
    best = max(
        range(AHEAD, FURTHEST + FRAME, FRAME),
        key=lambda delay: likeness(said[80 * FRAME :], listened[80 * FRAME :], delay + LAG),
    )
    assert likeness(said[80 * FRAME : 140 * FRAME], listened[80 * FRAME :], best + LAG) > 0.85


def test_a_clock_that_begins_anew_is_followed_in_either_direction() -> None:
    said = speech(60)
    sent = packets(said)
    for jump in (-500_000, 500_000, 1 << 31):
        jumped = [*sent[:20], *(replace(p, ticks=(p.ticks + jump) & 0xFFFF_FFFF) for p in sent[20:])]
        listened = heard(Voice(), [[packet] for packet in jumped])
        late = max(
            range(AHEAD, FURTHEST + FRAME, FRAME),
            key=lambda delay: likeness(said[30 * FRAME :], listened[30 * FRAME :], delay + LAG),
        )
        assert likeness(said[30 * FRAME : 52 * FRAME], listened[30 * FRAME :], late + LAG) > 0.85


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


def test_whatever_a_hostile_sender_sends_each_frame_is_20_ms_and_little_is_kept_of_it() -> None:
    chance, voice, real = random.Random(1), Voice(), [p.payload for p in packets(speech(30))]
    for _ in range(400):
        for _ in range(chance.choice((0, 1, 1, 60))):
            payload = chance.choice((chance.choice(real), SILENCE_PACKET, b"", chance.randbytes(chance.randrange(40))))
            voice.take(
                TappedPacket(
                    FlowId(1),
                    0.0,
                    chance.choice((9, 9, 9, 9, chance.getrandbits(32))),
                    chance.choice((chance.randrange(100), chance.getrandbits(16))),
                    chance.choice((chance.randrange(50_000), chance.getrandbits(32))),
                    False,
                    payload,
                )
            )
        frame = voice.frame()
        assert frame is None or (frame.shape == (FRAME,) and np.isfinite(frame).all())
    assert voice._sound.size <= 6 * FRAME
