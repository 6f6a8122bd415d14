"""A plane under load: what a forwarded packet, an idle call and a tap cost, beside bare UDP forwarding.

The forwarder has one core, the load another. `python -m tests.bench.native.run --help` prints the figures as JSON;
other programs call `build` once, and then `forward`, `bare`, `idle` or `compare`. A run takes `Load.seconds` and a few
more.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from gateway.media.native.build_plane import HERE as NATIVE
from gateway.media.native.build_plane import ROOT
from gateway.media.plane import SrtpProfile
from gateway.media.planes import PlaneChoice, native_is_built

HERE = Path(__file__).parent
SOURCES = NATIVE / "src"
LOAD_SOURCES = [
    HERE / "load.c",
    *(SOURCES / f"{name}.c" for name in ("srtp", "hmac", "rtp", "rtcp", "stun", "address")),
]
COMPILE = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-I", str(SOURCES)]
PROFILE_NUMBERS = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: 1,
    SrtpProfile.AEAD_AES_128_GCM: 7,
    SrtpProfile.AEAD_AES_256_GCM: 8,
}
NO_SRTP = 0
USUAL = SrtpProfile.AES_CM_128_HMAC_SHA1_80
LONGEST_START_S = 120


class BenchFailed(Exception):
    """A program of the bench did not run to its end: what it said last is in the text."""


@dataclass(frozen=True, slots=True)
class Load:
    """Two legs a call, each speaking 50 packets a second without a pause, with RTCP, checks and consent."""

    calls: int
    seconds: int
    profile: SrtpProfile = USUAL


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One run. CPU is the forwarder's, user and system, of all its threads."""

    us_per_packet: float
    cores: float  # 1.0: all of one core
    packets: int  # that came out at the far ends
    lost: int  # that went in and did not
    dropped: int  # by the plane, whatever the cause
    added_latency_ms_p50: float  # from just before the send call of one leg to the receive call of the other
    added_latency_ms_p99: float
    load_late_ms: float  # the load's worst: latency that is not the forwarder's
    kib_per_call: float | None  # resident memory beyond the plane without calls; None for bare forwarding


@dataclass(frozen=True, slots=True)
class Idle:
    """Calls that are up and say nothing: reports, checks and consent."""

    ms_per_call_s: float  # CPU milliseconds per second of one call
    kib_per_call: float
    consent_lost: int  # not 0: the run is worth nothing


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians of several runs, each with the same load and one after the other."""

    calls: int
    native: Forwarding
    bare: Forwarding
    tap_us_per_packet: float
    idle: Idle

    @property
    def times_bare(self) -> float:
        return self.native.us_per_packet / self.bare.us_per_packet


@dataclass(frozen=True, slots=True)
class Programs:
    load: Path
    bare: Path


@contextmanager
def build() -> Iterator[Programs]:
    """Compiles the load and the bare forwarder. Raises BenchFailed without a compiler or OpenSSL's headers."""
    with TemporaryDirectory(prefix="ramal-bench-") as folder:
        programs = Programs(Path(folder) / "load", Path(folder) / "bare")
        _run([*COMPILE, *map(str, LOAD_SOURCES), "-lcrypto", "-lm", "-o", str(programs.load)])
        _run([*COMPILE, str(HERE / "bare.c"), "-o", str(programs.bare)])
        yield programs


def forward(
    programs: Programs, plane: PlaneChoice, load: Load, *, tapped: bool = False, uvloop: bool = True
) -> Forwarding:
    """Raises BenchFailed."""
    arguments = ["tap"] * tapped + ["uvloop"] * uvloop
    with _Gateway(plane, load, arguments) as gateway:
        told, used = _under_load(programs, gateway, load, PROFILE_NUMBERS[load.profile])
    return _forwarding(told, used["cpu_s"], used["seconds"], int(used["dropped"]), used["kib_per_call"])


def recorded(programs: Programs, load: Load) -> tuple[Forwarding, dict[str, Any]]:
    """All calls into journals, as a gateway keeps them, and what `tests.bench.native.recorded` says of them. Raises
    BenchFailed."""
    with _Gateway(PlaneChoice.NATIVE, load, ["journals", "uvloop"]) as gateway:
        told, used = _under_load(programs, gateway, load, PROFILE_NUMBERS[load.profile])
    kept = {**used["recorded"], "received": used["received"], "seconds": used["seconds"]}
    return _forwarding(told, used["cpu_s"], used["seconds"], int(used["dropped"]), used["kib_per_call"]), kept


def bare(programs: Programs, load: Load) -> Forwarding:
    """The same sockets and datagrams without SRTP, RTCP and checks: the system's part. Raises BenchFailed."""
    with _Forwarder([str(programs.bare), str(load.calls)]) as forwarder:
        told, used = _under_load(programs, forwarder, load, NO_SRTP)
    return _forwarding(told, used["cpu_s"], used["seconds"], 0, None)


def idle(programs: Programs, plane: PlaneChoice, load: Load) -> Idle:
    """Raises BenchFailed."""
    with _Gateway(plane, load, ["idle", "uvloop"]) as gateway:
        _, used = _under_load(programs, gateway, load, PROFILE_NUMBERS[load.profile], idle=True)
    return Idle(used["cpu_s"] * 1e3 / load.calls / load.seconds, used["kib_per_call"], int(used["consent_lost"]))


