"""One peer of the relay socket: ICE-lite, DTLS server and SRTP together, for the business or for a browser."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pylibsrtp

from gateway.media.rtcp import MalformedRtcp, ReceiverStatistics, SenderReport, build_compound, ntp_of, parse_rtcp
from gateway.simulator.dtls_server import Certificate, DtlsServer
from gateway.simulator.faults import FaultKind
from gateway.simulator.ice_lite import IceLite, requested_ufrag
from gateway.simulator.relay_socket import Address, RelaySocket
from gateway.simulator.wire_rules import RTP_HEADER, RtpPacket, read_rtp

NoteFault = Callable[[FaultKind, str], None]
FIRST_RTP_BYTE, LAST_RTP_BYTE = 128, 191  # RFC 7983 §7
FIRST_DTLS_BYTE, LAST_DTLS_BYTE = 20, 63


def new_ice() -> IceLite:
    """Credentials as Meta's are: 16 characters, and base64 of 16 bytes with its `==`."""
    ufrag = base64.b64encode(secrets.token_bytes(12), b"Az").decode()
    return IceLite(ufrag, base64.b64encode(secrets.token_bytes(16)).decode())


@dataclass(slots=True)
class OutStream:
    """What we send: one SSRC, one sequence, one clock."""

    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    sequence: int = field(default_factory=lambda: secrets.randbits(15))
    ticks: int = field(default_factory=lambda: secrets.randbits(31))
    packets: int = 0
    octets: int = 0
    first_s: float | None = None
    last_s: float | None = None


