"""A customer and two agents who speak over bad networks: one packet in twenty is lost, the others overtake each other.
What the mix makes of it, beside what it would be with silence for whatever is missing. On virtual time."""

import asyncio
from functools import partial
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.media import jitter
from gateway.media.jitter import Samples, Voice
from gateway.media.mixing import Blend
from gateway.media.plane import OPUS_FRAME_TICKS, FlowId, TappedPacket
from gateway.media.rtp import pack_rtp
from recording.libopus import Decoder
from tests.fakes.virtual_time import run_in_virtual_time
from tests.media.bad_wire import LOSS, BadWire
from tests.media.phone_voice import FRAME, PhoneVoice, Sound, phone_voice

FRAME_S: Final = 0.02
TURN_FRAMES: Final = 800
SETTLED_FRAMES: Final = 150
"""Three seconds, after which buffers are as deep as the network needs."""
WINDOW_FRAMES: Final = 75
"""1.5 s: some losses are in each."""
LATEST_FRAMES: Final = 8
LOUD: Final = 300
PHASE_S: Final = 0.007
"""Frames are due at another moment than packets are sent."""


class Silence(Decoder):
    """What mixes had before: nothing stands in for what is missing."""

    def conceal(self, samples: int, following: bytes | None = None) -> NDArray[np.int16]:
        return np.zeros(samples, np.int16)


async def speak(phone: PhoneVoice, frames: range, wire: BadWire, voice: Voice) -> None:
    await asyncio.sleep(frames.start * FRAME_S)
    sequence = 0
    for number in frames:
        if payload := phone.packets[number % len(phone.packets)]:
            sequence += 1
            sent = TappedPacket(FlowId(1), 0.0, 9, sequence, number * OPUS_FRAME_TICKS, False, payload)
            wire.carry(pack_rtp(111, False, sent.sequence, sent.ticks, sent.ssrc, payload), partial(voice.take, sent))
        await asyncio.sleep(FRAME_S)


async def mixed(phones: list[PhoneVoice]) -> tuple[Sound, list[BadWire]]:
    """What the customer hears of agents who speak one after the other, 20 ms after 20 ms."""
    voices, blend, customer, heard = [Voice() for _ in phones], Blend(), Decoder(), list[Sound]()
    wires = [BadWire(seed=100 + number, from_target=False) for number in range(len(phones))]
    async with asyncio.TaskGroup() as speaking:
        for turn, (phone, wire, voice) in enumerate(zip(phones, wires, voices, strict=True)):
            speaking.create_task(speak(phone, turn_of(turn), wire, voice))
        await asyncio.sleep(PHASE_S)
        for _ in range(TURN_FRAMES * len(phones)):
            frames: list[Samples] = [frame for voice in voices if (frame := voice.frame()) is not None]
            sound = customer.decode(blend.packet(frames))
            assert sound is not None
            heard.append(sound.astype(float))
            await asyncio.sleep(FRAME_S)
    return np.concatenate(heard), wires


def turn_of(agent: int) -> range:
    return range(agent * TURN_FRAMES, (agent + 1) * TURN_FRAMES)


def likeness(heard: Sound, phone: PhoneVoice, frames: range) -> NDArray[np.float64]:
    """For each window of somebody's turn in which they say something: the best correlation with what is heard then."""
    size, found = 1 << (2 * WINDOW_FRAMES * FRAME).bit_length(), []
    for first in range(frames.start + SETTLED_FRAMES, frames.stop - WINDOW_FRAMES - LATEST_FRAMES, WINDOW_FRAMES // 2):
        said = phone.said(first, first + WINDOW_FRAMES)
        near = heard[first * FRAME : (first + WINDOW_FRAMES + LATEST_FRAMES) * FRAME]
        if np.linalg.norm(said) > LOUD * np.sqrt(len(said)):
            cross = np.fft.irfft(np.fft.rfft(near, size) * np.conj(np.fft.rfft(said, size)), size)
            late = int(cross[: LATEST_FRAMES * FRAME].argmax())
            piece = near[late : late + len(said)]
            found.append(float(cross[late] / (np.linalg.norm(piece) * np.linalg.norm(said) + 1e-9)))
    return np.array(found)


@pytest.mark.parametrize(("fec", "gained"), [(True, 0.04), (False, 0.01)])
def test_what_is_lost_of_agents_is_stood_in_for_where_a_customer_hears_both(
    monkeypatch: pytest.MonkeyPatch, fec: bool, gained: float
) -> None:
    """The mix's own encoding leaves 0.96 of a voice of which nothing is lost."""
    phones = [phone_voice("joao", fec), phone_voice("maria", fec)]

    def judged() -> NDArray[np.float64]:
        heard, wires = run_in_virtual_time(mixed(phones))
        for wire in wires:
            assert 0.5 * LOSS < np.mean([sent.lost for sent in wire.sent]) < 1.6 * LOSS
        return np.concatenate([likeness(heard, phone, turn_of(turn)) for turn, phone in enumerate(phones)])

    stood_in_for = judged()
    monkeypatch.setattr(jitter, "Decoder", Silence)
    silent = judged()
    print(f"{stood_in_for.mean():.3f} ({stood_in_for.min():.3f}); silent {silent.mean():.3f} ({silent.min():.3f})")
    assert stood_in_for.mean() > silent.mean() + gained
    assert stood_in_for.mean() > (0.92 if fec else 0.89)
