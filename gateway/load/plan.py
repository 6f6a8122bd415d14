"""How much load, and for how long. Pure."""

from dataclasses import dataclass
from math import ceil
from typing import Final

LONGEST_RUN_S: Final = 600.0
LONGEST_QUICK_RUN_S: Final = 60.0
SPARE_AGENTS_S: Final = 3.0
"""Agents for so many seconds of set-ups more than there are calls: who has just hung up is not free at once."""

LOOKOUTS: Final = 2
"""Agents beside those in calls that are held: one looks out for what rings, one places calls beyond the limit."""

REST_S: Final = 6.0
"""Between signing in and the first call. Checking hundreds of passwords keeps a machine busy, and a gateway that was
busier than its budget in the last 5 s refuses calls (RAMAL_MAX_CPU): what is measured is calls, not that."""


class BadPlan(ValueError):
    """Options that contradict each other; the message says which and what would help."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`calls` are kept up, of which `outbound` are placed by agents; `rate` set-ups a second, for `duration_s` once
    they are up.

    A call lasts `hold_s`; None: the oldest is ended whenever a new one is up, so that `calls` and `rate` both stay as
    they are. `media` False: nobody speaks, and what the gateway sends is not looked at. `beyond`: so many calls more,
    once all are up, which the gateway must refuse. `most_waiting`: agents who are free at a time, as long as others are
    left (`gateway.load.team`).
    """

    calls: int
    rate: float
    hold_s: float | None
    outbound: int
    agents: int
    duration_s: float
    media: bool = True
    beyond: int = 0
    most_waiting: int = LOOKOUTS
    rest_s: float = REST_S
    longest_s: float = LONGEST_RUN_S

    @property
    def inbound(self) -> int:
        return self.calls - self.outbound

    @property
    def at_once(self) -> int:
        """Calls that may exist at once, those included that are being set up or have just ended."""
        return min(self.agents, self.calls if self.hold_s is not None else self.agents)


def make_plan(
    calls: int | None,
    rate: float,
    hold_s: float | None,
    inbound: int | None,
    outbound: int | None,
    agents: int | None,
    duration_s: float,
    media: bool,
    beyond: int,
    quick: bool,
    usual_calls: int,
    waiting: int | None = None,
) -> Plan:
    """Raises BadPlan. Without `calls` they are those in and out, or as many as is usual."""
    if calls is None:
        calls = usual_calls if inbound is None or outbound is None else inbound + outbound
    if calls < 1:
        raise BadPlan("--in and --out are no call at all: at least one of them must be 1.")
    if inbound is not None and outbound is not None and inbound + outbound != calls:
        raise BadPlan(f"--in {inbound} and --out {outbound} are not the {calls} of --calls: leave one of them out.")
    if inbound is not None and outbound is None:
        outbound = calls - inbound
    outbound = outbound or 0
    if not 0 <= outbound <= calls:
        raise BadPlan(f"--in and --out are parts of --calls {calls}.")
    if agents is None:
        lookouts = LOOKOUTS if outbound or beyond else 0
        agents = calls + (lookouts if hold_s is not None else max(2, ceil(rate * SPARE_AGENTS_S)))
    if agents < 1:
        raise BadPlan("--agents must be at least 1.")
    most_waiting = waiting or max(LOOKOUTS, ceil(rate * SPARE_AGENTS_S))
    longest_s = LONGEST_QUICK_RUN_S if quick else LONGEST_RUN_S
    return Plan(calls, rate, hold_s, outbound, agents, duration_s, media, beyond, most_waiting, longest_s=longest_s)
