"""Giving a customer to somebody else: at once, or after asking them while the customer hears music."""

from collections.abc import Callable

from signaling.agents.contract import (
    AnswerConsult,
    AskColleague,
    HandOver,
    JoinAll,
    LeaveConsult,
    Refusal,
    TransferCall,
)
from signaling.agents.live_calls import LiveCalls
from signaling.agents.message import Message
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call
from signaling.events import (
    CallEvent,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    ConsultJoined,
    ConsultLeft,
    TransferAsked,
)
from signaling.ids import AgentId, CallId, DepartmentId
from signaling.presence import Availability, Presence, presence
from signaling.routing import takes_any
from signaling.supervision_moves import is_supervised_by

TransferMessage = TransferCall | AskColleague | AnswerConsult | HandOver | JoinAll | LeaveConsult


class Transfers:
    """`tell` puts an event into a call's inbox; False: the call is over."""

    def __init__(self, places: Workplaces, live: LiveCalls, tell: Callable[[CallId, CallEvent], bool]) -> None:
        self._places, self._live, self._tell = places, live, tell
        self._asked: dict[AgentId, CallId] = {}
        """By whose call somebody was just asked. That call says so itself once it is saved; until then nobody else may
        ask them."""

    def act(self, place: Workplace, message: TransferMessage) -> Refusal | None:
        call, me = self._live.owned_by(place.facts.agent.id), place.facts.agent.id
        if call is None or call.id != message.call_id or is_supervised_by(call, me):
            return Refusal.NOT_YOUR_CALL
        match message:
            case TransferCall(to_agent=int(to_agent)):
                if not self._is_free(AgentId(to_agent), call):
                    return Refusal.NOBODY_THERE
                return self._told(call, TransferAsked(me, to_agent=AgentId(to_agent)))
            case TransferCall(to_department=int(number)):
                department = DepartmentId(number)
                others = (other for other in self._places if other is not place)
                if not any(_takes_for(other, department, call) for other in others):
                    return Refusal.NOBODY_THERE
                return self._told(call, TransferAsked(me, to_department=department))
            case AskColleague(agent_id=agent):
                if not self._is_free(AgentId(agent), call):
                    return Refusal.NOBODY_THERE
                why = self._told(call, ConsultAsked(me, AgentId(agent)))
                if why is None:
                    self._asked[AgentId(agent)] = call.id
                return why
            case AnswerConsult():
                if call.consult is None or call.consult.agent != me or call.consult.seat is not None:
                    return Refusal.NOT_RINGING
                if place.facts.seat is None:
                    return Refusal.NOT_READY
                return self._told(call, ConsultAnswered(me, place.facts.seat))
            case HandOver():
                if call.consult is None or call.consult.seat is None:
                    return Refusal.NOBODY_THERE  # whoever was asked has gone in the meantime
                return self._told(call, ConsultHandedOver(me))
            case JoinAll():
                if call.consult is None or call.consult.seat is None or call.consult.agent == me:
                    return Refusal.NOBODY_THERE
                return self._told(call, ConsultJoined(me))
            case LeaveConsult():
                return self._told(call, ConsultLeft(me))
        return Refusal.BAD_MESSAGE

    def who_asks(self, message: Message) -> str | None:
        """The name of the agent who already asks, or was quicker to ask, the colleague that this is about."""
        if not isinstance(message, AskColleague):
            return None
        asked = AgentId(message.agent_id)
        call = self._live.get(self._asked[asked]) if asked in self._asked else self._live.owned_by(asked)
        if call is None or call.claim is None or call.claim.agent == asked:
            return None
        place = self._places.get(call.claim.agent)
        return None if place is None else place.facts.agent.name

    def saw(self, call: Call) -> None:
        """The call has moved: whom it asked is in it, or was not asked after all."""
        for agent in [agent for agent, call_id in self._asked.items() if call_id == call.id]:
            del self._asked[agent]

    def _told(self, call: Call, event: CallEvent) -> Refusal | None:
        return None if self._tell(call.id, event) else Refusal.NOT_YOUR_CALL

    def _is_free(self, agent: AgentId, call: Call) -> bool:
        """And may be given a call of this number."""
        place = self._places.get(agent)
        if agent in self._asked:
            return False
        if place is None or not place.facts.agent.serves(call.number):
            return False
        return presence(place.facts, self._live.owned_by(agent)) is Presence.FREE


def _takes_for(place: Workplace, department: DepartmentId, call: Call) -> bool:
    """Whether this agent is signed in for calls and may take this one in the department, be it later."""
    facts = place.facts
    here = facts.connected and facts.availability is not Availability.OFFLINE
    return here and takes_any(facts.agent, call) and department in facts.agent.departments
