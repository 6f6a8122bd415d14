"""Whom a waiting call rings, pure."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from signaling.call import Call
from signaling.ids import AgentId, CallId
from signaling.plan import RingOrder
from signaling.ports import Agent
from signaling.presence import AgentFacts, Presence, presence
from signaling.waiting import ring_rule


class Offer(StrEnum):
    """What a waiting call is to one agent."""

    RINGS = "rings"
    DECLINED = "declined"  # the agent silenced it
    OTHERS_TURN = "others_turn"  # it rings for one agent after another, and not for this one now
    UNABLE = "unable"  # presence says why


def waits(call: Call) -> bool:
    """Whether the call waits for an agent, accepted or not."""
    return ring_rule(call) is not None


def rings_all(call: Call | None) -> bool:
    """Whether the call rings for everybody who is free and may take it."""
    rule = None if call is None else ring_rule(call)
    return rule is not None and rule.only is None and rule.order is RingOrder.ALL


def takes_turns(call: Call | None) -> bool:
    """Whether the call rings for one agent after another."""
    rule = None if call is None else ring_rule(call)
    return rule is not None and rule.one_by_one


def takes_any(agent: Agent, call: Call) -> bool:
    """Whether this agent may be given the call at all, be it by somebody who chose them."""
    return agent.may_take_inbound and agent.serves(call.number)


def concerns(agent: Agent, call: Call) -> bool:
    """Whether this agent may know of a waiting call at all: the grant to take calls, and the department where its plan
    is; or it waits for this agent alone.

    A number without a department rings everybody who may take calls; one that names its operators
    (`signaling.operators`) rings these, until its plan or an agent sends the call to a department. To nobody goes a
    call of a number that is kept from them.
    """
    rule = ring_rule(call)
    if rule is None or not takes_any(agent, call):
        return False
    if rule.only is not None:
        return rule.only == agent.id
    if rule.operated is not None:
        return call.number in agent.operates
    return rule.department is None or rule.department in agent.departments


def offer_of(facts: AgentFacts, own_call: Call | None, call: Call, turn: CallId | None = None) -> Offer | None:
    """`turn`: the call whose turn it is with this agent, of those that ring for one after another. None: the call does
    not wait, or is none of this agent's business."""
    if not concerns(facts.agent, call):
        return None
    if facts.agent.id in call.declined_by:
        return Offer.DECLINED
    if presence(facts, own_call) is not Presence.FREE:
        return Offer.UNABLE
    return Offer.OTHERS_TURN if takes_turns(call) and turn != call.id else Offer.RINGS


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is free and may take the call. `idle_since`: the end of their last call, wrap-up or pause, or when
    they got ready; `turn_at`: when they last had a turn, None: never."""

    agent: AgentId
    idle_since: datetime
    turn_at: datetime | None = None


def next_to_ring(
    order: RingOrder, free: Iterable[Candidate], passed: Container[AgentId], taken: Container[AgentId]
) -> AgentId | None:
    """For whom a call rings next that rings for one agent after another.

    `free`: everybody who is free, may take the call and did not decline it; `passed`: had a turn with it; `taken`:
    another call rings for them and for nobody else. None: nobody now. Whoever had no turn yet is waited for while they
    are taken, for a turn ends soon; when everybody who is free had one, it begins again.
    """
    everybody = list(free)
    waiting = [candidate for candidate in everybody if candidate.agent not in passed] or everybody
    able = [candidate for candidate in waiting if candidate.agent not in taken]
    rank = _in_rotation if order is RingOrder.ROTATION else _by_idle
    return min(able, key=rank).agent if able else None


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _by_idle(candidate: Candidate) -> tuple[datetime, AgentId]:
    return candidate.idle_since, candidate.agent


def _in_rotation(candidate: Candidate) -> tuple[datetime, datetime, AgentId]:
    """Who has waited longest for a turn, whether they took that call or not."""
    return candidate.turn_at or _NEVER, candidate.idle_since, candidate.agent
