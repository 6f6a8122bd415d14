"""How much is measured, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`calls` are up at once. Seconds are those of the windows in which CPU time is counted."""

    calls: int
    setups: int  # calls set up one after another, once with no other call and once with all calls up
    setup_pause_s: float
    settle_s: float  # after a change, before a window begins
    idle_s: float
    talking_s: float
    held_s: float  # ends before the gateway gives up on an agent who is away: 20 s


FULL = Plan(calls=50, setups=30, setup_pause_s=0.1, settle_s=2.0, idle_s=15.0, talking_s=20.0, held_s=10.0)
QUICK = Plan(calls=6, setups=6, setup_pause_s=0.05, settle_s=0.5, idle_s=3.0, talking_s=4.0, held_s=3.0)
