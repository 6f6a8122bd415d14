"""Set-ups beside calls that are up: how many a second, and what the others notice of it.

Three processes: the gateway (its loop and one media thread), load.c with the packets of the calls that are up, and the
callers. `python -m tests.bench.setups.run CALLS SECONDS [SETUPS_PER_S]` prints one run as JSON.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

import numpy
import psutil
import uvloop

from gateway.media.native.build_plane import ROOT
from gateway.media.planes import PlaneChoice, PlaneMissing, native_is_built, open_plane
from tests.bench.native.run import PROFILE_NUMBERS, USUAL, Programs, build
from tests.bench.setups.callers import Callers, Line

PER_S = 60.0
"""How many set-ups begin in a second: what is asked for, and a fifth more."""
KEPT_FOR_MEMORY = 50
LONGEST_LINE = 1 << 20
WARM_UP_S = 1.2  # load.c counts no latency in its first second


@dataclass(frozen=True, slots=True)
class SetUpFigures:
    """One run. Latency and loss are those of the calls that were up, while others were set up beside them."""

    setups_per_s: float
    setup_ms_p50: float  # from the offers to both legs up
    setup_ms_p99: float
    gateway_cpu_ms_per_setup: float  # of the loop: both legs, made and ended
    failed: int
    calls_up: int
    lost: int
    added_latency_ms_p50: float
    added_latency_ms_p99: float
    memory_kib_per_call: float  # resident memory of the gateway process by a two-leg call, ICE and DTLS included


class SetUpsFailed(Exception):
    """A process of this measurement ended early."""


async def measure(programs: Programs, calls: int, seconds: int, per_s: float = PER_S) -> SetUpFigures:
    """Raises SetUpsFailed, PlaneMissing."""
    if not native_is_built():
        raise PlaneMissing
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    pipe = asyncio.subprocess.PIPE
    gateway = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.setups.gateway", str(calls)),
        stdin=pipe,
        stdout=pipe,
        cwd=ROOT,
        limit=LONGEST_LINE,
    )
    assert gateway.stdin is not None and gateway.stdout is not None
    plane = open_plane(PlaneChoice.NATIVE, threads=1)
    try:
        ports = (await gateway.stdout.readline()).decode().split()
        if not ports:
            raise SetUpsFailed("the gateway of the bench ended; its own words are above")
        line = Line(gateway)
        line.begin()
        callers = Callers(plane, line)
        await callers.keep(3)  # what is made once for all calls
        before_kib = await line.memory_kib()
        await callers.keep(KEPT_FOR_MEMORY)
        memory_kib = (await line.memory_kib() - before_kib) / KEPT_FOR_MEMORY
        load = await asyncio.create_subprocess_exec(
            *("nice", "--adjustment=-10"),  # a load that waits for a core would take its own wait for added latency
            *(str(programs.load), str(calls), str(seconds + 2), str(PROFILE_NUMBERS[USUAL]), *ports),
            stdout=pipe,
        )
        process = psutil.Process(gateway.pid)
        await asyncio.sleep(WARM_UP_S)
        loop_cpu_s = _cpu_s_of_loop(process)
        found = await callers.for_a_while(seconds - WARM_UP_S, per_s)
        loop_cpu_s = _cpu_s_of_loop(process) - loop_cpu_s
        said, _ = await load.communicate()
        if load.returncode != 0:
            raise SetUpsFailed(f"the load ended with {load.returncode} (3: its port was taken meanwhile)")
        told = json.loads(said)
    finally:
        plane.close()
        gateway.stdin.close()
        await gateway.wait()
    if not found.seconds:
        raise SetUpsFailed(f"no set-up came to be: {found.failed} failed, lost for {line.lost[:5]}")
    p50_ms, p99_ms = numpy.percentile(found.seconds, (50, 99)) * 1000
    return SetUpFigures(
        setups_per_s=len(found.seconds) / found.window_s,
        setup_ms_p50=float(p50_ms),
        setup_ms_p99=float(p99_ms),
        gateway_cpu_ms_per_setup=loop_cpu_s * 1000 / len(found.seconds),
        failed=found.failed,
        calls_up=calls,
        lost=told["sent"] - told["got"],
        added_latency_ms_p50=told["p50_ms"],
        added_latency_ms_p99=told["p99_ms"],
        memory_kib_per_call=memory_kib,
    )


def _cpu_s_of_loop(process: psutil.Process) -> float:
    """CPU of the first thread, which has the loop; packets are the media thread's."""
    return next(t.user_time + t.system_time for t in process.threads() if t.id == process.pid)


def middle(runs: Sequence[SetUpFigures]) -> SetUpFigures:
    """The run with the median rate."""
    rate = median(run.setups_per_s for run in runs)
    return min(runs, key=lambda run: abs(run.setups_per_s - rate))


def main() -> None:
    with build() as programs, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        calls, seconds = int(sys.argv[1]), int(sys.argv[2])
        per_s = float(sys.argv[3]) if len(sys.argv) > 3 else PER_S
        print(json.dumps(asdict(runner.run(measure(programs, calls, seconds, per_s)))))


if __name__ == "__main__":
    main()
