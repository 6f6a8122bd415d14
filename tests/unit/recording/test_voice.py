"""One side's packets become sound: what was lost is stood in for, what was not said stays silent."""

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recording.journal import Leg, Packet
from recording.libopus import Decoder, samples_of
from recording.sides import Side
from recording.timeline import OPUS_LOOKAHEAD_SAMPLES, RATE_HZ
from recording.voice import WINDOW_SAMPLES, Voice
from tests.media.phone_voice import FRAME, PhoneVoice, phone_voice

Heard = NDArray[np.float64]

VOICED = slice(20, 50)
"""Frames in which all of the voices below speak."""


def said(voice: PhoneVoice, frames: Iterable[int], ssrc: int = 7, begin_s: float = 0.0) -> list[Packet]:
    """Those frames of a voice that says it over and over; numbered as if all frames had been sent."""
    packets, number = [], 0
    wanted = set(frames)
    for frame in range(max(wanted) + 1):
        payload = voice.packets[frame % len(voice.packets)]
        number += bool(payload)
        if payload and frame in wanted:
            ticks = frame * FRAME
            packets.append(Packet(Leg.AGENT, begin_s + frame * 0.02, ssrc, number, ticks, False, payload))
    return packets


def heard(folder: Path, packets: list[Packet], windows: int = 1) -> Heard:
    """Shifted so that a frame's sound is at its own place."""
    side, payloads = Side(folder), io.BytesIO()
    for packet in sorted(packets, key=lambda packet: packet.at_s):
        side.add(packet, payloads.tell())
        payloads.write(packet.payload)
    voice = Voice(side, payloads)
    sound = np.concatenate([voice.window(number * WINDOW_SAMPLES) for number in range(windows)])
    side.close()
    return np.concatenate([np.zeros(OPUS_LOOKAHEAD_SAMPLES), sound]).astype(float)


def frames_of(sound: Heard, first: int, count: int = 1) -> Heard:
    return sound[first * FRAME : (first + count) * FRAME]


def alike(one: Heard, other: Heard) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))


def without(lost: Iterable[int], frames: int = 100) -> list[int]:
    gone = set(lost)
    return [frame for frame in range(frames) if frame not in gone]


@pytest.mark.parametrize("name", ["joao", "maria", "ana"])
def test_a_lost_packet_is_heard_from_the_next_one_that_repeats_it_and_else_it_is_guessed(
    tmp_path: Path, name: str
) -> None:
    lost = range(VOICED.start, VOICED.stop, 5)
    scores = {}
    for fec in (True, False):
        voice = phone_voice(name, fec)
        sound = heard(tmp_path, said(voice, without(lost)))
        heard_of_lost = np.concatenate([frames_of(sound, frame) for frame in lost])
        said_of_lost = np.concatenate([frames_of(voice.sound, frame) for frame in lost])
        assert all(np.abs(frames_of(sound, frame)).max() > 0 for frame in lost), "nothing is left out"
        scores[fec] = alike(heard_of_lost, said_of_lost)
    print(name, scores)
    assert scores[True] > 0.9 and scores[False] > 0.4


def test_a_loss_at_the_border_of_two_windows_is_stood_in_for(tmp_path: Path) -> None:
    voice, across = phone_voice("joao"), WINDOW_SAMPLES // FRAME  # this frame begins in one and ends in the other
    lost = max(range(25, 45), key=lambda frame: np.linalg.norm(frames_of(voice.sound, frame)[:OPUS_LOOKAHEAD_SAMPLES]))
    packets = said(voice, without([lost]), begin_s=(across - lost) * 0.02)
    sound = heard(tmp_path, packets, windows=2)
    begins_at = OPUS_LOOKAHEAD_SAMPLES
    there, meant = frames_of(sound, across), frames_of(voice.sound, lost)
    assert alike(there[:begins_at], meant[:begins_at]) > 0.8
    assert alike(there[begins_at:], meant[begins_at:]) > 0.8


