"""A number at its limit, or a process at its own: the next call is refused, the others feel nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.admission import Capacity
from signaling.call import Call, Outcome, Party, State
from signaling.capacity import MemoryLedger, NumberUse
from signaling.effects import AcceptCall, CreateAnswer, PreAcceptCall, RejectCall
from signaling.errors import Failure, Fault
from signaling.events import AgentAnswered, AgentHungUp, CallEvent, CallOffered, CallTerminated, Direction, LegLost
from signaling.ids import new_call_id
from signaling.meta_rules import Limits
from signaling.private import Wacid
from signaling.process_budget import ProcessLimits, Resource
from tests.fakes.virtual_time import START, run_in_virtual_time, virtual_now
from tests.fakes.world import ANA, NUMBER, OFFER, PNID, SEAT_A, FakeWorld, offered, terminated
from tests.scenarios.test_inbound_call import settle

CLOSED_AFTER_S = 60.0


def wacid(call: object) -> Wacid:
    return Wacid(f"wacid.{call}")


def allow(world: FakeWorld, concurrent_inbound: int) -> None:
    world.numbers.numbers[PNID] = replace(NUMBER, limits=Limits(concurrent_inbound=concurrent_inbound))


def use(world: FakeWorld) -> NumberUse:
    return world.ledger.use_of(NUMBER.id, virtual_now())


async def deliver(world: FakeWorld, event: CallOffered | CallTerminated) -> None:
    await world.exchange.deliver(event)
    await settle()


def test_a_number_holds_a_thousand_calls_and_the_next_is_rejected_without_a_leg() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        for call in range(1_000):
            await deliver(world, offered(wacid(call)))
        before = list(world.store.rows.values())
        assert {call.state for call in before} == {State.RINGING}
        world.performed.clear()

        await deliver(world, offered(wacid("one too many")))
        refused = world.only(wacid("one too many"))
        assert world.performed[0] == RejectCall(refused.id, PNID, refused.meta_id)
        assert "CreateAnswer" not in world.names(), "no leg was made"
        assert refused.refusal == Failure(
            "capacity.inbound_full", Fault.LIMIT, "concurrent_inbound: 1000 of 1000", retry_after_s=5.0
        )
        assert (refused.state, refused.outcome, refused.ended_by) == (State.ENDING, Outcome.FAILED, Party.GATEWAY)
        assert refused.failure == refused.refusal
        assert use(world) == NumberUse(inbound=1_000)
        assert [world.store.rows[call.id] for call in before] == before, "the others feel nothing"

        await deliver(world, terminated(wacid("one too many")))
        assert use(world) == NumberUse(inbound=1_000), "what was refused gives nothing back"

        await deliver(world, terminated(wacid(500)))
        assert use(world) == NumberUse(inbound=999)
        await deliver(world, offered(wacid("taken")))
        assert world.only(wacid("taken")).state is State.RINGING
        await deliver(world, offered(wacid("again one too many")))
        assert world.only(wacid("again one too many")).refusal is not None

        for row in list(world.store.rows.values()):
            await world.exchange.deliver(terminated(row.meta_id))
        await settle()
        assert world.exchange.live_calls == []
        assert (use(world), len(world.ledger)) == (NumberUse(), 0)
        assert world.capacity.process_budgets(virtual_now())[Resource.CALLS] == (None, 0)
        assert world.capacity.refusals == {"capacity.inbound_full": 2}

    run_in_virtual_time(scenario())


def test_a_thousand_calls_each_way_are_held_by_one_number_and_neither_direction_takes_from_the_other() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        for call in range(1_000):
            await world.exchange.deliver(offered(wacid(call)))
        outbound = [new_call_id() for _ in range(1_000)]
        for call_id in outbound:
            verdict = await world.capacity.admit(NUMBER, Direction.OUTBOUND, call_id, virtual_now())
            assert not hasattr(verdict, "code")
        assert use(world) == NumberUse(inbound=1_000, outbound=1_000, initiations=1_000)
        refused = await world.capacity.admit(NUMBER, Direction.OUTBOUND, new_call_id(), virtual_now())
        assert getattr(refused, "code", None) == "capacity.outbound_full"
        await deliver(world, offered(wacid("one too many")))
        assert world.only(wacid("one too many")).refusal is not None
        for call_id in outbound:
            world.capacity.release(call_id)
        await world.exchange.stop()
        assert use(world) == NumberUse(initiations=1_000)

    run_in_virtual_time(scenario())


def test_a_refused_call_is_refused_once_however_often_meta_offers_it() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        allow(world, concurrent_inbound=1)
        await deliver(world, offered(wacid("first")))
        for _ in range(3):
            await deliver(world, offered(wacid("second")))
        assert world.capacity.refusals == {"capacity.inbound_full": 1}
        assert world.names().count("RejectCall") == 1
        await deliver(world, terminated(wacid("first")))
        await deliver(world, offered(wacid("second")))
        assert world.only(wacid("second")).state is State.ENDING, "a refusal stands: Meta was told"
        await world.exchange.stop()

    run_in_virtual_time(scenario())


def test_an_offer_that_comes_twice_at_once_takes_one_place() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await asyncio.gather(*(world.exchange.deliver(offered()) for _ in range(5)))
        assert use(world) == NumberUse(inbound=1)
        await deliver(world, terminated())
        assert use(world) == NumberUse()

    run_in_virtual_time(scenario())


def test_a_place_is_kept_until_the_call_is_over_at_meta_too() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        allow(world, concurrent_inbound=1)
        world.fails(PreAcceptCall, Failure("meta.100", Fault.META))
        await deliver(world, offered(wacid("failed")))
        assert world.only(wacid("failed")).state is State.ENDING
        assert use(world) == NumberUse(inbound=1)
        await asyncio.sleep(NUMBER.rules.close_s - 1)
        assert use(world) == NumberUse(inbound=1), "Meta has not said that it is over"
        await asyncio.sleep(1)
        await settle()
        assert use(world) == NumberUse()

    run_in_virtual_time(scenario())


def test_a_number_that_takes_no_calls_says_so_also_when_it_is_full_and_holds_no_place() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.numbers.numbers[PNID] = replace(NUMBER, inbound_enabled=False, limits=Limits(concurrent_inbound=0))
        await deliver(world, offered())
        assert world.call.refusal is not None and world.call.refusal.code == "number.inbound_disabled"
        assert (use(world), world.capacity.refusals) == (NumberUse(), {})
        await world.exchange.stop()

    run_in_virtual_time(scenario())


def test_a_process_at_its_limit_rejects_and_the_calls_that_are_up_go_on() -> None:
    async def scenario() -> None:
        world = FakeWorld(process=ProcessLimits(calls=1))
        await deliver(world, offered(wacid("up")))
        up = world.only(wacid("up"))
        await deliver(world, offered(wacid("refused")))
        assert world.only(wacid("refused")).refusal == Failure(
            "capacity.calls", Fault.LIMIT, "RAMAL_MAX_CALLS: 1 of 1", retry_after_s=5.0
        )
        world.exchange.tell(up.id, AgentAnswered(ANA.id, SEAT_A))
        await settle()
        assert world.only(wacid("up")).state is State.TALKING
        await world.exchange.stop()

    run_in_virtual_time(scenario())


def test_a_crash_gives_places_back_as_soon_as_its_calls_are_closed() -> None:
    async def scenario() -> None:
        crashed = FakeWorld()
        allow(crashed, concurrent_inbound=2)
        for call in ("a", "b"):
            await deliver(crashed, offered(wacid(call)))
        await crashed.exchange.stop()

        world = FakeWorld(store=crashed.store)
        allow(world, concurrent_inbound=2)
        assert await world.exchange.recover() == 2
        await settle()
        assert use(world) == NumberUse(inbound=2), "Meta still counts them"
        await deliver(world, offered(wacid("too early")))
        assert world.only(wacid("too early")).refusal is not None
        await deliver(world, terminated(wacid("a")))
        await asyncio.sleep(NUMBER.rules.close_s)  # of b, Meta says nothing
        await settle()
        assert use(world) == NumberUse()
        await deliver(world, offered(wacid("c"), age_s=0.1))
        assert world.only(wacid("c")).state is State.RINGING
        await deliver(world, terminated(wacid("c")))
        assert len(world.ledger) == 0

    run_in_virtual_time(scenario())


def test_a_call_whose_runner_dies_gives_its_place_back() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.store.refusing = True
        with pytest.raises(Exception, match=r"store\.refused"):
            await world.exchange.deliver(offered())
        await settle()
        assert (use(world), world.exchange.live_calls) == (NumberUse(), [])

    run_in_virtual_time(scenario())


def test_a_runner_that_is_stopped_as_it_begins_gives_its_place_back() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        delivery = asyncio.create_task(world.exchange.deliver(offered()))
        await asyncio.sleep(0)
        assert use(world) == NumberUse(inbound=1)
        await world.exchange.stop()
        await asyncio.gather(delivery, return_exceptions=True)
        assert (use(world), world.exchange.live_calls) == (NumberUse(), [])

    run_in_virtual_time(scenario())


CALLS = ["a", "b", "c", "d", "e"]
STEPS = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from(CALLS)),
    st.tuples(st.just("end"), st.sampled_from(CALLS), st.sampled_from([None, 31])),
    st.tuples(st.just("answer"), st.sampled_from(CALLS)),
    st.tuples(st.just("hang up"), st.sampled_from(CALLS)),
    st.tuples(st.just("leg lost"), st.sampled_from(CALLS)),
    st.tuples(st.just("graph fails"), st.sampled_from([CreateAnswer, PreAcceptCall, AcceptCall, RejectCall])),
    st.tuples(st.just("store"), st.sampled_from(["away", "refusing", "back"])),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 4.0, 40.0])),
    st.tuples(st.just("crash")),
)
BROKEN = Failure("meta.138004", Fault.META)
CALL_EVENTS: dict[str, CallEvent] = {
    "answer": AgentAnswered(ANA.id, SEAT_A),
    "hang up": AgentHungUp(ANA.id),
    "leg lost": LegLost(BROKEN),
}


async def course(steps: list[tuple[Any, ...]]) -> None:
    """Whatever happens, the places that are taken are those of the calls that are not over, at most as many as allowed;
    and in the end there are none."""
    world, deliveries = FakeWorld(), set[asyncio.Task[None]]()
    allow(world, concurrent_inbound=2)
    kept = 0  # open when the process began, whatever the limit
    for step in steps:
        match step:
            case "offer", name:
                event = CallOffered(PNID, virtual_now(), wacid(name), offered().customer, OFFER)
                deliveries.add(asyncio.create_task(world.exchange.deliver(event)))
            case "end", name, talked_s:
                end = terminated(wacid(name), talked_s=talked_s)
                deliveries.add(asyncio.create_task(world.exchange.deliver(end)))
            case "answer" | "hang up" | "leg lost" as what, name:
                for call in world.exchange.live_calls:
                    if call.wacid == wacid(name):
                        world.exchange.tell(call.id, CALL_EVENTS[what])
            case "graph fails", effect:
                world.fails(effect, BROKEN)
            case "store", state:
                world.store.away, world.store.refusing = state == "away", state == "refusing"
            case "wait", seconds:
                await asyncio.sleep(seconds)
            case ("crash",):
                await world.exchange.stop()
                await asyncio.gather(*deliveries, return_exceptions=True)
                assert_places(world, kept)
                world.store.away = world.store.refusing = False
                world = FakeWorld(store=world.store)
                allow(world, concurrent_inbound=2)
                kept = await world.exchange.recover()
        await settle()
        assert_places(world, kept)
    world.store.away = world.store.refusing = False
    await asyncio.sleep(5)
    for name in CALLS:
        await asyncio.wait({asyncio.create_task(world.exchange.deliver(terminated(wacid(name))))})
    await asyncio.sleep(2 * CLOSED_AFTER_S)
    await asyncio.gather(*deliveries, return_exceptions=True)
    assert world.exchange.live_calls == []
    assert (use(world), len(world.ledger)) == (NumberUse(), 0)
    assert world.capacity.process_budgets(virtual_now())[Resource.CALLS] == (None, 0)


def assert_places(world: FakeWorld, kept: int) -> None:
    holders = [call for call in world.exchange.live_calls if holds_a_place(call)]
    assert use(world).inbound <= max(2, kept)
    assert len(holders) <= use(world).inbound <= len(world.exchange.live_calls)


def holds_a_place(call: Call) -> bool:
    """A call with a leg, or about to have one."""
    return call.refusal is None and call.state not in (State.NEW, State.ENDED)


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_after_any_course_of_events_every_place_is_back(steps: list[tuple[Any, ...]]) -> None:
    run_in_virtual_time(course(steps))


def test_the_day_of_an_initiation_is_the_exchanges_day() -> None:
    async def scenario() -> None:
        capacity = Capacity(MemoryLedger({NUMBER.id: [START]}))
        number = replace(NUMBER, limits=Limits(initiations_per_24h=1))
        await asyncio.sleep(timedelta(hours=24).total_seconds() - 1)
        refused = await capacity.admit(number, Direction.OUTBOUND, new_call_id(), virtual_now())
        assert getattr(refused, "retry_at", None) == START + timedelta(hours=24)
        await asyncio.sleep(1)
        allowed = await capacity.admit(number, Direction.OUTBOUND, new_call_id(), virtual_now())
        assert not hasattr(allowed, "code")

    run_in_virtual_time(scenario())