def middle(runs: Sequence[Forwarding]) -> Forwarding:
    """The run with the median cost."""
    cost = median(run.us_per_packet for run in runs)
    return min(runs, key=lambda run: abs(run.us_per_packet - cost))


def compare(programs: Programs, load: Load, runs: int = 3, say: Callable[[str], object] = lambda _: None) -> Comparison:
    """Bare forwarding, the native plane and the native plane with every flow tapped, in turn. Raises BenchFailed."""
    by_udp, by_plane, with_taps = [], [], []
    for run in range(runs):
        say(f"{load.calls} calls, run {run + 1} of {runs}")
        by_udp.append(bare(programs, load))
        by_plane.append(forward(programs, PlaneChoice.NATIVE, load))
        with_taps.append(forward(programs, PlaneChoice.NATIVE, load, tapped=True))
    tap_us = median(
        tapped.us_per_packet - plain.us_per_packet for tapped, plain in zip(with_taps, by_plane, strict=True)
    )
    say(f"{load.calls} idle calls")
    return Comparison(load.calls, middle(by_plane), middle(by_udp), tap_us, idle(programs, PlaneChoice.NATIVE, load))


# ---- processes ------------------------------------------------------------------------------------------------------


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BenchFailed(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise BenchFailed(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _cores() -> tuple[int, int]:
    """The forwarder's and the load's; the same on a machine with one, where the figures say little."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


class _Forwarder:
    """A process that prints its ports, measures from one line of input to the next, and prints what it used."""

    def __init__(self, command: Sequence[str]) -> None:
        core = _cores()[0]
        self._process = subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> "_Forwarder":
        self.ports = self._line().split()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self) -> None:
        self._tell("measure")

    def end(self) -> dict[str, Any]:
        self._tell("end")
        used: dict[str, Any] = json.loads(self._line())
        return used

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line
        raise BenchFailed(f"the forwarder ended with {self._process.wait(LONGEST_START_S)}; its own words are above")


class _Gateway(_Forwarder):
    def __init__(self, plane: PlaneChoice, load: Load, arguments: Sequence[str]) -> None:
        if plane is PlaneChoice.NATIVE and not native_is_built():
            raise BenchFailed("the native plane was not built")
        number = str(PROFILE_NUMBERS[load.profile])
        super().__init__(
            [sys.executable, "-m", "tests.bench.native.gateway", plane, str(load.calls), number, *arguments]
        )


def _under_load(
    programs: Programs, forwarder: _Forwarder, load: Load, profile: int, *, idle: bool = False
) -> tuple[dict[str, float], dict[str, Any]]:
    """What the load and the forwarder said of the same seconds."""
    forwarder.begin()
    command = [str(programs.load), str(load.calls), str(load.seconds), str(profile), *forwarder.ports]
    loading = ["taskset", "--cpu-list", str(_cores()[1]), "env", f"IDLE={int(idle)}", *command]
    told: dict[str, float] = json.loads(_run(loading))
    return told, forwarder.end()


def _forwarding(
    told: dict[str, float], cpu_s: float, seconds: float, dropped: int, kib_per_call: float | None
) -> Forwarding:
    if not told["got"]:
        raise BenchFailed("no packet came through")
    return Forwarding(
        us_per_packet=cpu_s * 1e6 / told["got"],
        cores=cpu_s / seconds,
        packets=int(told["got"]),
        lost=int(told["sent"] - told["got"]),
        dropped=dropped,
        added_latency_ms_p50=told["p50_ms"],
        added_latency_ms_p99=told["p99_ms"],
        load_late_ms=told["latest_tick_ms"],
        kib_per_call=kib_per_call,
    )


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.native.run", description=__doc__)
    options.add_argument("--calls", type=int, default=1000)
    options.add_argument("--seconds", type=int, default=6)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--profile", type=SrtpProfile, choices=SrtpProfile, default=USUAL)
    options.add_argument("--only", choices=["native", "python", "bare", "tap", "idle"], help="one run of one thing")
    chosen = options.parse_args()
    load = Load(chosen.calls, chosen.seconds, chosen.profile)
    with build() as programs:
        single: dict[str, Callable[[], Forwarding | Idle]] = {
            "native": lambda: forward(programs, PlaneChoice.NATIVE, load),
            "python": lambda: forward(programs, PlaneChoice.PYTHON, load),
            "bare": lambda: bare(programs, load),
            "tap": lambda: forward(programs, PlaneChoice.NATIVE, load, tapped=True),
            "idle": lambda: idle(programs, PlaneChoice.NATIVE, load),
        }
        if chosen.only is not None:
            for _ in range(chosen.runs):
                print(json.dumps(asdict(single[chosen.only]())), flush=True)
            return
        found = compare(programs, load, chosen.runs, lambda line: print(line, file=sys.stderr, flush=True))
        print(json.dumps({**asdict(found), "times_bare": found.times_bare}))


if __name__ == "__main__":
    main()
