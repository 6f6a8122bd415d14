"""What one process may spend on calls: how many, UDP ports, file descriptors, CPU. Pure.

Past a budget new calls are refused, so that those that are up do not suffer. A call keeps its port and descriptors
until it is over at Meta too, so that a call which is taken always finds its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from signaling.errors import Fault
from signaling.verdict import Refused

DESCRIPTORS_PER_CALL: Final = 2
"""The socket of its leg, and a Graph connection while it is set up."""

DESCRIPTORS_KEPT: Final = 64
"""For the database, files, and people who sign in while everything is full."""

LEG_OPENS_WITHIN: Final = timedelta(seconds=2)
"""A call younger than this may not have opened its socket yet."""

CPU_REST_PERCENT: Final = 10
"""New calls come back only so far below the limit: a threshold that is crossed twice a second would help nobody."""

ASK_AGAIN: Final = timedelta(seconds=5)


class Resource(StrEnum):
    """In the order in which they are asked: what is really used up before what follows from it."""

    PORTS = "ports"
    DESCRIPTORS = "descriptors"
    CALLS = "calls"
    CPU = "cpu"  # percent


NAMED_BY: Final[Mapping[Resource, str]] = {
    Resource.CALLS: "RAMAL_MAX_CALLS",
    Resource.PORTS: "RAMAL_META_PORTS",
    Resource.DESCRIPTORS: "RLIMIT_NOFILE",
    Resource.CPU: "RAMAL_MAX_CPU",
}
"""Where each limit is set."""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """None: no limit. `cpu_percent`: new calls are refused above it; 100: never."""

    calls: int | None = None
    ports: int | None = None
    descriptors: int | None = None
    cpu_percent: int = 100

    def of(self, resource: Resource) -> int | None:
        match resource:
            case Resource.CALLS:
                return self.calls if self.calls is not None else self.derived_calls
            case Resource.PORTS:
                return self.ports
            case Resource.DESCRIPTORS:
                return None if self.descriptors is None else max(0, self.descriptors - DESCRIPTORS_KEPT)
            case Resource.CPU:
                return self.cpu_percent

    @property
    def derived_calls(self) -> int | None:
        """As many as ports and descriptors are enough for."""
        descriptors = self.of(Resource.DESCRIPTORS)
        by_descriptors = None if descriptors is None else descriptors // DESCRIPTORS_PER_CALL
        return min((limit for limit in (self.ports, by_descriptors) if limit is not None), default=None)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured of the process. `cpu_percent`: see `gateway.admission.CpuMeter`."""

    at: datetime
    descriptors: int
    cpu_percent: float


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """`calls`: those that are up, or were taken just now; `new_calls`: those of them that the reading may not show."""

    calls: int
    new_calls: int
    reading: Reading | None
    cpu_is_spent: bool

    def of(self, resource: Resource) -> int:
        match resource:
            case Resource.CALLS | Resource.PORTS:
                return self.calls
            case Resource.DESCRIPTORS:
                opened = 0 if self.reading is None else self.reading.descriptors
                return opened + self.new_calls * DESCRIPTORS_PER_CALL
            case Resource.CPU:
                return 0 if self.reading is None else round(self.reading.cpu_percent)

    def has_room(self, resource: Resource, limits: ProcessLimits) -> bool:
        limit = limits.of(resource)
        match resource:
            case Resource.CPU:
                return not self.cpu_is_spent
            case Resource.DESCRIPTORS:
                return limit is None or self.of(resource) + DESCRIPTORS_PER_CALL <= limit
            case _:
                return limit is None or self.of(resource) < limit


def cpu_is_spent(was_spent: bool, percent: float, limit_percent: int) -> bool:
    """Above the limit: yes; `CPU_REST_PERCENT` below it: no more; between: as it was."""
    return percent > (limit_percent - CPU_REST_PERCENT if was_spent else limit_percent)


def refusal_of(use: ProcessUse, limits: ProcessLimits, at: datetime) -> Refused | None:
    """Why this process takes no further call now; None: it does."""
    for resource in Resource:
        if not use.has_room(resource, limits):
            return Refused(
                f"capacity.{resource.value}",
                Fault.LIMIT,
                retry_at=at + ASK_AGAIN,
                rule=NAMED_BY[resource],
                limit=limits.of(resource),
                used=use.of(resource),
                next_step="wait",
            )
    return None


def misfits(limits: ProcessLimits, calls_of_numbers: int) -> list[str]:
    """Sentences for an operator: budgets that others make useless. `calls_of_numbers`: all numbers at their limit."""
    sentences = []
    if limits.ports is not None and limits.ports < calls_of_numbers:
        sentences.append(
            f"Your numbers may have {calls_of_numbers} calls at a time, but RAMAL_META_PORTS has {limits.ports} ports: "
            "further calls are refused. Give it more ports, or the numbers lower limits (`ramal number limit`)."
        )
    descriptors = limits.of(Resource.DESCRIPTORS)
    if descriptors is not None and descriptors // DESCRIPTORS_PER_CALL < min(
        calls_of_numbers, limits.ports or calls_of_numbers
    ):
        sentences.append(
            f"The limit of open files is {limits.descriptors}: enough for {descriptors // DESCRIPTORS_PER_CALL} calls. "
            "Raise it where the gateway is started (ulimit -Hn, or LimitNOFILE= of systemd)."
        )
    if limits.calls is not None and limits.derived_calls is not None and limits.derived_calls < limits.calls:
        sentences.append(
            f"RAMAL_MAX_CALLS is {limits.calls}, but ports and open files are enough for {limits.derived_calls} calls."
        )
    return sentences
