"""The seats of agents: each agent's audio path into the gateway, offered by one page, carried on by the next, and taken
away when it is dead."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from signaling.agents.contract import Message, OfferSeat, Refusal, SeatAck, SeatLost, SeatMoved
from signaling.agents.live_calls import LiveCalls
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call, State
from signaling.events import AgentSeatBack, AgentSeatLost, CallEvent
from signaling.ids import AgentId, CallId, SeatId
from signaling.ports import SeatRefused, Seats
from signaling.private import Sdp

log = structlog.get_logger(__name__)

SUSPECT_AFTER_S: Final = 1.0
"""A page that lost its socket and sends nothing at all for this long has lost its seat too."""


class Seating:
    """`know` changes what is known of an agent and shows it; `make_phone` makes this page (a Socket.IO session) the
    agent's phone; `send` sends a page one message."""

    def __init__(
        self,
        places: Workplaces,
        live: LiveCalls,
        seats: Seats,
        tell: Callable[[CallId, CallEvent], bool],
        know: Callable[..., None],
        make_phone: Callable[[Workplace, str], None],
        send: Callable[[str, str, Message], None],
    ) -> None:
        self._places, self._live, self._seats, self._tell = places, live, seats, tell
        self._know, self._make_phone, self._send = know, make_phone, send
        self._background: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def offered(self, place: Workplace, sid: str, name: str, message: OfferSeat) -> SeatAck:
        """A page offers its audio: it is the phone from here on, its seat counts once it is up."""
        if place.phone is not None and place.phone != sid:
            return SeatAck(ok=False, understood=name, why=Refusal.SEAT_ELSEWHERE)
        self._make_phone(place, sid)
        try:
            seat, answer = await self._seats.answer_seat(place.facts.agent.id, Sdp(message.sdp))
        except SeatRefused as refused:
            log.warning("seat_refused", agent=place.facts.agent.id, reason=refused.reason)
            return SeatAck(ok=False, understood=name, why=Refusal.BAD_SDP)
        if place.phone != sid:  # the tab was closed or replaced while we worked
            self._close(seat)
            return SeatAck(ok=False, understood=name, why=Refusal.SEAT_ELSEWHERE)
        if place.coming_seat is not None:
            self._close(place.coming_seat)
        place.coming_seat = seat
        return SeatAck(ok=True, understood=name, seat_id=seat, sdp=answer.value)

    def take_over(self, place: Workplace, sid: str) -> None:
        """This page is the phone now, and whichever was is told so."""
        if place.phone == sid:
            return
        if place.phone is not None:
            self._send(place.phone, "seat_moved", SeatMoved())
        for seat in (place.facts.seat, place.coming_seat):
            if seat is not None:
                self._close(seat)
        self._gone(place)
        place.coming_seat = None
        self._make_phone(place, sid)

    def up(self, agent: AgentId, seat: SeatId) -> None:
        """Audio has a path to this seat: it replaces the one before."""
        place = self._places.get(agent)
        if place is None or place.coming_seat != seat:
            self._close(seat)
            return
        old, place.coming_seat = place.facts.seat, None
        mine = self._own_call(place)
        if old is not None:
            self._close(old)
            if mine is not None and mine.state is State.CLAIMED:
                self._tell(mine.id, AgentSeatLost(agent, old))
        self._know(place, seat=seat)
        if mine is not None and mine.state is not State.CLAIMED:
            self._tell(mine.id, AgentSeatBack(agent, seat))
        log.info("seat_up", agent=agent)

    def down(self, agent: AgentId, seat: SeatId) -> None:
        """The path to this seat is dead: its page is told, and so is the call that was heard there."""
        place = self._places.get(agent)
        if place is None or seat not in (place.facts.seat, place.coming_seat):
            return
        if place.coming_seat == seat:
            place.coming_seat = None
        else:
            self._gone(place)
        if place.phone is not None:
            self._send(place.phone, "seat_lost", SeatLost(seat_id=seat))
        log.info("seat_down", agent=agent)

    def suspect_soon(self, place: Workplace) -> None:
        """The socket of this agent's phone is gone."""
        asyncio.get_running_loop().call_later(SUSPECT_AFTER_S, self._suspect, place, place.facts.seat)

    def _suspect(self, place: Workplace, seat: SeatId | None) -> None:
        """A browser that was killed says no good-bye: its socket is gone and its packets have stopped."""
        if place.phone is not None or seat is None or place.facts.seat != seat or self._own_call(place) is None:
            return  # an idle browser sends nothing: there its path is judged by its ICE checks alone
        silent_s = self._seats.silent_for_s(seat)
        if silent_s is None or silent_s >= SUSPECT_AFTER_S / 2:
            self._close(seat)
            self.down(place.facts.agent.id, seat)
        else:
            asyncio.get_running_loop().call_later(SUSPECT_AFTER_S, self._suspect, place, seat)

    def _gone(self, place: Workplace) -> None:
        seat, mine = place.facts.seat, self._own_call(place)
        self._know(place, seat=None)
        if seat is not None and mine is not None:
            self._tell(mine.id, AgentSeatLost(place.facts.agent.id, seat))

    def _own_call(self, place: Workplace) -> Call | None:
        return self._live.owned_by(place.facts.agent.id)

    def _close(self, seat: SeatId) -> None:
        task = asyncio.create_task(self._seats.close_seat(seat), name=f"close-seat-{seat}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
