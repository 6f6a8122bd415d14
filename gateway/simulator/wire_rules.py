"""Pure: what is wrong with the packets a customer's phone receives. One watch per call, fed every packet in order."""

import struct
from dataclasses import dataclass

from gateway.simulator.faults import FaultKind

RTP_HEADER = struct.Struct("!BBHII")
OPUS_FRAME_TICKS = 960
Finding = tuple[FaultKind, str]


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """A decrypted RTP packet's header fields and payload (RFC 3550 §5.1), padding and extensions left out."""

    payload_type: int
    marker: bool
    sequence: int
    ticks: int
    ssrc: int
    payload: bytes


def read_rtp(data: bytes) -> RtpPacket | None:
    """The packet, or None when it is malformed."""
    if len(data) < RTP_HEADER.size or data[0] >> 6 != 2:
        return None
    first, second, sequence, ticks, ssrc = RTP_HEADER.unpack_from(data)
    start = RTP_HEADER.size + 4 * (first & 15)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20:
        if data[-1] == 0:
            return None
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, ticks, ssrc, data[start:end])


def opus_ms(payload: bytes) -> float:
    """How long an Opus packet lasts, by its first byte (RFC 6716 §3.1); 0 for an empty one."""
    if not payload:
        return 0.0
    config, code = payload[0] >> 3, payload[0] & 3
    if config < 12:
        frame_ms = (10.0, 20.0, 40.0, 60.0)[config & 3]
    elif config < 16:
        frame_ms = (10.0, 20.0)[config & 1]
    else:
        frame_ms = (2.5, 5.0, 10.0, 20.0)[config & 3]
    if code == 3:
        return frame_ms * (payload[1] & 63) if len(payload) > 1 else 0.0
    return frame_ms * (1 if code == 0 else 2)


@dataclass(slots=True)
class WireWatch:
    """State of the judgement. `announced_ssrc` is the answer's, if it named one. Times are Unix seconds."""

    opus: int
    telephone_event: int | None
    announced_ssrc: int | None
    late_audio_s: float
    ssrc: int | None = None
    sequence: int = 0
    ticks: int = 0
    last_s: float | None = None

    def see(self, packet: RtpPacket, at_s: float) -> list[Finding]:
        """The rules this packet breaks."""
        findings: list[Finding] = []
        if packet.payload_type == self.opus:
            if opus_ms(packet.payload) != 20.0:
                findings.append((FaultKind.NOT_20_MS, f"an Opus packet of {opus_ms(packet.payload):g} ms"))
        elif packet.payload_type != self.telephone_event:
            findings.append((FaultKind.PAYLOAD_TYPE, f"payload type {packet.payload_type} was not negotiated"))
        findings += self._follow(packet)
        if self.last_s is not None and at_s - self.last_s > self.late_audio_s:
            gap_ms = 1000 * (at_s - self.last_s)
            findings.append((FaultKind.LATE_AUDIO, f"{gap_ms:.0f} ms without a packet"))
        self.last_s = at_s
        return findings

    def pause(self) -> None:
        """Whatever time passes until the next packet is not the gateway's: this side heard nothing, as it was told."""
        self.last_s = None

    def _follow(self, packet: RtpPacket) -> list[Finding]:
        if self.ssrc is None:
            self._start(packet)
            expected = self.announced_ssrc
            if expected is not None and expected != packet.ssrc:
                return [(FaultKind.SECOND_SSRC, "another SSRC than the answer announced")]
            return []
        if packet.ssrc != self.ssrc:
            self._start(packet)
            return [(FaultKind.SECOND_SSRC, "the SSRC changed in the call")]
        step = (packet.sequence - self.sequence) & 0xFFFF
        tick_step = (packet.ticks - self.ticks) & 0xFFFF_FFFF
        if step == 0 or step >= 0x8000:
            return [(FaultKind.SEQUENCE_BACKWARDS, "a sequence number that is not after the last one")]
        self.sequence, self.ticks = packet.sequence, packet.ticks
        # Packets of one digit share a timestamp (RFC 4733 §2.3); audio never does.
        if tick_step >= 0x8000_0000 or (tick_step == 0 and packet.payload_type == self.opus):
            return [(FaultKind.TIMESTAMP_BACKWARDS, "a timestamp that is not after the last one")]
        return []

    def _start(self, packet: RtpPacket) -> None:
        self.ssrc, self.sequence, self.ticks = packet.ssrc, packet.sequence, packet.ticks
