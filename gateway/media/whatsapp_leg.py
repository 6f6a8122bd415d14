"""What is special about Meta's side: full ICE on a port of its own, one description for ever, and a gate that is opened
when Meta may hear us (reference 3.7): after a successful `accept`, or once the leg of our own call is connected."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, DtlsRole, Leg
from gateway.media.parameters import RemoteParameters
from gateway.media.plane import SILENCE, FlowId, Plane, Source
from gateway.media.ports import MediaPort
from gateway.media.sdp_meta import (
    outgoing_faults,
    read_meta_answer,
    read_meta_offer,
    write_meta_answer,
    write_meta_offer,
)


@dataclass(frozen=True, slots=True)
class _Peer:
    """What Meta's description asks of us. `role`: who begins DTLS."""

    remote: RemoteParameters
    role: DtlsRole


class WhatsAppLeg:
    """One call towards Meta. What is wished before it is connected is done when it is."""

    def __init__(self, plane: Plane, port: MediaPort, certificate: Certificate, on_lost: Callable[[str], None]) -> None:
        self._plane = plane
        self._leg = Leg(plane, port, certificate, WHATSAPP, on_lost)
        self._peer: _Peer | None = None
        self._audio_open = False
        self._source: Source = SILENCE
        self.local_sdp = ""

    @classmethod
    async def answering(
        cls,
        plane: Plane,
        certificate: Certificate,
        host: str,
        ports: range,
        offer_sdp: str,
        on_lost: Callable[[str], None],
    ) -> "WhatsAppLeg":
        """A leg for Meta's offer, on a port of `ports`; `connect` makes it work. Raises BadOffer, NoPortFree."""
        offer = read_meta_offer(offer_sdp)
        leg = cls(plane, await MediaPort.open(plane, host, ports, exclusive=True), certificate, on_lost)
        leg._peer = _Peer(offer.remote, DtlsRole.CLIENT)
        leg.local_sdp = write_meta_answer(offer, leg._leg.local, secrets.randbits(62))
        assert not outgoing_faults(leg.local_sdp, "answer"), "we would send Meta an answer that it refuses"
        return leg

    @classmethod
    async def offering(
        cls, plane: Plane, certificate: Certificate, host: str, ports: range, on_lost: Callable[[str], None]
    ) -> "WhatsAppLeg":
        """A leg for a call of ours, on a port of `ports`; `take_answer`, then `connect`. Raises NoPortFree."""
        leg = cls(plane, await MediaPort.open(plane, host, ports, exclusive=True), certificate, on_lost)
        leg.local_sdp = write_meta_offer(leg._leg.local, secrets.randbits(62))
        assert not outgoing_faults(leg.local_sdp, "offer"), "we would send Meta an offer that it refuses"
        return leg

    @property
    def flow(self) -> FlowId | None:
        """None until it is connected."""
        return self._leg.flow

    def take_answer(self, answer_sdp: str) -> str:
        """Meta's answer to our offer; what it says of `setup`. Raises BadOffer."""
        answer = read_meta_answer(answer_sdp)
        role = DtlsRole.SERVER if answer.setup == "active" else DtlsRole.CLIENT
        self._peer = _Peer(answer.remote, role)
        return answer.setup

    async def connect(self) -> FlowId:
        """ICE and DTLS. Raises LegFailed."""
        peer = self._peer
        assert peer is not None, "Meta has not described itself yet"
        flow = await self._leg.start(peer.remote, peer.role)
        self._plane.hear(flow, self._source)
        if self._audio_open:
            self._plane.open_gate(flow)
        return flow

    def open_audio(self) -> None:
        """From now on, and not before, packets leave: one every 20 ms."""
        self._audio_open = True
        if self.flow is not None:
            self._plane.open_gate(self.flow)

    def hear(self, source: Source) -> None:
        self._source = source
        if self.flow is not None:
            self._plane.hear(self.flow, source)

    async def close(self) -> None:
        await self._leg.close()
