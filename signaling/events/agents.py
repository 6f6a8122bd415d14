"""Events from agents, and from supervisors in their calls."""

from dataclasses import dataclass

from signaling.ids import AgentId, DepartmentId, SeatId
from signaling.supervision import Way


@dataclass(frozen=True, slots=True)
class AgentsRung:
    """The call has begun to ring for these agents: their browsers were told. In a one-by-one order it is one agent, and
    a turn of its own each time."""

    agents: frozenset[AgentId]


@dataclass(frozen=True, slots=True)
class AgentDialed:
    """An agent calls a customer; nothing forbids it."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentDeclined:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentAudible:
    """A packet of the agent's microphone reached us on this seat after the claim: the caller will hear somebody."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentSeatLost:
    """The agent's page was reloaded, closed, or lost its network."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentSeatBack:
    """The same agent has a new seat while the call goes on."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentMuted:
    agent: AgentId
    muted: bool


@dataclass(frozen=True, slots=True)
class AgentHungUp:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentHeld:
    """The agent puts the customer on hold, or takes them back."""

    agent: AgentId
    held: bool


@dataclass(frozen=True, slots=True)
class RecordingAsked:
    """The agent starts or stops the recording, where the number's policy leaves that to them."""

    agent: AgentId
    on: bool


@dataclass(frozen=True, slots=True)
class RecordingHeldBack:
    """The agent keeps out of the recording what comes now, such as card data; or lets it go on."""

    agent: AgentId
    held_back: bool


@dataclass(frozen=True, slots=True)
class RecordingLost:
    """Nothing more can be kept of this call: `reason` is a word such as `disk_full`. The call goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A blind transfer: the agent gives the customer away without asking. Exactly one of the two says to whom."""

    agent: AgentId
    to_agent: AgentId | None = None
    to_department: DepartmentId | None = None


@dataclass(frozen=True, slots=True)
class ConsultAsked:
    """The agent wants to talk to another one first; the customer hears music."""

    agent: AgentId
    of: AgentId


@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    """The agent who was asked is there, on this seat."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ConsultLeft:
    """Either agent ends the consultation, declines it, or leaves the conversation of three."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultJoined:
    """The agent takes the customer into the consultation: three who hear each other."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultHandedOver:
    """The agent leaves the customer to the one who was asked: an attended transfer."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class SupervisorCame:
    """A supervisor comes into the call of somebody else, or goes on in it in another way."""

    agent: AgentId
    seat: SeatId
    way: Way


@dataclass(frozen=True, slots=True)
class SupervisorLeft:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class SupervisorTookOver:
    """A supervisor who is in the call wants to be its agent."""

    agent: AgentId
