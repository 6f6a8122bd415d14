"""What comes after a call for the agent who had it: a while in which they are offered nothing, by the number's rule."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from signaling.agents.workplaces import Workplace
from signaling.call import Call
from signaling.ids import AgentId
from signaling.ports import Clock
from signaling.presence import WrappedUp, WrapUp, owner_of

Know = Callable[[Workplace, WrapUp | None], None]
"""The wrap-up of this agent has begun, or is over."""

Note = Callable[[WrappedUp], None]
"""So long did it last; told once for each, for records. Must not wait."""


def not_noted(_: WrappedUp) -> None:
    """A Note of those who keep none."""


class AfterCall:
    def __init__(self, know: Know, note: Note, clock: Clock) -> None:
        self._know, self._note, self._clock = know, note, clock
        self._going_on: dict[AgentId, tuple[WrapUp, WrappedUp]] = {}

    def saw(self, place_of: Callable[[AgentId | None], Workplace | None], before: Call | None, call: Call) -> None:
        """A call moved. Whoever has a call again wraps up no more, whatever is left of its time."""
        had, has = None if before is None else owner_of(before), owner_of(call)
        if has is not None and has in self._going_on:
            self._noted(has, self._going_on[has][0])
        if before is not None and had is not None:
            self._moved(place_of(had), before, call)

    def _moved(self, place: Workplace | None, before: Call, call: Call) -> None:
        """`place` owned this call before. What they do next depends on whether they do still, and had work with it."""
        if place is None or owner_of(call) == place.facts.agent.id or not _had_work(place.facts.agent.id, before, call):
            return
        if call.rules.wrap_up_s > 0:
            agent, since = place.facts.agent.id, self._clock()
            until = since + timedelta(seconds=call.rules.wrap_up_s)
            wrap_up = WrapUp(call, until)
            self._going_on[agent] = wrap_up, WrappedUp(call.id, agent, since, until)
            self._know(place, wrap_up)
            asyncio.get_running_loop().call_later(call.rules.wrap_up_s, self._time_over, place, wrap_up)

    def end(self, place: Workplace) -> None:
        """Nothing happens when there is none: its time may just have ended."""
        if place.facts.wrap_up is not None:
            self._noted(place.facts.agent.id, place.facts.wrap_up)
            self._know(place, None)

    def _time_over(self, place: Workplace, wrap_up: WrapUp) -> None:
        if place.facts.wrap_up is wrap_up:
            self._noted(place.facts.agent.id, wrap_up)
            self._know(place, None)

    def _noted(self, agent: AgentId, wrap_up: WrapUp) -> None:
        known = self._going_on.get(agent)
        if known is not None and known[0] is wrap_up:
            del self._going_on[agent]
            self._note(replace(known[1], until=min(known[1].until, max(known[1].since, self._clock()))))


def _had_work(agent: AgentId, before: Call, call: Call) -> bool:
    """They talked to the customer, or rang their phone: not so when a claim came to nothing, or Meta made no call."""
    return before.agent == agent and call.wacid is not None
