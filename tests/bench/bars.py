"""What is measured, what must be reached, and whether it is. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Figures = Mapping[str, float | None]
"""The bench's JSON object, as far as it has numbers. None: could not be measured here."""

KEYS: Final = (
    "udp_us_per_packet",
    "native_us_per_packet",
    "python_us_per_packet",
    "rtpengine_us_per_packet",
    "janus_us_per_packet",
    "native_calls",
    "native_lost",
    "idle_call_ms_per_s",
    "memory_kib_per_call",
    "added_latency_ms_p50",
    "added_latency_ms_p99",
    "setups_per_s",
    "tap_us_per_packet",
)
"""What every run ends with."""

BESIDE: Final = (
    "native_at_rtpengines_calls_us_per_packet",
    "setups_added_latency_ms_p99",
    "setups_lost",
    "setup_cpu_ms",
)
"""Numbers that bars need and nobody else asked for."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`figure` of the figures, compared with `at_most` or `at_least`; what is None is not asked."""

    what: str
    figure: Callable[[Figures], float | None]
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def asked(self) -> str:
        sign, bar = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return f"{sign} {bar:g} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Verdict:
    bar: Bar
    value: float | None

    @property
    def reached(self) -> bool | None:
        """None when there is no figure."""
        if self.value is None:
            return None
        if self.bar.at_most is not None:
            return self.value <= self.bar.at_most
        return self.bar.at_least is not None and self.value >= self.bar.at_least

    @property
    def said(self) -> str:
        return "not measured" if self.value is None else f"{number(self.value)} {self.bar.unit}".strip()

    @property
    def word(self) -> str:
        return {None: "—", True: "yes", False: "**no**"}[self.reached]


def number(value: float) -> str:
    """Three digits that matter, and no exponent."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def one(key: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures.get(key)


def ratio(key: str, to: str) -> Callable[[Figures], float | None]:
    def divide(figures: Figures) -> float | None:
        value, unit = figures.get(key), figures.get(to)
        return None if value is None or not unit else value / unit

    return divide


BARS: Final = (
    Bar("CPU per forwarded packet, native plane, everything on", one("native_us_per_packet"), "µs", at_most=7),
    Bar("the same, by bare UDP forwarding", ratio("native_us_per_packet", "udp_us_per_packet"), "×", at_most=1.5),
    Bar("packets lost meanwhile", one("native_lost"), "", at_most=0),
    Bar(
        "the same at rtpengine's number of calls, by rtpengine in userspace that encrypts anew",
        ratio("native_at_rtpengines_calls_us_per_packet", "rtpengine_us_per_packet"),
        "×",
        at_most=0.65,
    ),
    Bar("the same, by Janus' videocall", ratio("native_us_per_packet", "janus_us_per_packet"), "×", at_most=0.12),
    Bar("CPU of an idle call, by second", one("idle_call_ms_per_s"), "ms", at_most=0.05),
    Bar("memory of a call, both legs, beyond the process's start", one("memory_kib_per_call"), "KiB", at_most=300),
    Bar("added latency, p50", one("added_latency_ms_p50"), "ms", at_most=1),
    Bar("added latency, p99", one("added_latency_ms_p99"), "ms", at_most=6),
    Bar("set-ups beside calls that are up, per second", one("setups_per_s"), "", at_least=50),
    Bar("added latency of those that are up meanwhile, p99", one("setups_added_latency_ms_p99"), "ms", at_most=20),
    Bar("tapping (recording) a flow, per packet", one("tap_us_per_packet"), "µs", at_most=1),
    Bar("CPU per forwarded packet, Python plane, uvloop", one("python_us_per_packet"), "µs", at_most=35),
)


def judge(figures: Figures) -> list[Verdict]:
    """Every bar, in the order of the issue's table."""
    return [Verdict(bar, bar.figure(figures)) for bar in BARS]