def test_where_the_sender_was_silent_nothing_is_made_up(tmp_path: Path) -> None:
    voice = phone_voice("maria")
    pauses = [frame for frame, payload in enumerate(voice.packets) if not payload][:10]
    assert pauses
    sound = heard(tmp_path, said(voice, range(150)))
    for frame in pauses:
        assert np.abs(frames_of(sound, frame)).max() == 0


def test_nothing_is_made_up_for_a_long_gap_and_the_packet_behind_it_does_not_tell_what_was_in_it(
    tmp_path: Path,
) -> None:
    voice = phone_voice("ana")
    sound = heard(tmp_path, said(voice, without(range(22, 29))))  # 140 ms: a pause for card data may be this short
    assert np.abs(frames_of(sound, 22, 7)[: -FRAME // 2]).max() == 0
    assert np.abs(frames_of(sound, 28)).max() == 0
    assert alike(frames_of(sound, 30, 20), frames_of(voice.sound, 30, 20)) > 0.9


def test_a_pause_with_a_loss_in_it_is_filled_only_where_something_was_said(tmp_path: Path) -> None:
    voice = phone_voice("joao")
    packets = said(voice, range(60))
    # 60 ms after frame 30 of which 20 were lost: the packet behind repeats what was said right before it.
    late = [
        replace(packet, ticks=packet.ticks + 2 * FRAME, at_s=packet.at_s + 0.04) if number > 31 else packet
        for number, packet in enumerate(packets)
        if number != 31
    ]
    sound = heard(tmp_path, late)
    assert np.abs(frames_of(sound, 31, 2)).max() == 0
    assert alike(frames_of(sound, 33), frames_of(voice.sound, 31)) > 0.5


def test_two_senders_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = phone_voice("joao"), phone_voice("maria")
    first = said(one, range(100))
    second = said(other, range(100), ssrc=8, begin_s=0.01)
    alone = [heard(tmp_path, packets) for packets in (first, second)]
    assert np.abs(heard(tmp_path, first + second) - sum(alone)).max() <= 2


def test_a_clock_that_is_slower_than_ours_leaves_no_holes_and_a_faster_one_no_echo(tmp_path: Path) -> None:
    voice = phone_voice("joao")
    whole = heard(tmp_path, said(voice, range(100)))
    for step_ms in (7.5, -7.5):  # once: from frame 30 on
        step = round(step_ms * 48)
        moved = [
            replace(packet, at_s=packet.at_s + step / RATE_HZ, ticks=packet.ticks + step)
            if packet.ticks >= 30 * FRAME
            else packet
            for packet in said(voice, range(100))
        ]
        sound = heard(tmp_path, moved)
        seam = sound[30 * FRAME - 400 : 30 * FRAME + 400]
        assert np.abs(np.diff(seam)).max() < 2 * np.abs(np.diff(whole[25 * FRAME : 35 * FRAME])).max(), "no click"
        assert all(np.abs(seam[at : at + 100]).max() > 0 for at in range(0, 800, 100)), "no hole"
        assert alike(sound[35 * FRAME + step :][: 10 * FRAME], frames_of(whole, 35, 10)) > 0.99


def test_the_same_packet_twice_is_heard_once(tmp_path: Path) -> None:
    packets = said(phone_voice("ana"), range(60))
    assert (heard(tmp_path, packets) == heard(tmp_path, [*packets, replace(packets[20], at_s=0.9)])).all()


@pytest.mark.parametrize("junk", [b"", b"\xff\xff\xff\xff", b"\x03", b"\xfb\x00"])
def test_what_is_no_opus_has_no_length_and_no_sound(junk: bytes) -> None:
    assert samples_of(junk) == 0
    assert Decoder().decode(junk) is None or not junk


def test_any_bytes_leave_the_decoder_fit_for_what_follows(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    voice = phone_voice("maria")
    packets = said(voice, range(100))
    junk = [
        replace(packet, payload=chance.bytes(int(chance.integers(1, 200)))) if 5 < number < 25 else packet
        for number, packet in enumerate(packets)
    ]
    sound = heard(tmp_path, junk)
    assert alike(frames_of(sound, 60, 30), frames_of(voice.sound, 60, 30)) > 0.9
