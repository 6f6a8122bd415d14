"""What of a call was work of its agents, read from its timeline: how long each had the customer on hold. Pure.

On hold is a customer who hears music because an agent wished so: by the button, or while another agent is consulted.
Waiting for an agent, the tone while one is away, and the way from one agent to another are no hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from signaling.call import TimelineEntry
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


def _whose(entry: TimelineEntry) -> AgentId | None:
    """Whose the call is from here on, where that changes."""
    match entry.kind:
        case "claimed" | "dialed" | "talking":
            now = entry.data.get("agent")
        case "transferred":
            now = entry.data.get("to_agent")
        case "taken_over":
            now = entry.data.get("by")
        case _:
            return None
    return None if now is None else AgentId(int(now))
