"""What is special about Meta's side: full ICE on a port of its own, one answer for ever, and a gate that only a
successful `accept` opens."""

import secrets
from collections.abc import Callable

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, Leg
from gateway.media.plane import SILENCE, FlowId, Plane, Source
from gateway.media.ports import MediaPort
from gateway.media.sdp_meta import MetaOffer, outgoing_faults, read_meta_offer, write_meta_answer


class WhatsAppLeg:
    """One call towards Meta. What is wished before it is connected is done when it is."""

    def __init__(
        self,
        plane: Plane,
        port: MediaPort,
        certificate: Certificate,
        offer: MetaOffer,
        on_lost: Callable[[str], None],
    ) -> None:
        self._plane, self._offer = plane, offer
        self._leg = Leg(plane, port, certificate, WHATSAPP, on_lost)
        self._audio_open = False
        self._source: Source = SILENCE
        self.answer_sdp = write_meta_answer(offer, self._leg.local, secrets.randbits(62))
        assert not outgoing_faults(self.answer_sdp, "answer"), "we would send Meta an answer that it refuses"

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
        return cls(plane, await MediaPort.open(plane, host, ports, exclusive=True), certificate, offer, on_lost)

    @property
    def flow(self) -> FlowId | None:
        """None until it is connected."""
        return self._leg.flow

    async def connect(self) -> FlowId:
        """ICE and DTLS. Raises LegFailed."""
        flow = await self._leg.start(self._offer.remote)
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