class SecureLeg:
    """`on_media(packet, at_unix_s)` gets what decrypts; `on_wire(is_rtcp, at_unix_s)` every RTP or RTCP datagram."""

    def __init__(
        self,
        relay: RelaySocket,
        certificate: Certificate,
        note_fault: NoteFault,
        on_media: Callable[[RtpPacket, float], None],
        on_wire: Callable[[bool, float], None] = lambda _rtcp, _at: None,
        dtls_client: bool = False,
    ) -> None:
        self.ice = new_ice()
        self.dtls = DtlsServer(certificate, dtls_client)
        self.out = OutStream()
        self.received = 0
        self.rtcp_received = 0
        self.reported_loss: float | None = None
        self._expected_fingerprint: str | None = None
        self._statistics: ReceiverStatistics | None = None
        self._relay = relay
        self._note_fault = note_fault
        self._on_media = on_media
        self._on_wire = on_wire
        self._trusted = False
        self.deaf = False  # RTP is lost on its way here

    @property
    def connected(self) -> bool:
        """ICE has a path, DTLS is done, and the other side is who its SDP said."""
        return self._trusted and self.ice.path is not None

    @property
    def lost(self) -> int:
        """Packets missing in what the other side's present stream brought (RFC 3550 A.3)."""
        return 0 if self._statistics is None else self._statistics.lost

    def expect(self, fingerprint: str) -> None:
        """The other side's SDP is known. The handshake may be over by then: an offer is good as soon as it is out."""
        self._expected_fingerprint = fingerprint
        self._check_fingerprint()

    def datagram(self, data: bytes, address: Address, at_s: float) -> None:
        """One datagram from the network, of whatever kind."""
        first = data[0] if data else 0
        if FIRST_RTP_BYTE <= first <= LAST_RTP_BYTE:
            self._secured(data, at_s)
        elif FIRST_DTLS_BYTE <= first <= LAST_DTLS_BYTE:
            if self.ice.path is not None:
                self._send_flights(self.dtls.feed(data))
                self._check_fingerprint()
        elif (answer := self.ice.answer(data, address)) is not None:
            self._relay.send(answer, address)
            self._send_flights(self.dtls.begin())
        while self.ice.findings:
            self._note_fault(*self.ice.findings.pop())

    def retry(self) -> None:
        """Call it now and then: a DTLS flight that was lost is sent again."""
        self._send_flights(self.dtls.retry())

    def _send_flights(self, flights: list[bytes]) -> None:
        if self.ice.path is not None:
            for flight in flights:
                self._relay.send(flight, self.ice.path)

    def send_rtp(self, payload_type: int, payload: bytes, now_s: float, marker: bool = False) -> None:
        """One packet with the stream's next sequence number and its present timestamp."""
        if not self.connected or self.dtls.sending is None or self.ice.path is None:
            return
        out = self.out
        out.sequence = (out.sequence + 1) & 0xFFFF
        header = RTP_HEADER.pack(0x80, payload_type | (0x80 if marker else 0), out.sequence, out.ticks, out.ssrc)
        self._relay.send(self.dtls.sending.protect(header + payload), self.ice.path)
        out.packets, out.octets, out.last_s = out.packets + 1, out.octets + len(payload), now_s
        out.first_s = out.first_s or now_s

    def send_report(self, now_s: float) -> None:
        """RTCP about both directions; nothing while there is nothing to say."""
        if not self.connected or self.dtls.sending is None or self.ice.path is None:
            return
        out, blocks = self.out, []
        if self._statistics is not None:
            blocks.append(self._statistics.report(0.0, now_s)[0])
        senders = [SenderReport(out.ssrc, ntp_of(now_s), out.ticks, out.packets, out.octets)] if out.packets else []
        if senders or blocks:
            data = build_compound(out.ssrc, "WhatsAppAudioStream1", senders, blocks)
            self._relay.send(self.dtls.sending.protect_rtcp(data), self.ice.path)

    def _check_fingerprint(self) -> None:
        expected, shown = self._expected_fingerprint, self.dtls.peer_fingerprint
        if self._trusted or expected is None or shown is None:
            return
        if expected == shown:
            self._trusted = True
        else:
            self._note_fault(FaultKind.FINGERPRINT_MISMATCH, "the DTLS certificate is not the one in the SDP")
            self.dtls.state = "failed"

    def _secured(self, data: bytes, at_s: float) -> None:
        is_rtcp = len(data) > 1 and 192 <= data[1] <= 223  # RFC 5761 §4
        self._on_wire(is_rtcp, at_s)
        if not self.connected or self.dtls.receiving is None or (self.deaf and not is_rtcp):
            return
        try:
            plain = self.dtls.receiving.unprotect_rtcp(data) if is_rtcp else self.dtls.receiving.unprotect(data)
        except pylibsrtp.Error:
            self._note_fault(FaultKind.UNDECRYPTABLE, "SRTP that does not authenticate, or a replay")
            return
        if is_rtcp:
            self._read_rtcp(plain, at_s)
        elif (packet := read_rtp(plain)) is None:
            self._note_fault(FaultKind.MALFORMED_RTP, "an RTP packet that cannot be read")
        else:
            self.received += 1
            if self._statistics is None or self._statistics.ssrc != packet.ssrc:
                self._statistics = ReceiverStatistics(packet.ssrc, packet.sequence)
            self._statistics.add(packet.sequence, packet.ticks, at_s)
            self._on_media(packet, at_s)

    def _read_rtcp(self, plain: bytes, at_s: float) -> None:
        try:
            reports = parse_rtcp(plain)
        except MalformedRtcp:
            self._note_fault(FaultKind.MALFORMED_RTP, "an RTCP packet that cannot be read")
            return
        self.rtcp_received += 1
        for report in reports:
            if isinstance(report, SenderReport) and self._statistics is not None:
                self._statistics.sender_report(report, at_s)
            for block in getattr(report, "blocks", ()):
                if block.ssrc == self.out.ssrc:
                    self.reported_loss = block.fraction_lost


class LegTable:
    """Which leg a datagram is for: checks by our ufrag, everything else by the address that was checked."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.relay: RelaySocket | None = None
        self._by_ufrag: dict[str, tuple[SecureLeg, NoteFault]] = {}
        self._by_address: dict[Address, SecureLeg] = {}

    def open(self, host: str, port: int) -> RelaySocket:
        """Raises OSError."""
        self.relay = RelaySocket(host, port, self._received)
        return self.relay

    def add(self, leg: SecureLeg, note_fault: NoteFault) -> None:
        self._by_ufrag[leg.ice.ufrag] = leg, note_fault

    def remove(self, leg: SecureLeg) -> None:
        self._by_ufrag.pop(leg.ice.ufrag, None)
        for address in [address for address, owner in self._by_address.items() if owner is leg]:
            del self._by_address[address]

    def _received(self, data: bytes, address: Address, at_s: float) -> None:
        ufrag = requested_ufrag(data)
        if ufrag is None:
            if (owner := self._by_address.get(address)) is not None:
                owner.datagram(data, address, at_s)
            return
        found = self._by_ufrag.get(ufrag)
        if found is None:
            return
        leg, note_fault = found
        leg.datagram(data, address, at_s)
        if address not in leg.ice.checked:
            return
        before = self._by_address.get(address)
        if before is not None and before is not leg:
            note_fault(FaultKind.SHARED_PORT, "two calls from one address and port: Meta tells calls apart by them")
        self._by_address[address] = leg
