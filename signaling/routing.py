"""Whom a waiting call rings, pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signaling.call import Call
from signaling.ids import AgentId
from signaling.plan import RingOrder
from signaling.ports import Agent
from signaling.presence import AgentFacts, Presence, presence
from signaling.waiting import ring_rule


class Offer(StrEnum):
    """What a waiting call is to one agent."""

    RINGS = "rings"
    DECLINED = "declined"  # the agent silenced it
    UNABLE = "unable"  # presence says why


def waits(call: Call) -> bool:
    """Whether the call waits for an agent, accepted or not."""
    return ring_rule(call) is not None


def concerns(agent: Agent, call: Call) -> bool:
    """Whether this agent may know of a waiting call at all: the grant to take calls, and the department where its plan
    is; or it waits for this agent alone.

    A number without a department rings everybody who may take calls.
    """
    rule = ring_rule(call)
    if rule is None or not agent.may_take_inbound:
        return False
    if rule.only is not None:
        return rule.only == agent.id
    return rule.department is None or rule.department in agent.departments


def offer_of(facts: AgentFacts, own_call: Call | None, call: Call) -> Offer | None:
    """None: the call does not wait, or is none of this agent's business."""
    if not concerns(facts.agent, call):
        return None
    if facts.agent.id in call.declined_by:
        return Offer.DECLINED
    return Offer.RINGS if presence(facts, own_call) is Presence.FREE else Offer.UNABLE


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is free and may take the call. `free_since`: the end of their last call or pause, or when they got
    ready; `rung_at`: when a call last rang for them, None: never today."""

    agent: AgentId
    free_since: datetime
    rung_at: datetime | None = None


def whom_to_ring(
    order: RingOrder, free: Collection[Candidate], ringing: Collection[AgentId], passed: Collection[AgentId]
) -> frozenset[AgentId]:
    """For whom the call rings now.

    One by one, it stays with the agent it rings for (`ringing`) until their turn is over (they are in `passed`) or they
    are not free any more. When everybody who is free had a turn, it begins again.
    """
    if order is RingOrder.ALL:
        return frozenset(candidate.agent for candidate in free)
    waiting = [candidate for candidate in free if candidate.agent not in passed] or list(free)
    staying = [candidate for candidate in waiting if candidate.agent in ringing]
    if not waiting:
        return frozenset()
    return frozenset({min(staying or waiting, key=lambda candidate: _rank(order, candidate)).agent})


def _rank(order: RingOrder, candidate: Candidate) -> tuple[float, AgentId]:
    if order is RingOrder.ROTATION:  # who has waited longest for a ring, whether they took that call or not
        return (0.0 if candidate.rung_at is None else candidate.rung_at.timestamp(), candidate.agent)
    return (candidate.free_since.timestamp(), candidate.agent)
