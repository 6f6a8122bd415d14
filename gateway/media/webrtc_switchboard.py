"""The switchboard over real legs: calls, seats, and who hears whom."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import LegFailed
from gateway.media.mixer import Mix, Mixer
from gateway.media.plane import SILENCE, FlowFigures, FlowId, Plane, Prompt, Silence, Source, TapOverflow
from gateway.media.ports import MediaPort
from gateway.media.prompts import Prompts
from gateway.media.scene import (
    CUSTOMER,
    QUIET,
    Scene,
    SeatHears,
    Supervisor,
    Together,
    consulting,
    hearing,
    holding,
    ringing_at_the_customer,
    supervised,
    talking,
    three,
    without,
)
from gateway.media.seat import Seat
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.tapes import Keeper, Tapes, Voice
from gateway.media.whatsapp_leg import WhatsAppLeg
from signaling.ids import AgentId, CallId, SeatId, new_seat_id

_log = logging.getLogger(__name__)


_Line = tuple[SeatId, int] | None
"""One of a seat's lines; None: the customer's."""


@dataclass(slots=True)
class _Call:
    """A leg, and who should hear what. `played`: to be called when the sound of this scene has ended. `scene`: with
    the supervisor, if there is one. `mixes`: of those whom a line hears together, by line."""

    leg: WhatsAppLeg
    tapes: Tapes
    own_scene: Scene = QUIET
    supervisor: Supervisor | None = None
    scene: Scene = QUIET
    played: Callable[[], None] | None = None
    mixes: dict[_Line, Mix] = field(default_factory=dict)


@dataclass(slots=True)
class _Desk:
    agent: AgentId
    seat: Seat


class WebRtcSwitchboard:
    """`gateway.media.switchboard.Switchboard`. Acting on a call or a seat that is gone does nothing: the event that it
    is gone has been told, or is on its way.

    `media_address` goes into candidates and is bound where it is local, else everything is. Browsers come in through
    `browser_port` (0: any); each WhatsApp leg takes a port of `meta_ports`. The plane stays the caller's to close.
    """

    def __init__(
        self,
        plane: Plane,
        media_address: str,
        browser_port: int,
        meta_ports: range,
        prompts: Prompts,
        on_leg: Callable[[LegEvent], None],
        on_seat: Callable[[SeatEvent], None],
    ) -> None:
        self._plane, self._host, self._meta_ports, self._prompts = plane, media_address, meta_ports, prompts
        self._browser_ports = range(browser_port, browser_port + 1)
        self._on_leg, self._on_seat = on_leg, on_seat
        self._certificate = Certificate()
        self._mixer = Mixer(plane)
        self._opening_legs: set[CallId] = set()
        self._calls: dict[CallId, _Call] = {}
        self._desks: dict[SeatId, _Desk] = {}
        self._call_of: dict[FlowId, CallId] = {}
        self._port: MediaPort | None = None
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        plane.events.on("first_packet", self._first_packet)
        plane.events.on("first_sent", self._first_sent)
        plane.events.on("prompt_ended", self._prompt_ended)
        plane.events.on("digit", self._digit)
        plane.events.on("tap_failed", self._tap_failed)

    async def start(self) -> None:
        """Open the browsers' port. `answer_seat` would do it, but at start-up a taken port is found out sooner.
        Raises NoPortFree."""
        async with self._opening:
            if self._port is None:
                self._port = await MediaPort.open(self._plane, self._host, self._browser_ports, exclusive=False)

    # ---- calls ------------------------------------------------------------------------------------------------------

    async def answer_call(self, call_id: CallId, offer_sdp: str) -> str:
        assert call_id not in self._calls, "a call is answered once"

        def lost(reason: str) -> None:
            self._on_leg(LegEvent(call_id, "lost", reason))

        leg = await self._open_leg(
            call_id,
            WhatsAppLeg.answering(self._plane, self._certificate, self._host, self._meta_ports, offer_sdp, lost),
        )
        if call_id in self._calls:
            self._spawn(self._connect_leg(call_id, leg))
        return leg.local_sdp

    async def offer_call(self, call_id: CallId) -> str:
        assert call_id not in self._calls, "a call is offered once"

        def lost(reason: str) -> None:
            self._on_leg(LegEvent(call_id, "lost", reason))

        leg = await self._open_leg(
            call_id, WhatsAppLeg.offering(self._plane, self._certificate, self._host, self._meta_ports, lost)
        )
        return leg.local_sdp

    def take_answer(self, call_id: CallId, answer_sdp: str) -> None:
        if (call := self._calls.get(call_id)) is None:
            return
        setup = call.leg.take_answer(answer_sdp)
        # Which role Meta takes is not documented: every live value is worth a line (conflict C1).
        _log.info("meta answered an offer of ours", extra={"call_id": call_id, "dtls_setup": setup})
        self._spawn(self._connect_leg(call_id, call.leg))

    def open_audio(self, call_id: CallId) -> None:
        if (call := self._calls.get(call_id)) is not None:
            call.leg.open_audio()

    def connect(self, call_id: CallId, seat: SeatId) -> None:
        self._show(call_id, talking(seat))

    def ringback(self, call_id: CallId, seat: SeatId) -> None:
        self._show(call_id, ringing_at_the_customer(seat, self._prompts.ringback))

    def hold_tone(self, call_id: CallId) -> None:
        self._show(call_id, hearing(self._prompts.hold_tone))

    def hold_music(self, call_id: CallId, seat: SeatId) -> None:
        self._show(call_id, holding(seat, self._prompts.hold_music))

    def play(self, call_id: CallId, prompt: Prompt, played: Callable[[], None]) -> None:
        self._show(call_id, hearing(prompt), played)

    def consult(self, call_id: CallId, asker: SeatId, asked: SeatId) -> None:
        self._show(call_id, consulting(asker, asked, self._prompts.hold_music))

    def three(self, call_id: CallId, first: SeatId, second: SeatId) -> None:
        self._show(call_id, three(first, second))

    def supervise(self, call_id: CallId, supervisor: Supervisor | None) -> None:
        if (call := self._calls.get(call_id)) is not None:
            call.supervisor = supervisor
            self._refresh(call)

    def keep(self, call_id: CallId, keeper: Keeper, voices: frozenset[Voice]) -> bool:
        if (call := self._calls.get(call_id)) is None:
            return False
        call.tapes.add(keeper, voices)
        return True

    def stop_keeping(self, call_id: CallId, keeper: Keeper) -> None:
        if (call := self._calls.get(call_id)) is not None:
            call.tapes.remove(keeper)

    async def close_call(self, call_id: CallId) -> None:
        self._opening_legs.discard(call_id)
        if (call := self._calls.pop(call_id, None)) is not None:
            call.supervisor = None
            self._change(call, QUIET)
            if call.leg.flow is not None:
                self._call_of.pop(call.leg.flow, None)
            await call.leg.close()

    def call_figures(self, call_id: CallId) -> FlowFigures | None:
        call = self._calls.get(call_id)
        return None if call is None or call.leg.flow is None else self._plane.figures(call.leg.flow)

    # ---- seats ------------------------------------------------------------------------------------------------------

    async def answer_seat(self, agent: AgentId, offer_sdp: str) -> tuple[SeatId, str]:
        await self.start()
        assert self._port is not None
        seat_id = new_seat_id()
        seat = Seat(
            self._plane,
            self._port,
            self._certificate,
            offer_sdp,
            lambda reason: self._spawn(self._seat_is_down(seat_id, reason)),
        )
        self._desks[seat_id] = _Desk(agent, seat)
        self._spawn(self._connect_seat(seat_id, agent, seat))
        return seat_id, seat.answer_sdp

    def seat_is_up(self, seat: SeatId) -> bool:
        desk = self._desks.get(seat)
        return desk is not None and desk.seat.flow is not None

    def when_audible(self, seat: SeatId, heard: Callable[[], None]) -> None:
        if (desk := self._desks.get(seat)) is not None:
            desk.seat.when_audible(heard)

    async def close_seat(self, seat: SeatId) -> None:
        if (desk := self._desks.pop(seat, None)) is not None:
            for call in self._calls.values():
                if seat in call.scene.seats:
                    if call.supervisor is not None and call.supervisor.seat == seat:
                        call.supervisor = None
                    own = call.own_scene
                    self._change(call, QUIET if own.customer == seat else without(own, seat), call.played)
            await desk.seat.close()

    def seat_figures(self, seat: SeatId) -> FlowFigures | None:
        desk = self._desks.get(seat)
        return None if desk is None or desk.seat.flow is None else self._plane.figures(desk.seat.flow)

    async def close(self) -> None:
        self._plane.events.remove_listener("first_packet", self._first_packet)
        self._plane.events.remove_listener("first_sent", self._first_sent)
        self._plane.events.remove_listener("prompt_ended", self._prompt_ended)
        self._plane.events.remove_listener("digit", self._digit)
        self._plane.events.remove_listener("tap_failed", self._tap_failed)
        for call_id in tuple(self._calls):
            await self.close_call(call_id)
        for seat in tuple(self._desks):
            await self.close_seat(seat)
        self._mixer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._port is not None:
            self._port.close()

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _show(self, call_id: CallId, scene: Scene, played: Callable[[], None] | None = None) -> None:
        if (call := self._calls.get(call_id)) is None:
            return
        for other in self._calls.values():  # a seat is in one call at a time
            if other is not call and other.scene.seats.keys() & scene.seats.keys():
                self._change(other, QUIET)
        self._change(call, scene, played)

    def _change(self, call: _Call, scene: Scene, played: Callable[[], None] | None = None) -> None:
        """Who is not in the new scene hears nothing of this call any more."""
        call.own_scene, call.played = scene, played
        self._refresh(call)

    def _refresh(self, call: _Call) -> None:
        before, call.scene = call.scene, supervised(call.own_scene, call.supervisor)
        gone = before.seats.keys() - call.scene.seats.keys()
        for seat in gone:
            if (desk := self._desks.get(seat)) is not None:
                desk.seat.hear(None)
        self._wire(call)

    def _wire(self, call: _Call) -> None:
        """Make everybody hear what they should, as far as they are connected."""
        heard: dict[_Line, Source] = {}
        for seat, lines in call.scene.seats.items():
            if (desk := self._desks.get(seat)) is not None:
                for line, source in enumerate(lines):
                    heard[seat, line] = self._source(call, source, (seat, line))
                    desk.seat.hear(heard[seat, line], line)
        customer = call.scene.customer
        heard[None] = self._source(call, customer, None) or SILENCE
        call.leg.hear(heard[None])
        for listener, mix in tuple(call.mixes.items()):
            if heard.get(listener) != mix.source:  # nobody hears it any more
                self._mixer.end(call.mixes.pop(listener))
        call.tapes.follow(self._speakers(call))

    def _speakers(self, call: _Call) -> dict[FlowId, Voice]:
        """The customer, and the agents whom they hear."""
        speakers = {} if call.leg.flow is None else {call.leg.flow: Voice.CUSTOMER}
        heard = call.scene.customer
        seats = heard.seats if isinstance(heard, Together) else (heard,) if isinstance(heard, str) else ()
        for seat, voice in zip(seats, (Voice.SEAT, Voice.SECOND_SEAT), strict=False):
            if isinstance(flow := self._flow_of(seat), int):
                speakers[flow] = voice
        return speakers

    def _source(self, call: _Call, source: SeatHears, line: _Line) -> Source:
        """What a line of the scene is on the plane; None: whoever should be heard there is not connected."""
        if source == CUSTOMER:
            return call.leg.flow
        if not isinstance(source, Together):
            return self._flow_of(source)
        flows = [flow for seat in source.seats if isinstance(flow := self._flow_of(seat), int)]
        if len(flows) < 2 or self._port is None or call.leg.flow is None:  # nothing is decoded for one alone
            return flows[0] if flows else None
        if line in call.mixes:
            call.mixes[line].hear(flows)
        else:
            call.mixes[line] = self._mixer.open(self._port.endpoint, flows)
        return call.mixes[line].source

    def _flow_of(self, source: SeatId | Prompt | Silence | None) -> Source:
        if not isinstance(source, str):
            return source
        desk = self._desks.get(source)
        return None if desk is None else desk.seat.flow

    async def _open_leg(self, call_id: CallId, opening: Coroutine[None, None, WhatsAppLeg]) -> WhatsAppLeg:
        """A leg that is the call's from now on, unless the call ended while a port was opened."""
        self._opening_legs.add(call_id)
        try:
            leg = await opening
            still_wanted = call_id in self._opening_legs
        finally:
            self._opening_legs.discard(call_id)
        if still_wanted:
            self._calls[call_id] = _Call(leg, Tapes(self._plane))
        else:  # nobody else would close it
            await leg.close()
        return leg

    async def _connect_leg(self, call_id: CallId, leg: WhatsAppLeg) -> None:
        try:
            flow = await leg.connect()
        except LegFailed as failed:
            reason = failed.reason
        except Exception:
            _log.exception("a leg could not be connected", extra={"call_id": call_id})
            reason = "internal"
        else:
            if (call := self._calls.get(call_id)) is not None:
                self._call_of[flow] = call_id
                self._wire(call)
                self._on_leg(LegEvent(call_id, "connected"))
            return
        if call_id in self._calls:
            self._on_leg(LegEvent(call_id, "lost", reason))

    async def _connect_seat(self, seat_id: SeatId, agent: AgentId, seat: Seat) -> None:
        try:
            await seat.connect()
        except LegFailed as failed:
            await self._seat_is_down(seat_id, failed.reason)
        except Exception:
            _log.exception("a seat could not be connected", extra={"agent_id": agent})
            await self._seat_is_down(seat_id, "internal")
        else:
            if seat_id in self._desks:
                for call in self._calls.values():
                    if seat_id in call.scene.seats:
                        self._wire(call)
                self._on_seat(SeatEvent(agent, seat_id, "up"))

    async def _seat_is_down(self, seat_id: SeatId, reason: str) -> None:
        if (desk := self._desks.get(seat_id)) is not None:
            await self.close_seat(seat_id)
            self._on_seat(SeatEvent(desk.agent, seat_id, "down", reason))

    def _first_packet(self, flow: FlowId) -> None:
        if (call_id := self._call_of.get(flow)) is not None:
            self._on_leg(LegEvent(call_id, "customer_audio"))

    def _first_sent(self, flow: FlowId) -> None:
        if (call_id := self._call_of.get(flow)) is not None:
            self._on_leg(LegEvent(call_id, "agent_audio"))

    def _prompt_ended(self, flow: FlowId, _line: int, prompt: Prompt) -> None:
        call_id = self._call_of.get(flow)
        call = None if call_id is None else self._calls.get(call_id)
        if call is not None and call.scene.customer is prompt and call.played is not None:
            played, call.played = call.played, None
            played()

    def _digit(self, flow: FlowId, character: str, _duration_ms: int) -> None:
        if (call_id := self._call_of.get(flow)) is not None:
            self._on_leg(LegEvent(call_id, "digit", digit=character))

    def _tap_failed(self, flow: FlowId, error: Exception) -> None:
        if not isinstance(error, TapOverflow):
            _log.error("what kept a flow failed", exc_info=error)
            return
        for call in self._calls.values():
            call.tapes.lost(flow, error.lost)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
