"""Who is free now, pure. Facts, not flags, make presence: nobody can set "free", it follows from what is true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signaling.call import Call, State
from signaling.ids import AgentId, CallId, SeatId
from signaling.ports import Agent


class Availability(StrEnum):
    """What an agent chose."""

    READY = "ready"
    PAUSED = "paused"
    OFFLINE = "offline"  # not taking calls; the default after signing in


class Microphone(StrEnum):
    """What the agent's page found out about its microphone."""

    UNKNOWN = "unknown"
    OK = "ok"
    DENIED = "denied"
    MISSING = "missing"
    BUSY = "busy"  # another program holds it
    FAILED = "failed"


class Missing(StrEnum):
    """What keeps a ready agent from being offered calls."""

    MICROPHONE = "microphone"
    SOUND = "sound"
    SEAT = "seat"


class Presence(StrEnum):
    """What others may expect of an agent now."""

    OFFLINE = "offline"
    UNREACHABLE = "unreachable"  # their page does not answer
    NOT_READY = "not_ready"  # chose ready, but something is missing
    PAUSED = "paused"
    FREE = "free"
    CLAIMING = "claiming"  # pressed answer; the gateway checks the sound
    IN_CALL = "in_call"
    WRAP_UP = "wrap_up"  # writes down what came of the last call; is offered none until it is over


@dataclass(frozen=True, slots=True)
class WrapUp:
    """After a call: `call` as it was when it ceased to be this agent's."""

    call: Call
    until: datetime


@dataclass(frozen=True, slots=True)
class WrappedUp:
    """A wrap-up that is over: ended by its agent, by its time, or by their next call."""

    call: CallId
    agent: AgentId
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What is known of one signed-in agent. `seat` is the browser connection that is up, if any."""

    agent: Agent
    connected: bool = False  # the page that is this agent's phone has a socket to us
    availability: Availability = Availability.OFFLINE
    pause_reason: str | None = None  # a code of `signaling.reasons`; only while paused
    paused_since: datetime | None = None
    microphone: Microphone = Microphone.UNKNOWN
    sound_unlocked: bool = False
    seat: SeatId | None = None
    reachable: bool = True  # that page answers when it is asked
    claiming: CallId | None = None  # answer was pressed, and the call has not decided yet
    wrap_up: WrapUp | None = None


OWNED_STATES = (
    *(State.NEW, State.PREPARING, State.DIALING),  # outbound: whoever calls has a claim from the start
    *(State.CLAIMED, State.ACCEPTING, State.TALKING, State.REATTACHING),
)
"""States in which a call belongs to the agent of its claim."""


def owner_of(call: Call) -> AgentId | None:
    """The agent whose call this is now."""
    return call.claim.agent if call.claim is not None and call.state in OWNED_STATES else None


def is_idle(facts: AgentFacts, own_call: Call | None) -> bool:
    """Whether this agent waits for a call: since they got ready, or since the work with their last call ended. A page
    that is loaded again and an answer that is not heard are no work."""
    working = own_call is not None and own_call.state not in (State.CLAIMED, State.ACCEPTING)
    return not working and facts.wrap_up is None and facts.availability is Availability.READY


def missing(facts: AgentFacts) -> tuple[Missing, ...]:
    wanted = (
        (Missing.MICROPHONE, facts.microphone is Microphone.OK),
        (Missing.SOUND, facts.sound_unlocked),
        (Missing.SEAT, facts.seat is not None),
    )
    return tuple(what for what, is_there in wanted if not is_there)


def presence(facts: AgentFacts, own_call: Call | None) -> Presence:
    """`own_call` is the call that belongs to this agent, if any: a call outranks every choice."""
    if own_call is not None:
        return Presence.CLAIMING if own_call.state in (State.CLAIMED, State.ACCEPTING) else Presence.IN_CALL
    if facts.claiming is not None:
        return Presence.CLAIMING
    if not facts.connected or facts.availability is Availability.OFFLINE:
        return Presence.OFFLINE
    if facts.wrap_up is not None:
        return Presence.WRAP_UP
    if facts.availability is Availability.PAUSED:
        return Presence.PAUSED
    if not facts.reachable:
        return Presence.UNREACHABLE
    return Presence.NOT_READY if missing(facts) else Presence.FREE
