"""How one conversation sounds, summed up from one look a second at what the plane counts; pure.

Four ways are measured, each from one end to the other: customer to us and back, agent to us and back. Of the ways that
lead away from us we know what the other side reports by RTCP.
"""

from dataclasses import dataclass, field
from typing import Final

from gateway.media.plane import DirectionFigures, FlowFigures
from gateway.media.quality import mean_opinion_score

WAYS: Final = ("customer_to_us", "us_to_customer", "agent_to_us", "us_to_agent")

REPORT_HOLDS_S: Final = 8.0
"""Browsers report every two seconds or so; Meta's rate is not documented."""

SMOOTHING: Final = 0.3
"""How much the newest second counts for what is shown now."""


@dataclass(slots=True)
class _Way:
    packets: int = 0
    lost: int = 0
    jitter_ms: float = 0.0  # of all seconds
    worst_jitter_ms: float = 0.0
    mos: float = 0.0
    seconds: int = 0
    loss_now: float | None = None
    mos_now: float | None = None
    before: DirectionFigures | None = None

    def add(self, figures: DirectionFigures, round_trip_ms: float, is_known: bool) -> None:
        before, self.before = self.before, figures
        if before is None:
            return
        self.packets += max(0, figures.packets - before.packets)
        self.lost += max(0, figures.lost - before.lost)
        if not is_known:
            self.loss_now = self.mos_now = None
            return
        loss = figures.loss_fraction
        self.loss_now = loss if self.loss_now is None else self.loss_now + SMOOTHING * (loss - self.loss_now)
        self.jitter_ms += figures.jitter_ms
        self.worst_jitter_ms = max(self.worst_jitter_ms, figures.jitter_ms)
        self.mos_now = mean_opinion_score(self.loss_now, figures.jitter_ms, round_trip_ms)
        self.mos += self.mos_now
        self.seconds += 1


@dataclass(slots=True)
class SoundMeter:
    """`add` once a second while both should hear each other; `figures` at the end."""

    _ways: dict[str, _Way] = field(default_factory=lambda: {name: _Way() for name in WAYS})
    _round_trips: dict[str, tuple[float, int]] = field(default_factory=dict)

    def add(self, customer: FlowFigures, agent: FlowFigures, now_s: float) -> None:
        for side, flow, way_in, way_out in (
            ("customer", customer, "customer_to_us", "us_to_customer"),
            ("agent", agent, "agent_to_us", "us_to_agent"),
        ):
            trip_ms = flow.round_trip_ms or 0.0
            if flow.round_trip_ms is not None:
                total_ms, times = self._round_trips.get(side, (0.0, 0))
                self._round_trips[side] = total_ms + trip_ms, times + 1
            self._ways[way_in].add(flow.received, trip_ms, flow.received.last_packet_s is not None)
            reported_s = flow.sent.reported_s
            is_known = reported_s is not None and now_s - reported_s < REPORT_HOLDS_S
            self._ways[way_out].add(flow.sent, trip_ms, is_known)

    def pause(self, seat_changed: bool) -> None:
        """Nobody should hear anybody for a while: what is counted meanwhile does not belong to the conversation."""
        for name, way in self._ways.items():
            if seat_changed or not name.startswith("agent"):
                way.before = None
            way.loss_now = None

    def mos_now(self, side: str) -> float:
        """The worse of both ways of `customer` or `agent`; the best there is while nothing is known."""
        known = [way.mos_now for name, way in self._ways.items() if side in name and way.mos_now is not None]
        return min(known, default=5.0)

    def figures(self) -> dict[str, float]:
        """`<way>_mos`, `_loss_percent`, `_jitter_ms`, `_worst_jitter_ms`, and `<side>_round_trip_ms`; what is not
        known is not there. MOS is an estimate by the E-model (ITU-T G.107), 1 to 4.5."""
        found: dict[str, float] = {}
        for name, way in self._ways.items():
            if not way.seconds:
                continue
            found[f"{name}_mos"] = round(way.mos / way.seconds, 2)
            found[f"{name}_loss_percent"] = round(100 * way.lost / max(1, way.packets + way.lost), 2)
            found[f"{name}_jitter_ms"] = round(way.jitter_ms / way.seconds, 1)
            found[f"{name}_worst_jitter_ms"] = round(way.worst_jitter_ms, 1)
        for side, (total_ms, times) in self._round_trips.items():
            found[f"{side}_round_trip_ms"] = round(total_ms / times, 1)
        return found
