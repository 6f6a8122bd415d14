"""Whom a customer should reach: the agent whose button they pressed, else whom the integrator's own system names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signaling.call import Call
from signaling.effects import Effect
from signaling.events import StickyAgentKnown
from signaling.ids import AgentId
from signaling.invitations import Seals
from signaling.presence import Presence
from signaling.runner import Performer, Report


@dataclass(frozen=True, slots=True)
class InvitedAgent:
    """Performs FindStickyAgent. `others`: who is asked about a call that no button brought; None: nobody."""

    seals: Seals
    live_calls: Callable[[], Sequence[Call]]
    presence_of: Callable[[AgentId], Presence]
    others: Performer | None = None

    async def __call__(self, effect: Effect, report: Report) -> None:
        call = next((call for call in self.live_calls() if call.id == effect.call_id), None)
        invitation = None if call is None else call.invitation
        if call is not None and invitation is not None and self.seals.holds(call.number, invitation):
            is_free = self.presence_of(invitation.agent) is Presence.FREE
            report(StickyAgentKnown(invitation.agent, is_free))
        elif self.others is not None:
            await self.others(effect, report)
        else:
            report(StickyAgentKnown(None))
