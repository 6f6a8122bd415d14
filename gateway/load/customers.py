"""The customers' phones of a load test: legs on one plane, behind one UDP port, as at Meta's relays.

Unlike the simulator's own customers they judge nothing about sound: that would cost more than the gateway does. What
Graph is asked and how SDP looks is judged as strictly as ever, by the same exchange.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from gateway.load.stamps import Side, voice
from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import META_RELAY, Leg, LegFailed
from gateway.media.parameters import RemoteParameters
from gateway.media.plane import FlowCodec, FlowFigures, FlowId, Plane
from gateway.media.ports import MediaPort
from gateway.simulator.call_rules import Heard
from gateway.simulator.clips import Voice
from gateway.simulator.faults import FaultKind
from gateway.simulator.heard import HeardPacket
from gateway.simulator.lines import Line, LineFigures, LineRequest
from gateway.simulator.offer import OfferParts, live_offer
from gateway.simulator.sdp_rules import OPUS, TELEPHONE_EVENT, BusinessAnswer
from gateway.simulator.secure_leg import NoteFault

GONE_AFTER_S: Final = 2.0
"""How long the leg of a call that is over stays: Meta's relay sends no goodbye, the webhook tells the gateway."""

UNHEARD_RELAY: Final = replace(META_RELAY, dead_after_s=86_400.0)
"""Nobody counts what comes to it, so nobody can say that nothing does."""


