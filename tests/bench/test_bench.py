"""The bench's own machinery: that it measures at all and says what it found, not how fast anything is."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.media.planes import native_is_built
from tests.bench import page, run
from tests.bench.bars import BARS, BESIDE, KEYS, judge
from tests.bench.peers.bencode import Value, decode, encode
from tests.bench.plan import FULL, QUICK, Plan
from tests.bench.run import PARTS, Found
from tests.bench.table import for_terminal, page_section
from tests.bench.whole.measure import run as run_whole
from tests.bench.whole.plan import Plan as WholePlan

TINY = Plan(
    name="tiny",
    runs=1,
    seconds=2,
    calls=2,
    python_calls=2,
    rtpengine_calls=2,
    janus_calls=1,
    setups_beside=2,
    idle_seconds=2,
)
TINY_WHOLE = WholePlan(calls=2, setups=2, setup_pause_s=0.0, settle_s=0.1, idle_s=0.4, talking_s=1.0, held_s=0.4)
PEERS = ("rtpengine_us_per_packet", "janus_us_per_packet")


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """A whole run with two calls, as its last line has it."""
    if not native_is_built():
        pytest.skip("the native plane was not built")
    found: dict[str, Any] = json.loads(json.dumps(run.run(TINY, print).as_dict()))
    return found


def test_a_run_ends_with_every_key_that_is_promised(result: dict[str, Any]) -> None:
    assert list(result)[: len(KEYS)] == list(KEYS)
    for key in KEYS:
        if key not in PEERS:
            assert isinstance(result[key], int | float), (key, result["unmeasured"])
    assert result["native_calls"] == 2
    for key in ("udp_us_per_packet", "native_us_per_packet", "python_us_per_packet", "setups_per_s"):
        assert result[key] > 0
    assert result["conditions"]["load_average"] >= 0


def test_a_peer_has_a_figure_or_a_reason_why_not(result: dict[str, Any]) -> None:
    for key in PEERS:
        assert (result[key] is None) == (key in result["unmeasured"])
        assert result[key] is None or result[key] > 0


def test_a_peer_that_is_not_installed_is_null_and_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(run, "PARTS", {name: PARTS[name] for name in PARTS if "rtpengine" in name or "Janus" in name})
    monkeypatch.setattr(run, "build", _Nothing)
    found = run.run(TINY, print)
    assert all(found.figures[key] is None and found.unmeasured[key] for key in PEERS)
    told = json.loads(json.dumps(found.as_dict()))
    assert [told[key] for key in PEERS] == [None, None]
    assert "— (" in for_terminal(told)


class _Nothing:
    """In place of compiled programs that nobody runs."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_figures_are_medians_and_bars_are_judged_by_them() -> None:
    runs = {
        "udp_us_per_packet": [2.0, 9.0, 4.0],
        "native_us_per_packet": [5.0, 6.0, 7.0],
        "native_lost": [0.0, 0.0, 3.0],
    }
    found = Found(FULL, {}, {**runs, "setups_per_s": [40.0, 49.0, 60.0]}, {}, 1.0)
    assert (found.figures["udp_us_per_packet"], found.figures["native_us_per_packet"]) == (4, 6)
    assert set(found.figures) == {*KEYS, *BESIDE}
    verdicts = judge(found.figures)
    assert [verdict.reached for verdict in verdicts[:4]] == [True, True, True, None]
    assert verdicts[1].value == 1.5
    assert [verdict.reached for verdict in verdicts if "per second" in verdict.bar.what] == [False]
    assert len(verdicts) == len(BARS)


def test_the_quick_run_measures_the_same_once_with_less() -> None:
    assert QUICK.runs == 1 and FULL.runs == 3
    for name in ("seconds", "calls", "python_calls", "rtpengine_calls", "janus_calls", "setups_beside", "idle_seconds"):
        assert 0 < getattr(QUICK, name) <= getattr(FULL, name)


def test_the_page_and_its_plot_are_what_the_kept_figures_say(tmp_path: Path) -> None:
    kept = json.loads((page.DOCS / "performance.json").read_text())
    written = (page.DOCS / "performance.md").read_text()
    assert written == page.with_section(written, page_section(kept)), "run: python -m tests.bench.page"
    page.draw(kept, tmp_path / "plot.svg")
    assert "forward one packet" in (tmp_path / "plot.svg").read_text()
    assert (page.DOCS / "images" / "performance.svg").exists()


def test_a_page_without_a_place_for_figures_is_told() -> None:
    with pytest.raises(ValueError, match="no place"):
        page.with_section("# Figures\n", "…")


def test_bencode_reads_what_it_writes() -> None:
    question: dict[str, Value] = {"command": "offer", "flags": ["trust", "x"], "n": -7, "empty": {}}
    assert decode(encode(question)) == {"command": b"offer", "flags": [b"trust", b"x"], "n": -7, "empty": {}}
    for broken in (b"", b"d3:key", b"i12", b"5:abc:", b"l"):
        with pytest.raises((ValueError, IndexError)):
            decode(broken)


async def test_the_whole_gateways_bench_measures_every_figure_of_two_calls() -> None:
    told = json.loads(json.dumps((await run_whole(TINY_WHOLE)).as_dict()))
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
