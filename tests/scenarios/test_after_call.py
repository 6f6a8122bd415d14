"""After a call: wrap-up by the number's rule, and what an agent chose while they talked. On virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from signaling.agents.contract import (
    EndWrapUp,
    HangUp,
    PlaceAck,
    PlaceCall,
    SetAvailability,
    TransferCall,
    read_message,
)
from signaling.call import Rules
from signaling.effects import AwaitAgentAudio, ConnectCall
from signaling.errors import Failure, Fault
from signaling.events import OutboundStatus
from signaling.presence import Availability, Presence, WrappedUp
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, NUMBER, OTHER_WACID, answer_received, offered, over_at_meta, status, terminated
from tests.scenarios.desk_world import DeskWorld

WRAP_UP_S = 30.0
WISH = PlaceCall(number_id=NUMBER.id, callee="+55 11 95555-0101", key="wish-0001")


def desk_scenario(scenario: Callable[[DeskWorld], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def test() -> None:
        play(scenario, Rules(wrap_up_s=WRAP_UP_S))

    test.__name__ = scenario.__name__
    return test


def play(scenario: Callable[[DeskWorld], Coroutine[Any, Any, None]], rules: Rules) -> None:
    async def run() -> None:
        world = DeskWorld(rules)
        await scenario(world)
        await world.stop()

    run_in_virtual_time(run())


async def talk(world: DeskWorld) -> str:
    """Ana answers a customer."""
    await world.ready(ANA, "a")
    await world.world.exchange.deliver(offered())
    await world.settle()
    await world.answer("a")
    call = world.state("a").call
    assert call is not None
    return call.call_id


async def talked(world: DeskWorld) -> str:
    """Ana talked to a customer, who hung up."""
    call_id = await talk(world)
    await world.world.exchange.deliver(terminated(talked_s=9))
    await world.settle()
    return call_id


@desk_scenario
async def test_after_a_call_nothing_is_offered_until_the_time_is_over(world: DeskWorld) -> None:
    call_id = await talked(world)
    state = world.state("a")
    assert state.presence is Presence.WRAP_UP and state.wrap_up is not None
    assert (state.wrap_up.call_id, state.wrap_up.party.name) == (call_id, "Maria")
    assert state.wrap_up.until_unix_s - state.server_unix_s == WRAP_UP_S
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await asyncio.sleep(WRAP_UP_S - 10)
    await world.settle()
    state = world.state("a")
    assert state.ringing == [] and [waiting.why for waiting in state.waiting] == [Presence.WRAP_UP]
    await asyncio.sleep(10)
    await world.settle()
    assert (world.state("a").wrap_up, world.state("a").presence) == (None, Presence.FREE)
    assert len(world.state("a").ringing) == 0, "the customer's ring window was over before"


@desk_scenario
async def test_a_call_that_waits_rings_as_soon_as_the_agent_is_done(world: DeskWorld) -> None:
    await talked(world)
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    assert world.state("a").ringing == []
    assert (await world.do("a", "wrap_up.end", EndWrapUp())).ok
    assert len(world.state("a").ringing) == 1 and world.state("a").wrap_up is None
    assert (await world.do("a", "wrap_up.end", EndWrapUp())).ok, "its time may have ended in the same moment"


@desk_scenario
async def test_the_time_of_an_older_wrap_up_does_not_end_a_newer_one(world: DeskWorld) -> None:
    await talked(world)
    await asyncio.sleep(10)
    await world.do("a", "wrap_up.end", EndWrapUp())
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await world.answer("a")
    await world.world.exchange.deliver(terminated(OTHER_WACID, talked_s=5))
    await world.settle()
    await asyncio.sleep(WRAP_UP_S - 5)
    await world.settle()
    assert world.state("a").presence is Presence.WRAP_UP, "the first one's time is over by now"
    await asyncio.sleep(5)
    await world.settle()
    assert world.state("a").presence is Presence.FREE


@desk_scenario
async def test_what_was_chosen_in_a_call_holds_after_the_wrap_up(world: DeskWorld) -> None:
    await talk(world)
    await world.do("a", "availability.set", SetAvailability(availability=Availability.PAUSED, reason="lunch"))
    assert world.state("a").presence is Presence.IN_CALL
    await world.world.exchange.deliver(terminated(talked_s=9))
    await world.settle()
    assert world.state("a").presence is Presence.WRAP_UP
    await asyncio.sleep(WRAP_UP_S)
    await world.settle()
    state = world.state("a")
    assert (state.presence, state.pause_reason) == (Presence.PAUSED, "lunch")
    await world.do("a", "availability.set", SetAvailability(availability=Availability.READY))
    state = world.state("a")
    assert (state.presence, state.pause_reason, state.paused_since_unix_s) == (Presence.FREE, None, None)


@desk_scenario
async def test_going_offline_ends_the_wrap_up(world: DeskWorld) -> None:
    await talked(world)
    await world.do("a", "availability.set", SetAvailability(availability=Availability.OFFLINE))
    assert (world.state("a").presence, world.state("a").wrap_up) == (Presence.OFFLINE, None)


@desk_scenario
async def test_whoever_gave_the_customer_away_writes_it_up_too(world: DeskWorld) -> None:
    call_id = await talk(world)
    await world.ready(BIA, "b")
    await world.do("a", "call.transfer", TransferCall(call_id=call_id, to_agent=BIA.id))
    wrap_up = world.state("a").wrap_up
    assert wrap_up is not None and wrap_up.call_id == call_id
    await world.answer("b")
    assert world.state("b").presence is Presence.IN_CALL
    await world.do("b", "call.hang_up", HangUp(call_id=call_id))
    after = world.state("b").wrap_up
    assert after is not None and after.call_id == call_id


@desk_scenario
async def test_an_answer_that_was_not_heard_is_no_work(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.world.silent(AwaitAgentAudio)
    await world.world.exchange.deliver(offered())
    await world.settle()
    await world.answer("a")
    await asyncio.sleep(Rules().claim_lease_s)
    await world.settle()
    assert world.state("a").wrap_up is None


@desk_scenario
async def test_a_customer_who_did_not_pick_up_is_work_and_may_be_called_again_at_once(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await place(world, WISH)
    our = world.world.call.id
    await world.world.exchange.deliver(answer_received(our))
    await world.world.exchange.deliver(status(OutboundStatus.REJECTED, our))
    await world.world.exchange.deliver(over_at_meta(our))
    await world.settle()
    wrap_up = world.state("a").wrap_up
    assert wrap_up is not None and wrap_up.call_id == our
    assert (await place(world, WISH.model_copy(update={"key": "wish-0002"}))).ok


@desk_scenario
async def test_a_call_that_meta_did_not_make_is_no_work(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.world.fails(ConnectCall, Failure("meta.138006", Fault.CUSTOMER))
    await place(world, WISH)
    assert world.state("a").call is None
    assert world.state("a").presence is Presence.FREE


@desk_scenario
async def test_each_wrap_up_is_noted_once_with_what_it_lasted(world: DeskWorld) -> None:
    await talked(world)
    await asyncio.sleep(10)
    await world.do("a", "wrap_up.end", EndWrapUp())
    await asyncio.sleep(WRAP_UP_S)
    assert durations_s(world) == [10], "its time, which ended later, adds nothing"
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await world.answer("a")
    await world.world.exchange.deliver(terminated(OTHER_WACID, talked_s=5))
    await world.settle()
    assert durations_s(world) == [10]
    await asyncio.sleep(WRAP_UP_S + 1)
    assert durations_s(world) == [10, WRAP_UP_S]
    assert len({wrapped.call for wrapped in world.wrapped_up}) == 2
    assert {wrapped.agent for wrapped in world.wrapped_up} == {ANA.id}


@desk_scenario
async def test_the_next_call_ends_a_wrap_up(world: DeskWorld) -> None:
    call_id = await talked(world)
    await asyncio.sleep(7)
    assert (await place(world, WISH)).ok
    assert [(wrapped.call, duration_s(wrapped)) for wrapped in world.wrapped_up] == [(call_id, 7)]
    await asyncio.sleep(WRAP_UP_S)
    assert len(world.wrapped_up) == 1


def durations_s(world: DeskWorld) -> list[float]:
    return [duration_s(wrapped) for wrapped in world.wrapped_up]


def duration_s(wrapped: WrappedUp) -> float:
    return (wrapped.until - wrapped.since).total_seconds()


async def place(world: DeskWorld, wish: PlaceCall) -> PlaceAck:
    ack = await world.do("a", "call.place", wish)
    assert isinstance(ack, PlaceAck)
    return ack


def test_a_number_without_the_rule_has_no_wrap_up() -> None:
    async def scenario(world: DeskWorld) -> None:
        await talked(world)
        assert (world.state("a").presence, world.state("a").wrap_up) == (Presence.FREE, None)

    play(scenario, Rules())


def test_only_a_pause_has_a_reason() -> None:
    assert read_message(SetAvailability, {"availability": "paused", "reason": "lunch"}) is not None
    assert read_message(SetAvailability, {"availability": "ready", "reason": "lunch"}) is None
    assert read_message(SetAvailability, {"availability": "paused", "reason": "Not a code"}) is None
