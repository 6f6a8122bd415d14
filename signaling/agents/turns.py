"""Whose turn it is with each call that rings for one agent after another.

An agent has one such call at most, and the call that has waited longest is offered first. A turn ends when its time is
over (the call says so), when its agent declines or cannot take the call any more, or when another call begins to ring
for its agent alone.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import datetime
from heapq import merge

from signaling.agents.live_calls import LiveCalls
from signaling.agents.workplaces import Audience, Workplace, Workplaces, audience_of
from signaling.call import Call
from signaling.ids import AgentId, CallId
from signaling.presence import Presence
from signaling.routing import Candidate, concerns, next_to_ring, takes_turns
from signaling.waiting import Line, Operated, Standing, in_line, ring_rule

_Calls = list[Standing]
"""The calls of one line that ring for nobody now, the longest waiting first."""


def lines_of(audience: Audience) -> Iterator[Line]:
    """Those whose calls may ring for this audience; the line of everybody is not among them."""
    yield from audience.departments
    yield from map(Operated, audience.operates)


class Turns:
    """Costs per change a look at the free agents of the lines it is about; nothing while none of them is free."""

    def __init__(self, places: Workplaces, calls: LiveCalls) -> None:
        self._places, self._calls = places, calls
        self._agent_of: dict[CallId, AgentId] = {}
        self._call_of: dict[AgentId, CallId] = {}
        self._lines: dict[Line, _Calls] = {}
        self._standing: dict[CallId, tuple[Line, Standing]] = {}  # where in the lines a call is
        self._able: dict[AgentId, Audience] = {}  # who could be given a turn when last looked at
        self._changed: set[Line] = set()  # the lines to be gone through again

    def call_of(self, agent: AgentId) -> CallId | None:
        return self._call_of.get(agent)

    def agent_of(self, call_id: CallId) -> AgentId | None:
        return self._agent_of.get(call_id)

    @property
    def are_due(self) -> bool:
        """Whether `give` has something to go through."""
        return bool(self._changed)

    # ---- what changes ------------------------------------------------------------------------------------------------

    def call_moved(self, before: Call | None, call: Call) -> AgentId | None:
        """`LiveCalls` knows it already. Returns whose turn has ended with this change, if anybody's."""
        if not takes_turns(call):
            self._leave_line(call.id)
            return self._end(call.id)
        agent = self._agent_of.get(call.id)
        if agent is None:
            self._join_line(call)
            if before is None or (before.declined_by, before.passed) != (call.declined_by, call.passed):
                self._changed.add(self._standing[call.id][0])
            return None
        had_it = call.passed - (before.passed if before is not None else frozenset())
        elsewhere = before is None or before.place != call.place or not takes_turns(before)
        if elsewhere or agent in had_it or agent in call.declined_by:
            self._end(call.id)
            self._join_line(call)
            return agent
        return None

    def agent_moved(self, place: Workplace, now: Presence) -> None:
        """`place` is found under what it may take now. Ends the turn of an agent who cannot take the call any more."""
        agent = place.facts.agent
        able = now is Presence.FREE and not self._calls.rings_alone_for(agent.id)
        held = self._call_of.get(agent.id)
        if held is not None:
            call = self._calls.get(held)
            answering = place.facts.claiming == held
            if call is None or not (able or answering) or not concerns(agent, call):
                self._end(held)
                if call is not None and takes_turns(call):
                    self._join_line(call)
        was, is_now = self._able.get(agent.id), audience_of(agent) if able else None
        if was == is_now:
            return
        if is_now is None:
            self._able.pop(agent.id, None)
        else:
            self._able[agent.id] = is_now
        for audience in (was, is_now):
            if audience is not None:
                self._touch_lines(audience)

    # ---- what follows ------------------------------------------------------------------------------------------------

    def give(self, now: datetime) -> list[tuple[CallId, AgentId]]:
        """Give turns where there is somebody to give one to, until nothing more can be given."""
        given: list[tuple[CallId, AgentId]] = []
        changed, self._changed = self._changed, set()
        lines = [self._lines[line] for line in changed if line in self._lines]
        untaken = self._untaken(changed) if lines else 0
        for *_, call_id in list(merge(*lines)) if untaken else ():
            call = self._calls.get(call_id)
            rule = None if call is None else ring_rule(call)
            if call is None or rule is None:
                continue
            agent = next_to_ring(rule.order, self._candidates(call), call.passed, self._call_of)
            if agent is not None:
                self._begin(call_id, agent, now)
                given.append((call_id, agent))
                untaken -= 1
                if untaken == 0:
                    break
        return given

    def _candidates(self, call: Call) -> Iterator[Candidate]:
        for audience in self._places.audiences_of(call):
            for place in self._places.free(audience):
                agent = place.facts.agent.id
                if place.candidate is not None and agent not in call.declined_by and agent in self._able:
                    yield place.candidate

    def _untaken(self, wanted: Set[Line]) -> int:
        """How many could be given a turn with a call of these lines."""
        for_all = None in wanted
        return sum(
            agent not in self._call_of
            and (
                for_all
                or not wanted.isdisjoint(audience.departments)
                or any(Operated(number) in wanted for number in audience.operates)
            )
            for agent, audience in self._able.items()
        )

    # ---- small moves -------------------------------------------------------------------------------------------------

    def _begin(self, call_id: CallId, agent: AgentId, now: datetime) -> None:
        self._leave_line(call_id)
        self._agent_of[call_id], self._call_of[agent] = agent, call_id
        place = self._places.get(agent)
        if place is not None and place.candidate is not None:
            place.turn_at, place.candidate = now, replace(place.candidate, turn_at=now)

    def _end(self, call_id: CallId) -> AgentId | None:
        agent = self._agent_of.pop(call_id, None)
        if agent is not None:
            del self._call_of[agent]
            able = self._able.get(agent)
            if able is not None:
                self._touch_lines(able)
        return agent

    def _touch_lines(self, audience: Audience) -> None:
        self._changed.update(line for line in (*lines_of(audience), None) if line in self._lines)

    def _join_line(self, call: Call) -> None:
        rule = ring_rule(call)
        assert rule is not None
        wanted = (rule.line, in_line(call))
        if self._standing.get(call.id) == wanted:
            return
        self._leave_line(call.id)
        self._standing[call.id] = wanted
        insort(self._lines.setdefault(rule.line, []), wanted[1])
        self._changed.add(rule.line)

    def _leave_line(self, call_id: CallId) -> None:
        standing = self._standing.pop(call_id, None)
        if standing is None:
            return
        line, since = standing
        calls = self._lines[line]
        del calls[bisect_left(calls, since)]
        if not calls:
            del self._lines[line]
