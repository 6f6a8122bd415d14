"""What a run counts as it goes."""

from collections import Counter
from dataclasses import dataclass, field

from gateway.load.conversation import Times


@dataclass(slots=True)
class Progress:
    """What is shown while it runs."""

    stage: str = "starting"
    agents: int = 0
    up: int = 0
    setups: int = 0
    failures: int = 0
    seconds_left: float | None = None


@dataclass(slots=True)
class Tally:
    times: list[Times] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    most_up: int = 0
    heard: int = 0
    lost: int = 0
    most_resident_bytes: int = 0
