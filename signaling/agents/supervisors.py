"""Supervisors in calls of others: who may, what they ask for, and what the pages of both show of it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from signaling.agents.contract import Refusal
from signaling.agents.live_calls import LiveCalls
from signaling.agents.message import Message
from signaling.agents.showing import Showing
from signaling.agents.supervision_messages import (
    BargeIn,
    CallTakenOver,
    LeaveCall,
    ListenIn,
    TakeOver,
    Whisper,
)
from signaling.agents.views import Numbers
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call
from signaling.call_grants import counts, departments_that_count
from signaling.events import CallEvent, SupervisorCame, SupervisorLeft, SupervisorTookOver
from signaling.ids import AgentId, CallId
from signaling.operators import Departments
from signaling.presence import missing, owner_of
from signaling.supervision import Way
from signaling.supervision_moves import IS_UP, is_supervised_by, talks_in

SupervisionMessage = ListenIn | Whisper | BargeIn | TakeOver | LeaveCall

GONE_AFTER_S: Final = 5.0
"""A supervisor whose page has been gone this long hears nothing any more, whatever their browser still does."""

_WAYS: Final[Mapping[type, Way]] = {ListenIn: Way.LISTEN, Whisper: Way.WHISPER, BargeIn: Way.BARGE_IN}


class Supervisors:
    """`tell` puts an event into a call's inbox; False: the call is over."""

    def __init__(
        self, places: Workplaces, live: LiveCalls, numbers: Numbers, tell: Callable[[CallId, CallEvent], bool]
    ) -> None:
        self._places, self._live, self._numbers, self._tell = places, live, numbers, tell
        self._coming: dict[CallId, AgentId] = {}
        """Who was just let into which call. The call says so itself once it is saved; until then nobody else gets in,
        and whoever comes is free for nothing else."""

    def act(self, place: Workplace, message: SupervisionMessage) -> Refusal | None:
        facts, me = place.facts, place.facts.agent.id
        call, own = self._live.get(CallId(message.call_id)), self._live.owned_by(me)
        is_there = own is not None and own.id == message.call_id and is_supervised_by(own, me)
        if own is not None and is_there and isinstance(message, LeaveCall | TakeOver):
            if isinstance(message, LeaveCall):
                return self._told(own, SupervisorLeft(me))
            return self._told(own, SupervisorTookOver(me)) if own.state in IS_UP else Refusal.NOT_UP
        if isinstance(message, LeaveCall):
            return Refusal.NOT_YOUR_CALL
        if call is None:
            return Refusal.NOT_UP if facts.agent.listens_in else Refusal.FORBIDDEN
        if not counts(facts.agent.listens_in, listened_in(call, self._numbers, self._places)):
            return Refusal.FORBIDDEN
        if call.state not in IS_UP:
            return Refusal.NOT_UP
        if facts.claiming is not None or (own is not None and not (own is call and is_supervised_by(call, me))):
            return Refusal.BUSY
        if any(agent == me and coming != call.id for coming, agent in self._coming.items()):
            return Refusal.BUSY
        if self._who_is_in(call) not in (None, me):
            return Refusal.SUPERVISED
        if facts.seat is None or missing(facts):
            return Refusal.NOT_READY
        why = self._told(call, SupervisorCame(me, facts.seat, _WAYS.get(type(message), Way.LISTEN)))
        if why is None and isinstance(message, TakeOver):  # from outside: in and over, in one go
            why = self._told(call, SupervisorTookOver(me))
        if why is None and call.supervision is None:
            self._coming[call.id] = me
        return why

    def saw(self, call: Call) -> None:
        """The call has moved: who came is in it, or cannot be any more; who is in it may have no business there since
        another agent has it."""
        agent = self._coming.get(call.id)
        if agent is not None and (call.supervision is not None or call.state not in IS_UP or talks_in(call, agent)):
            del self._coming[call.id]
        there = None if call.supervision is None else self._places.get(call.supervision.agent)
        if there is not None and owner_of(call) is not None:
            self._leaves_what_is_none_of_theirs(there, call)

    def comes_to_a_call(self, agent: AgentId) -> bool:
        return agent in self._coming.values()

    def who_is_in_the_way_of(self, message: Message) -> str | None:
        """The name of the supervisor who is in the call that this is about, or was just let in."""
        call = self._live.get(CallId(message.call_id)) if isinstance(message, SupervisionMessage) else None
        there = None if call is None else self._who_is_in(call)
        place = None if there is None else self._places.get(there)
        return None if place is None else place.facts.agent.name

    def renewed(self, place: Workplace) -> None:
        """Grants may have been withdrawn while they were used."""
        call = self._supervised_by(place)
        if call is not None:
            self._leaves_what_is_none_of_theirs(place, call)

    def _leaves_what_is_none_of_theirs(self, place: Workplace, call: Call) -> None:
        if not counts(place.facts.agent.listens_in, listened_in(call, self._numbers, self._places)):
            self._tell(call.id, SupervisorLeft(place.facts.agent.id))

    def disconnected(self, place: Workplace) -> None:
        if self._supervised_by(place) is not None:
            asyncio.get_running_loop().call_later(GONE_AFTER_S, self._gone, place)

    def _gone(self, place: Workplace) -> None:
        call = self._supervised_by(place)
        if call is not None and place.phone is None:
            self._tell(call.id, SupervisorLeft(place.facts.agent.id))

    def _supervised_by(self, place: Workplace) -> Call | None:
        agent = place.facts.agent.id
        call = self._live.owned_by(agent)
        if call is not None:
            return call if is_supervised_by(call, agent) else None
        coming = next((call_id for call_id, who in self._coming.items() if who == agent), None)
        return None if coming is None else self._live.get(coming)

    def _who_is_in(self, call: Call) -> AgentId | None:
        return self._coming.get(call.id) if call.supervision is None else call.supervision.agent

    def _told(self, call: Call, event: CallEvent) -> Refusal | None:
        return None if self._tell(call.id, event) else Refusal.NOT_UP


def listened_in(call: Call, numbers: Numbers, places: Workplaces) -> Departments:
    """In which departments a grant to listen counts for a call that is up. Of an agent whose pages are all gone nothing
    is known: the call is then its own departments' only."""
    number, place = numbers.get(call.number), places.get(owner_of(call))
    operators, agent = None if number is None else number.operators, None if place is None else place.facts.agent
    return departments_that_count(call.department, operators, agent)


def tell_taken_over(places: Workplaces, showing: Showing, before: Call | None, call: Call) -> None:
    """An agent whose call a supervisor took is told so."""
    was, now = (None if before is None else before.claim), call.claim
    if was is None or now is None or before is None or before.supervision is None or was.agent == now.agent:
        return
    place, taker = places.get(was.agent), places.get(now.agent)
    if now.agent != before.supervision.agent or place is None:
        return
    news = CallTakenOver(call_id=call.id, by="" if taker is None else taker.facts.agent.name)
    for sid in place.tabs:
        showing.send(sid, "call_taken_over", news)
