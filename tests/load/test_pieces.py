"""What a load test is made of, without a gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from io import StringIO

import pytest
from rich.console import Console

from gateway.load.beyond import Beyond
from gateway.load.conversation import Inbound, SetUpFailed
from gateway.load.customers import CustomerPhone
from gateway.load.ears import DirectPath
from gateway.load.figures import Result, Spread
from gateway.load.meta import simulated_meta
from gateway.load.plan import BadPlan, Plan, make_plan
from gateway.load.screen import shown, table_of
from gateway.load.site import MetaAccount
from gateway.load.stamps import PACKET_BYTES, Side, read_stamp, voice
from gateway.load.tally import Progress
from gateway.media.aiortc_seam import Certificate
from gateway.media.opus import SILENCE_PACKET, duration_ticks, is_quiet
from gateway.media.plane import STAMP, Plane
from gateway.media.planes import open_plane
from gateway.simulator.app import RunningSimulator
from tests.media.peers import eventually

NOBODY = "http://127.0.0.1:9"  # where no gateway is
TINY = Plan(calls=2, rate=10.0, hold_s=None, outbound=0, agents=3, duration_s=1.0)

ASKED_FOR = {
    *("calls_up", "setups", "failures", "failures_by_reason", "packets_lost", "gateway_cpu_s", "gateway_rss_mib"),
    *("mouth_to_ear_ms_p50", "mouth_to_ear_ms_p99", "added_latency_ms_p50", "added_latency_ms_p99"),
    *("webhook_to_pre_accept_ms_p50", "webhook_to_pre_accept_ms_p99"),
    *("answer_to_first_packet_ms_p50", "answer_to_first_packet_ms_p99", "conditions"),
}


@pytest.fixture
async def plane() -> AsyncIterator[Plane]:
    plane = open_plane()
    yield plane
    plane.close()


@pytest.fixture
async def meta(plane: Plane) -> AsyncIterator[RunningSimulator]:
    account = MetaAccount.made_up()
    async with simulated_meta(account, TINY, plane, Certificate(), "127.0.0.1", 0, NOBODY) as simulator:
        yield simulator


# ---- stamps ----------------------------------------------------------------------------------------------------------


def test_a_voice_is_valid_opus_of_20_ms_that_nobody_takes_for_silence() -> None:
    (packet,) = voice(Side.CUSTOMER, 7).packets
    assert duration_ticks(packet) == 960
    assert len(packet) == PACKET_BYTES and not is_quiet(packet)


def test_a_packet_tells_who_speaks_and_when_it_left() -> None:
    spoken = voice(Side.AGENT, 4_000_000_000)
    (packet,) = spoken.packets
    assert spoken.stamp_at is not None
    sent = packet[: spoken.stamp_at] + STAMP.pack(12.5) + packet[spoken.stamp_at + STAMP.size :]
    stamp = read_stamp(sent)
    assert stamp is not None
    assert (stamp.side, stamp.number, stamp.left_s) == (Side.AGENT, 4_000_000_000, 12.5)


@pytest.mark.parametrize("packet", [b"", SILENCE_PACKET, b"\x48" * PACKET_BYTES, b"\x48ramalx" + bytes(43)])
def test_what_is_nobodys_voice_has_no_stamp(packet: bytes) -> None:
    assert read_stamp(packet) is None


async def test_the_direct_path_is_measured_from_stamps(plane: Plane) -> None:
    direct = DirectPath(plane)
    await direct.open("127.0.0.1", Certificate())
    await eventually(lambda: len(direct.delays_ms) >= 10)
    await direct.close()
    assert all(delay_ms > 0 for delay_ms in direct.delays_ms)


# ---- plans -----------------------------------------------------------------------------------------------------------


def plan(**changes: object) -> Plan:
    options: dict[str, object] = {
        **{"calls": 300, "rate": 10.0, "hold_s": None, "inbound": None, "outbound": None, "agents": None},
        **{"duration_s": 60.0, "media": True, "beyond": 0, "quick": False, "usual_calls": 300},
    }
    return make_plan(**options | changes)  # type: ignore[arg-type]


def test_there_are_agents_to_spare_where_calls_come_and_go_and_none_where_they_stay() -> None:
    assert plan().agents == 330
    assert plan(hold_s=30.0).agents == plan(hold_s=30.0).at_once == 300


def test_as_many_agents_wait_as_calls_come_in_three_seconds_unless_it_is_said() -> None:
    assert plan().most_waiting == 30
    assert plan(rate=0.1).most_waiting == 2, "one looks out, and one may place a call"
    assert plan(waiting=7).most_waiting == 7


@pytest.mark.parametrize("changes", [{"outbound": 1}, {"beyond": 1}])
def test_somebody_looks_out_and_somebody_can_place_a_call_while_all_calls_are_held(changes: dict[str, object]) -> None:
    assert (plan(hold_s=30.0, **changes).agents, plan(hold_s=30.0, **changes).at_once) == (302, 300)


def test_calls_in_and_out_together_are_the_calls() -> None:
    told = plan(calls=None, inbound=1000, outbound=1000)
    assert (told.calls, told.inbound, told.outbound) == (2000, 1000, 1000)
    assert plan(calls=None, inbound=200).calls == 300


def test_the_share_of_calls_out_follows_from_either_option() -> None:
    assert (plan(inbound=200).inbound, plan(inbound=200).outbound) == (200, 100)
    assert (plan(outbound=50).inbound, plan(outbound=50).outbound) == (250, 50)


@pytest.mark.parametrize(
    "changes",
    [
        {"inbound": 100, "outbound": 100},
        {"outbound": 301},
        {"inbound": 301},
        {"calls": None, "inbound": 0, "outbound": 0},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadPlan, match="--in"):
        plan(**changes)


# ---- why a set-up failed ---------------------------------------------------------------------------------------------


async def test_a_call_that_the_gateway_never_takes_fails_for_that_reason(meta: RunningSimulator) -> None:
    with pytest.raises(SetUpFailed) as failed:
        await Inbound(meta.exchange, "0", media=True, within_s=0.05).set_up()
    assert failed.value.reason == "no_pre_accept"


async def test_a_call_that_ends_while_it_is_set_up_says_who_ended_it(meta: RunningSimulator) -> None:
    call = Inbound(meta.exchange, "0", media=True)
    setting_up = asyncio.create_task(call.set_up())
    await asyncio.sleep(0)
    meta.exchange.hang_up(call.live)
    with pytest.raises(SetUpFailed) as failed:
        await setting_up
    assert failed.value.reason == "ended_by_customer"


async def test_a_call_that_meta_does_not_take_fails_at_once(meta: RunningSimulator) -> None:
    with pytest.raises(SetUpFailed) as failed:
        Inbound(meta.exchange, "nobody", media=True)
    assert failed.value.reason == "refused_by_meta"


async def test_every_customer_says_another_number(meta: RunningSimulator) -> None:
    calls = [Inbound(meta.exchange, str(number), media=True) for number in range(3)]
    numbers = {call.live.line.number for call in calls if isinstance(call.live.line, CustomerPhone)}
    assert len(numbers) == 3


# ---- figures and screen ----------------------------------------------------------------------------------------------


def result(**changes: object) -> Result:
    times = Spread.of_ms([10.0, 20.0, 30.0])
    figures: dict[str, object] = {
        **{
            "calls_up": 3,
            "setups": 5,
            "setups_per_s": 1.0,
            "failures": 1,
            "failures_by_reason": {"not_rung": 1},
            "beyond": Beyond(0, 0),
        },
        **{"packets_heard": 90, "packets_lost": 10, "mouth_to_ear": times, "direct_path": Spread.of_ms([5.0])},
        **{"webhook_to_pre_accept": times, "offer_to_ring": times, "answer_to_first_packet": times},
        **{"answer_to_customers_voice": times, "place_to_first_packet": times, "pick_up_to_customers_voice": times},
        **{"wrong_voices": 0, "lost_seats": 0, "meta_faults": {}},
        **{"states_per_setup": 2.0, "gateway_cpu_s": None, "gateway_cpu_cores": None, "gateway_rss_mib": None},
        **{"load_cpu_s": 1.0, "load_cpu_cores": 0.1, "machine_busy": 0.5, "seconds": 9.0, "cut_short": False},
        "conditions": {},
    }
    return Result(**figures | changes)  # type: ignore[arg-type]


def test_the_json_object_has_every_key_that_was_asked_for_and_no_value_that_json_lacks() -> None:
    told = json.loads(json.dumps(result().as_dict(), allow_nan=False))
    assert told.keys() >= ASKED_FOR
    assert all(value is None or isinstance(value, int | float | str | dict) for value in told.values())


def test_added_latency_is_mouth_to_ear_without_the_middle_of_the_direct_path() -> None:
    assert (result().added_latency.p50, result().added_latency.p99) == (15.0, 24.8)
    assert result(direct_path=Spread.of_ms([])).added_latency.p50 is None


def test_the_table_says_what_failed_and_what_is_unknown() -> None:
    text = StringIO()
    Console(file=text, width=120).print(table_of(result().rows()))
    assert "1 (not_rung 1)" in text.getvalue()
    assert "10 of 100" in text.getvalue()
    assert "unknown" in text.getvalue()


async def test_without_a_terminal_progress_is_lines_of_plain_text() -> None:
    text = StringIO()
    written = asyncio.Event()
    console = Console(file=text)
    printing = console.print

    def noticed(*words: object, **how: object) -> None:
        printing(*words, **how)  # type: ignore[arg-type]
        written.set()

    console.print = noticed  # type: ignore[method-assign]
    progress = Progress("calls come", agents=4, up=2, setups=3, failures=1, seconds_left=7.0)
    async with asyncio.timeout(20), shown(lambda: progress, console):
        await written.wait()
    assert text.getvalue() == "calls come · 4 agents · 2 up · 3 set up · 1 failed · 7 s left\n"
