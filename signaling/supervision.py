"""A supervisor in somebody else's call, as data: who, on which seat, and who hears them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signaling.ids import AgentId, SeatId


class Way(StrEnum):
    """What a supervisor does in a call. In all three they hear the customer and the agent."""

    LISTEN = "listen"  # nobody hears them
    WHISPER = "whisper"  # the agent hears them, the customer does not
    BARGE_IN = "barge_in"  # all three hear each other


@dataclass(frozen=True, slots=True)
class Supervision:
    """`since`: in this way."""

    agent: AgentId
    seat: SeatId
    way: Way
    since: datetime
