"""What a customer heard: every packet of the business, and the Ogg file of them with the gaps as silence."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av

from gateway.simulator.wire_rules import OPUS_FRAME_TICKS

SILENCE = bytes.fromhex("f8fffe")  # 20 ms of digital silence as one Opus packet
TICKS_PER_S = 48_000
LONGEST_GAP_FRAMES = 50 * 60 * 10  # ten minutes: a clock that jumps further was not a gap


@dataclass(frozen=True, slots=True)
class HeardPacket:
    """One 20 ms packet as it came: Unix seconds, and its RTP timestamp."""

    at_unix_s: float
    ticks: int
    payload: bytes = field(repr=False)


def timeline(packets: Sequence[HeardPacket]) -> list[bytes]:
    """One payload for every 20 ms from the first packet on: by RTP time, silence where nothing came."""
    frames: dict[int, bytes] = {}
    position = 0
    before: HeardPacket | None = None
    for packet in packets:
        if before is not None:
            step_ticks = (packet.ticks - before.ticks + 2**31) % 2**32 - 2**31
            step = round(step_ticks / OPUS_FRAME_TICKS)
            # A timestamp that leaps (a new SSRC) says nothing about time: then the arrival does.
            if abs(step) > LONGEST_GAP_FRAMES:
                step = max(1, round((packet.at_unix_s - before.at_unix_s) * 50))
            position += step
        frames[position] = packet.payload
        before = packet
    if not frames:
        return []
    return [frames.get(position, SILENCE) for position in range(min(frames), max(frames) + 1)]


def to_ogg(packets: Sequence[HeardPacket]) -> bytes:
    """An Ogg/Opus file. Blocks for a moment: call it in a thread."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=TICKS_PER_S)
        stream.layout = "mono"
        for position, payload in enumerate(timeline(packets) or [SILENCE]):
            packet = av.Packet(payload)
            packet.stream = stream
            packet.time_base = Fraction(1, TICKS_PER_S)
            packet.pts = packet.dts = position * OPUS_FRAME_TICKS
            packet.duration = OPUS_FRAME_TICKS
            container.mux(packet)
    return buffer.getvalue()
