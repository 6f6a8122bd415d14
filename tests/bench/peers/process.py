"""A forwarder of somebody else's under load: what it uses, read off the operating system, and the core it has."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

STOPS_WITHIN_S = 10.0
_CORES = sorted(os.sched_getaffinity(0))
PEERS_CORE, LOADS_CORE = _CORES[0], _CORES[-1]
"""The same on a machine with one, where the figures say little."""


class PeerUnusable(Exception):
    """The peer is not installed, or cannot run on this machine: there is no figure of it, and the text says why."""


@dataclass(frozen=True, slots=True)
class PeerForwarding:
    """One run. CPU is the peer's, user and system, of all its threads."""

    us_per_packet: float
    calls: int
    packets: int  # that came out at the far ends and were authentic there
    lost: int  # that went in and did not
    version: str


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def raise_descriptor_limit() -> None:
    """Children have it, too: a call needs several."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def running(program: str, arguments: Sequence[str], log: Path) -> Iterator[psutil.Process]:
    """`program` on the first core until the block is left. Raises PeerUnusable when it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise PeerUnusable(f"{program} is not installed")
    with log.open("wb") as out:
        process = subprocess.Popen(["taskset", "--cpu-list", str(PEERS_CORE), path, *arguments], stdout=out, stderr=out)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_words(log: Path) -> str:
    """The last line that says something."""
    return (log.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1]


def version_of(package: str) -> str:
    """Debian's, or `unknown` where it came from elsewhere."""
    try:
        asked = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "unknown"
    return asked.stdout or "unknown"
