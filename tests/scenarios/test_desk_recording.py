"""The recording as the agent of a call sees and steers it, as far as the number's policy leaves it to them."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from signaling.agents.contract import HoldCall, Refusal
from signaling.agents.recording_messages import HoldBackRecording, RecordCall, RecordingLight, RecordingNow
from signaling.effects import PlayPrompts
from signaling.events import DigitPressed, PromptEnded, RecordingLost
from signaling.ids import CallId
from signaling.recording_moves import CONSENT_PLACE
from signaling.recording_policy import Agreement, PolicyRule, RecordingPolicy, When
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, PNID, offered
from tests.scenarios.desk_world import DeskWorld

Scenario = Callable[[DeskWorld, str], Coroutine[Any, Any, None]]


def plays(scenario: Scenario, policy: RecordingPolicy) -> None:
    """Ana talks to a customer of a number with this policy."""

    async def play() -> None:
        world = DeskWorld()
        number = world.world.numbers.numbers[PNID]
        world.world.numbers.numbers[PNID] = replace(number, recording=(PolicyRule(policy),))
        if policy.when is When.AFTER_CONSENT:
            world.world.silent(PlayPrompts)
        await world.ready(ANA, "a")
        await world.connect(BIA, "b")
        await world.world.exchange.deliver(offered())
        await world.settle()
        await world.answer("a")
        call = world.state("a").call
        assert call is not None
        await scenario(world, call.call_id)
        await world.stop()

    run_in_virtual_time(play())


def now(world: DeskWorld) -> RecordingNow:
    call = world.state("a").call
    assert call is not None and call.recording is not None
    return call.recording


async def sets(world: DeskWorld, call_id: str, on: bool, sid: str = "a") -> Refusal | None:
    return (await world.do(sid, "recording.set", RecordCall(call_id=call_id, on=on))).why


async def holds_back(world: DeskWorld, call_id: str, held_back: bool) -> Refusal | None:
    return (await world.do("a", "recording.hold_back", HoldBackRecording(call_id=call_id, held_back=held_back))).why


async def tells(world: DeskWorld, call_id: str, event: Any) -> None:
    world.world.exchange.tell(CallId(call_id), event)
    await world.settle()


def test_on_demand_the_agent_starts_and_stops_it_and_nobody_else() -> None:
    async def scenario(world: DeskWorld, call_id: str) -> None:
        off = RecordingNow(light=RecordingLight.OFF, mine=True, on_demand=True, asked=False, held_back=False)
        assert now(world) == off
        assert await sets(world, call_id, True, "b") is Refusal.NOT_YOUR_CALL
        assert now(world) == off
        assert await sets(world, call_id, True) is None
        assert (now(world).light, now(world).asked) == (RecordingLight.ON, True)
        assert await sets(world, call_id, False) is None
        assert (now(world).light, now(world).asked) == (RecordingLight.PAUSED, False)

    plays(scenario, RecordingPolicy(When.ON_DEMAND))


def test_what_is_always_recorded_is_not_stopped_but_paused_for_card_data() -> None:
    async def scenario(world: DeskWorld, call_id: str) -> None:
        assert now(world).light is RecordingLight.ON
        assert await sets(world, call_id, False) is Refusal.NOT_ALLOWED
        assert now(world).light is RecordingLight.ON
        assert await holds_back(world, call_id, True) is None
        assert (now(world).light, now(world).held_back) == (RecordingLight.PAUSED, True)
        assert await holds_back(world, call_id, False) is None
        await world.do("a", "call.hold", HoldCall(call_id=call_id, held=True))
        assert (now(world).light, now(world).held_back) == (RecordingLight.PAUSED, False)

    plays(scenario, RecordingPolicy(When.ALWAYS))


def test_what_is_never_recorded_cannot_be_asked_for() -> None:
    async def scenario(world: DeskWorld, call_id: str) -> None:
        assert now(world).light is RecordingLight.OFF
        assert await sets(world, call_id, True) is Refusal.NOT_ALLOWED
        assert await holds_back(world, call_id, True) is Refusal.NOT_ALLOWED

    plays(scenario, RecordingPolicy())


def test_the_agent_sees_that_the_customer_is_asked_and_what_they_say() -> None:
    async def scenario(world: DeskWorld, call_id: str) -> None:
        assert now(world).light is RecordingLight.ASKING
        await tells(world, call_id, PromptEnded(CONSENT_PLACE))
        await tells(world, call_id, DigitPressed("2"))
        assert now(world).light is RecordingLight.REFUSED
        assert await holds_back(world, call_id, True) is Refusal.NOT_ALLOWED

    plays(scenario, RecordingPolicy(When.AFTER_CONSENT, Agreement.KEY))


def test_a_recording_that_is_lost_says_why() -> None:
    async def scenario(world: DeskWorld, call_id: str) -> None:
        await tells(world, call_id, RecordingLost("disk_full"))
        assert (now(world).light, now(world).failure) == (RecordingLight.FAILED, "disk_full")
        assert await holds_back(world, call_id, True) is Refusal.NOT_ALLOWED

    plays(scenario, RecordingPolicy(When.ALWAYS))
