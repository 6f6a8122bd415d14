"""How much is measured, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`runs` of everything, and the median of them. Seconds are those in which CPU time is counted."""

    name: str
    runs: int
    seconds: int
    calls: int  # through the native plane and bare UDP
    python_calls: int
    rtpengine_calls: int  # the native plane carries as many for the ratio
    janus_calls: int
    setups_beside: int  # calls that are up while others are set up
    idle_seconds: int


FULL = Plan(
    name="full",
    runs=3,
    seconds=6,
    calls=1000,
    python_calls=150,
    rtpengine_calls=500,
    janus_calls=50,
    setups_beside=500,
    idle_seconds=10,
)
QUICK = Plan(
    name="quick",
    runs=1,
    seconds=3,
    calls=300,
    python_calls=50,
    rtpengine_calls=100,
    janus_calls=10,
    setups_beside=100,
    idle_seconds=3,
)
