"""What is read off a process and what is made of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy
import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """One process, now: CPU time in user and kernel mode of all its threads, and what it keeps in memory."""

    cpu_s: float
    resident_bytes: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Usage":
        times = process.cpu_times()
        return cls(times.user + times.system, process.memory_info().rss)


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and tail of a measure."""

    p50: float
    p95: float
    samples: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Raises IndexError when there is nothing to measure."""
        p50, p95 = numpy.percentile(values, (50, 95))
        return cls(round(float(p50), 1), round(float(p95), 1), len(values))


@dataclass(frozen=True, slots=True)
class Setups:
    """Milliseconds. Both begin at the customer's or the agent's side and end there: nothing is left out."""

    webhook_to_pre_accept_ms: Spread  # the customer presses call → Meta has our answer's SDP
    click_to_first_audio_packet_ms: Spread  # the agent presses answer → a packet of sound is at the customer
    click_to_customers_voice_ms: Spread  # the agent presses answer → the customer's voice is at the agent
    gateway_cpu_ms_per_call: float  # from the webhook to the last state after hanging up


@dataclass(frozen=True, slots=True)
class Talking:
    """All calls up, both sides speaking without a pause."""

    seconds: float
    said_packets_per_s: float  # by customers and agents: 100 a call, unless this machine was too slow to speak
    forwarded_packets_per_s: float
    gateway_cpu_cores: float  # 1.0: one core, all the time
    machine_busy: (
        float  # all cores and all programs, 0 to 1: near 1 the times are those of a machine with too much to do
    )
    lost_to_customers: int
    lost_to_agents: int
    longest_gap_to_agents_ms: float


@dataclass(frozen=True, slots=True)
class Result:
    """The bench's JSON object."""

    conditions: dict[str, object]
    calls: int
    webhook_to_pre_accept_ms: Spread
    click_to_first_audio_packet_ms: Spread
    click_to_customers_voice_ms: Spread
    with_no_other_call: Setups
    cpu_per_forwarded_packet_us: float
    cpu_per_idle_seat_ms_per_s: float
    cpu_per_held_call_ms_per_s: float
    memory_per_seat_kb: float
    memory_per_call_kb: float
    gateway_at_rest: dict[str, float]
    talking: Talking
    calls_ended_early: int  # of those that should have lasted to the end
    failed_setups: int  # calls that were made again, because they came to no conversation within 20 s
    lost_seats: int  # not 0: gateway, agents or the machine between them had too much to do
    faults: dict[str, int]  # kind → how often the simulated Meta found it

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
