"""The simulated Meta on virtual time: its windows, its webhooks and their retries, without media or HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.simulator import refusals
from gateway.simulator.call_rules import Action, EndedBy, Heard, Phase
from gateway.simulator.exchange import CannotCall, Exchange, LiveCall
from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.postman import Postman
from gateway.simulator.scenario import CallBody, Scenario
from gateway.simulator.settings import MetaRules, SimulatorSettings
from gateway.simulator.webhooks import signature
from signaling.private import Sdp, Token
from tests.fakes.virtual_time import run_in_virtual_time
from tests.simulator.payloads import GOOD_ANSWER
from tests.simulator.silent_lines import SilentLine, SilentLines

SECRET = Token("app secret")
BEGIN_S = 1_790_000_000.0
ANSWER = ("answer", Sdp(GOOD_ANSWER))


@dataclass
class World:
    """An exchange, and a gateway that notes when which webhook came. `answers` are its next HTTP statuses."""

    rules: MetaRules = field(default_factory=MetaRules)
    answers: list[int | Exception] = field(default_factory=list)
    came: list[tuple[float, list[Any]]] = field(default_factory=list)
    lines: SilentLines = field(default_factory=SilentLines)

    def __post_init__(self) -> None:
        settings = SimulatorSettings("http://gateway", SECRET, Token("v"), Token("t"), rules=self.rules)
        self.faults = FaultLog(self.unix_s)
        self.postman = Postman(self._post, SECRET, settings.waba_id, self.rules, self.faults, self.unix_s)
        self.exchange = Exchange(settings, self.lines, self.postman, self.faults, self.unix_s, lambda: None)

    def unix_s(self) -> float:
        return BEGIN_S + asyncio.get_running_loop().time()

    async def _post(self, body: bytes, signed: str) -> int:
        assert signed == signature(SECRET, body)
        values = [change["value"] for change in json.loads(body)["entry"][0]["changes"]]
        self.came.append((asyncio.get_running_loop().time(), values))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def events(self) -> list[tuple[float, str]]:
        """When each call webhook came, in whole milliseconds, and what it was."""
        return [(round(at, 3), value["calls"][0]["event"]) for at, values in self.came for value in values]

    def last_call(self) -> dict[str, Any]:
        return dict(self.came[-1][1][-1]["calls"][0])

    @property
    def fault_kinds(self) -> list[FaultKind]:
        return [fault.kind for fault in self.faults.all()]

    async def act(self, live: LiveCall, name: Any, session: Any = None) -> refusals.Refusal | None:
        return await self.exchange.act(live.call.wacid.value, Action(name, session))

    async def answered(self) -> LiveCall:
        live = self.call()
        assert await self.act(live, "pre_accept", ANSWER) is None
        assert await self.act(live, "accept", ANSWER) is None
        return live

    def call(self, **quirks: Any) -> LiveCall:
        return self.exchange.place_call(CallBody(customer="maria", voice="maria", quirks=Scenario(**quirks)))

    @property
    def line(self) -> SilentLine:
        return self.lines.lines[-1]


def play(scenario: Callable[[World], Awaitable[None]], rules: MetaRules | None = None) -> World:
    """Run a scenario on virtual time and let every timer of the next minutes have its turn."""
    worlds: list[World] = []

    async def run() -> None:
        world = World(rules or MetaRules())
        worlds.append(world)
        await scenario(world)
        await asyncio.sleep(300)
        await world.exchange.close()
        await world.postman.close()

    run_in_virtual_time(run())
    return worlds[0]


def test_a_call_nobody_answers_is_given_up_when_the_window_closes() -> None:
    async def scenario(world: World) -> None:
        world.call()

    world = play(scenario)
    assert world.events == [(0.0, "connect"), (45.0, "terminate")]
    assert world.last_call()["status"] == "COMPLETED"
    assert "start_time" not in world.last_call()
    assert world.fault_kinds == []


def test_a_pre_accepted_call_has_no_longer_window() -> None:
    async def scenario(world: World) -> None:
        live = world.call(ring_window_s=30)
        await asyncio.sleep(10)
        assert await world.act(live, "pre_accept", ANSWER) is None

    assert play(scenario).events == [(0.0, "connect"), (30.0, "terminate")]


def test_an_accepted_call_without_media_fails_with_138021_after_twenty_seconds() -> None:
    async def scenario(world: World) -> None:
        await asyncio.sleep(2)
        await world.answered()

    world = play(scenario, MetaRules(graph_latency_s=0.0))
    call = world.last_call()
    assert world.events == [(2.0, "connect"), (22.0, "terminate")]
    assert (call["status"], call["duration"]) == ("FAILED", 20)
    assert (call["start_time"], call["end_time"]) == (str(int(BEGIN_S) + 2), str(int(BEGIN_S) + 22))
    assert call["errors"][0]["code"] == 138021
    assert world.came[-1][1][-1]["errors"] == call["errors"]
    assert world.fault_kinds == [FaultKind.NO_MEDIA]


def test_media_that_stops_ends_the_call_thirty_seconds_later() -> None:
    async def scenario(world: World) -> None:
        await world.answered()
        world.line.heard = Heard(world.unix_s(), world.unix_s())
        await asyncio.sleep(10)
        world.line.heard = Heard(world.unix_s() - 10, world.unix_s())

    world = play(scenario, MetaRules(graph_latency_s=0.0))
    assert world.events == [(0.0, "connect"), (40.0, "terminate")]
    assert world.fault_kinds == [FaultKind.WENT_SILENT]


def test_the_line_is_opened_when_accept_returns_and_not_before() -> None:
    async def scenario(world: World) -> None:
        live = world.call()
        assert await world.act(live, "pre_accept", ANSWER) is None
        accepting = asyncio.create_task(world.act(live, "accept", ANSWER))
        await asyncio.sleep(0.5)
        assert world.line.done == ["use_answer", "use_answer"]
        assert live.call.phase is Phase.RINGING
        assert await accepting is None
        assert world.line.done[-1] == "open"
        world.exchange.hang_up(live)

    play(scenario, MetaRules(graph_latency_s=1.0))


def test_a_customer_who_hangs_up_during_accept_makes_it_fail_and_the_line_stays_shut() -> None:
    async def scenario(world: World) -> None:
        live = world.call()
        assert await world.act(live, "pre_accept", ANSWER) is None
        accepting = asyncio.create_task(world.act(live, "accept", ANSWER))
        await asyncio.sleep(0.5)
        world.exchange.hang_up(live)
        assert await accepting is refusals.CALL_OVER
        assert world.line.done == ["use_answer", "use_answer", "close"]

    assert play(scenario, MetaRules(graph_latency_s=1.0)).fault_kinds == []


@pytest.mark.parametrize("action", ["reject", "terminate"])
def test_the_terminate_webhook_comes_after_the_businesss_own_end_too(action: str) -> None:
    async def scenario(world: World) -> None:
        live = world.call()
        if action == "terminate":
            assert await world.act(live, "pre_accept", ANSWER) is None
            assert await world.act(live, "accept", ANSWER) is None
        await asyncio.sleep(5)
        assert await world.act(live, action) is None
        assert live.call.ended_by is EndedBy.BUSINESS

    world = play(scenario)
    assert [event for _at, event in world.events] == ["connect", "terminate"]
    assert ("start_time" in world.last_call()) == (action == "terminate")
    assert world.fault_kinds == []


def test_a_refused_webhook_is_repeated_more_and_more_rarely_until_it_is_taken() -> None:
    async def scenario(world: World) -> None:
        world.answers = [500, 404, 200, 200]
        world.exchange.hang_up(world.call())

    world = play(scenario)
    assert world.events == [(0.0, "connect"), (0.0, "terminate"), (0.5, "connect"), (0.5, "terminate")]
    assert world.fault_kinds == [FaultKind.WEBHOOK_REFUSED]


def test_a_slow_gateway_gets_the_webhook_again_and_is_noticed() -> None:
    async def scenario(world: World) -> None:
        world.answers = [TimeoutError()]
        world.call(ring_window_s=100)

    world = play(scenario)
    assert world.events == [(0.0, "connect"), (0.5, "connect"), (100.0, "terminate")]
    assert world.fault_kinds == [FaultKind.WEBHOOK_SLOW]


def test_a_gateway_that_is_away_gets_its_webhooks_when_it_is_back_and_that_is_no_fault() -> None:
    async def scenario(world: World) -> None:
        world.answers = [ConnectionRefusedError()] * 4
        world.call(ring_window_s=100)

    world = play(scenario)
    assert [at for at, event in world.events if event == "connect"] == [0.0, 0.5, 2.5, 10.5, 40.5]
    assert world.fault_kinds == []


def test_meta_gives_up_on_a_webhook_at_last() -> None:
    async def scenario(world: World) -> None:
        world.answers = [500] * 100
        world.exchange.hang_up(world.call())

    world = play(scenario, MetaRules(webhook_retry_s=(1.0, 2.0), webhook_retry_for_s=7.0))
    assert [at for at, event in world.events if event == "connect"] == [0.0, 1.0, 3.0, 5.0, 7.0]


def test_duplicates_delays_and_batches_come_as_told() -> None:
    async def scenario(world: World) -> None:
        world.call(duplicates=2, ring_window_s=10)
        await asyncio.sleep(100)
        world.call(delay_s=3, ring_window_s=10)
        await asyncio.sleep(100)
        world.call(batch_s=1, ring_window_s=0.5)
        world.call(batch_s=1, ring_window_s=50)

    world = play(scenario)
    assert world.events[:6] == [(0.0, "connect")] * 3 + [(10.0, "terminate")] * 3
    assert world.events[6:8] == [(103.0, "connect"), (113.0, "terminate")]
    assert [(at, len(values)) for at, values in world.came[8:]] == [(201.0, 3), (251.0, 1)]
    assert world.fault_kinds == []


def test_a_terminate_may_overtake_its_connect() -> None:
    async def scenario(world: World) -> None:
        world.call(terminate_first=True)

    assert play(scenario).events == [(0.0, "terminate"), (0.4, "connect")]


def test_a_late_connect_has_an_old_timestamp_and_its_call_is_over() -> None:
    async def scenario(world: World) -> None:
        live = world.call(late_s=90)
        await asyncio.sleep(1)
        assert await world.act(live, "pre_accept", ANSWER) is refusals.TOO_LATE

    world = play(scenario)
    assert sorted(world.events) == [(0.0, "connect"), (0.0, "terminate")]
    connect = next(v["calls"][0] for _at, values in world.came for v in values if v["calls"][0]["event"] == "connect")
    assert connect["timestamp"] == str(int(BEGIN_S) - 90)
    assert world.fault_kinds == [FaultKind.STALE_OFFER_USED]


def test_a_webhook_can_be_repeated_at_any_time() -> None:
    async def scenario(world: World) -> None:
        live = world.call(ring_window_s=5)
        await asyncio.sleep(60)
        assert world.exchange.repeat(live, "connect")
        assert not world.exchange.repeat(live, "nonsense")

    assert play(scenario).events == [(0.0, "connect"), (5.0, "terminate"), (60.0, "connect")]


def test_graph_refuses_as_often_as_the_scenario_says() -> None:
    async def scenario(world: World) -> None:
        live = world.call(refuse={"pre_accept": ["138004", "190"]})
        assert await world.act(live, "pre_accept", ANSWER) is refusals.CONNECTION_ERROR
        assert await world.act(live, "pre_accept", ANSWER) is refusals.TOKEN_INVALID
        assert await world.act(live, "pre_accept", ANSWER) is None

    assert play(scenario).fault_kinds == []


def test_an_action_on_a_call_that_never_was_is_error_100_and_a_fault() -> None:
    async def scenario(world: World) -> None:
        assert await world.exchange.act("wacid.nobody", Action("reject")) is refusals.CALL_UNKNOWN

    assert play(scenario).fault_kinds == [FaultKind.UNKNOWN_CALL]


def test_acting_long_after_the_terminate_was_taken_is_a_fault() -> None:
    async def scenario(world: World) -> None:
        live = await world.answered()
        world.exchange.hang_up(live)
        await asyncio.sleep(1)
        assert await world.act(live, "terminate") is refusals.CALL_OVER
        assert world.fault_kinds == []
        await asyncio.sleep(5)
        assert await world.act(live, "terminate") is refusals.CALL_OVER

    assert play(scenario).fault_kinds == [FaultKind.ACTION_AFTER_END]


def test_a_number_that_is_off_full_or_on_sip_cannot_be_called() -> None:
    async def scenario(world: World) -> None:
        world.call()
        with pytest.raises(CannotCall, match="as many calls"):
            world.call()
        sip = {"status": "ENABLED", "servers": [{"hostname": "sip.example.com"}]}
        for calling in ({"status": "DISABLED"}, {"status": "ENABLED", "sip": sip}):
            assert world.exchange.change_settings({"calling": calling}) is None
            with pytest.raises(CannotCall):
                world.call()

    play(scenario, MetaRules(max_concurrent_calls=1))


def test_a_change_of_settings_is_told_by_webhook() -> None:
    async def scenario(world: World) -> None:
        assert world.exchange.change_settings({"calling": {"status": "DISABLED"}}) is None
        assert world.exchange.change_settings({"calling": {"status": "maybe"}}) is not None

    world = play(scenario)
    assert [value["phone_number_settings"]["calling"] for _at, values in world.came for value in values] == [
        {"status": "DISABLED"}
    ]


def test_an_app_that_is_not_subscribed_gets_nothing() -> None:
    async def scenario(world: World) -> None:
        world.exchange.subscribe_app(False)
        world.call()

    assert play(scenario).came == []


def test_old_calls_are_forgotten_once_they_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.simulator.exchange.KEPT_CALLS", 2)

    async def scenario(world: World) -> None:
        first = world.call()
        world.exchange.hang_up(first)
        later = [world.call() for _ in range(3)]
        assert list(world.exchange.calls.values()) == later
        assert await world.act(first, "reject") is refusals.CALL_UNKNOWN

    play(scenario)
