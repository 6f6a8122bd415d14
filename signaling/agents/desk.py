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
    SetAvailability,
    TakeSeat,
    TransferCall,
)
from signaling.agents.live_calls import LiveCalls
from signaling.agents.page_messages import PageHere, ReportSound
from signaling.agents.pages import Knock, Pages, nobody_is_woken
from signaling.agents.recording_messages import HoldBackRecording, RecordCall
from signaling.agents.seating import Seating
from signaling.agents.showing import Emit, Showing
from signaling.agents.supervision_messages import BargeIn, LeaveCall, ListenIn, TakeOver, Whisper
from signaling.agents.supervisors import Supervisors, tell_taken_over
from signaling.agents.transfers import Transfers
from signaling.agents.wall import LiveWall, RestrictionsOf, UseOf, no_restrictions, no_use
from signaling.agents.wall_messages import CloseWall, OpenWall, WallSeen
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call
from signaling.errors import NeighbourError
from signaling.events import (
    AgentAnswered,
    AgentDeclined,
    AgentHeld,
    AgentHungUp,
    AgentMuted,
    AgentsRung,
    CallEvent,
    StickyAgentBusy,
)
from signaling.ids import AgentId, CallId, ContactId, NumberId, SeatId
from signaling.permission_audience import may_know
from signaling.permissions import PermissionChanged
from signaling.placing import CallWish
from signaling.ports import Agent, Clock, Number, Seats
from signaling.presence import Availability, Presence, missing, presence
from signaling.routing import waits
from signaling.supervision_moves import is_supervised_by
from signaling.verdict import Refused

log = structlog.get_logger(__name__)

FORGET_AFTER_S: Final = 60.0
"""An agent whose page has been gone this long is offline."""

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
        self._calls, self._numbers, self._clock = calls, numbers, clock
        self._place_call = place_call
        self._places = Workplaces()
        self._live = LiveCalls(numbers, self._places.name_of)
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
        self._supervisors = Supervisors(self._places, self._live, numbers, calls.tell)
        self.seating = Seating(
            self._places, self._live, seats, calls.tell, self._know, self._make_phone, self._showing.send
        )
        self._claimants: dict[CallId, list[Workplace]] = {}

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._showing.start()
        self.pages.start()

    async def stop(self) -> None:
        parts = (self.pages, self._wall, self._showing, self.seating)
        await asyncio.gather(*(part.stop() for part in parts), return_exceptions=True)

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
            self.seating.suspect_soon(place)
            self._supervisors.disconnected(place)
            loop.call_later(FORGET_AFTER_S, self._forget, place, place.phone_since)

    # ---- what pages ask for ------------------------------------------------------------------------------------------

    async def command(self, sid: str, name: str, message: Message) -> Ack:
        """Carry out one well-formed command of a page; the ack says what was understood."""
        place = self._places.of_socket(sid)
        self.pages.heard(place, sid)
        if isinstance(message, OfferSeat):
            return await self.seating.offered(place, sid, name, message)
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
                self.seating.take_over(place, sid)
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
