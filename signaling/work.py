"""What of a call was work of its agents, read from its timeline: how long each talked with the customer, and had them
on hold. Pure.

An agent talks from when the customer is theirs until the customer is not: until the agent hands them to a colleague,
sends them on, is replaced by a supervisor, is gone for good, or the call ends. Holds and short absences are part of it.
In a conversation of three both talk. Who is only consulted does not, nor a supervisor who listens, whispers or barges
in.

On hold is a customer who hears music because an agent wished so: by the button, or while another agent is consulted.
Waiting for an agent, the tone while one is away, and the way from one agent to another are no hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from signaling.call import TimelineEntry
from signaling.events import Direction
from signaling.ids import AgentId

STARTS: Final = frozenset({"held", "consult_asked"})
STOPS: Final = frozenset(
    {
        *("resumed", "three", "transferred", "taken_over"),  # heard by somebody, or on the way to somebody
        *("agent_lost", "hung_up", "ending", "terminated_by_meta", "ended"),
    }
)
OF_HOLDS: Final = STARTS | STOPS | {"claimed", "dialed", "talking"}
"""Kinds of entries that `holds_of` looks at."""
OF_TALKS: Final = frozenset({"claimed", "dialed", "talking"}) | {
    *("consult_answered", "three", "consult_over", "transferred", "taken_over", "hold_tone", "agent_lost", "hung_up")
}
"""Kinds of entries that `talks_of` looks at."""


MOST_MS: Final = 2**31 - 1
"""What a column takes: 24 days."""


@dataclass(frozen=True, slots=True)
class Held:
    """How often one agent put the customer on hold, and how long in all."""

    times: int = 0
    ms: int = 0


@dataclass(slots=True)
class _Course:
    agent: AgentId | None
    since: datetime | None = None
    found: dict[AgentId, Held] = field(default_factory=dict)

    def stop(self, at: datetime) -> None:
        since, self.since = self.since, None
        if since is not None and self.agent is not None:
            before = self.found.get(self.agent, Held())
            ms = before.ms + max(0, round((at - since).total_seconds() * 1_000))
            self.found[self.agent] = Held(before.times + 1, min(ms, MOST_MS))


def holds_of(
    timeline: Iterable[TimelineEntry], ended_at: datetime | None, agent: AgentId | None
) -> dict[AgentId, Held]:
    """Of each agent who put the customer on hold. `agent`: whom the call counts for, where its timeline names nobody.
    A hold that nothing stopped lasts until `ended_at`."""
    course = _Course(agent)
    for entry in timeline:
        if entry.kind in STOPS:
            course.stop(entry.at)
        elif entry.kind in STARTS and course.since is None:
            course.since = entry.at
        if (now := _whose(entry)) is not None:
            course.agent = now
    if ended_at is not None:
        course.stop(ended_at)
    return course.found


def with_agent_since(
    direction: Direction, accepted_at: datetime | None, answered_at: datetime | None
) -> datetime | None:
    """Since when an agent was with the customer of a call that was answered: a plan may have accepted it long before.
    `store.measures` says the same in SQL."""
    if direction is Direction.OUTBOUND or accepted_at is None or answered_at is None:
        return accepted_at
    return max(accepted_at, answered_at)


def talks_of(
    timeline: Iterable[TimelineEntry], since: datetime | None, ended_at: datetime | None, agent: AgentId | None
) -> dict[AgentId, int]:
    """Milliseconds of each agent who talked with the customer. `since`: `with_agent_since`; None: nobody did. `agent`:
    whom the call counts for, where its timeline names nobody."""
    if since is None or ended_at is None:
        return {}
    talks = _Talks(since)
    before = [entry for entry in timeline if entry.at <= since]
    first = next((now for entry in reversed(before) if (now := _whose(entry)) is not None), agent)
    if first is not None:
        talks.start(first, since)
    for entry in timeline:
        if entry.at >= since:
            talks.follow(entry)
    talks.stop_all(ended_at)
    return talks.ms


@dataclass(slots=True)
class _Talks:
    """`second`: a colleague who was asked, and answered."""

    begun_at: datetime
    second: AgentId | None = None
    since: dict[AgentId, datetime] = field(default_factory=dict)
    ms: dict[AgentId, int] = field(default_factory=dict)

    def follow(self, entry: TimelineEntry) -> None:
        match entry.kind:
            case "talking":
                self._start_named(entry, "agent")
            case "consult_answered":
                self.second = _named(entry, "agent")
            case "three":
                if self.second is not None:
                    self.start(self.second, entry.at)
            case "consult_over":
                if self.second is not None:
                    self.stop(self.second, entry.at)
                self.second = None
            case "transferred":
                to_agent = _named(entry, "to_agent")
                handed_over = to_agent is not None and to_agent == self.second  # else theirs once they answer
                self.stop_all(entry.at, but=to_agent if handed_over else None)
                if handed_over:
                    self._start_named(entry, "to_agent")
                self.second = None
            case "taken_over":
                self.stop_all(entry.at)
                self._start_named(entry, "by")
                self.second = None
            case "hold_tone":  # the agent is away, and so is whoever they asked
                self.second = None
            case "agent_lost" | "hung_up":
                if (gone := _named(entry, "agent")) is not None:
                    self.stop(gone, entry.at)
            case _:
                pass

    def start(self, agent: AgentId, at: datetime) -> None:
        self.since.setdefault(agent, max(at, self.begun_at))

    def stop(self, agent: AgentId, at: datetime) -> None:
        since = self.since.pop(agent, None)
        if since is not None:
            ms = self.ms.get(agent, 0) + max(0, round((at - since).total_seconds() * 1_000))
            self.ms[agent] = min(ms, MOST_MS)

    def stop_all(self, at: datetime, but: AgentId | None = None) -> None:
        for agent in [agent for agent in self.since if agent != but]:
            self.stop(agent, at)

    def _start_named(self, entry: TimelineEntry, name: str) -> None:
        if (agent := _named(entry, name)) is not None:
            self.start(agent, entry.at)


def _named(entry: TimelineEntry, name: str) -> AgentId | None:
    agent = entry.data.get(name)
    return None if agent is None else AgentId(int(agent))


def _whose(entry: TimelineEntry) -> AgentId | None:
    """Whose the call is from here on, where that changes."""
    match entry.kind:
        case "claimed" | "dialed" | "talking":
            return _named(entry, "agent")
        case "transferred":
            return _named(entry, "to_agent")
        case "taken_over":
            return _named(entry, "by")
        case _:
            return None
