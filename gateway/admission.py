"""What this process has and uses, read from the system: file descriptors and CPU. `signaling.admission` decides."""

import asyncio
import os
import resource
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from gateway.settings import Settings
from signaling.admission import Capacity
from signaling.errors import NeighbourError
from signaling.ports import Clock
from signaling.process_budget import ProcessLimits, Reading

log = structlog.get_logger(__name__)

READ_EVERY_S: Final = 1.0
CPU_WINDOW_S: Final = 5.0
"""Long enough that one call's set-up is no overload, short enough that calls in progress do not feel one."""

OWN_DESCRIPTORS: Final = Path("/proc/self/fd")


def raise_descriptor_limit() -> int | None:
    """The soft limit of open files becomes the hard one, which is what an administrator allows; None: no limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError) as error:  # a system that calls its limit unlimited, and is not (macOS)
            log.warning("open_files_limit_not_raised", soft=soft, hard=hard, error=type(error).__name__)
            hard = soft
    return None if hard == resource.RLIM_INFINITY else hard


def open_descriptors() -> int:
    """How many files and sockets this process has open."""
    told = OWN_DESCRIPTORS.stat().st_size  # Linux 6.2 and later: a count, and cheap however many there are
    return told or len(os.listdir(OWN_DESCRIPTORS))  # noqa: PTH208 (names only)


def usable_cores() -> int:
    return len(os.sched_getaffinity(0))


def process_limits(settings: Settings, descriptors: int | None) -> ProcessLimits:
    any_port = settings.meta_ports.start == 0
    return ProcessLimits(
        calls=settings.max_calls,
        ports=None if any_port else len(settings.meta_ports),
        descriptors=descriptors,
        cpu_percent=settings.max_cpu,
    )


@dataclass(slots=True)
class CpuMeter:
    """How busy this process was in the last `CPU_WINDOW_S`, in percent: of all cores it may use, or its event loop's
    thread of one core, whichever is more. Python's thread can be full long before the machine is.

    The three clocks are in seconds. Use it on the loop's thread.
    """

    cores: int
    wall: Callable[[], float] = time.monotonic
    process_cpu: Callable[[], float] = time.process_time
    thread_cpu: Callable[[], float] = time.thread_time
    _samples: deque[tuple[float, float, float]] = field(default_factory=deque)

    def percent(self) -> float:
        """Call it regularly; 0 at first."""
        now = self.wall(), self.process_cpu(), self.thread_cpu()
        while len(self._samples) > 1 and self._samples[1][0] <= now[0] - CPU_WINDOW_S:
            self._samples.popleft()
        self._samples.append(now)
        wall_s, process_s, thread_s = (b - a for a, b in zip(self._samples[0], now, strict=True))
        if wall_s <= 0:
            return 0.0
        return min(100.0, 100.0 * max(process_s / self.cores, thread_s) / wall_s)


async def watch_process(capacity: Capacity, meter: CpuMeter, clock: Clock) -> None:
    """Tell `capacity` how the process is, until cancelled."""
    was_spent = False
    while True:
        try:
            await capacity.read(Reading(clock(), open_descriptors(), meter.percent()))
        except NeighbourError as error:
            log.error("leases_not_renewed", code=error.failure.code)
        if capacity.cpu_is_spent is not was_spent:
            was_spent = capacity.cpu_is_spent
            log.warning("cpu_is_spent" if was_spent else "cpu_is_free_again", limit_percent=capacity.limits.cpu_percent)
        await asyncio.sleep(READ_EVERY_S)
