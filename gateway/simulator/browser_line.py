"""This browser's own microphone and speaker as the customer's: a second leg of the relay, answered to the page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.simulator.dtls_server import Certificate
from gateway.simulator.lines import BadBrowserOffer
from gateway.simulator.relay_socket import RelaySocket
from gateway.simulator.secure_leg import SecureLeg
from gateway.simulator.wire_rules import OPUS_FRAME_TICKS, RtpPacket

MAX_OFFER_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class BrowserOffer:
    """What we take from the page's offer: one audio line."""

    mid: str
    opus: int
    fingerprint: str = field(repr=False)
    speaks: bool  # sendrecv: the microphone is the customer's voice


def read_browser_offer(sdp: str) -> BrowserOffer:
    """Raises BadBrowserOffer."""
    if len(sdp) > MAX_OFFER_BYTES or len(re.findall(r"^m=", sdp, re.MULTILINE)) != 1:
        raise BadBrowserOffer("one audio line is needed")
    mid = re.search(r"^a=mid:(\S+)", sdp, re.MULTILINE)
    opus = re.search(r"^a=rtpmap:(\d+) opus/48000/2", sdp, re.MULTILINE | re.IGNORECASE)
    fingerprint = re.search(r"^a=fingerprint:sha-256 (\S+)", sdp, re.MULTILINE | re.IGNORECASE)
    if mid is None or opus is None or fingerprint is None:
        raise BadBrowserOffer("mid, Opus or the SHA-256 fingerprint is missing")
    speaks = re.search(r"^a=sendrecv", sdp, re.MULTILINE) is not None
    return BrowserOffer(mid[1], int(opus[1]), fingerprint[1].upper(), speaks)


@dataclass(slots=True)
class Restamp:
    """Packets of one sender, renumbered into a stream of ours: its gaps stay, its start does not matter."""

    source: int | None = None
    sequence_shift: int = 0
    ticks_shift: int = 0

    def place(self, packet: RtpPacket, sequence: int, ticks: int) -> tuple[int, int]:
        """Sequence number and timestamp of this packet in our stream, which stands at `sequence` and `ticks`."""
        if packet.ssrc != self.source:
            self.source = packet.ssrc
            self.sequence_shift = sequence + 1 - packet.sequence
            self.ticks_shift = ticks + OPUS_FRAME_TICKS - packet.ticks
        return (packet.sequence + self.sequence_shift) & 0xFFFF, (packet.ticks + self.ticks_shift) & 0xFFFF_FFFF


class BrowserLine:
    """What the customer hears goes to the page; what its microphone picks up goes to `spoken`."""

    def __init__(
        self, relay: RelaySocket, certificate: Certificate, offer: BrowserOffer, spoken: Callable[[RtpPacket], None]
    ) -> None:
        self.offer = offer
        self._spoken = spoken
        # A page's faults are not the gateway's: nobody is told of them.
        self.leg = SecureLeg(relay, certificate, lambda _kind, _words: None, self._media)
        self.leg.expect(offer.fingerprint)
        self._restamp = Restamp()

    def play(self, packet: RtpPacket, now_s: float) -> None:
        """To the page's speaker."""
        out = self.leg.out
        sequence, out.ticks = self._restamp.place(packet, out.sequence, out.ticks)
        out.sequence = (sequence - 1) & 0xFFFF
        self.leg.send_rtp(self.offer.opus, packet.payload, now_s, packet.marker)

    def answer(self, host: str, port: int, fingerprint: str) -> str:
        """The SDP for the page: we are ice-lite and wait for its DTLS."""
        ice, ssrc, opus = self.leg.ice, self.leg.out.ssrc, self.offer.opus
        lines = [
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {self.offer.mid}",
            "a=ice-lite",
            "a=msid-semantic: WMS *",
            f"m=audio {port} UDP/TLS/RTP/SAVPF {opus}",
            f"c=IN IP4 {host}",
            f"a=mid:{self.offer.mid}",
            "a=sendrecv" if self.offer.speaks else "a=sendonly",
            "a=rtcp-mux",
            f"a=rtpmap:{opus} opus/48000/2",
            f"a=fmtp:{opus} minptime=10;useinbandfec=1",
            "a=ptime:20",
            "a=msid:phone phone0",
            f"a=ssrc:{ssrc} cname:phone",
            f"a=ice-ufrag:{ice.ufrag}",
            f"a=ice-pwd:{ice.password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            "a=setup:passive",
            f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
            "a=end-of-candidates",
        ]
        return "\r\n".join(lines) + "\r\n"

    def _media(self, packet: RtpPacket, _at_s: float) -> None:
        if packet.payload_type == self.offer.opus and packet.payload:
            self._spoken(packet)
