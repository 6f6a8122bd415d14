"""One run of the bench on one machine: everything in turn, several times, and the medians.

What cannot be measured here has no figure, and the reason stands beside it; the rest goes on.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import uvloop

from gateway.media.native.build_plane import ROOT
from gateway.media.planes import PlaneChoice, PlaneMissing
from tests.bench.bars import BESIDE, KEYS
from tests.bench.conditions import conditions
from tests.bench.native.run import BenchFailed, Load, Programs, bare, build, forward, idle
from tests.bench.plan import Plan
from tests.bench.setups.run import SetUpFigures, SetUpsFailed, measure

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Found:
    """`runs` by key, in order of time; `unmeasured`: why a key has no figure."""

    plan: Plan
    conditions: dict[str, object]
    runs: dict[str, list[float]]
    unmeasured: dict[str, str]
    minutes: float

    @property
    def figures(self) -> dict[str, float | None]:
        """The medians, under every key that is promised."""
        medians = {key: median(values) for key, values in self.runs.items() if values}
        return {key: _rounded(medians.get(key)) for key in (*KEYS, *BESIDE)}

    def as_dict(self) -> dict[str, object]:
        """The JSON object: figures first, then how they came to be."""
        return {
            **self.figures,
            "python_calls": self.plan.python_calls,
            "rtpengine_calls": self.plan.rtpengine_calls,
            "janus_calls": self.plan.janus_calls,
            "setups_beside_calls": self.plan.setups_beside,
            "plan": self.plan.name,
            "seconds": self.plan.seconds,
            "minutes": round(self.minutes, 1),
            "runs": {key: [_rounded(value) for value in values] for key, values in self.runs.items()},
            "unmeasured": self.unmeasured,
            "conditions": self.conditions,
        }


def _rounded(value: float | None) -> float | None:
    """Four digits that matter."""
    if value is None:
        return None
    return round(value) if value >= 1000 or float(value).is_integer() else float(f"{value:.4g}")


@dataclass
class _Notes:
    runs: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    why: dict[str, str] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        for key, value in values.items():
            self.runs[key].append(value)

    def cannot(self, why: str, *keys: str) -> None:
        for key in keys:
            self.why[key] = why

    def unmeasured(self) -> dict[str, str]:
        return {key: why for key, why in self.why.items() if not self.runs.get(key)}


def run(plan: Plan, say: Say) -> Found:
    """Raises BenchFailed when not even the load can be built."""
    under, began_s, notes = conditions(), time.monotonic(), _Notes()
    with build() as programs:
        for number in range(plan.runs):
            for name, part in PARTS.items():
                say(f"run {number + 1} of {plan.runs}: {name}")
                part(plan, programs, notes)
    return Found(plan, under, dict(notes.runs), notes.unmeasured(), (time.monotonic() - began_s) / 60)


# ---- the parts ------------------------------------------------------------------------------------------------------


def _udp(plan: Plan, programs: Programs, notes: _Notes) -> None:
    try:
        notes.add(udp_us_per_packet=bare(programs, Load(plan.calls, plan.seconds)).us_per_packet)
    except BenchFailed as failed:
        notes.cannot(str(failed), "udp_us_per_packet")


def _native(plan: Plan, programs: Programs, notes: _Notes) -> None:
    load = Load(plan.calls, plan.seconds)
    try:
        plain = forward(programs, PlaneChoice.NATIVE, load)
        tapped = forward(programs, PlaneChoice.NATIVE, load, tapped=True)
    except BenchFailed as failed:
        keys = ("native_us_per_packet", "native_calls", "native_lost", "tap_us_per_packet")
        notes.cannot(str(failed), *keys, "added_latency_ms_p50", "added_latency_ms_p99")
        return
    notes.add(
        native_us_per_packet=plain.us_per_packet,
        native_calls=plan.calls,
        native_lost=plain.lost,
        added_latency_ms_p50=plain.added_latency_ms_p50,
        added_latency_ms_p99=plain.added_latency_ms_p99,
        tap_us_per_packet=tapped.us_per_packet - plain.us_per_packet,
    )


def _idle(plan: Plan, programs: Programs, notes: _Notes) -> None:
    try:
        found = idle(programs, PlaneChoice.NATIVE, Load(plan.calls, plan.idle_seconds))
    except BenchFailed as failed:
        notes.cannot(str(failed), "idle_call_ms_per_s")
        return
    if found.consent_lost:
        notes.cannot(f"{found.consent_lost} legs lost consent", "idle_call_ms_per_s")
    else:
        notes.add(idle_call_ms_per_s=found.ms_per_call_s)


def _python(plan: Plan, programs: Programs, notes: _Notes) -> None:
    try:
        found = forward(programs, PlaneChoice.PYTHON, Load(plan.python_calls, plan.seconds))
        notes.add(python_us_per_packet=found.us_per_packet)
    except BenchFailed as failed:
        notes.cannot(str(failed), "python_us_per_packet")


def _rtpengine(plan: Plan, programs: Programs, notes: _Notes) -> None:
    told = _peer("rtpengine", plan.rtpengine_calls, plan.seconds)
    if "unusable" in told:
        notes.cannot(told["unusable"], "rtpengine_us_per_packet")
        return
    notes.add(rtpengine_us_per_packet=told["us_per_packet"])
    try:
        beside = forward(programs, PlaneChoice.NATIVE, Load(plan.rtpengine_calls, plan.seconds))
        notes.add(native_at_rtpengines_calls_us_per_packet=beside.us_per_packet)
    except BenchFailed as failed:
        notes.cannot(str(failed), "native_at_rtpengines_calls_us_per_packet")


def _janus(plan: Plan, programs: Programs, notes: _Notes) -> None:
    told = _peer("janus", plan.janus_calls, plan.seconds)
    if "unusable" in told:
        notes.cannot(told["unusable"], "janus_us_per_packet")
    else:
        notes.add(janus_us_per_packet=told["us_per_packet"])


def _setups(plan: Plan, programs: Programs, notes: _Notes) -> None:
    async def measured() -> SetUpFigures:
        return await measure(programs, plan.setups_beside, plan.seconds)

    keys = ("setups_per_s", "memory_kib_per_call", "setups_added_latency_ms_p99", "setups_lost", "setup_cpu_ms")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(measured())
    except (SetUpsFailed, PlaneMissing, TimeoutError) as failed:
        notes.cannot(str(failed) or type(failed).__name__, *keys)
        return
    notes.add(
        setups_per_s=found.setups_per_s,
        memory_kib_per_call=found.memory_kib_per_call,
        setups_added_latency_ms_p99=found.added_latency_ms_p99,
        setups_lost=found.lost,
        setup_cpu_ms=found.gateway_cpu_ms_per_setup,
    )


PARTS: dict[str, Callable[[Plan, Programs, _Notes], None]] = {
    "bare UDP": _udp,
    "native plane, plain and tapped": _native,
    "native plane, idle calls": _idle,
    "Python plane": _python,
    "rtpengine, and the native plane with as many calls": _rtpengine,
    "Janus": _janus,
    "set-ups": _setups,
}
LONGEST_PEER_S = 60


def _peer(name: str, calls: int, seconds: int) -> dict[str, Any]:
    """What a program of tests/bench/peers says."""
    command = [sys.executable, "-m", f"tests.bench.peers.{name}", str(calls), str(seconds)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_PEER_S + seconds
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"unusable": f"{name} took too long"}
    except json.JSONDecodeError:
        return {"unusable": f"{name}: {(done.stderr.strip().splitlines() or ['no word of it'])[-1]}"}
    return told
