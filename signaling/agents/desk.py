"""Every signed-in agent of this process: their tabs, their seat, what they see, and what they may do.

State is truth: after every change each tab is sent what it should show, computed from facts. No method here waits
for a call: commands put an event into the call's inbox, and what came of it shows in the next state.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

import structlog

from signaling.agents import views
from signaling.agents.contract import (
    Ack,
    AnswerCall,
    DeclineCall,
    DeskState,
    HangUp,
    Me,
    Message,
    MuteCall,
    OfferSeat,
    Phone,
    Refusal,
    ReportAudio,
    SeatAck,
    SeatLost,
    SeatMoved,
    SetAvailability,
    TakeSeat,
)
from signaling.call import Call, State
from signaling.events import (
    AgentAnswered,
    AgentDeclined,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    CallEvent,
)
from signaling.ids import AgentId, CallId, NumberId, SeatId
from signaling.ports import Agent, Clock, Number, SeatRefused, Seats
from signaling.presence import AgentFacts, Availability, Presence, missing, owner_of, presence
from signaling.private import Sdp

log = structlog.get_logger(__name__)

FORGET_AFTER_S: Final = 60.0
"""An agent whose page has been gone this long is offline."""

SUSPECT_AFTER_S: Final = 1.0
"""A page that lost its socket and sends nothing at all for this long has lost its seat too."""

Emit = Callable[[str, str, Message], Awaitable[None]]
"""Send one message: Socket.IO session id, event name, message."""


class Calls(Protocol):
    """What the desk needs of the exchange."""

    @property
    def live_calls(self) -> list[Call]: ...

    def tell(self, call_id: CallId, event: CallEvent) -> bool: ...


@dataclass(slots=True)
class _Tab:
    tab_id: str
    shown: DeskState | None = None


@dataclass(slots=True)
class _Workplace:
    """One agent, whatever the number of tabs. `phone` is the Socket.IO session id of the tab that is the phone."""

    facts: AgentFacts
    tabs: dict[str, _Tab] = field(default_factory=dict)
    phone: str | None = None
    phone_tab_id: str | None = None  # remembered over a reload
    phone_since: datetime | None = None
    coming_seat: SeatId | None = None  # answered, but ICE and DTLS are not done
    last_call: Call | None = None
    rings: dict[CallId, Call] = field(default_factory=dict)


class Desk:
    def __init__(
        self, *, calls: Calls, seats: Seats, numbers: Mapping[NumberId, Number], emit: Emit, clock: Clock
    ) -> None:
        self._calls, self._seats, self._numbers, self._clock = calls, seats, numbers, clock
        self._emit = emit
        self._workplaces: dict[AgentId, _Workplace] = {}
        self._agent_of: dict[str, AgentId] = {}
        self._outbox: asyncio.Queue[tuple[str, str, Message]] = asyncio.Queue()
        self._background: set[asyncio.Task[None]] = set()
        self._flush_planned = False
        self._sender: asyncio.Task[None] | None = None

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._sender = asyncio.create_task(self._send_all(), name="desk-sender")

    async def stop(self) -> None:
        tasks = [*self._background, *([self._sender] if self._sender else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def connected(self, sid: str, agent: Agent, tab_id: str) -> None:
        """A page of this agent has a socket. The tab that was the phone before a reload is the phone again."""
        place = self._workplaces.setdefault(agent.id, _Workplace(AgentFacts(agent)))
        place.facts = replace(place.facts, agent=agent)
        place.tabs[sid] = _Tab(tab_id)
        self._agent_of[sid] = agent.id
        if place.phone_tab_id == tab_id:
            self._make_phone(place, sid)
        self._changed()

    def renewed(self, sid: str, agent: Agent) -> None:
        """The agent as the store knows them now: name, departments and grants may have changed."""
        place = self._workplaces[self._agent_of[sid]]
        if place.facts.agent != agent:
            place.facts = replace(place.facts, agent=agent)
            self._changed()

    def disconnected(self, sid: str) -> None:
        agent = self._agent_of.pop(sid, None)
        if agent is None:
            return
        place = self._workplaces[agent]
        del place.tabs[sid]
        if place.phone == sid:
            place.phone = None
            place.facts = replace(place.facts, connected=False)
            loop = asyncio.get_running_loop()
            loop.call_later(SUSPECT_AFTER_S, self._suspect, place, place.facts.seat)
            loop.call_later(FORGET_AFTER_S, self._forget, place, place.phone_since)
        self._changed()

    # ---- what pages ask for ------------------------------------------------------------------------------------------

    async def command(self, sid: str, name: str, message: Message) -> Ack:
        """Carry out one well-formed command of a page; the ack says what was understood."""
        place = self._workplaces[self._agent_of[sid]]
        if isinstance(message, OfferSeat):
            return await self._offer_seat(place, sid, name, message)
        why = self._act(place, sid, message)
        self._changed()
        return Ack(ok=why is None, understood=name, why=why)

    def _act(self, place: _Workplace, sid: str, message: Message) -> Refusal | None:
        match message:
            case TakeSeat():
                self._take_over(place, sid)
                return None
            case SetAvailability() if message.availability is not Availability.READY:
                place.facts = replace(place.facts, availability=message.availability)
                return None
        if place.phone is not None and place.phone != sid:
            return Refusal.SEAT_ELSEWHERE
        match message:
            case ReportAudio(microphone=microphone, sound_unlocked=unlocked):
                self._make_phone(place, sid)
                place.facts = replace(place.facts, microphone=microphone, sound_unlocked=unlocked)
                return None
            case SetAvailability(availability=availability):
                self._make_phone(place, sid)
                place.facts = replace(place.facts, availability=availability)
                return None
            case AnswerCall(call_id=call_id):
                return self._answer(place, CallId(call_id))
            case DeclineCall(call_id=call_id):
                if CallId(call_id) not in place.rings:
                    return Refusal.NOT_RINGING
                return self._tell(CallId(call_id), AgentDeclined(place.facts.agent.id))
            case HangUp(call_id=call_id):
                return self._tell_own(place, CallId(call_id), AgentHungUp(place.facts.agent.id))
            case MuteCall(call_id=call_id, muted=muted):
                return self._tell_own(place, CallId(call_id), AgentMuted(place.facts.agent.id, muted))
            case _:
                return Refusal.UNKNOWN_COMMAND

    def _answer(self, place: _Workplace, call_id: CallId) -> Refusal | None:
        facts, state = place.facts, presence(place.facts, self._own_call(place))
        if state in (Presence.CLAIMING, Presence.IN_CALL):
            return Refusal.BUSY
        if state is not Presence.FREE or facts.seat is None:
            return Refusal.NOT_READY
        if call_id not in place.rings:
            return Refusal.NOT_RINGING
        why = self._tell(call_id, AgentAnswered(facts.agent.id, facts.seat))
        if why is None:  # from here on this agent is not free, though the call itself has not decided yet
            place.facts = replace(facts, claiming=call_id)
        return why

    def _tell_own(self, place: _Workplace, call_id: CallId, event: CallEvent) -> Refusal | None:
        mine = self._own_call(place)
        return self._tell(call_id, event) if mine is not None and mine.id == call_id else Refusal.NOT_YOUR_CALL

    def _tell(self, call_id: CallId, event: CallEvent) -> Refusal | None:
        return None if self._calls.tell(call_id, event) else Refusal.NOT_RINGING

    async def _offer_seat(self, place: _Workplace, sid: str, name: str, message: OfferSeat) -> SeatAck:
        if place.phone is not None and place.phone != sid:
            return SeatAck(ok=False, understood=name, why=Refusal.SEAT_ELSEWHERE)
        self._make_phone(place, sid)
        try:
            seat, answer = await self._seats.answer_seat(place.facts.agent.id, Sdp(message.sdp))
        except SeatRefused as refused:
            log.warning("seat_refused", agent=place.facts.agent.id, reason=refused.reason)
            return SeatAck(ok=False, understood=name, why=Refusal.BAD_SDP)
        if place.phone != sid:  # the tab was closed or replaced while we worked
            self._close_seat(seat)
            return SeatAck(ok=False, understood=name, why=Refusal.SEAT_ELSEWHERE)
        if place.coming_seat is not None:
            self._close_seat(place.coming_seat)
        place.coming_seat = seat
        self._changed()
        return SeatAck(ok=True, understood=name, seat_id=seat, sdp=answer.value)

    def _take_over(self, place: _Workplace, sid: str) -> None:
        if place.phone == sid:
            return
        if place.phone is not None:
            self._outbox.put_nowait((place.phone, "seat_moved", SeatMoved()))
        for seat in (place.facts.seat, place.coming_seat):
            if seat is not None:
                self._close_seat(seat)
        self._seat_gone(place)
        place.coming_seat = None
        self._make_phone(place, sid)

    # ---- what audio tells --------------------------------------------------------------------------------------------

    def seat_up(self, agent: AgentId, seat: SeatId) -> None:
        place = self._workplaces.get(agent)
        if place is None or place.coming_seat != seat:
            self._close_seat(seat)
            return
        old, place.coming_seat = place.facts.seat, None
        mine = self._own_call(place)
        if old is not None:
            self._close_seat(old)
            if mine is not None and mine.state is State.CLAIMED:
                self._calls.tell(mine.id, AgentSeatLost(agent, old))
        place.facts = replace(place.facts, seat=seat)
        if mine is not None and mine.state is not State.CLAIMED:
            self._calls.tell(mine.id, AgentSeatBack(agent, seat))
        log.info("seat_up", agent=agent)
        self._changed()

    def seat_down(self, agent: AgentId, seat: SeatId) -> None:
        place = self._workplaces.get(agent)
        if place is None or seat not in (place.facts.seat, place.coming_seat):
            return
        if place.coming_seat == seat:
            place.coming_seat = None
        else:
            self._seat_gone(place)
        if place.phone is not None:
            self._outbox.put_nowait((place.phone, "seat_lost", SeatLost(seat_id=seat)))
        log.info("seat_down", agent=agent)
        self._changed()

    def _seat_gone(self, place: _Workplace) -> None:
        seat, mine = place.facts.seat, self._own_call(place)
        place.facts = replace(place.facts, seat=None)
        if seat is not None and mine is not None:
            self._calls.tell(mine.id, AgentSeatLost(place.facts.agent.id, seat))

    def _suspect(self, place: _Workplace, seat: SeatId | None) -> None:
        """A browser that was killed says no good-bye: its socket is gone and its packets have stopped."""
        if place.phone is not None or seat is None or place.facts.seat != seat or self._own_call(place) is None:
            return  # an idle browser sends nothing: there its path is judged by its ICE checks alone
        silent_s = self._seats.silent_for_s(seat)
        if silent_s is None or silent_s >= SUSPECT_AFTER_S / 2:
            self._close_seat(seat)
            self.seat_down(place.facts.agent.id, seat)
        else:
            asyncio.get_running_loop().call_later(SUSPECT_AFTER_S, self._suspect, place, seat)

    def _forget(self, place: _Workplace, phone_since: datetime | None) -> None:
        if place.phone is None and place.phone_since == phone_since:  # else a page was here meanwhile
            place.facts = replace(place.facts, availability=Availability.OFFLINE)
            self._changed()

    # ---- what calls tell ---------------------------------------------------------------------------------------------

    def call_changed(self, call: Call) -> None:
        for place in self._workplaces.values():
            if place.facts.claiming == call.id and call.state is not State.RINGING:
                place.facts = replace(place.facts, claiming=None)
            if call.id in place.rings:
                place.rings[call.id] = call  # so that its end can still be told when it is not live any more
            if views.was_in(call, place.facts):
                place.last_call = call
        self._changed()

    # ---- showing -----------------------------------------------------------------------------------------------------

    def presence_counts(self) -> dict[Presence, int]:
        counts = dict.fromkeys(Presence, 0)
        for place in self._workplaces.values():
            counts[presence(place.facts, self._own_call(place))] += 1
        return counts

    def presence_of(self, agent: AgentId) -> Presence:
        """Offline also for who was never here."""
        place = self._workplaces.get(agent)
        return Presence.OFFLINE if place is None else presence(place.facts, self._own_call(place))

    def agents_ringing(self) -> int:
        return sum(bool(place.rings) for place in self._workplaces.values())

    def _changed(self) -> None:
        """Plan one look at everything; many changes of one moment are shown once."""
        if not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        known = {call.id: call for call in self._calls.live_calls}
        live = [call for call in known.values() if call.state is not State.ENDED]
        newly_rung: dict[CallId, int] = {}
        for place in self._workplaces.values():
            seen = views.calls_of(place.facts, live, self._numbers)
            ringing = {CallId(ring.call_id) for ring in seen.ringing}
            for call_id in place.rings.keys() - ringing:
                # A call moves before it is saved, and `call_changed` comes after: the reason is in the call of now.
                self._hint_ring_stopped(place, known.get(call_id, place.rings[call_id]))
            for call_id in ringing - place.rings.keys():
                newly_rung[call_id] = newly_rung.get(call_id, 0) + 1
            place.rings = {call.id: call for call in live if call.id in ringing}
            for sid, tab in place.tabs.items():
                self._show(place, sid, tab, seen)
        for call_id, agents in newly_rung.items():
            self._calls.tell(call_id, AgentsRung(agents))

    def _hint_ring_stopped(self, place: _Workplace, call: Call) -> None:
        owner = owner_of(call)
        taker = self._workplaces[owner].facts.agent.name if owner in self._workplaces else None
        hint = views.ring_stopped(place.facts, call, taker, self._numbers)
        if hint is not None:
            for sid in place.tabs:
                self._outbox.put_nowait((sid, "ring_stopped", hint))

    def _show(self, place: _Workplace, sid: str, tab: _Tab, seen: views.CallsOfAgent) -> None:
        facts, mine = place.facts, self._own_call(place)
        here = Phone.HERE if place.phone == sid else Phone.ELSEWHERE
        state = DeskState(
            revision=tab.shown.revision if tab.shown else 0,
            server_unix_s=tab.shown.server_unix_s if tab.shown else 0.0,
            me=Me(agent_id=facts.agent.id, name=facts.agent.name, role=facts.agent.role),
            phone=Phone.NOWHERE if place.phone is None else here,
            phone_since_unix_s=views.unix_s(place.phone_since) if place.phone is not None else None,
            availability=facts.availability,
            presence=presence(facts, mine),
            missing=list(missing(facts)),
            ringing=seen.ringing,
            waiting=seen.waiting,
            call=seen.own,
            last_call=views.ended(place.last_call, self._numbers) if place.last_call else None,
        )
        if state == tab.shown:
            return
        now_unix_s = self._clock().timestamp()
        tab.shown = state.model_copy(update={"revision": state.revision + 1, "server_unix_s": now_unix_s})
        self._outbox.put_nowait((sid, "state", tab.shown))

    async def _send_all(self) -> None:
        """What one page is sent keeps its order: no hint overtakes a state. Pages do not wait for each other: a send
        takes several turns of the loop, and a ring goes to everybody."""
        while True:
            first = await self._outbox.get()
            sendings = {first[0]: [first]}
            while not self._outbox.empty():
                sending = self._outbox.get_nowait()
                sendings.setdefault(sending[0], []).append(sending)
            await asyncio.gather(*(self._send(messages) for messages in sendings.values()))

    async def _send(self, messages: list[tuple[str, str, Message]]) -> None:
        try:
            for message in messages:
                await self._emit(*message)
        except Exception as error:  # one page's trouble must not freeze all the others
            log.exception("message_not_sent", error=type(error).__name__)

    # ---- small moves -------------------------------------------------------------------------------------------------

    def _own_call(self, place: _Workplace) -> Call | None:
        return views.own_call(place.facts, self._calls.live_calls)

    def _make_phone(self, place: _Workplace, sid: str) -> None:
        if place.phone != sid:
            place.phone, place.phone_since = sid, self._clock()
            place.phone_tab_id = place.tabs[sid].tab_id
        place.facts = replace(place.facts, connected=True)

    def _close_seat(self, seat: SeatId) -> None:
        task = asyncio.create_task(self._seats.close_seat(seat), name=f"close-seat-{seat}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
