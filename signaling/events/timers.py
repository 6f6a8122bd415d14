"""Events from timers: what was waited for has not come."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RingTimedOut:
    """Nobody answered inside our ring window, which closes before Meta's; outbound: the customer did not pick up."""


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """The time of place `place` in the plan is over."""

    place: int


@dataclass(frozen=True, slots=True)
class StickyLookupTimedOut:
    """Nobody has said in time whom this customer should reach."""


@dataclass(frozen=True, slots=True)
class StickyTimedOut:
    """At place `place`, the agent of the open protocol had the call alone for long enough."""

    place: int


@dataclass(frozen=True, slots=True)
class TurnTimedOut:
    """In a one-by-one order, the time of this turn (`Call.turns`) is over."""

    turn: int


@dataclass(frozen=True, slots=True)
class PositionDue:
    """At place `place`, the customer should hear again where they stand in the queue."""

    place: int


@dataclass(frozen=True, slots=True)
class ClaimExpired:
    """The agent of claim number `claim` has not been heard in time."""

    claim: int


@dataclass(frozen=True, slots=True)
class ConsultTimedOut:
    """Consultation number `consult` has not been answered."""

    consult: int


@dataclass(frozen=True, slots=True)
class ConnectTimedOut:
    """ICE and DTLS towards Meta took too long."""


@dataclass(frozen=True, slots=True)
class PlacingTimedOut:
    """No answer to `connect` came, and no webhook told that there is a call all the same."""


@dataclass(frozen=True, slots=True)
class ReattachTimedOut:
    """The agent did not come back within the grace after absence number `absence`."""

    absence: int


@dataclass(frozen=True, slots=True)
class ConsentTimedOut:
    """The customer pressed no key after question number `question`."""

    question: int


@dataclass(frozen=True, slots=True)
class CloseTimedOut:
    """Meta sent no `terminate` webhook for a call that we ended."""
