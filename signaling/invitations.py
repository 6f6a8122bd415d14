"""A call button that brings the customer to the agent who sent it: what it carries, and whom it may name. Pure.

Meta sends back what a button carries, as the customer's phone has kept it: so what names an agent is sealed, and what
is not ours is nobody's word. Nothing of it is stored: a button ends by itself (`ttl_minutes`), and of whoever presses
it we only learn whom they would reach. The integrator's own payload comes along behind, and is all that others see.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signaling.errors import Fault
from signaling.ids import AgentId, NumberId
from signaling.private import Payload, Token
from signaling.verdict import Allowed, Refused, Verdict

PAYLOAD_LIMIT_CHARS: Final = 512
"""Meta's (reference 1.6)."""
SEAL_CHARS: Final = 32
_PREFIX: Final = "ramal.agent="
_SHAPE: Final = re.compile(rf"{_PREFIX}([1-9][0-9]{{0,9}})\.([0-9a-f]{{{SEAL_CHARS}}})(?:;(.+))?", re.ASCII | re.DOTALL)
OWN_PAYLOAD_LIMIT_CHARS: Final = PAYLOAD_LIMIT_CHARS - len(f"{_PREFIX}.;") - 10 - SEAL_CHARS
"""What is left for the integrator's own payload beside an agent."""

WINDOW_CLOSED: Final = Refused(
    "invite.window_closed",
    Fault.CUSTOMER,
    rule="service_window_s",
    next_step="wait_for_customer",
    meta_code=131047,
)
"""A message that is no template, outside the service window: Meta takes it, and fails it later with this code."""
AGENT_UNKNOWN: Final = Refused("invite.agent_unknown", Fault.CONFIGURATION)
"""Whoever should be reached takes no calls of this number: the customer would be promised what cannot be."""
CODES_OF_META: Final = {131009: "invite.country", 131026: "invite.app_too_old", 131047: "invite.window_closed"}
"""What some of Meta's codes mean of a button, which they mean otherwise of a request for permission."""


def may_invite(window_until: datetime | None, now: datetime) -> Verdict:
    """`window_until`: of the customer's service window, in which alone Meta delivers such a message."""
    return WINDOW_CLOSED if window_until is None or window_until <= now else Allowed(until=window_until)


@dataclass(frozen=True, slots=True)
class Invitation:
    """As it came: whether its seal is ours is not known yet. `payload`: the integrator's own."""

    agent: AgentId
    seal: str
    payload: Payload | None


def invitation_in(payload: Payload | None) -> Invitation | None:
    found = None if payload is None else _SHAPE.fullmatch(payload.value)
    if found is None:
        return None
    return Invitation(AgentId(int(found[1])), found[2], None if found[3] is None else Payload(found[3]))


def own_payload(payload: Payload | None) -> Payload | None:
    """What the integrator put into the button, without what we did."""
    invitation = invitation_in(payload)
    return payload if invitation is None else invitation.payload


@dataclass(frozen=True, slots=True)
class Seals:
    """The first key seals; each of them opens, so that buttons outlive a change of keys."""

    keys: Sequence[Token]

    def payload_for(self, number: NumberId, agent: AgentId, payload: Payload | None) -> Payload:
        behind = "" if payload is None else f";{payload.value}"
        return Payload(f"{_PREFIX}{agent}.{_seal(self.keys[0], number, agent, payload)}{behind}")

    def holds(self, number: NumberId, invitation: Invitation) -> bool:
        seals = (_seal(key, number, invitation.agent, invitation.payload) for key in self.keys)
        return any(hmac.compare_digest(seal, invitation.seal) for seal in seals)


def _seal(key: Token, number: NumberId, agent: AgentId, payload: Payload | None) -> str:
    said = f"invitation;{number};{agent};{'' if payload is None else payload.value}"
    return hmac.new(key.value.encode(), said.encode(errors="surrogatepass"), "sha256").hexdigest()[:SEAL_CHARS]
