"""What a run of load showed: the JSON object of `ramal load --json`, and the table. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy

from gateway.load.beyond import Beyond


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and tail of a measure in milliseconds; None when nothing was measured."""

    p50: float | None
    p99: float | None
    samples: int

    @classmethod
    def of_ms(cls, values_ms: Sequence[float]) -> "Spread":
        if not len(values_ms):
            return cls(None, None, 0)
        p50, p99 = numpy.percentile(values_ms, (50, 99))
        return cls(round(float(p50), 2), round(float(p99), 2), len(values_ms))

    def less(self, ms: float | None) -> "Spread":
        """The same measure without what `ms` of it are not its own; never below nothing."""
        if self.p50 is None or self.p99 is None or ms is None:
            return Spread(None, None, 0)
        return Spread(round(max(0.0, self.p50 - ms), 2), round(max(0.0, self.p99 - ms), 2), self.samples)


@dataclass(frozen=True, slots=True)
class Result:
    """One run. Times are milliseconds; `docs/load-testing.md` says where each begins and ends."""

    calls_up: int  # the most at once
    setups: int  # calls in which both sides heard each other (signalling only: both sides were told they talk)
    setups_per_s: float
    failures: int
    failures_by_reason: dict[str, int]
    beyond: Beyond
    packets_heard: int
    packets_lost: int
    mouth_to_ear: Spread
    direct_path: Spread  # the same voices from leg to leg of the load, with no gateway between
    webhook_to_pre_accept: Spread
    offer_to_ring: Spread  # the customer presses call → the first free agent's page shows it
    answer_to_first_packet: Spread  # an agent presses answer → their voice is at the customer
    answer_to_customers_voice: Spread
    place_to_first_packet: Spread  # an agent presses call → the first packet, silence yet, is at the customer
    pick_up_to_customers_voice: Spread  # the customer picks up → their voice is at the agent
    wrong_voices: int  # sampled packets of somebody who is not in this call
    lost_seats: int
    meta_faults: dict[str, int]  # what the simulated Meta held against the gateway
    states_per_setup: float  # messages to agents' pages
    gateway_cpu_s: float | None
    gateway_cpu_cores: float | None  # with all calls up; 1.0: one core, all the time
    gateway_rss_mib: float | None  # the most seen
    load_cpu_s: float
    load_cpu_cores: float
    machine_busy: float  # all cores and all programs with all calls up, 0 to 1
    seconds: float  # from the first call until the last was told to end
    cut_short: bool  # the run came to its limit before its end
    conditions: dict[str, object]

    @property
    def added_latency(self) -> Spread:
        """What the gateway adds: mouth to ear less the middle of the direct path, so its tail is counted as ours."""
        return self.mouth_to_ear.less(self.direct_path.p50)

    def as_dict(self) -> dict[str, object]:
        spreads = {
            "mouth_to_ear_ms": self.mouth_to_ear,
            "added_latency_ms": self.added_latency,
            "direct_path_ms": self.direct_path,
            "webhook_to_pre_accept_ms": self.webhook_to_pre_accept,
            "offer_to_ring_ms": self.offer_to_ring,
            "answer_to_first_packet_ms": self.answer_to_first_packet,
            "answer_to_customers_voice_ms": self.answer_to_customers_voice,
            "place_to_first_packet_ms": self.place_to_first_packet,
            "pick_up_to_customers_voice_ms": self.pick_up_to_customers_voice,
        }
        told = {key: value for key, value in asdict(self).items() if f"{key}_ms" not in spreads}
        for name, spread in spreads.items():
            told |= {f"{name}_p50": spread.p50, f"{name}_p99": spread.p99}
        return told | {"mouth_to_ear_samples": self.mouth_to_ear.samples}

    def rows(self) -> list[tuple[str, str]]:
        """The table: what, and how much."""
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.failures_by_reason.items()))
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.meta_faults.items()))
        return [
            ("calls up at once", str(self.calls_up)),
            ("set-ups", f"{self.setups} ({self.setups_per_s:g} per second)"),
            ("failures", f"{self.failures}{f' ({reasons})' if reasons else ''}"),
            ("calls beyond the limit", _beyond(self.beyond)),
            ("packets lost", f"{self.packets_lost} of {self.packets_heard + self.packets_lost}"),
            ("mouth to ear", _ms(self.mouth_to_ear)),
            ("added by the gateway", _ms(self.added_latency)),
            ("webhook to pre-accept", _ms(self.webhook_to_pre_accept)),
            ("customer's call to ring", _ms(self.offer_to_ring)),
            ("answer to first packet at the customer", _ms(self.answer_to_first_packet)),
            ("answer to the customer's voice", _ms(self.answer_to_customers_voice)),
            ("agent's call to first packet at the customer", _ms(self.place_to_first_packet)),
            ("pick-up to the customer's voice", _ms(self.pick_up_to_customers_voice)),
            ("gateway CPU", _cpu(self.gateway_cpu_s, self.gateway_cpu_cores)),
            ("gateway memory", "unknown" if self.gateway_rss_mib is None else f"{self.gateway_rss_mib:g} MiB"),
            ("CPU of the load itself", _cpu(self.load_cpu_s, self.load_cpu_cores)),
            ("machine busy", f"{self.machine_busy:.0%}"),
            ("seats lost", str(self.lost_seats)),
            ("faults that Meta found", faults or "none"),
        ]


def _ms(spread: Spread) -> str:
    return "not measured" if spread.p50 is None else f"p50 {spread.p50:g} ms, p99 {spread.p99:g} ms"


def _beyond(beyond: Beyond) -> str:
    if not beyond.asked:
        return "not tried"
    again = "one came up" if beyond.again else "none came up"
    held = "" if beyond.places_held is None else f", and {beyond.places_held} places are held at the end"
    return f"{beyond.refused} of {beyond.asked} refused; afterwards {again}{held}"


def _cpu(seconds: float | None, cores: float | None) -> str:
    return "unknown" if seconds is None or cores is None else f"{seconds:g} s; {cores:g} cores with all calls up"
