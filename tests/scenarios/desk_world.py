"""Agents at their desks on virtual time: the real exchange, desk and lifecycle; seats and sockets are fakes."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from signaling.agents.contract import (
    EVENTS,
    Ack,
    AnswerCall,
    DeskState,
    Message,
    OfferSeat,
    ReportAudio,
    RingStopped,
    SeatAck,
    SetAvailability,
)
from signaling.agents.desk import Desk
from signaling.agents.page_messages import PageHere
from signaling.agents.showing import UNHURRIED_S
from signaling.call import Rules
from signaling.ids import AgentId, CallId, SeatId
from signaling.ports import Agent, SeatRefused
from signaling.presence import Availability, Microphone, WrappedUp
from signaling.private import Sdp
from tests.fakes.virtual_time import run_in_virtual_time, virtual_now
from tests.fakes.world import NUMBER, FakeWorld

GOOD_OFFER = "v=0\r\na good offer\r\n"
BAD_OFFER = "v=0\r\na bad offer\r\n"


@dataclass
class FakeSeats:
    made: list[tuple[AgentId, SeatId]] = field(default_factory=list)
    closed: list[SeatId] = field(default_factory=list)
    silence_s: dict[SeatId, float] = field(default_factory=dict)

    async def answer_seat(self, agent: AgentId, offer: Sdp) -> tuple[SeatId, Sdp]:
        if offer.value == BAD_OFFER:
            raise SeatRefused("no_audio")
        seat = SeatId(f"seat-{len(self.made)}")
        self.made.append((agent, seat))
        return seat, Sdp("v=0 answer")

    async def close_seat(self, seat: SeatId) -> None:
        self.closed.append(seat)

    def silent_for_s(self, seat: SeatId) -> float | None:
        return None if seat in self.closed else self.silence_s.get(seat, 0.0)


class DeskWorld:
    def __init__(self, rules: Rules | None = None) -> None:
        self.world = FakeWorld(rules)
        self.seats = FakeSeats()
        self.sent: list[tuple[str, str, Message]] = []
        self.numbers = {NUMBER.id: NUMBER}  # as the desk knows them
        self.hidden: set[str] = set()
        self.frozen: set[str] = set()  # pages that do not answer
        self.knocks: list[tuple[AgentId, CallId]] = []
        self.wrapped_up: list[WrappedUp] = []
        self.turns_of_a_send = 0  # how often the loop turns before a message is out
        self.desk = Desk(
            calls=self.world.exchange,
            seats=self.seats,
            numbers=self.numbers,
            emit=self._emit,
            clock=virtual_now,
            place_call=self.world.placing.place_call,
            knock=lambda agent, call: self.knocks.append((agent, call.id)),
            wrapped_up=self.wrapped_up.append,
        )
        self.world.exchange._on_change = self.desk.call_changed
        self.desk.start()

    async def _emit(self, sid: str, event: str, message_json: str) -> None:
        for _ in range(self.turns_of_a_send):
            await asyncio.sleep(0)
        self.sent.append((sid, event, EVENTS[event].model_validate_json(message_json)))
        if event == "are_you_there" and sid not in self.frozen:
            await self.desk.command(sid, "page.here", PageHere(visible=sid not in self.hidden))

    async def settle(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)

    async def a_moment(self) -> None:
        """Until also those see that calls wait for whom they do not ring."""
        await asyncio.sleep(UNHURRIED_S)
        await self.settle()

    async def stop(self) -> None:
        await self.desk.stop()
        await self.world.exchange.stop()

    async def connect(self, agent: Agent, sid: str, tab_id: str | None = None) -> None:
        self.desk.connected(sid, agent, tab_id or f"tab-of-{sid}")
        await self.settle()

    async def do(self, sid: str, name: str, message: Message) -> Ack:
        ack = await self.desk.command(sid, name, message)
        await self.settle()
        return ack

    async def seat(self, agent: Agent, sid: str) -> SeatId:
        """The page makes a seat, and ICE and DTLS are done."""
        ack = await self.do(sid, "seat.offer", OfferSeat(sdp=GOOD_OFFER))
        assert isinstance(ack, SeatAck)
        assert ack.ok and ack.seat_id is not None
        seat = SeatId(ack.seat_id)
        self.desk.seating.up(agent.id, seat)
        await self.settle()
        return seat

    async def ready(self, agent: Agent, sid: str, tab_id: str | None = None) -> SeatId:
        await self.connect(agent, sid, tab_id)
        await self.do(sid, "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=True))
        seat = await self.seat(agent, sid)
        await self.do(sid, "availability.set", SetAvailability(availability=Availability.READY))
        return seat

    async def answer(self, sid: str) -> Ack:
        (ring,) = self.state(sid).ringing
        return await self.do(sid, "call.answer", AnswerCall(call_id=ring.call_id))

    def state(self, sid: str) -> DeskState:
        """What this tab shows now."""
        states = [message for to, event, message in self.sent if to == sid and event == "state"]
        state = states[-1]
        assert isinstance(state, DeskState)
        return state

    def hints(self, sid: str) -> list[RingStopped]:
        return [message for to, _, message in self.sent if to == sid and isinstance(message, RingStopped)]

    def events(self, sid: str) -> list[str]:
        return [event for to, event, _ in self.sent if to == sid]


def desk_scenario(scenario: Callable[[DeskWorld], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test that plays in a world of its own."""

    def test() -> None:
        async def play() -> None:
            world = DeskWorld()
            await scenario(world)
            await world.stop()

        run_in_virtual_time(play())

    test.__name__ = scenario.__name__
    return test
