"""Whom a waiting call rings, pure."""

from enum import StrEnum

from signaling.call import Call, State
from signaling.ports import Agent
from signaling.presence import AgentFacts, Presence, presence


class Offer(StrEnum):
    """What a waiting call is to one agent."""

    RINGS = "rings"
    DECLINED = "declined"  # the agent silenced it
    UNABLE = "unable"  # presence says why


def concerns(agent: Agent, call: Call) -> bool:
    """Whether this agent may know of the call at all: the grant to take calls, and the number's department.

    A number without a department rings everybody who may take calls.
    """
    if not agent.may_take_inbound:
        return False
    return call.department is None or call.department in agent.departments


def offer_of(facts: AgentFacts, own_call: Call | None, call: Call) -> Offer | None:
    """None: the call does not wait, or is none of this agent's business."""
    if call.state is not State.RINGING or not concerns(facts.agent, call):
        return None
    if facts.agent.id in call.declined_by:
        return Offer.DECLINED
    return Offer.RINGS if presence(facts, own_call) is Presence.FREE else Offer.UNABLE
