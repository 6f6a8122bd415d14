"""A plane with calls on it, for a load in another process.

`python -m tests.bench.native.gateway PLANE CALLS PROFILE [tap] [journals] [idle] [uvloop]` prints the port that the
load must take, the browsers' port and one port for each call. It waits for one line of input to begin measuring and for
another to end, and prints what it used, as JSON. The native plane has one thread. Journals are written in the folder
that TMPDIR names, and go afterwards.
"""

import asyncio
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from gateway.media.plane import FlowCodec, FlowId, KeepsIce, Plane, SrtpKeys, SrtpProfile
from gateway.media.planes import PlaneChoice, open_plane
from tests.bench.native.recorded import Recorded

PROFILES = {
    "1": (SrtpProfile.AES_CM_128_HMAC_SHA1_80, 30),
    "7": (SrtpProfile.AEAD_AES_128_GCM, 28),
    "8": (SrtpProfile.AEAD_AES_256_GCM, 44),
}
KEY = b"a master key and a salt of some forty-six byte"
ANY_PORT = range(0, 1)


def ip_of(leg: int) -> str:
    return f"127.{leg // 62500 + 1}.{leg // 250 % 250 + 1}.{leg % 250 + 1}"


def reserved_port() -> socket.socket:
    """A UDP port that nobody has on any address (the load has an address for each leg), until it is closed."""
    reserved = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    reserved.bind(("", 0))
    return reserved


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True, slots=True)
class Calls:
    """What the load must know, and what it is judged by. `ports`: the load's own, the browsers', one for each call."""

    ports: list[int]
    flows: list[FlowId]
    lost_consent: list[int]  # grows by a call number for each


async def add_calls(
    plane: Plane, calls: int, profile_number: str = "1", taps: bool = False, idle: bool = False
) -> Calls:
    """Calls of which both legs speak with load.c, and hear each other unless they are idle."""
    with reserved_port() as reserved:  # none of the plane's own ports may be it
        return await _add_calls(plane, calls, profile_number, taps, idle, int(reserved.getsockname()[1]))


async def _add_calls(plane: Plane, calls: int, profile_number: str, taps: bool, idle: bool, load_port: int) -> Calls:
    profile, size = PROFILES[profile_number]
    keys = SrtpKeys(profile, rx=KEY[:size], tx=KEY[:size])
    browsers = await plane.open_endpoint("127.0.0.1", ANY_PORT, lambda data, address: None)
    made = Calls([load_port, browsers.local_address[1]], [], [])
    for call in range(calls):
        meta = await plane.open_endpoint("127.0.0.1", ANY_PORT, lambda data, address: None)
        made.ports.append(meta.local_address[1])
        pair = []
        for leg, endpoint in ((2 * call, browsers), (2 * call + 1, meta)):
            remote = ip_of(leg), load_port
            ssrcs = [7000, 7001] if endpoint is browsers else [7000]
            flow = plane.add_flow(endpoint, remote, keys, FlowCodec(111), ssrcs, endpoint is meta and not idle)
            if isinstance(plane, KeepsIce):
                if endpoint is browsers:
                    keeper = plane.answer_checks(endpoint, f"u{call}", "our password of 24 chars", lambda *_: None)
                else:
                    expired = partial(made.lost_consent.append, call)
                    keeper = plane.keep_consent(endpoint, "ours", "p" * 24, 1, expired)
                keeper.name_peer("theirs", "their password of 24 byte")
                keeper.carry(flow, remote)
            pair.append(flow)
        for one, other in () if idle else (pair, pair[::-1]):
            plane.hear(one, other)
            if taps:
                plane.record(one, lambda piece: None)
        made.flows.extend(pair)
    for flow in made.flows:
        plane.open_gate(flow)
    return made


async def main(choice: str, calls: int, profile_number: str, words: Sequence[str]) -> None:
    with TemporaryDirectory(prefix="ramal-bench-") as folder:
        await _serve(choice, calls, profile_number, words, Path(folder))


async def _serve(choice: str, calls: int, profile_number: str, words: Sequence[str], folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    plane = open_plane(PlaneChoice(choice), threads=1)
    before_kib = resident_kib()
    made = await add_calls(plane, calls, profile_number, "tap" in words, "idle" in words)
    recorded = Recorded(plane, folder) if "journals" in words else None
    if recorded is not None:
        recorded.begin(made.flows)
    print(*made.ports, flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)  # "measure": after the first silence
    begin_cpu_s, begin_s = cpu_s(), time.monotonic()
    if recorded is not None:
        recorded.measure()
    await loop.run_in_executor(None, sys.stdin.readline)
    used_s, seconds, kib = cpu_s() - begin_cpu_s, time.monotonic() - begin_s, resident_kib() - before_kib
    kept = {} if recorded is None else {**recorded.figures(), **await recorded.end()}
    figures = [plane.figures(flow) for flow in made.flows]
    print(
        json.dumps(
            {
                "cpu_s": used_s,
                "seconds": seconds,
                "kib_per_call": kib / calls,
                "received": sum(f.received.packets for f in figures),
                "sent": sum(f.sent.packets for f in figures),
                "lost": sum(f.received.lost for f in figures),
                "dropped": sum(sum(f.dropped.values()) for f in figures),
                "consent_lost": len(made.lost_consent),
                "recorded": kept,
            }
        ),
        flush=True,
    )
    plane.close()


if __name__ == "__main__":
    loop_factory = uvloop.new_event_loop if "uvloop" in sys.argv else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