class CustomerPhone:
    """One customer in one call; implements `simulator.lines.Line`. `number` is what their voice says.

    `accepted` and `first_packet` (the business' first) have the moment on the monotonic clock; `ended` is set when the
    call is over. With `media` False the leg connects as ever, but nobody speaks, and what comes is dropped unread.
    """

    browser_answer = None

    def __init__(
        self,
        lines: "PlaneLines",
        plane: Plane,
        port: MediaPort,
        certificate: Certificate,
        number: int,
        media: bool,
        note: NoteFault,
        request: LineRequest,
    ) -> None:
        self.number = number
        self._asked = request.offer
        self.accepted: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.first_packet: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.flow: FlowId | None = None
        self._lines, self._plane, self._media, self._note = lines, plane, media, note
        kind = META_RELAY if media else UNHEARD_RELAY
        self._leg = Leg(plane, port, certificate, kind, lambda reason: None)
        self._open = False
        self._starting: asyncio.Task[None] | None = None
        self._last: FlowFigures | None = None
        local = self._leg.local
        self.offer_sdp = live_offer(
            OfferParts(
                host=local.address[0],
                port=local.address[1],
                ice_ufrag=local.ufrag,
                ice_password=local.pwd,
                fingerprint=local.fingerprint,
                ssrc=local.ssrcs[0],
                stream_id=str(uuid4()),
                session_ms=int(time.time() * 1000),
                **_answering(request),
            )
        )

    # ---- what the exchange asks -------------------------------------------------------------------------------------

    @property
    def heard(self) -> Heard:
        if not self._media:  # it is sent, and not looked at
            return Heard(time.time(), time.time()) if self._open else Heard()
        received = None if (figures := self.traffic) is None else figures.received
        if received is None:
            return Heard()
        return Heard(_unix_s(received.first_packet_s), _unix_s(received.last_packet_s))

    @property
    def figures(self) -> LineFigures:
        figures = self.traffic
        if figures is None:
            return LineFigures(ice=self._leg.path is not None)
        received, sent = figures.received, figures.sent
        return LineFigures(
            ice=True,
            dtls=True,
            packets_in=received.packets,
            lost_in=received.lost,
            packets_out=sent.packets,
            first_in_s=_unix_s(received.first_packet_s),
            last_in_s=_unix_s(received.last_packet_s),
            first_out_s=_unix_s(sent.first_packet_s),
        )

    @property
    def packets(self) -> Sequence[HeardPacket]:
        return ()

    def listen(self) -> None:
        """A call of the business: it has Meta's answer now, and connects."""
        asked = self._asked
        if asked is not None and self._starting is None:
            codec = FlowCodec(asked.opus, asked.telephone_event)
            remote = RemoteParameters(asked.ice_ufrag, asked.ice_password, asked.fingerprint, codec)
            self._starting = asyncio.create_task(self._connect(remote), name=f"customer {self.number}")

    def speak_through(self, voice: Voice | None, browser_offer: str | None) -> None:
        """Everybody here speaks with their own stamped voice."""

    def use_answer(self, answer: BusinessAnswer) -> None:
        if self._starting is None:
            codec = FlowCodec(OPUS, TELEPHONE_EVENT if answer.telephone_event else None)
            remote = RemoteParameters(answer.ice_ufrag, answer.ice_password, answer.fingerprint, codec)
            self._starting = asyncio.create_task(self._connect(remote), name=f"customer {self.number}")

    def open(self) -> None:
        self._open = True
        if not self.accepted.done():
            self.accepted.set_result(time.monotonic())
        if self.flow is not None:
            self._plane.open_gate(self.flow)
            if self.first_packet.done():
                self._speak()

    def cut(self, *, speech: bool, hearing: bool) -> None: ...

    def press(self, digit: str) -> bool:
        return False

    def close(self) -> None:
        """The call is over: fall silent at once, and be gone a little later."""
        if self.ended.is_set():
            return
        self._last = self.traffic
        self.ended.set()
        if self.flow is not None:
            self._plane.hear(self.flow, None)
        self._lines.leave(self)

    # ---- what the load asks -----------------------------------------------------------------------------------------

    @property
    def traffic(self) -> FlowFigures | None:
        """What the plane counted, until the end of the call; None before it was connected."""
        if self._last is not None or self.flow is None:
            return self._last
        return self._plane.figures(self.flow)

    def heard_first(self) -> None:
        """The plane has the business' first packet. Meta's customers speak from now on (reference 3.3), if they have
        picked up: who is called may hear silence before (3.7)."""
        if not self._open and self._asked is None:
            self._note(FaultKind.EARLY_MEDIA, "RTP before accept returned 200")
        assert self.flow is not None
        if not self.first_packet.done():
            self.first_packet.set_result(self._plane.figures(self.flow).received.first_packet_s or time.monotonic())
        if self._open:
            self._speak()

    def _speak(self) -> None:
        if self.flow is not None and not self.ended.is_set():
            self._plane.hear(self.flow, voice(Side.CUSTOMER, self.number))

    async def gone(self) -> None:
        """Take the leg down."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._leg.close()

    async def _connect(self, remote: RemoteParameters) -> None:
        try:
            self.flow = await self._leg.start(remote)
        except LegFailed:
            return  # the call comes to nothing, and that is what is counted
        if not self._media:
            self._plane.remove_flow(self.flow)  # unprotecting for nobody is what costs; checks are still answered
            self.flow = None
            return
        self._lines.carry(self.flow, self)
        if self._open:
            self._plane.open_gate(self.flow)


class PlaneLines:
    """Implements `simulator.lines.Lines`."""

    def __init__(self, plane: Plane, port: MediaPort, certificate: Certificate, media: bool) -> None:
        self._plane, self._port, self._certificate, self._media = plane, port, certificate, media
        self._numbers = 0
        self._phones: set[CustomerPhone] = set()
        self._by_flow: dict[FlowId, CustomerPhone] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        plane.events.on("first_packet", self._on_first_packet)

    @classmethod
    async def open(cls, plane: Plane, host: str, certificate: Certificate, media: bool) -> "PlaneLines":
        """Raises NoPortFree."""
        return cls(plane, await MediaPort.open(plane, host, range(0, 1), exclusive=False), certificate, media)

    def new_line(self, request: LineRequest, note_fault: NoteFault) -> Line:
        self._numbers += 1
        phone = CustomerPhone(
            self, self._plane, self._port, self._certificate, self._numbers, self._media, note_fault, request
        )
        self._phones.add(phone)
        return phone

    def carry(self, flow: FlowId, phone: CustomerPhone) -> None:
        self._by_flow[flow] = phone

    def leave(self, phone: CustomerPhone) -> None:
        task = asyncio.create_task(self._take_down(phone, GONE_AFTER_S))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        self._plane.events.remove_listener("first_packet", self._on_first_packet)
        for task in tuple(self._leaving):
            task.cancel()
        for phone in tuple(self._phones):
            phone.close()
            await self._take_down(phone, 0)
        for task in tuple(self._leaving):
            task.cancel()
        self._port.close()

    async def _take_down(self, phone: CustomerPhone, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if phone.flow is not None:
            self._by_flow.pop(phone.flow, None)
        await phone.gone()
        self._phones.discard(phone)

    def _on_first_packet(self, flow: FlowId) -> None:
        if (phone := self._by_flow.get(flow)) is not None:
            phone.heard_first()


def _answering(request: LineRequest) -> dict[str, Any]:
    """What Meta's answer mirrors of the business' offer (reference 3.4)."""
    offer = request.offer
    if offer is None:
        return {}
    mid = request.answer_mid or offer.mid
    return {"setup": request.setup, "mid": mid, "opus": offer.opus, "telephone_event": offer.telephone_event}


def _unix_s(monotonic_s: float | None, clock: Callable[[], float] = time.time) -> float | None:
    """The same moment on the exchange's clock."""
    return None if monotonic_s is None else clock() - (time.monotonic() - monotonic_s)
