"""What comes after a call for the agent who had it: a while in which they are offered nothing, by the number's rule."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from signaling.agents.workplaces import Workplace
from signaling.call import Call
from signaling.ids import AgentId
from signaling.ports import Clock
from signaling.presence import WrapUp, owner_of

Know = Callable[[Workplace, WrapUp | None], None]
"""The wrap-up of this agent has begun, or is over."""


class AfterCall:
    def __init__(self, know: Know, clock: Clock) -> None:
        self._know, self._clock = know, clock

    def moved(self, place: Workplace | None, before: Call, call: Call) -> None:
        """`place` owned this call before. What they do next depends on whether they do still, and had work with it."""
        if place is None or owner_of(call) == place.facts.agent.id or not _had_work(place.facts.agent.id, before, call):
            return
        if call.rules.wrap_up_s > 0:
            until = self._clock() + timedelta(seconds=call.rules.wrap_up_s)
            wrap_up = WrapUp(call, until)
            self._know(place, wrap_up)
            asyncio.get_running_loop().call_later(call.rules.wrap_up_s, self._time_over, place, wrap_up)

    def end(self, place: Workplace) -> None:
        """Nothing happens when there is none: its time may just have ended."""
        if place.facts.wrap_up is not None:
            self._know(place, None)

    def _time_over(self, place: Workplace, wrap_up: WrapUp) -> None:
        if place.facts.wrap_up is wrap_up:
            self._know(place, None)


def _had_work(agent: AgentId, before: Call, call: Call) -> bool:
    """They talked to the customer, or rang their phone: not so when a claim came to nothing, or Meta made no call."""
    return before.agent == agent and call.wacid is not None
