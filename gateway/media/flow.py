"""One secured leg as the Python plane keeps it: what came from the peer, and the lines that go to it."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pylibsrtp

from gateway.media import opus, rtcp, rtp
from gateway.media.dtmf import DigitReader
from gateway.media.parameters import CNAME
from gateway.media.plane import (
    OPUS_FRAME_TICKS,
    SILENCE,
    STAMP,
    Address,
    DirectionFigures,
    Endpoint,
    FlowCodec,
    FlowFigures,
    FlowId,
    Prompt,
    Source,
    SrtpKeys,
    SrtpProfile,
    Tap,
    TappedPacket,
)
from gateway.media.splice import Splicer
from gateway.media.tape import Recorded

CLEARLY_LATE_S = 0.06  # network jitter is left to the listener; longer than this is a pause, and is filled
_REPORT_HOLDS_S = 5.0  # browsers report every two seconds or so
_KEY_ENDS_LOST_S = 0.5
_REPLAY_WINDOW = 1024

_PROFILES = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpProfile.AEAD_AES_128_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpProfile.AEAD_AES_256_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}

Emit = Callable[..., object]
"""(event name, arguments …) → the plane's emitter."""


def _session(profile: SrtpProfile, key: bytes, ssrc_type: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=ssrc_type, srtp_profile=_PROFILES[profile])
    policy.window_size = _REPLAY_WINDOW
    return pylibsrtp.Session(policy)


def _refusal(error: Exception) -> str:
    """A word for the figures: why libsrtp refused a packet."""
    text = str(error)
    if "replay" in text or "too old" in text:
        return "replay"
    return "authentication" if "auth" in text or "cipher" in text else "malformed"


@dataclass(frozen=True, slots=True)
class PeerReport:
    """What the peer last said about a line of ours."""

    block: rtcp.ReportBlock
    at_s: float


class Line:
    """One outgoing stream: one SSRC, one sequence, one clock, whatever is heard."""

    def __init__(self, flow: "Flow", number: int, ssrc: int) -> None:
        self.flow, self.number, self.ssrc = flow, number, ssrc
        self.source: Source = None
        self.splicer = Splicer(random.getrandbits(16), random.getrandbits(32))
        self.position = 0  # in a prompt
        self.frames = 0  # of its time that have passed, loops and what was left out among them
        self.hearing = 0  # tells what it hears from what it heard before
        self.filling = False
        self.packets = self.octets = 0
        self.first_s: float | None = None
        self.report: PeerReport | None = None

    @property
    def paced(self) -> bool:
        """Whether the ticker has to look at this line."""
        flow = self.flow
        return flow.gate_open and (flow.continuous or self.source is SILENCE or isinstance(self.source, Prompt))

    def hear(self, source: Source) -> None:
        self.source, self.position, self.frames, self.filling = source, 0, 0, False
        self.hearing = (self.hearing + 1) & 0xFFFF_FFFF
        self.splicer.switch()

    def forward(self, packet: rtp.RtpPacket, now_s: float) -> None:
        """Send on a packet of the flow this line hears."""
        if not self.flow.gate_open:
            return
        if self.filling:
            if opus.is_quiet(packet.payload):
                return  # the source is as silent as what we fill with
            self.filling = False
        numbers = self.splicer.live(packet.ssrc, packet.sequence, packet.ticks, now_s)
        if numbers is not None:
            self._send(numbers, packet.marker, packet.payload, now_s)

    def tick(self, frames: int, now_s: float) -> Prompt | None:
        """Send what is due now, `frames` frames after the last tick. Returns the prompt that has ended with this."""
        source = self.source
        if isinstance(source, Prompt):
            return self._tick_prompt(source, frames, now_s)
        if isinstance(source, int) and not self.filling:
            if self.splicer.quiet_s(now_s) < CLEARLY_LATE_S:
                return None
            self.filling = True
        numbers = self.splicer.paced("silence", frames, now_s)
        if numbers is not None:
            self._send(numbers, False, opus.SILENCE_PACKET, now_s)
        return None

    def _tick_prompt(self, prompt: Prompt, frames: int, now_s: float) -> Prompt | None:
        numbers = self.splicer.paced("prompt", frames, now_s)
        if numbers is None:
            return None
        if self.position:
            self.position += frames - 1
            self.frames += frames - 1
        if prompt.loop:
            self.position %= len(prompt.packets)
        if self.position < len(prompt.packets):
            payload = prompt.packets[self.position]
            if (at := prompt.stamp_at) is not None:
                payload = payload[:at] + STAMP.pack(now_s) + payload[at + STAMP.size :]
            self._send(numbers, False, payload, now_s)
            if self.number == 0:
                self.flow.has_played(self.hearing, self.frames, payload, now_s)
        self.position += 1
        self.frames += 1
        return prompt if not prompt.loop and self.position >= len(prompt.packets) else None

    def _send(self, numbers: tuple[int, int], marker: bool, payload: bytes, now_s: float) -> None:
        flow = self.flow
        packet = rtp.pack_rtp(flow.codec.opus, marker, numbers[0], numbers[1], self.ssrc, payload)
        try:
            data = flow.protect(packet)
        except (pylibsrtp.Error, ValueError):
            flow.dropped["unsendable"] += 1
            return
        flow.endpoint.send(data, flow.remote)
        self.packets += 1
        self.octets += len(payload)
        if self.first_s is None:
            self.first_s = now_s
            flow.line_began()

    def sender_report(self, ntp: int, now_s: float) -> rtcp.SenderReport | None:
        if self.splicer.last_s is None:
            return None
        ticks = (self.splicer.ticks + int((now_s - self.splicer.last_s) * 48_000)) & 0xFFFF_FFFF
        return rtcp.SenderReport(self.ssrc, ntp, ticks, self.packets, self.octets)


