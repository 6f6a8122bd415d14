"""Every signed-in agent of this process: their tabs, their seat, what they see, and what they may do.

State is truth: after every change each tab is sent what it should show, computed from facts. No method here waits
for a call: commands put an event into the call's inbox, and what came of it shows in the next state.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from signaling.agents import recording, views
from signaling.agents.after_call import AfterCall, Note, not_noted
from signaling.agents.contract import (
    Ack,
    AnswerCall,
    AnswerConsult,
    AskColleague,
    DeclineCall,
    EndWrapUp,
    HandOver,
    HangUp,
    HoldCall,
    JoinAll,
    LeaveConsult,
    Message,
    MuteCall,
    OfferSeat,
    PermissionNews,
    PlaceAck,
    PlaceCall,
    Refusal,
    ReportAudio,
    SeatAck,
    SeatLost,
    SeatMoved,
    SetAvailability,
    TakeSeat,
    TransferCall,
)
from signaling.agents.live_calls import LiveCalls
from signaling.agents.page_messages import PageHere, ReportSound
from signaling.agents.pages import Knock, Pages, nobody_is_woken
from signaling.agents.recording_messages import HoldBackRecording, RecordCall
from signaling.agents.showing import Emit, Showing
from signaling.agents.supervision_messages import BargeIn, LeaveCall, ListenIn, TakeOver, Whisper
from signaling.agents.supervisors import Supervisors, tell_taken_over
from signaling.agents.transfers import Transfers
from signaling.agents.wall import LiveWall, RestrictionsOf, UseOf, no_restrictions, no_use
from signaling.agents.wall_messages import CloseWall, OpenWall, WallSeen
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call, State
from signaling.errors import NeighbourError
from signaling.events import (
    AgentAnswered,
    AgentDeclined,
    AgentHeld,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    CallEvent,
    StickyAgentBusy,
)
from signaling.ids import AgentId, CallId, ContactId, NumberId, SeatId
from signaling.permission_audience import may_know
from signaling.permissions import PermissionChanged
from signaling.placing import CallWish
from signaling.ports import Agent, Clock, Number, SeatRefused, Seats
from signaling.presence import Availability, Presence, missing, presence
from signaling.private import Sdp
from signaling.routing import waits
from signaling.supervision_moves import is_supervised_by
from signaling.verdict import Refused

log = structlog.get_logger(__name__)

FORGET_AFTER_S: Final = 60.0
"""An agent whose page has been gone this long is offline."""

SUSPECT_AFTER_S: Final = 1.0
"""A page that lost its socket and sends nothing at all for this long has lost its seat too."""

PlaceWish = Callable[[CallWish], Awaitable[CallId | Refused]]
"""`signaling.placing.Placing.place_call`. May raise NeighbourError."""


class Calls(Protocol):
    """What the desk needs of the exchange."""

    def tell(self, call_id: CallId, event: CallEvent) -> bool: ...


class Desk:
    def __init__(
        self,
        *,
        calls: Calls,
        seats: Seats,
        numbers: Mapping[NumberId, Number],
        emit: Emit,
        clock: Clock,
        place_call: PlaceWish,
        knock: Knock = nobody_is_woken,
        shows_listening: bool = True,
        use_of: UseOf = no_use,
        wrapped_up: Note = not_noted,
        restrictions_of: RestrictionsOf = no_restrictions,
    ) -> None:
        self._calls, self._seats, self._numbers, self._clock = calls, seats, numbers, clock
        self._place_call = place_call
        self._places, self._live = Workplaces(), LiveCalls(numbers)
        self._wall = LiveWall(self._places, self._live, numbers, self._send_json, clock, use_of, restrictions_of)
        self._showing = Showing(
            *(self._places, self._live, numbers, emit, clock, self._rung, self._busy),
            on_settled=self._wall.agent_moved,
            shows_listening=shows_listening,
        )
        self._after_call = AfterCall(lambda place, wrap_up: self._know(place, wrap_up=wrap_up), wrapped_up, clock)
        self.pages = Pages(
            self._places, self._showing.send, self._showing.touch, knock, clock, shown=self._wall.call_touched
        )
        self._transfers = Transfers(self._places, self._live, calls.tell)
        self._supervisors = Supervisors(self._places, self._live, calls.tell)
        self._claimants: dict[CallId, list[Workplace]] = {}
        self._background: set[asyncio.Task[None]] = set()

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._showing.start()
        self.pages.start()

    async def stop(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(
            *(self.pages.stop(), self._wall.stop(), self._showing.stop()), *self._background, return_exceptions=True
        )

    def connected(self, sid: str, agent: Agent, tab_id: str) -> None:
        """A page of this agent has a socket. The tab that was the phone before a reload is the phone again."""
        place = self._places.open(sid, agent, tab_id)
        self._know(place, agent=agent)
        if place.phone_tab_id == tab_id:
            self._make_phone(place, sid)
            self.pages.heard(place, sid)

    def renewed(self, sid: str, agent: Agent) -> None:
        """The agent as the store knows them now: name, departments and grants may have changed."""
        place = self._places.of_socket(sid)
        if place.facts.agent != agent:
            self._know(place, agent=agent)
            self._supervisors.renewed(place)
            self._wall.renewed(place)

    def disconnected(self, sid: str) -> None:
        self._wall.closed(sid)
        place = self._places.close(sid)
        if place is None:
            return
        if place.phone == sid:
            place.phone = None
            self._know(place, connected=False)
            loop = asyncio.get_running_loop()
            loop.call_later(SUSPECT_AFTER_S, self._suspect, place, place.facts.seat)
            self._supervisors.disconnected(place)
            loop.call_later(FORGET_AFTER_S, self._forget, place, place.phone_since)

    # ---- what pages ask for ------------------------------------------------------------------------------------------

    async def command(self, sid: str, name: str, message: Message) -> Ack:
        """Carry out one well-formed command of a page; the ack says what was understood."""
        place = self._places.of_socket(sid)
        self.pages.heard(place, sid)
        if isinstance(message, OfferSeat):
            return await self._offer_seat(place, sid, name, message)
        if isinstance(message, PlaceCall):
            return await self._place(place, sid, name, message)
        why = self._act(place, sid, message)
        match why:
            case Refusal.SUPERVISED:
                who = self._supervisors.who_is_in_the_way_of(message)
            case Refusal.NOBODY_THERE:
                who = self._transfers.who_asks(message)
            case _:
                who = None
        return Ack(ok=why is None, understood=name, why=why, who=who)

    def _act(self, place: Workplace, sid: str, message: Message) -> Refusal | None:
        match message:
            case TakeSeat():
                self._take_over(place, sid)
                return None
            case SetAvailability() if message.availability is not Availability.READY:
                self._choose(place, message)
                return None
            case OpenWall() | WallSeen() | CloseWall():
                return self._wall.act(place, sid, message)
        if place.phone is not None and place.phone != sid:
            return Refusal.SEAT_ELSEWHERE
        match message:
            case ReportAudio(microphone=microphone, sound_unlocked=unlocked):
                self._make_phone(place, sid)
                self._know(place, microphone=microphone, sound_unlocked=unlocked)
                return None
            case SetAvailability():
                self._make_phone(place, sid)
                self._choose(place, message)
                return None
            case EndWrapUp():
                self._after_call.end(place)
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
            case HoldCall(call_id=call_id, held=held):
                return self._tell_own(place, CallId(call_id), AgentHeld(place.facts.agent.id, held))
            case RecordCall() | HoldBackRecording():
                return recording.act(self._own_call(place), place.facts.agent.id, message, self._calls.tell)
            case TransferCall() | AskColleague() | AnswerConsult() | LeaveConsult() | HandOver() | JoinAll():
                return self._transfers.act(place, message)
            case ListenIn() | Whisper() | BargeIn() | TakeOver() | LeaveCall():
                return self._supervisors.act(place, message)
            case ReportSound() | PageHere():
                self.pages.told(place, message)
                return None
            case _:
                return Refusal.UNKNOWN_COMMAND

    def _choose(self, place: Workplace, message: SetAvailability) -> None:
        """A choice made in a call holds when the call is over."""
        chosen = message.availability
        since = self._clock() if chosen is Availability.PAUSED else None
        self._know(place, availability=chosen, pause_reason=message.reason, paused_since=since)
        if chosen is Availability.OFFLINE:
            self._after_call.end(place)

    def _answer(self, place: Workplace, call_id: CallId) -> Refusal | None:
        facts, state = place.facts, presence(place.facts, self._own_call(place))
        if state in (Presence.CLAIMING, Presence.IN_CALL) or self._supervisors.comes_to_a_call(facts.agent.id):
            return Refusal.BUSY
        if state is not Presence.FREE or facts.seat is None:
            return Refusal.NOT_READY
        call = self._live.get(call_id)
        if call_id not in place.rings or call is None or not waits(call):
            return Refusal.NOT_RINGING
        why = self._tell(call_id, AgentAnswered(facts.agent.id, facts.seat))
        if why is None:  # from here on this agent is not free, though the call itself has not decided yet
            self._know(place, claiming=call_id)
            self._claimants.setdefault(call_id, []).append(place)
        return why

    async def _place(self, place: Workplace, sid: str, name: str, message: PlaceCall) -> PlaceAck:
        facts = place.facts
        if place.phone is not None and place.phone != sid:
            return PlaceAck(ok=False, understood=name, why=Refusal.SEAT_ELSEWHERE)
        if facts.seat is None or missing(facts):
            return PlaceAck(ok=False, understood=name, why=Refusal.NOT_READY)
        callee = message.callee if isinstance(message.callee, str) else ContactId(message.callee)
        wish = CallWish(
            *(facts.agent, facts.seat, NumberId(message.number_id), callee, message.confirm_risk),
            key=message.key,
            by=message.by,
        )
        try:
            placed = await self._place_call(wish)
        except NeighbourError as error:
            log.warning("call_not_placed", agent=facts.agent.id, code=error.failure.code)
            return PlaceAck(ok=False, understood=name, why=Refusal.UNAVAILABLE)
        if isinstance(placed, Refused):
            why = Refusal.CALL_REFUSED
            return PlaceAck(ok=False, understood=name, why=why, refused=views.refused(placed))
        return PlaceAck(ok=True, understood=name, call_id=placed)

    def _tell_own(self, place: Workplace, call_id: CallId, event: CallEvent) -> Refusal | None:
        mine = self._own_call(place)
        is_mine = mine is not None and mine.id == call_id and not is_supervised_by(mine, place.facts.agent.id)
        return self._tell(call_id, event) if is_mine else Refusal.NOT_YOUR_CALL

    def _tell(self, call_id: CallId, event: CallEvent) -> Refusal | None:
        return None if self._calls.tell(call_id, event) else Refusal.NOT_RINGING

    async def _offer_seat(self, place: Workplace, sid: str, name: str, message: OfferSeat) -> SeatAck:
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
        return SeatAck(ok=True, understood=name, seat_id=seat, sdp=answer.value)

    def _take_over(self, place: Workplace, sid: str) -> None:
        if place.phone == sid:
            return
        if place.phone is not None:
            self._showing.send(place.phone, "seat_moved", SeatMoved())
        for seat in (place.facts.seat, place.coming_seat):
            if seat is not None:
                self._close_seat(seat)
        self._seat_gone(place)
        place.coming_seat = None
        self._make_phone(place, sid)

    # ---- what audio tells --------------------------------------------------------------------------------------------

    def seat_up(self, agent: AgentId, seat: SeatId) -> None:
        place = self._places.get(agent)
        if place is None or place.coming_seat != seat:
            self._close_seat(seat)
            return
        old, place.coming_seat = place.facts.seat, None
        mine = self._own_call(place)
        if old is not None:
            self._close_seat(old)
            if mine is not None and mine.state is State.CLAIMED:
                self._calls.tell(mine.id, AgentSeatLost(agent, old))
        self._know(place, seat=seat)
        if mine is not None and mine.state is not State.CLAIMED:
            self._calls.tell(mine.id, AgentSeatBack(agent, seat))
        log.info("seat_up", agent=agent)

    def seat_down(self, agent: AgentId, seat: SeatId) -> None:
        place = self._places.get(agent)
        if place is None or seat not in (place.facts.seat, place.coming_seat):
            return
        if place.coming_seat == seat:
            place.coming_seat = None
        else:
            self._seat_gone(place)
        if place.phone is not None:
            self._showing.send(place.phone, "seat_lost", SeatLost(seat_id=seat))
        log.info("seat_down", agent=agent)

    def _seat_gone(self, place: Workplace) -> None:
        seat, mine = place.facts.seat, self._own_call(place)
        self._know(place, seat=None)
        if seat is not None and mine is not None:
            self._calls.tell(mine.id, AgentSeatLost(place.facts.agent.id, seat))

    def _suspect(self, place: Workplace, seat: SeatId | None) -> None:
        """A browser that was killed says no good-bye: its socket is gone and its packets have stopped."""
        if place.phone is not None or seat is None or place.facts.seat != seat or self._own_call(place) is None:
            return  # an idle browser sends nothing: there its path is judged by its ICE checks alone
        silent_s = self._seats.silent_for_s(seat)
        if silent_s is None or silent_s >= SUSPECT_AFTER_S / 2:
            self._close_seat(seat)
            self.seat_down(place.facts.agent.id, seat)
        else:
            asyncio.get_running_loop().call_later(SUSPECT_AFTER_S, self._suspect, place, seat)

    def _forget(self, place: Workplace, phone_since: datetime | None) -> None:
        if place.phone is None and place.phone_since == phone_since:  # else a page was here meanwhile
            self._know(place, availability=Availability.OFFLINE)

    # ---- what permissions tell ---------------------------------------------------------------------------------------

    def permission_changed(self, changed: PermissionChanged) -> None:
        """Told to every page of those whose business it is."""
        number = self._numbers.get(changed.number)
        if number is None:
            return
        news = PermissionNews(
            number_id=changed.number,
            contact_id=changed.contact,
            status=changed.standing.state,
            until_unix_s=views.unix_s(changed.standing.until),
        )
        for place in self._places:
            if changed.matters_to is not None and place.facts.agent.id not in changed.matters_to:
                continue
            if place.tabs and may_know(place.facts.agent, number):
                for sid in place.tabs:
                    self._showing.send(sid, "permission_changed", news)

    # ---- what calls tell ---------------------------------------------------------------------------------------------

    def call_changed(self, call: Call) -> None:
        before = self._live.moved(call)
        self._transfers.saw(call)
        self._supervisors.saw(call)
        self._after_call.saw(self._places.get, before, call)
        if not waits(call):
            for place in self._claimants.pop(call.id, ()):
                if place.facts.claiming == call.id:
                    self._know(place, claiming=None)
        last = self._places.get(None if call.claim is None else call.claim.agent)
        if last is not None and views.was_in(call, last.facts):
            last.last_call = call
            self._showing.touch(last)
        tell_taken_over(self._places, self._showing, before, call)
        self._showing.call_moved(before, call)
        self.pages.call_moved(before, call)
        self._wall.call_moved(before, call)

    def _busy(self, call_id: CallId, agent: AgentId) -> None:
        self._calls.tell(call_id, StickyAgentBusy(agent))

    def _rung(self, call_id: CallId, agents: frozenset[AgentId]) -> None:
        self._calls.tell(call_id, AgentsRung(agents))
        self.pages.rung(self._live.get(call_id), agents)

    # ---- figures -----------------------------------------------------------------------------------------------------

    def presence_counts(self) -> dict[Presence, int]:
        counts = dict.fromkeys(Presence, 0)
        for place in self._places:
            counts[presence(place.facts, self._own_call(place))] += 1
        return counts

    def presence_of(self, agent: AgentId) -> Presence:
        """Offline also for who was never here."""
        place = self._places.get(agent)
        return Presence.OFFLINE if place is None else presence(place.facts, self._own_call(place))

    def ready_to_call(self, agent: AgentId) -> tuple[Agent, SeatId] | None:
        """Who may be made to call from outside, and where; None: not free, or not to be heard."""
        place = self._places.get(agent)
        if place is None or place.facts.seat is None or self.presence_of(agent) is not Presence.FREE:
            return None
        return place.facts.agent, place.facts.seat

    def agents_ringing(self) -> int:
        return sum(bool(place.rings) for place in self._places)

    # ---- small moves -------------------------------------------------------------------------------------------------

    def _own_call(self, place: Workplace) -> Call | None:
        return self._live.owned_by(place.facts.agent.id)

    def _know(self, place: Workplace, **facts: Any) -> None:
        """Change what is known of an agent, and show it."""
        place.facts = replace(place.facts, **facts)
        self._showing.touch(place)

    def _make_phone(self, place: Workplace, sid: str) -> None:
        if place.phone != sid:
            place.phone, place.phone_since = sid, self._clock()
            place.phone_tab_id = place.tabs[sid].tab_id
        self._know(place, connected=True)

    def _send_json(self, sid: str, event: str, message_json: str) -> None:
        self._showing.send_json(sid, event, message_json)

    def _close_seat(self, seat: SeatId) -> None:
        task = asyncio.create_task(self._seats.close_seat(seat), name=f"close-seat-{seat}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
