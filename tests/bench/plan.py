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


FULL = Plan(calls=50, setups=40, setup_pause_s=0.1, settle_s=3.0, idle_s=20.0, talking_s=30.0, held_s=12.0)
QUICK = Plan(calls=10, setups=10, setup_pause_s=0.05, settle_s=1.0, idle_s=5.0, talking_s=6.0, held_s=4.0)
