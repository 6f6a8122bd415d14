"""What a recorder is given, and what becomes of a call whose recorder fails."""

import errno
import io
import os
from pathlib import Path

import pytest

from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import Endpoint, FlowId, Plane, Prompt, TappedPacket
from gateway.media.tape import packets_of
from tests.media.peers import RawPeer, Told, eventually
from tests.media.test_plane import VOICE

pytestmark = pytest.mark.paired


async def a_pair(plane: Plane, endpoint: Endpoint) -> tuple[RawPeer, RawPeer, FlowId]:
    speaker, listener = RawPeer(), RawPeer()
    source, target = await speaker.join(plane, endpoint), await listener.join(plane, endpoint)
    plane.open_gate(source)
    plane.open_gate(target)
    plane.hear(target, source)
    return speaker, listener, source


async def test_a_recorder_is_given_every_packet_as_it_came(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    kept: list[TappedPacket] = []
    pieces: list[int] = []

    def keep(piece: bytes) -> None:
        pieces.append(len(piece))
        kept.extend(packets_of(source, piece))

    plane.record(source, keep)
    first = speaker.sequence + 1
    for n in range(100):
        speaker.say(bytes([0x78, n]) + os.urandom(n), skip=n == 50)
    await listener.hears(100)
    plane.stop_recording(source)
    await eventually(lambda: pieces[-1] == 0)  # that was all
    assert len(kept) == 100 and pieces.count(0) == 1
    speaker.say(VOICE)
    await listener.hears(101)
    assert [packet.payload for packet in kept] == listener.payloads[:100]
    assert [(packet.sequence - first) & 0xFFFF for packet in kept] == [n + (n >= 50) for n in range(100)]
    assert {packet.ssrc for packet in kept} == {speaker.ssrc}
    arrivals = [packet.arrived_s for packet in kept]
    assert arrivals == sorted(arrivals)
    assert len(pieces) < 50  # many at once
    figures = plane.figures(source).received
    assert figures.first_packet_s is not None and abs(arrivals[0] - figures.first_packet_s) < 0.001


async def test_the_last_words_are_on_the_tape_when_the_flow_is_removed(plane: Plane, endpoint: Endpoint) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    pieces: list[bytes] = []
    plane.record(source, pieces.append)
    speaker.say(VOICE)
    await listener.hears(1)
    plane.remove_flow(source)
    await eventually(lambda: pieces[-1:] == [b""])
    assert [packet.payload for piece in pieces for packet in packets_of(source, piece)] == [VOICE]


async def test_a_pause_does_not_keep_back_what_was_said_before_it(plane: Plane, endpoint: Endpoint) -> None:
    speaker, _, source = await a_pair(plane, endpoint)
    pieces: list[bytes] = []
    plane.record(source, pieces.append)
    speaker.say(VOICE)
    await eventually(lambda: bool(pieces))  # though no packet follows
    assert [packet.payload for packet in packets_of(source, pieces[0])] == [VOICE]


def open_full_disk() -> io.FileIO:
    """Every write to it fails with ENOSPC."""
    return io.FileIO("/dev/full", "wb")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's /dev/full")
async def test_on_a_full_disk_the_recording_fails_and_is_told_and_the_call_goes_on(
    plane: Plane, endpoint: Endpoint
) -> None:
    speaker, listener, source = await a_pair(plane, endpoint)
    told = Told(plane, "tap_failed")
    with open_full_disk() as disk:

        def keep(packet: TappedPacket) -> None:
            disk.write(packet.payload)

        plane.record(source, disk.write)
        plane.tap(source, keep)
        for _ in range(3):
            speaker.say(VOICE)
        await listener.hears(3)
        await told.until(lambda: len(told.events) == 2)
    for _ in range(3):
        speaker.say(VOICE)
    await listener.hears(6)
    assert listener.payloads == [VOICE] * 6
    assert [(name, flow, error.errno) for name, flow, error in told.events] == [
        ("tap_failed", source, errno.ENOSPC)
    ] * 2
    again: list[bytes] = []  # there is room again: a new recorder is welcome
    plane.record(source, again.append)
    speaker.say(VOICE)
    await eventually(lambda: bool(again))


async def test_what_a_flow_is_played_is_taped_as_it_leaves_each_sound_on_a_clock_of_its_own(
    plane: Plane, endpoint: Endpoint
) -> None:
    listener, speaker = RawPeer(), RawPeer()
    target, source = await listener.join(plane, endpoint), await speaker.join(plane, endpoint)
    plane.open_gate(target)
    kept: list[TappedPacket] = []
    pieces: list[int] = []

    def keep(piece: bytes) -> None:
        pieces.append(len(piece))
        kept.extend(packets_of(target, piece))

    plane.hear(target, source)
    plane.record(target, keep, played=True)
    speaker.say(VOICE)
    await listener.hears(1)  # a voice is nothing that we play
    words, music = Prompt("words", (b"\xf8one", b"\xf8two")), Prompt("music", (b"\xf8a", b"\xf8b", b"\xf8c"), loop=True)
    ended = Told(plane, "prompt_ended")
    plane.hear(target, words)
    await ended.until(lambda: bool(ended.events))
    plane.hear(target, music)
    await listener.hears(3 + 10)
    plane.stop_recording(target, played=True)
    await eventually(lambda: pieces[-1:] == [0])
    payloads = [payload for payload in listener.payloads[1:] if payload != SILENCE_PACKET]
    assert len(kept) >= 12 and [packet.payload for packet in kept] == payloads[: len(kept)]
    first, second = dict.fromkeys(packet.ssrc for packet in kept)
    for ssrc, sound in ((first, words), (second, music)):  # which runs on when the music begins anew, and with the wall
        packets = [packet for packet in kept if packet.ssrc == ssrc]
        clock = [packet.ticks // 960 for packet in packets]
        assert clock[0] == 0 and clock == sorted(set(clock))
        assert [packet.payload for packet in packets] == [sound.packets[n % len(sound.packets)] for n in clock]
        delays = [packet.arrived_s - packet.ticks / 48_000 for packet in packets]
        assert max(delays) - min(delays) < 0.25  # a machine that stood still is made up for