class Flow:
    """Keys, counts and lines of one leg. `emit` takes the events that the plane's protocol names."""

    def __init__(
        self,
        flow_id: FlowId,
        endpoint: Endpoint,
        remote: Address,
        keys: SrtpKeys,
        codec: FlowCodec,
        out_ssrcs: Sequence[int],
        continuous: bool,
        emit: Emit,
    ) -> None:
        self.id, self.endpoint, self.remote, self.codec = flow_id, endpoint, remote, codec
        self.continuous = continuous
        self.gate_open = False
        self.lines = [Line(self, number, ssrc) for number, ssrc in enumerate(out_ssrcs)]
        self.listeners: tuple[Line, ...] = ()
        self.taps: tuple[Tap, ...] = ()
        self._spoken, self._played = Recorded(self._tap_failed), Recorded(self._tap_failed)
        self.dropped: Counter[str] = Counter()
        self.rtcp_sent_s = float("-inf")
        self._emit = emit
        receiving = _session(keys.profile, keys.rx, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        sending = _session(keys.profile, keys.tx, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._unprotect, self._unprotect_rtcp = receiving.unprotect, receiving.unprotect_rtcp
        self.protect, self._protect_rtcp = sending.protect, sending.protect_rtcp
        self._statistics: rtcp.ReceiverStatistics | None = None
        self._packets = self._octets = self._lost_before = 0
        self._loss_fraction = 0.0
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._level_dbov: int | None = None
        self._round_trip_s: float | None = None
        self._digits = DigitReader()
        self._key_s = 0.0

    # ---- what the peer sends ----------------------------------------------------------------------------------------

    @property
    def in_ssrc(self) -> int | None:
        return None if self._statistics is None else self._statistics.ssrc

    def receive(self, data: bytes, now_s: float) -> bool:
        """A datagram that should be this peer's SRTP or SRTCP. Whether it was authentic and new."""
        try:
            if rtp.is_rtcp(data):
                self._on_rtcp(self._unprotect_rtcp(data), now_s)
            else:
                self._on_rtp(rtp.parse_rtp(self._unprotect(data), self.codec.level_extension), now_s)
        except pylibsrtp.Error as error:
            self.dropped[_refusal(error)] += 1
            return False
        except ValueError:  # MalformedRtp, MalformedRtcp, or longer than an SRTP packet can be
            self.dropped["malformed"] += 1
            return False
        return True

    def _on_rtp(self, packet: rtp.RtpPacket, now_s: float) -> None:
        if packet.payload_type != self.codec.opus:
            if packet.payload_type == self.codec.telephone_event:
                self._key_s = now_s
                self._tell_digits(self._digits.read(packet.ticks, packet.payload))
                self._count(packet, now_s)
            else:
                self.dropped["unknown_payload"] += 1
            return
        self._on_sound(packet, now_s)

    def _on_sound(self, packet: rtp.RtpPacket, now_s: float) -> None:
        self._count(packet, now_s)
        self._octets += len(packet.payload)
        self._last_s = now_s
        if packet.level_dbov is not None:
            self._level_dbov = packet.level_dbov
        if not packet.payload:
            return
        for tap in self.taps:
            self._tapped(tap, packet, now_s)
        self._spoken.add(packet, now_s)
        for line in self.listeners:
            line.forward(packet, now_s)
        if self._first_s is None:
            self._first_s = now_s
            self._emit("first_packet", self.id)

    def push(self, packet: rtp.RtpPacket, now_s: float) -> None:
        """A packet of a sound that is made here, heard as if the peer had sent it."""
        self._on_sound(packet, now_s)

    def _count(self, packet: rtp.RtpPacket, now_s: float) -> None:
        statistics = self._statistics
        if statistics is None or statistics.ssrc != packet.ssrc:
            if statistics is not None:
                self._lost_before += statistics.lost
            statistics = self._statistics = rtcp.ReceiverStatistics(packet.ssrc, packet.sequence)
        statistics.add(packet.sequence, packet.ticks, now_s)
        self._packets += 1

    def _tapped(self, tap: Tap, packet: rtp.RtpPacket, now_s: float) -> None:
        tapped = TappedPacket(self.id, now_s, packet.ssrc, packet.sequence, packet.ticks, packet.marker, packet.payload)
        try:
            tap(tapped)
        except Exception as error:  # a full disk must not end a call
            self.taps = tuple(other for other in self.taps if other is not tap)
            self._tap_failed(error)

    def _tap_failed(self, error: Exception) -> None:
        self._emit("tap_failed", self.id, error)

    def tape_of(self, played: bool) -> Recorded:
        return self._played if played else self._spoken

    def tell_recorders(self, now_s: float) -> None:
        self._spoken.tell(now_s)
        self._played.tell(now_s)

    def end_recordings(self) -> None:
        self._spoken.end()
        self._played.end()

    def has_played(self, hearing: int, frames: int, payload: bytes, now_s: float) -> None:
        """A packet of a prompt has left on the first line, so many frames after it began to be heard. Each sound has a
        clock of its own, which begins with it: what the listener heard before says nothing about it."""
        if self._played.runs:
            ticks = frames * OPUS_FRAME_TICKS & 0xFFFF_FFFF
            opus = self.codec.opus
            self._played.add(rtp.RtpPacket(opus, False, frames & 0xFFFF, ticks, hearing, payload, None), now_s)

    def _tell_digits(self, digits: Sequence[tuple[str, int]]) -> None:
        for character, duration_ms in digits:
            self._emit("digit", self.id, character, duration_ms)

    def _on_rtcp(self, data: bytes, now_s: float) -> None:
        for report in rtcp.parse_rtcp(data):
            if isinstance(report, rtcp.Bye):
                self._emit("bye", self.id)
                continue
            if isinstance(report, rtcp.SenderReport) and self._statistics and report.ssrc == self._statistics.ssrc:
                self._statistics.sender_report(report, now_s)
            for block in report.blocks:
                for line in self.lines:
                    if line.ssrc == block.ssrc:
                        line.report = PeerReport(block, now_s)
                        trip = rtcp.round_trip_s(block, rtcp.ntp_of(now_s))
                        self._round_trip_s = trip if trip is not None else self._round_trip_s

    # ---- what we tell the peer --------------------------------------------------------------------------------------

    def line_began(self) -> None:
        if sum(line.packets for line in self.lines) == 1:
            self._emit("first_sent", self.id)

    @property
    def in_call(self) -> bool:
        return bool(self.listeners) or self.continuous or any(line.source is not None for line in self.lines)

    def send_reports(self, now_s: float, bye: bool = False) -> None:
        """SR (or RR) and SDES in one packet; reports of silence, too, keep the path open. RFC 3550 allows any clock as
        NTP time (§4): this is the monotonic one, and both ends only ever subtract."""
        if not self.gate_open:
            return
        if now_s - self._key_s > _KEY_ENDS_LOST_S:
            self._tell_digits(self._digits.flush())
        ntp = rtcp.ntp_of(now_s)
        senders = [report for line in self.lines if (report := line.sender_report(ntp, now_s)) is not None]
        blocks = []
        if self._statistics is not None:
            block, self._loss_fraction = self._statistics.report(self._downlink_loss(now_s), now_s)
            blocks.append(block)
        compound = rtcp.build_compound(self.lines[0].ssrc, CNAME, senders, blocks, bye)
        self.endpoint.send(self._protect_rtcp(compound), self.remote)
        self.rtcp_sent_s = now_s

    def _downlink_loss(self, now_s: float) -> float:
        """The worst loss that somebody who hears this flow has reported lately."""
        reports = [line.report for line in self.listeners if line.report is not None]
        return max((r.block.fraction_lost for r in reports if now_s - r.at_s < _REPORT_HOLDS_S), default=0.0)

    # ---- figures ----------------------------------------------------------------------------------------------------

    def figures(self) -> FlowFigures:
        statistics = self._statistics
        received = DirectionFigures(
            packets=self._packets,
            octets=self._octets,
            lost=self._lost_before + (statistics.lost if statistics else 0),
            loss_fraction=self._loss_fraction,
            jitter_ms=statistics.jitter_ticks / 48 if statistics else 0.0,
            first_packet_s=self._first_s,
            last_packet_s=self._last_s,
        )
        blocks = [line.report.block for line in self.lines if line.report is not None]
        sent = DirectionFigures(
            packets=sum(line.packets for line in self.lines),
            octets=sum(line.octets for line in self.lines),
            lost=sum(max(0, block.lost) for block in blocks),
            loss_fraction=max((block.fraction_lost for block in blocks), default=0.0),
            jitter_ms=max((block.jitter_ticks for block in blocks), default=0) / 48,
            first_packet_s=min((line.first_s for line in self.lines if line.first_s is not None), default=None),
            last_packet_s=max(
                (line.splicer.last_s for line in self.lines if line.splicer.last_s is not None), default=None
            ),
            reported_s=None if (first := self.lines[0].report) is None else first.at_s,
            acknowledged=0 if first is None else first.block.highest_sequence,
        )
        round_trip_ms = None if self._round_trip_s is None else self._round_trip_s * 1000
        return FlowFigures(received, sent, round_trip_ms, self._level_dbov, dict(self.dropped))
