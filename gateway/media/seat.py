"""What is special about a browser: two lines, ICE-lite on the shared port, and a seat that outlives calls."""

import secrets
from collections.abc import Callable

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import BROWSER, Leg
from gateway.media.plane import FlowId, Plane, Source, TappedPacket
from gateway.media.ports import MediaPort
from gateway.media.sdp_browser import read_seat_offer, write_seat_answer

MAIN_LINE, SECOND_LINE = 0, 1


class Seat:
    """One peer connection of one agent's page. Idle, it hears nothing, and nothing is on the wire but reports."""

    def __init__(
        self, plane: Plane, port: MediaPort, certificate: Certificate, offer_sdp: str, on_lost: Callable[[str], None]
    ) -> None:
        """Raises BadOffer."""
        self._offer = read_seat_offer(offer_sdp)
        self._plane = plane
        self._leg = Leg(plane, port, certificate, BROWSER, on_lost)
        self._sources: list[Source] = [None, None]
        self._waiting: list[Callable[[], None]] = []
        self.answer_sdp = write_seat_answer(self._offer, self._leg.local, secrets.randbits(62))

    @property
    def flow(self) -> FlowId | None:
        """None until it is connected."""
        return self._leg.flow

    async def connect(self) -> FlowId:
        """ICE and DTLS. Raises LegFailed."""
        flow = await self._leg.start(self._offer.remote)
        self._plane.open_gate(flow)
        if self._waiting:
            self._plane.tap(flow, self._heard)
        for line, source in enumerate(self._sources):
            self._plane.hear(flow, source, line)
        return flow

    def hear(self, source: Source, line: int | None = None) -> None:
        """What the agent hears on one line, or on both: the browser mixes the two."""
        for number in (MAIN_LINE, SECOND_LINE) if line is None else (line,):
            self._sources[number] = source
            if self.flow is not None:
                self._plane.hear(self.flow, source, number)

    def when_audible(self, heard: Callable[[], None]) -> None:
        """Call `heard` once, at the next packet of the microphone."""
        if not self._waiting and self.flow is not None:
            self._plane.tap(self.flow, self._heard)
        self._waiting.append(heard)

    def _heard(self, packet: TappedPacket) -> None:
        self._plane.untap(packet.flow, self._heard)
        waiting, self._waiting = self._waiting, []
        for heard in waiting:
            heard()

    async def close(self) -> None:
        await self._leg.close()
