"""Who is signed in: each agent's tabs, seat and facts, and who is free, found by what they may take."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from signaling.call import Call
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, SeatId
from signaling.ports import Agent
from signaling.presence import AgentFacts, Presence
from signaling.routing import Candidate, concerns
from signaling.sound import Lights, PageSound


@dataclass(slots=True)
class Tab:
    """`shown` is the state that this page was last sent, without its revision and time."""

    tab_id: str
    shown: str = ""
    revision: int = 0


@dataclass(slots=True, eq=False)
class Workplace:
    """One agent, whatever the number of tabs. `phone` is the Socket.IO session id of the tab that is the phone."""

    facts: AgentFacts
    tabs: dict[str, Tab] = field(default_factory=dict)
    phone: str | None = None
    phone_tab_id: str | None = None  # remembered over a reload
    phone_since: datetime | None = None
    coming_seat: SeatId | None = None  # answered, but ICE and DTLS are not done
    last_call: Call | None = None
    turn_at: datetime | None = None  # when a call last rang for this agent in their turn
    rings: Mapping[CallId, Call] = field(default_factory=dict)  # as this agent's pages were told
    page_sound: tuple[CallId, PageSound] | None = None  # what the page last said of its call
    visible: bool = True  # the page is seen
    asked: str | None = None  # the socket that was asked whether it is there, and has not answered yet
    heard: int = 0  # how often the page has said something
    heard_s: float = 0.0  # and when it last did, on the loop's clock
    unreachable_since: datetime | None = None
    found_as: Agent | None = None  # under whose audience `Workplaces` has this agent
    candidate: Candidate | None = None  # None: does not wait for calls
    stands: Presence = Presence.OFFLINE  # when last looked at
    stands_since: datetime | None = None
    lights: tuple[CallId, Lights] | None = None  # how their call sounds, as they were last told

    def stands_as(self, now: Presence, at: datetime) -> None:
        """Take note of their presence, and since when it is this one."""
        if self.stands is not now or self.stands_since is None:
            self.stands, self.stands_since = now, at

    def waits_for_calls(self, idle: bool, now: datetime) -> None:
        """Take note of whether they do (`signaling.presence.is_idle`)."""
        if not idle:
            self.candidate = None
        elif self.candidate is None:
            self.candidate = Candidate(self.facts.agent.id, now, self.turn_at)


class Audience(NamedTuple):
    """What decides of which waiting calls an agent may know at all. Most agents share theirs with many others."""

    may_take_inbound: bool
    departments: frozenset[DepartmentId]
    operates: frozenset[NumberId] = frozenset()
    numbers: frozenset[NumberId] | None = None


def audience_of(agent: Agent) -> Audience:
    return Audience(agent.may_take_inbound, agent.departments, agent.operates, agent.numbers)


@dataclass(slots=True)
class _Group:
    """The agents of one audience, those who were free when last looked at, and one agent to ask rules about."""

    agent: Agent
    members: dict[AgentId, Workplace] = field(default_factory=dict)
    free: dict[AgentId, Workplace] = field(default_factory=dict)


class Workplaces:
    """Every agent who was signed in since the start, by id, by socket, and by what they may take."""

    def __init__(self) -> None:
        self._by_agent: dict[AgentId, Workplace] = {}
        self._agent_of: dict[str, AgentId] = {}
        self._groups: dict[Audience, _Group] = {}

    def __iter__(self) -> Iterator[Workplace]:
        return iter(self._by_agent.values())

    def get(self, agent: AgentId | None) -> Workplace | None:
        return None if agent is None else self._by_agent.get(agent)

    def name_of(self, agent: AgentId) -> str:
        """Empty: they were not here since we began."""
        place = self._by_agent.get(agent)
        return "" if place is None else place.facts.agent.name

    def of_socket(self, sid: str) -> Workplace:
        return self._by_agent[self._agent_of[sid]]

    def open(self, sid: str, agent: Agent, tab_id: str) -> Workplace:
        """The workplace of this agent, with one tab more."""
        place = self._by_agent.get(agent.id)
        if place is None:
            place = self._by_agent[agent.id] = Workplace(AgentFacts(agent))
        place.tabs[sid] = Tab(tab_id)
        self._agent_of[sid] = agent.id
        return place

    def close(self, sid: str) -> Workplace | None:
        """The workplace that has a tab less; None: there was no such socket."""
        agent = self._agent_of.pop(sid, None)
        if agent is None:
            return None
        place = self._by_agent[agent]
        del place.tabs[sid]
        return place

    def settle(self, place: Workplace, *, free: bool) -> None:
        """Find this agent under what they may take now, and among the free ones or not."""
        agent, before = place.facts.agent, place.found_as
        audience = audience_of(agent)
        if before is not None and audience_of(before) != audience:
            old = self._groups[audience_of(before)]
            old.members.pop(agent.id, None)
            old.free.pop(agent.id, None)
        place.found_as = agent
        group = self._groups.get(audience)
        if group is None:
            group = self._groups[audience] = _Group(agent)
        group.members[agent.id] = place
        if free:
            group.free[agent.id] = place
        else:
            group.free.pop(agent.id, None)

    def audiences_of(self, call: Call | None) -> list[Audience]:
        """Those whose agents may know that this call waits."""
        if call is None:
            return []
        return [audience for audience, group in self._groups.items() if concerns(group.agent, call)]

    def free(self, audience: Audience) -> Collection[Workplace]:
        """Who was free when last looked at."""
        return self._groups[audience].free.values()

    def members(self, audience: Audience) -> Collection[Workplace]:
        return self._groups[audience].members.values()
