"""What processes and the machine spend."""

import contextlib
import resource
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """One process since it began: CPU time in user and kernel mode of all its threads; what it keeps in memory now."""

    cpu_s: float
    resident_bytes: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Usage":
        """Raises psutil.Error when it is gone."""
        times = process.cpu_times()
        return cls(times.user + times.system, process.memory_info().rss)


def process_of(pid: int | None) -> psutil.Process | None:
    """None when there is none such here."""
    try:
        return None if pid is None else psutil.Process(pid)
    except psutil.Error:
        return None


def allow_descriptors() -> None:
    """As many open files as the system lets us have, for this process and those that it starts: an agent takes two here
    and one in the gateway, and many systems begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
