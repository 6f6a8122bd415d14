"""The bench's own machinery, with two calls: that it measures at all, not how fast anything is."""

import json

from tests.bench.measure import run
from tests.bench.plan import Plan

TINY = Plan(calls=2, setups=2, setup_pause_s=0.0, settle_s=0.1, idle_s=0.4, talking_s=1.0, held_s=0.4)


async def test_the_bench_measures_every_figure_of_two_calls() -> None:
    result = await run(TINY)
    told = json.loads(json.dumps(result.as_dict()))
    assert told["calls"] == 2
    for setups in (told, told["with_no_other_call"]):
        for key in ("webhook_to_pre_accept_ms", "click_to_first_audio_packet_ms", "click_to_customers_voice_ms"):
            assert setups[key]["samples"] == 2
            assert 0 < setups[key]["p50"] <= setups[key]["p95"]
    assert told["talking"]["said_packets_per_s"] > 0
    assert told["talking"]["forwarded_packets_per_s"] > 0
    assert told["cpu_per_forwarded_packet_us"] > 0
    assert told["gateway_at_rest"]["memory_mb"] > 0
    assert not set(told["faults"]) - {"late_audio"}  # that one judges the machine's speed
