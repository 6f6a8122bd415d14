"""Several voices in one: what a listener hears who gets one line for all of them. No clock, no thread, no socket.

A voice comes as Opus packets when the network brings them; every 20 ms a frame of each is due. Each speaker has a small
jitter buffer of samples. It holds a frame more than is due, follows the speaker's RTP clock through loss and DTX
(both are silence), and begins anew when packets come too late for it or so early that they would only be delay.
"""

from collections import deque
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media import opus
from gateway.media.plane import OPUS_FRAME_TICKS, TappedPacket

Samples = NDArray[np.float32]
"""Mono at 48 kHz: one sample is one tick of Opus' RTP clock (RFC 7587 §4.1). Full scale is 32,768."""

RATE_HZ: Final = 48_000
BITRATE: Final = 32_000
COMPLEXITY: Final = 5
"""Of libopus' 0 to 10: twice the speed of the highest, and not told apart at this bit rate."""

AHEAD: Final = OPUS_FRAME_TICKS
"""Samples that wait where packets come in time (20 ms)."""

FURTHEST: Final = 4 * OPUS_FRAME_TICKS
"""Samples that may wait after packets had been late (80 ms)."""

LOUDEST: Final = 30_000.0
_LONGEST_PACKET: Final = 5760
_FADE: Final = 120  # samples (2.5 ms) over which a voice comes in after a gap: a step would be a click
_RELEASE: Final = 0.1  # of the way back to full gain, each frame
_TAIL_FRAMES: Final = 2  # the encoder still holds some milliseconds when voices end


class Voice:
    """One speaker: packets in at any time and from any thread, a frame out every 20 ms."""

    def __init__(self) -> None:
        self._inbox: deque[TappedPacket] = deque(maxlen=100)  # two seconds: more means that nobody takes them
        self._decoder: Any = None
        self._ssrc: int | None = None
        self._sequence = 0
        self._zero_ticks = 0  # the RTP time of the first sample that is due
        self._sound: Samples = np.zeros(FURTHEST + _LONGEST_PACKET, np.float32)
        self._filled = 0  # samples until the end of what is known

    def take(self, packet: TappedPacket) -> None:
        self._inbox.append(packet)

    def frame(self) -> Samples | None:
        """The next 20 ms; None where there is nothing to hear."""
        arrived: list[TappedPacket] = []
        while self._inbox:
            arrived.append(self._inbox.popleft())
        for packet in sorted(arrived, key=lambda packet: _signed(packet.sequence - self._sequence, 16)):
            self._place(packet)
        self._zero_ticks = (self._zero_ticks + OPUS_FRAME_TICKS) & 0xFFFF_FFFF
        if self._filled <= 0:
            return None
        due = self._sound[:OPUS_FRAME_TICKS].copy()
        self._sound[:-OPUS_FRAME_TICKS] = self._sound[OPUS_FRAME_TICKS:]
        self._sound[-OPUS_FRAME_TICKS:] = 0
        self._filled -= OPUS_FRAME_TICKS
        return due

    def _place(self, packet: TappedPacket) -> None:
        if packet.ssrc != self._ssrc:
            self._ssrc, self._decoder = packet.ssrc, new_decoder()
            self._zero_ticks = (packet.ticks - AHEAD) & 0xFFFF_FFFF
        elif _signed(packet.sequence - self._sequence, 16) <= 0:
            return  # a duplicate, or what came after it has its place
        self._sequence = packet.sequence
        if opus.is_quiet(packet.payload):
            return
        sound = decoded(self._decoder, packet.payload)
        if sound is None:
            return
        at = _signed(packet.ticks - self._zero_ticks, 32)
        if not 0 <= at <= FURTHEST or (self._filled <= 0 and at > AHEAD):
            at = AHEAD
            self._zero_ticks = (packet.ticks - at) & 0xFFFF_FFFF
        if at != self._filled:
            sound[:_FADE] *= np.linspace(0, 1, _FADE, dtype=np.float32)[: sound.size]
        end = at + sound.size
        self._sound[at:end] = sound
        self._sound[end:] = 0
        self._filled = end


class Limiter:
    """Voices that are loud together stay within what 16 bits hold: turned down at once, and up again slowly."""

    def __init__(self) -> None:
        self._gain = 1.0

    def __call__(self, sound: Samples) -> NDArray[np.int16]:
        peak = float(np.abs(sound).max(initial=0.0))
        allowed = min(1.0, LOUDEST / peak) if peak else 1.0
        before, self._gain = self._gain, min(allowed, self._gain + (1 - self._gain) * _RELEASE)
        gains = np.minimum(np.linspace(before, self._gain, sound.size, dtype=np.float32), np.float32(allowed))
        return np.rint(sound * gains).astype(np.int16)


class Blend:
    """What its voices sound like together, a packet every 20 ms."""

    def __init__(self) -> None:
        self._limit = Limiter()
        self._encoder: Any = None
        self._samples = 0
        self._quiet_frames = _TAIL_FRAMES

    def packet(self, frames: list[Samples]) -> bytes:
        """Frames of those who can be heard now; their sum as 20 ms of Opus."""
        self._quiet_frames = 0 if frames else self._quiet_frames + 1
        if self._quiet_frames > _TAIL_FRAMES:
            return opus.SILENCE_PACKET
        if self._encoder is None:
            self._encoder = _new_encoder()
        together: Samples = np.sum(frames, axis=0) if frames else np.zeros(OPUS_FRAME_TICKS, np.float32)
        frame = av.AudioFrame.from_ndarray(self._limit(together)[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._samples
        self._samples += OPUS_FRAME_TICKS
        packets = self._encoder.encode(frame)
        return bytes(packets[0]) if packets else opus.SILENCE_PACKET


def decoded(decoder: Any, payload: bytes) -> Samples | None:
    """Mono samples; None for what is authentic, but no Opus."""
    try:
        frames = decoder.decode(av.Packet(payload))
    except av.FFmpegError:
        return None
    if not frames:
        return None
    return np.concatenate([_mono(frame) for frame in frames])[:_LONGEST_PACKET]


def new_decoder() -> Any:
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    return decoder


def _new_encoder() -> Any:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate = BITRATE
    encoder.options = {"application": "voip", "frame_duration": "20", "compression_level": str(COMPLEXITY)}
    return encoder


def _mono(frame: Any) -> Samples:
    samples: NDArray[Any] = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if not frame.format.is_planar:
        samples = samples.reshape(-1, channels).T
    scale = 1.0 if samples.dtype == np.int16 else 32_768.0
    mixed: Samples = samples.mean(axis=0, dtype=np.float32) * np.float32(scale)
    return mixed


def _signed(difference: int, bits: int) -> int:
    """Of two numbers that wrap around (RFC 1982)."""
    half = 1 << bits - 1
    return (difference + half) % (2 * half) - half
