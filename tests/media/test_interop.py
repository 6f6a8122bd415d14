"""Real WebRTC stacks that are not ours on a seat, aiortc, Chromium and GStreamer's webrtcbin: each of them talks with a
customer through every plane. Their own ICE, DTLS and SRTP, and sound that is the same at the other end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from playwright.async_api import Page, async_playwright

from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import Prompt
from gateway.media.switchboard import SeatEvent
from tests.browser.softphone import CHROMIUM
from tests.media.office import AGENT, Ear, Office, pitch_hz, pitch_of, tone
from tests.media.peers import LOCALHOST

CUSTOMER_HZ: Final = 660.0
TONE: Final = Prompt("tone", tone(CUSTOMER_HZ), loop=True)
THEIRS_HZ: Final = 440.0
IN_A_ROW: Final = 40
"""Packets, of which each is followed by the one that followed it when it was sent."""
SYSTEM_PYTHON: Final = Path("/usr/bin/python3")
WEBRTCBIN_PEER: Final = Path(__file__).with_name("webrtcbin_peer.py")


async def hears_tone_of_440_hz(customer: Ear) -> None:
    """Sixty packets of sound, and its pitch after the first ones."""

    def said(payloads: Sequence[bytes]) -> list[bytes]:
        return [payload for payload in payloads if payload != SILENCE_PACKET]

    await customer.until(lambda payloads: len(said(payloads)) > 60)
    assert pitch_of(said([packet.payload for packet in customer.packets])) == pytest.approx(THEIRS_HZ, abs=5)


# ---- aiortc ----------------------------------------------------------------------------------------------------------


class Tone(AudioStreamTrack):
    """A microphone."""

    async def recv(self) -> av.AudioFrame:
        frame: Any = await super().recv()
        t = (frame.pts + np.arange(frame.samples)) / frame.sample_rate
        tone = (8000 * np.sin(2 * np.pi * THEIRS_HZ * t)).astype(np.int16)
        fresh = av.AudioFrame.from_ndarray(tone[None, :], "s16", "mono")
        fresh.pts, fresh.sample_rate, fresh.time_base = frame.pts, frame.sample_rate, frame.time_base
        return fresh


async def decoded(track: MediaStreamTrack, loud_frames: int) -> tuple[np.ndarray[Any, Any], int]:
    pieces: list[np.ndarray[Any, Any]] = []
    async with asyncio.timeout(20):
        while len(pieces) < loud_frames:
            frame: Any = await track.recv()
            mono = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(float)
            if np.abs(mono).max() > 500:
                pieces.append(mono)
    return np.concatenate(pieces), frame.sample_rate


async def test_aiortc_takes_our_answer_as_a_browser_would_and_sound_is_sound(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [LOCALHOST])
    call_id, customer = await office.customer(TONE)
    office.board.open_audio(call_id)
    page = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    page.addTransceiver(Tone(), direction="sendrecv")
    page.addTransceiver("audio", direction="recvonly")
    await page.setLocalDescription(await page.createOffer())
    seat, answer = await office.board.answer_seat(AGENT, page.localDescription.sdp)
    candidates = "".join(line for line in answer.splitlines(keepends=True) if line.startswith("a=candidate"))
    answer += candidates + "a=end-of-candidates\r\n"  # of a bundle, aiortc reads those of the last section only
    await page.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await office.until(SeatEvent(AGENT, seat, "up"))
    office.board.connect(call_id, seat)
    heard, rate_hz = await decoded(page.getReceivers()[0].track, 20)
    assert pitch_hz(heard, rate_hz) == pytest.approx(CUSTOMER_HZ, abs=5)
    await hears_tone_of_440_hz(customer)
    await page.close()
    await office.until(SeatEvent(AGENT, seat, "down", "closed_by_peer"))


# ---- Chromium --------------------------------------------------------------------------------------------------------

JOIN = """async (hz) => {
  const context = new AudioContext({ sampleRate: 48000 });
  const oscillator = new OscillatorNode(context, { frequency: hz });
  const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  oscillator.connect(microphone);
  oscillator.start();
  const peer = new RTCPeerConnection();
  peer.addTransceiver(microphone.stream.getAudioTracks()[0], { direction: "sendrecv" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  const heard = new MediaStream([peer.getReceivers()[0].track]);
  const pull = new Audio();  // Chromium decodes only what somebody plays
  pull.muted = true;
  pull.srcObject = heard;
  pull.play();
  const analyser = new AnalyserNode(context, { fftSize: 32768, smoothingTimeConstant: 0 });
  new MediaStreamAudioSourceNode(context, { mediaStream: heard }).connect(analyser);
  window.seat = { peer, context, analyser };
  await peer.setLocalDescription();
  return peer.localDescription.sdp;
}"""
PITCH = """() => {
  const { context, analyser } = window.seat;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  return levels[loudest] > -60 ? (loudest * context.sampleRate) / analyser.fftSize : null;
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"],
        )
        yield await browser.new_page()
        await browser.close()


async def test_chromium_and_a_customer_hear_each_other(office: Office, page: Page) -> None:
    call_id, customer = await office.customer(TONE)
    office.board.open_audio(call_id)
    seat, answer = await office.board.answer_seat(AGENT, await page.evaluate(JOIN, THEIRS_HZ))
    await page.evaluate("(sdp) => window.seat.peer.setRemoteDescription({ type: 'answer', sdp })", answer)
    await office.until(SeatEvent(AGENT, seat, "up"))
    office.board.connect(call_id, seat)
    await page.wait_for_function(f"Math.abs(({PITCH})() - {CUSTOMER_HZ}) < 5", timeout=20_000)
    await hears_tone_of_440_hz(customer)
    await page.evaluate("window.seat.peer.close()")
    await office.until(SeatEvent(AGENT, seat, "down", "closed_by_peer"))


# ---- GStreamer -------------------------------------------------------------------------------------------------------


class WebrtcBin:
    """`webrtcbin_peer.py`, and what it has told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[bytes] = []
        self.heard: list[bytes] = []
        self.states: list[str] = []
        self.offer: str | None = None
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> "WebrtcBin":
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(SYSTEM_PYTHON, WEBRTCBIN_PEER, stdin=pipe, stdout=pipe))

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            match json.loads(line):
                case {"offer": str(sdp)}:
                    self.offer = sdp
                case {"said": str(packet)}:
                    self.said.append(bytes.fromhex(packet))
                case {"heard": str(packet)}:
                    self.heard.append(bytes.fromhex(packet))
                case {"state": str(state)}:
                    self.states.append(state)
            self._news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                assert not self._reading.done(), "the peer ended: is everything there that `make test` installs?"
                self._news.clear()
                await self._news.wait()

    async def asks(self) -> str:
        await self.until(lambda: self.offer is not None)
        assert self.offer is not None
        return self.offer

    def take(self, answer: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"answer": answer}).encode() + b"\n")

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(20):
            await self._process.wait()
            await self._reading


@pytest.fixture
async def webrtcbin() -> AsyncIterator[WebrtcBin]:
    peer = await WebrtcBin.start()
    yield peer
    await peer.close()


def longest_run(heard: Sequence[bytes], said: Sequence[bytes]) -> int:
    """Most packets in a row that came as they were sent, byte for byte and none between them missing."""
    follows = {*pairwise(said)}
    longest = run = 0
    for pair in pairwise(heard):
        run = run + 1 if pair in follows else 0
        longest = max(longest, run)
    return longest


async def test_webrtcbin_and_a_customer_get_each_others_packets_byte_for_byte(
    office: Office, webrtcbin: WebrtcBin
) -> None:
    call_id, customer = await office.customer(TONE)
    office.board.open_audio(call_id)
    seat, answer = await office.board.answer_seat(AGENT, await webrtcbin.asks())
    webrtcbin.take(answer)
    await office.until(SeatEvent(AGENT, seat, "up"))
    office.board.connect(call_id, seat)
    looped = [*TONE.packets, TONE.packets[0]]
    await webrtcbin.until(lambda: longest_run(webrtcbin.heard, looped) >= IN_A_ROW)
    assert webrtcbin.states[-1] == "connected"
    await customer.until(lambda payloads: longest_run(payloads, webrtcbin.said) >= IN_A_ROW)
    await hears_tone_of_440_hz(customer)
    figures = office.board.seat_figures(seat)
    assert figures is not None and figures.dropped == {}
