"""Events from effects: what came of what was asked for, and what somebody who was asked has said."""

from dataclasses import dataclass

from signaling.errors import Failure
from signaling.ids import AgentId
from signaling.private import Wacid


@dataclass(frozen=True, slots=True)
class PreAccepted:
    """Meta answered 200 to `pre_accept`."""


@dataclass(frozen=True, slots=True)
class CallAccepted:
    """Meta answered 200 to `accept`: from now on, and not before, audio may flow."""


@dataclass(frozen=True, slots=True)
class CallPlaced:
    """Meta answered 200 to `connect`, and named the call. Webhooks with our opaque data may have named it before."""

    wacid: Wacid


@dataclass(frozen=True, slots=True)
class EndingConfirmed:
    """Meta answered 200 to `reject` or `terminate`, or said that the call was over already."""


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """What was asked for was not done. `effect` is the effect's class name."""

    effect: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class StickyAgentKnown:
    """Whom this customer should reach; None: nobody in particular. They are rung alone only if they are free."""

    agent: AgentId | None
    is_free: bool = True


@dataclass(frozen=True, slots=True)
class StickyAgentBusy:
    """The agent whom this customer should reach cannot take the call any more: the others need not wait for them."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class GatewayRestarted:
    """The process that carried this call is gone, and its audio with it."""
