"""The calls of now as the desk looks for them: by agent, and those that wait; kept up with each change of one call."""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final

from signaling.agents.views import Board, NameOf, Numbers, board_of, with_turn
from signaling.agents.workplaces import Audience, audience_of
from signaling.call import Call, State
from signaling.ids import AgentId, CallId
from signaling.presence import AgentFacts, Presence, owner_of, presence
from signaling.routing import waits
from signaling.waiting import in_line, ring_rule

_BoardKey = tuple[Audience, Presence, frozenset[CallId], AgentId | None]
"""The last: of an agent for whom alone a call waits."""

_SHOWN_WHILE_WAITING: Final[Callable[[Call], object]] = attrgetter(
    *("state", "number", "department", "customer", "button_payload", "link_payload"),
    *("offered_at", "received_at", "ring_until", "place", "hint_awaited", "sticky_agent", "sticky_over", "given_on_at"),
)
"""What a waiting call looks like to all who see it. Who declined it is a matter between the call and them."""


class LiveCalls:
    """Costs per change what the change is about, however many calls and agents there are."""

    def __init__(self, numbers: Numbers, name_of: NameOf) -> None:
        self._numbers, self._name_of = numbers, name_of
        self._calls: dict[CallId, Call] = {}
        self._owned: dict[AgentId, dict[CallId, None]] = {}
        self._waiting: dict[CallId, Call] = {}
        self._in_order: list[Call] | None = []
        self._declined: dict[AgentId, set[CallId]] = {}
        self._meant: dict[AgentId, set[CallId]] = {}  # for whom alone calls wait
        self._boards: dict[_BoardKey, Board] = {}

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())

    def get(self, call_id: CallId) -> Call | None:
        return self._calls.get(call_id)

    def owned_by(self, agent: AgentId) -> Call | None:
        """The call that is this agent's now, in which a colleague asks them, or which they supervise."""
        return next((self._calls[call_id] for call_id in self._owned.get(agent, ())), None)

    def meant_for(self, agent: AgentId) -> list[Call]:
        """The calls that wait for this agent alone."""
        return [self._calls[call_id] for call_id in self._meant.get(agent, ())]

    def moved(self, call: Call) -> Call | None:
        """Take note of a call as it is now; returns it as it was, if it was known."""
        before = self._calls.get(call.id)
        if call.state is State.ENDED:
            self._calls.pop(call.id, None)
        else:
            self._calls[call.id] = call
        self._own(call, agents_of(before), agents_of(call))
        self._wait(before, call)
        return before

    def rings_alone_for(self, agent: AgentId) -> bool:
        """Whether some call rings for this agent and for nobody else, if they are free."""
        return any(agent not in self._calls[call_id].declined_by for call_id in self._meant.get(agent, ()))

    def board(self, facts: AgentFacts, own: Call | None, turn: CallId | None = None) -> Board:
        """What this agent sees of the calls that wait. `turn`: the call whose turn it is with them."""
        declined = frozenset(self._declined.get(facts.agent.id, ()))
        alone = facts.agent.id if facts.agent.id in self._meant else None
        key = (audience_of(facts.agent), presence(facts, own), declined, alone)
        board = self._boards.get(key)
        if board is None:
            if self._in_order is None:
                self._in_order = sorted(self._waiting.values(), key=in_line)
            board = self._boards[key] = board_of(facts, own, self._in_order, self._numbers, self._name_of)
        call = None if turn is None or presence(facts, own) is not Presence.FREE else self._waiting.get(turn)
        return board if call is None else with_turn(board, call, self._numbers, self._name_of)

    def _own(self, call: Call, before: frozenset[AgentId], now: frozenset[AgentId]) -> None:
        for agent in before - now:
            owned = self._owned[agent]
            owned.pop(call.id, None)
            if not owned:
                del self._owned[agent]
        for agent in now - before:
            self._owned.setdefault(agent, {})[call.id] = None

    def _wait(self, before: Call | None, call: Call) -> None:
        waited, now_waits = before is not None and waits(before), waits(call)
        if not waited and not now_waits:
            return
        if now_waits:
            self._waiting[call.id] = call
        else:
            self._waiting.pop(call.id, None)
        self._in_order = None
        _move(self._meant, call.id, meant_alone(before), meant_alone(call))
        declined_before = before.declined_by if before is not None and waited else frozenset()
        declined_now = call.declined_by if now_waits else frozenset()
        for agent in declined_now - declined_before:
            self._declined.setdefault(agent, set()).add(call.id)
        for agent in declined_before - declined_now:
            declined = self._declined[agent]
            declined.discard(call.id)
            if not declined:
                del self._declined[agent]
        if looks_other(before, call):
            self._boards.clear()


def agents_of(call: Call | None) -> frozenset[AgentId]:
    """Whose call it is, whom they ask about it, and the supervisor in it."""
    if call is None:
        return frozenset()
    supervisor = frozenset() if call.supervision is None else frozenset({call.supervision.agent})
    owner = owner_of(call)
    if owner is None:
        return supervisor
    return supervisor | (frozenset({owner}) if call.consult is None else frozenset({owner, call.consult.agent}))


def looks_other(before: Call | None, call: Call) -> bool:
    """Whether everybody who may know of this call sees a change: it begins or ceases to wait, or looks different."""
    if not waits(call) and (before is None or not waits(before)):
        return False
    return before is None or _SHOWN_WHILE_WAITING(before) != _SHOWN_WHILE_WAITING(call)


def meant_alone(call: Call | None) -> AgentId | None:
    """For whom alone this call waits, if it does."""
    rule = None if call is None else ring_rule(call)
    return None if rule is None else rule.only


def _move(index: dict[AgentId, set[CallId]], call_id: CallId, before: AgentId | None, now: AgentId | None) -> None:
    if before is not None and before != now:
        calls = index[before]
        calls.discard(call_id)
        if not calls:
            del index[before]
    if now is not None:
        index.setdefault(now, set()).add(call_id)
