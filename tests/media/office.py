"""A whole switchboard between far ends: customers behind a simulated relay, and agents in browsers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np

from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import FlowId, Plane, Prompt, TappedPacket
from gateway.media.prompts import Prompts, encode
from gateway.media.sdp_meta import outgoing_faults
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.webrtc_switchboard import WebRtcSwitchboard
from signaling.ids import AgentId, CallId, SeatId, new_call_id
from tests.media.peers import ANY_PORT, LOCALHOST, PROMPT, FarLeg, browser, meta_offer, meta_relay, seat_offer

AGENT = AgentId(7)
MUSIC = Prompt("music", (b"\xf8music",), loop=True)
CUSTOMER_VOICE = Prompt("customer", (b"\xf8customer",), loop=True)
AGENT_VOICE = Prompt("agent", (b"\xf8agent",), loop=True)
SECOND_VOICE = Prompt("second agent", (b"\xf8second",), loop=True)


@dataclass
class Office:
    """A gateway's switchboard, and everything it has told."""

    plane: Plane
    far_plane: Plane
    board: WebRtcSwitchboard = field(init=False)
    ports: range = ANY_PORT  # of WhatsApp legs
    prompts: Prompts = field(default=Prompts(hold_tone=PROMPT, hold_music=MUSIC, ringback=PROMPT))
    told: list[LegEvent | SeatEvent] = field(default_factory=list)
    far: list[FarLeg] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.board = WebRtcSwitchboard(self.plane, LOCALHOST, 0, self.ports, self.prompts, self._tell, self._tell)

    def _tell(self, event: LegEvent | SeatEvent) -> None:
        self.told.append(event)
        self._news.set()

    async def until(self, event: LegEvent | SeatEvent) -> None:
        async with asyncio.timeout(20):
            while event not in self.told:
                self._news.clear()
                await self._news.wait()

    async def customer(self, voice: Prompt = CUSTOMER_VOICE) -> "tuple[CallId, Ear]":
        """A customer calls, and our leg is connected; its gate is closed."""
        relay = await meta_relay(self.far_plane, Certificate())
        self.far.append(relay)
        call_id = new_call_id()
        answer = await self.board.answer_call(call_id, meta_offer(relay))
        assert outgoing_faults(answer, "answer") == []
        flow = await relay.answered(answer)
        await self.until(LegEvent(call_id, "connected"))
        self.far_plane.hear(flow, voice)
        return call_id, Ear(self.far_plane, flow)

    async def agent(self, voice: Prompt = AGENT_VOICE) -> "tuple[SeatId, Ear, FarLeg]":
        page = await browser(self.far_plane, Certificate())
        self.far.append(page)
        seat, answer = await self.board.answer_seat(AGENT, seat_offer(page))
        assert not self.board.seat_is_up(seat)
        flow = await page.answered(answer)
        await self.until(SeatEvent(AGENT, seat, "up"))
        self.far_plane.hear(flow, voice)
        return seat, Ear(self.far_plane, flow), page


class Ear:
    """What a far end hears, as payloads in order, with the numbers of the packets."""

    def __init__(self, plane: Plane, flow: FlowId) -> None:
        self.flow = flow
        self.packets: list[TappedPacket] = []
        self._news = asyncio.Event()
        plane.tap(flow, self._take)

    def _take(self, packet: TappedPacket) -> None:
        self.packets.append(packet)
        self._news.set()

    async def until(self, true: Callable[[list[bytes]], bool]) -> None:
        async with asyncio.timeout(20):
            while not true([packet.payload for packet in self.packets]):
                self._news.clear()
                await self._news.wait()

    async def hears(self, payload: bytes, times: int = 5) -> None:
        """`times` packets in a row from now on."""
        start = len(self.packets)
        await self.until(lambda heard: heard[start:][-times:] == [payload] * times)


# ---- sound -----------------------------------------------------------------------------------------------------------


def tone(hz: float) -> tuple[bytes, ...]:
    """A second of a sine as Opus packets, without those where it begins and ends."""
    samples = (8000 * np.sin(2 * np.pi * hz * np.arange(48_000) / 48_000)).astype(np.int16)
    return encode(samples)[1:-2]


def pitch_of(payloads: Sequence[bytes]) -> float:
    """Hertz of what Opus packets in order sound like."""
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    frames = [
        frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(float)
        for payload in payloads
        for frame in decoder.decode(av.Packet(payload))
    ]
    return pitch_hz(np.concatenate(frames[-30:]), 48_000)


def pitch_hz(samples: np.ndarray[Any, Any], rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(spectrum.argmax() * rate_hz / samples.size)
