"""Every metric, declared in one place, and the `/metrics` page. Labels are words of ours: never a name or a number.

What is counted as it happens are counters and histograms; what simply is (calls, agents, packets) is read when
somebody asks, from a `LiveFigures` callback.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.media.plane import PlaneTotals
from signaling.call import State
from signaling.capacity import NumberUse, limit_of
from signaling.events import Direction
from signaling.ids import NumberId
from signaling.meta_rules import Limits
from signaling.process_budget import Resource

SETUP_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class CapacityFigures:
    """Budgets and their use. `process`: (limit, used), a limit of None being none; `refused`: code → calls."""

    numbers: Mapping[NumberId, tuple[Limits, NumberUse]] = field(default_factory=dict)
    process: Mapping[Resource, tuple[int | None, int]] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """How things are now. `agents_by_presence`: words of `signaling.presence.Presence`; `webhooks`: what became of
    Meta's deliveries (`WebhookReceiver.figures`)."""

    calls_by_state: Mapping[State, int] = field(default_factory=dict)
    agents_by_presence: Mapping[str, int] = field(default_factory=dict)
    agents_ringing: int = 0
    webhooks: Mapping[str, int] = field(default_factory=dict)
    plane: PlaneTotals = field(default_factory=PlaneTotals)
    capacity: CapacityFigures = field(default_factory=CapacityFigures)


class LiveCollector(Collector):
    def __init__(self, read: Callable[[], LiveFigures]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return families_of(self._read())

    def describe(self) -> Iterable[Metric]:
        """Told without reading: nothing is live yet when the collector is registered."""
        return families_of(LiveFigures())


def families_of(live: LiveFigures) -> list[Metric]:
    calls = GaugeMetricFamily("ramal_calls", "Calls that are not over, by state.", labels=["state"])
    for state in State:
        if state is not State.ENDED:
            calls.add_metric([state.value], live.calls_by_state.get(state, 0))
    agents = GaugeMetricFamily("ramal_agents", "Signed-in agents, by presence.", labels=["presence"])
    for presence, count in live.agents_by_presence.items():
        agents.add_metric([presence], count)
    webhooks = CounterMetricFamily("ramal_webhooks", "Deliveries of Meta, by what became of them.", labels=["what"])
    for what, count in live.webhooks.items():
        webhooks.add_metric([what], count)
    packets = CounterMetricFamily("ramal_plane_packets", "Media packets.", labels=["direction"])
    packets.add_metric(["received"], live.plane.packets_received)
    packets.add_metric(["sent"], live.plane.packets_sent)
    dropped = CounterMetricFamily("ramal_plane_dropped", "Packets refused, by cause.", labels=["cause"])
    for cause, count in live.plane.dropped.items():
        dropped.add_metric([cause], count)
    return [
        calls,
        agents,
        webhooks,
        GaugeMetricFamily("ramal_agents_ringing", "Agents whose browsers ring now.", value=live.agents_ringing),
        GaugeMetricFamily("ramal_plane_flows", "Secured legs: calls and seats.", value=live.plane.flows),
        packets,
        dropped,
        *capacity_families(live.capacity),
    ]


def capacity_families(capacity: CapacityFigures) -> list[Metric]:
    limit = GaugeMetricFamily(
        "ramal_capacity_limit", "Calls at a time that Meta allows a number.", labels=["number_id", "direction"]
    )
    used = GaugeMetricFamily(
        "ramal_capacity_used", "Calls of a number that are not over.", labels=["number_id", "direction"]
    )
    begin_limit = GaugeMetricFamily(
        "ramal_initiations_limit", "Calls that Meta lets a number begin in 24 h.", labels=["number_id"]
    )
    begun = GaugeMetricFamily(
        "ramal_initiations_used", "Calls that a number began in the last 24 h.", labels=["number_id"]
    )
    for number, (limits, use) in capacity.numbers.items():
        for direction, of_number in ((Direction.INBOUND, use.inbound), (Direction.OUTBOUND, use.outbound)):
            limit.add_metric([str(number), direction.value], limit_of(limits, direction))
            used.add_metric([str(number), direction.value], of_number)
        begin_limit.add_metric([str(number)], limits.initiations_per_24h)
        begun.add_metric([str(number)], use.initiations)
    has = GaugeMetricFamily(
        "ramal_process_limit", "What this process may use; absent: no limit. CPU in percent.", labels=["resource"]
    )
    uses = GaugeMetricFamily("ramal_process_used", "What this process uses. CPU in percent.", labels=["resource"])
    for resource, (most, now) in capacity.process.items():
        if most is not None:
            has.add_metric([resource.value], most)
        uses.add_metric([resource.value], now)
    refused = CounterMetricFamily("ramal_calls_refused", "Calls past a budget, by which.", labels=["code"])
    for code, count in capacity.refused.items():
        refused.add_metric([code], count)
    return [limit, used, begin_limit, begun, has, uses, refused]


class Metrics:
    """One per process and registry. Count by attribute: `metrics.webhooks_received.inc()`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls_ended = Counter("ramal_calls_ended", "Calls that are over.", ["outcome"], registry=self.registry)
        self.pre_accept_seconds = Histogram(
            "ramal_webhook_to_pre_accept_seconds",
            "From the arrival of a call's webhook to Meta's 200 to pre_accept.",
            buckets=SETUP_BUCKETS_S,
            registry=self.registry,
        )
        self.first_packet_seconds = Histogram(
            "ramal_answer_to_first_packet_seconds",
            "From an agent's answer to the first packet of sound sent to the customer.",
            buckets=SETUP_BUCKETS_S,
            registry=self.registry,
        )
        self.recordings_lost = Counter(
            "ramal_recordings_lost", "Recordings that a full or slow disk ended.", ["reason"], registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def watch(self, read: Callable[[], LiveFigures]) -> None:
        """`read` is called on the event loop whenever somebody asks for the metrics. Once per process."""
        self.registry.register(LiveCollector(read))

    async def page(self, request: web.Request) -> web.Response:
        """The registry in the text format that the client accepts."""
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.registry), headers={"Content-Type": content_type})
