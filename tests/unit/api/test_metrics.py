from prometheus_client.parser import text_string_to_metric_families

from gateway.media.plane import PlaneTotals
from gateway.metrics import CapacityFigures, LiveFigures, Metrics
from signaling.call import Outcome, State
from signaling.capacity import NumberUse
from signaling.ids import NumberId
from signaling.meta_rules import Limits
from signaling.process_budget import Resource
from tests.unit.api.conftest import Client
from tests.unit.api.world import World


async def samples(client: Client) -> dict[tuple[str, str], float]:
    """Name and label value → value."""
    response = await client.get("/metrics")
    assert response.status == 200
    assert response.content_type == "text/plain"
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(await response.text())
        for sample in family.samples
    }


async def test_what_was_counted_is_shown(client: Client, world: World) -> None:
    metrics = world.metrics
    metrics.calls_ended.labels(outcome=Outcome.MISSED.value).inc()
    metrics.pre_accept_seconds.observe(0.15)
    metrics.first_packet_seconds.observe(0.02)
    shown = await samples(client)
    assert shown["ramal_calls_ended_total", "missed"] == 1
    assert shown["ramal_webhook_to_pre_accept_seconds_count", ""] == 1
    assert shown["ramal_webhook_to_pre_accept_seconds_bucket", "0.1"] == 0
    assert shown["ramal_webhook_to_pre_accept_seconds_bucket", "0.2"] == 1
    assert shown["ramal_answer_to_first_packet_seconds_bucket", "0.05"] == 1


async def test_what_is_live_is_read_when_somebody_asks(client: Client, world: World) -> None:
    live = LiveFigures()
    world.metrics.watch(lambda: live)
    assert (await samples(client))["ramal_calls", "talking"] == 0
    live = LiveFigures(
        calls_by_state={State.TALKING: 2},
        agents_by_presence={"free": 3},
        agents_ringing=1,
        webhooks={"accepted": 7, "refused.bad_signature": 2},
        plane=PlaneTotals(flows=4, packets_received=500, packets_sent=490, dropped={"replay": 5}),
    )
    shown = await samples(client)
    assert shown["ramal_calls", "talking"] == 2
    assert shown["ramal_calls", "ringing"] == 0
    assert shown["ramal_agents", "free"] == 3
    assert shown["ramal_agents_ringing", ""] == 1
    assert shown["ramal_webhooks_total", "refused.bad_signature"] == 2
    assert shown["ramal_plane_flows", ""] == 4
    assert shown["ramal_plane_packets_total", "received"] == 500
    assert shown["ramal_plane_packets_total", "sent"] == 490
    assert shown["ramal_plane_dropped_total", "replay"] == 5


async def test_budgets_and_their_use_are_shown_per_number_and_for_the_process(client: Client, world: World) -> None:
    number = NumberId(7)
    figures = CapacityFigures(
        numbers={number: (Limits(concurrent_inbound=5_000), NumberUse(inbound=3, outbound=2, initiations=40))},
        process={Resource.PORTS: (None, 5), Resource.CALLS: (900, 5), Resource.CPU: (90, 12)},
        refused={"capacity.inbound_full": 4},
    )
    world.metrics.watch(lambda: LiveFigures(capacity=figures))
    shown = await samples(client)
    assert shown["ramal_capacity_limit", "inbound,7"] == 5_000
    assert shown["ramal_capacity_limit", "outbound,7"] == 1_000
    assert shown["ramal_capacity_used", "inbound,7"] == 3
    assert shown["ramal_capacity_used", "outbound,7"] == 2
    assert shown["ramal_initiations_limit", "7"] == 10_000
    assert shown["ramal_initiations_used", "7"] == 40
    assert shown["ramal_process_limit", "calls"] == 900
    assert ("ramal_process_limit", "ports") not in shown
    assert shown["ramal_process_used", "ports"] == 5
    assert shown["ramal_process_used", "cpu"] == 12
    assert shown["ramal_calls_refused_total", "capacity.inbound_full"] == 4


async def test_openmetrics_is_spoken_when_asked_for(client: Client) -> None:
    response = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert response.content_type == "application/openmetrics-text"
    assert (await response.text()).endswith("# EOF\n")


def test_two_gateways_in_one_process_do_not_share_counters() -> None:
    Metrics().pre_accept_seconds.observe(1)
    assert Metrics().registry.get_sample_value("ramal_webhook_to_pre_accept_seconds_count") == 0
