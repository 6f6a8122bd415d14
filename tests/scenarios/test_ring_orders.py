"""Calls that ring for one agent after another, as agents' pages see them; the real exchange and desk, virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from signaling.agents.contract import DeclineCall, HangUp, RingStopReason, SetAvailability, TransferCall
from signaling.effects import AwaitAgentAudio
from signaling.ids import AgentId, DepartmentId
from signaling.plan import HangUp as HangUpStep
from signaling.plan import Plan, Queue, Ring, RingOrder, StepId
from signaling.ports import Agent
from signaling.presence import Availability, Presence
from signaling.private import Wacid
from tests.fakes.virtual_time import run_in_virtual_time, virtual_now
from tests.fakes.world import ANA, BIA, NUMBER, PNID, offered, terminated
from tests.scenarios.desk_world import DeskWorld

CAIO = replace(BIA, id=AgentId(3), name="Caio")
TURN_S, CLAIM_S = 5.0, 4.0
SUPPORT = DepartmentId(2)
FIRST, SECOND, THIRD = (Wacid(f"wacid.{number}") for number in (1, 2, 3))
RING, QUEUE, END = map(StepId, ("ring", "queue", "end"))
Scenario = Callable[[DeskWorld], Coroutine[Any, Any, None]]


def plan(order: RingOrder, department: DepartmentId | None = None) -> Plan:
    ring = Ring(END, for_s=25, order=order, turn_s=TURN_S, department=department)
    return Plan(RING, {RING: ring, END: HangUpStep()})


def in_order(order: RingOrder) -> Callable[[Scenario], Callable[[], None]]:
    """Make a test of a coroutine that plays in a world whose number rings in this order. Ana, Bia and Caio got ready
    one after another, ten seconds apart."""

    def wrap(scenario: Scenario) -> Callable[[], None]:
        def test() -> None:
            async def play() -> None:
                world = DeskWorld()
                set_plan(world, plan(order))
                for who in (ANA, BIA, CAIO):
                    await world.ready(who, who.name)
                    await asyncio.sleep(10)
                await scenario(world)
                await world.stop()

            run_in_virtual_time(play())

        test.__name__ = scenario.__name__
        return test

    return wrap


def set_plan(world: DeskWorld, plan: Plan) -> None:
    world.world.numbers.numbers[PNID] = replace(NUMBER, plan=plan)


async def call_comes(world: DeskWorld, wacid: Wacid = FIRST) -> str:
    await world.world.exchange.deliver(replace(offered(wacid), at=virtual_now()))
    await world.settle()
    return world.world.only(wacid).id


async def pass_s(world: DeskWorld, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await world.settle()


def rung(world: DeskWorld, call_id: str | None = None) -> list[str]:
    """For whom this call, or any, rings now."""
    return [
        who.name
        for who in (ANA, BIA, CAIO)
        if any(call_id in (None, ring.call_id) for ring in world.state(who.name).ringing)
    ]


async def turns(world: DeskWorld, many: int) -> list[str]:
    """Who has the next turns, when nobody answers."""
    had = []
    for _ in range(many):
        (who,) = rung(world)
        had.append(who)
        await pass_s(world, TURN_S)
    return had


async def choose(world: DeskWorld, who: Agent, availability: Availability) -> None:
    await world.do(who.name, "availability.set", SetAvailability(availability=availability))


async def talk_and_hang_up(world: DeskWorld, who: Agent) -> None:
    await world.answer(who.name)
    await pass_s(world, 3)
    call = world.state(who.name).call
    assert call is not None
    await world.do(who.name, "call.hang_up", HangUp(call_id=call.call_id))


@in_order(RingOrder.LONGEST_IDLE)
async def test_the_longest_idle_is_rung_alone_then_the_next_and_then_it_begins_again(world: DeskWorld) -> None:
    await call_comes(world)
    assert await turns(world, 4) == ["Ana", "Bia", "Caio", "Ana"]


@in_order(RingOrder.LONGEST_IDLE)
async def test_those_whose_turn_it_is_not_see_the_call_and_cannot_take_it(world: DeskWorld) -> None:
    call_id = await call_comes(world)
    await world.a_moment()
    (seen,) = world.state("Bia").waiting
    assert (seen.call_id, seen.why, seen.line.position, seen.line.department) == (
        call_id,
        "others_turn",
        1,
        "Atendimento",
    )
    assert seen.line.waiting_since_unix_s == seen.offered_unix_s


@in_order(RingOrder.LONGEST_IDLE)
async def test_the_end_of_a_turn_is_told_as_that_and_a_turn_that_begins_again_at_once_rings_on(
    world: DeskWorld,
) -> None:
    await call_comes(world)
    await pass_s(world, TURN_S)
    assert [hint.why for hint in world.hints("Ana")] == [RingStopReason.PASSED_ON]
    for who in (ANA, BIA):
        await choose(world, who, Availability.PAUSED)
    assert rung(world) == ["Caio"]
    rings = world.events("Caio").count("ring_stopped")
    await pass_s(world, 2 * TURN_S)
    assert rung(world) == ["Caio"]
    assert world.events("Caio").count("ring_stopped") == rings, "nobody else is there: it rings on without a gap"


@in_order(RingOrder.LONGEST_IDLE)
async def test_idle_is_since_the_last_call_and_not_since_the_page_was_loaded_again(world: DeskWorld) -> None:
    await call_comes(world)
    await talk_and_hang_up(world, ANA)
    await world.world.exchange.deliver(terminated(FIRST, talked_s=3))
    seat = next(seat for agent, seat in reversed(world.seats.made) if agent == BIA.id)
    world.desk.seating.down(BIA.id, seat)
    world.desk.disconnected("Bia")
    await pass_s(world, 1)
    await world.connect(BIA, "Bia")
    await world.seat(BIA, "Bia")
    await call_comes(world, SECOND)
    assert await turns(world, 3) == ["Bia", "Caio", "Ana"]


@in_order(RingOrder.LONGEST_IDLE)
async def test_idle_is_since_the_end_of_a_pause(world: DeskWorld) -> None:
    await choose(world, ANA, Availability.PAUSED)
    await choose(world, ANA, Availability.READY)
    await call_comes(world)
    assert await turns(world, 3) == ["Bia", "Caio", "Ana"]


@in_order(RingOrder.ROTATION)
async def test_a_rotation_goes_on_where_the_last_call_left_it(world: DeskWorld) -> None:
    await call_comes(world)
    assert rung(world) == ["Ana"]
    await talk_and_hang_up(world, ANA)
    await world.world.exchange.deliver(terminated(FIRST, talked_s=3))
    await call_comes(world, SECOND)
    assert await turns(world, 2) == ["Bia", "Caio"]
    await world.world.exchange.deliver(terminated(SECOND))
    await call_comes(world, THIRD)
    assert await turns(world, 3) == ["Bia", "Caio", "Ana"], "Ana's next turn had just begun when that customer left"


@in_order(RingOrder.LONGEST_IDLE)
async def test_a_turn_passes_at_once_when_its_agent_declines_pauses_or_is_lost(world: DeskWorld) -> None:
    call_id = await call_comes(world)
    await world.do("Ana", "call.decline", DeclineCall(call_id=call_id))
    assert rung(world) == ["Bia"]
    await choose(world, BIA, Availability.PAUSED)
    assert rung(world) == ["Caio"]
    seat = next(seat for agent, seat in world.seats.made if agent == CAIO.id)
    world.desk.seating.down(CAIO.id, seat)
    await world.settle()
    assert rung(world) == [], "Ana has declined"
    await choose(world, BIA, Availability.READY)
    assert rung(world) == ["Bia"], "who becomes free joins"
    await pass_s(world, TURN_S - 0.1)
    assert rung(world) == ["Bia"], "a turn of her own, not the rest of her first one"


@in_order(RingOrder.LONGEST_IDLE)
async def test_nobody_is_free_and_the_first_who_gets_free_is_rung(world: DeskWorld) -> None:
    for who in (ANA, BIA, CAIO):
        await choose(world, who, Availability.PAUSED)
    await call_comes(world)
    assert rung(world) == []
    await choose(world, CAIO, Availability.READY)
    assert rung(world) == ["Caio"]
    await choose(world, ANA, Availability.READY)
    assert rung(world) == ["Caio"], "it is her turn when his is over"
    await pass_s(world, TURN_S)
    assert rung(world) == ["Ana"]


@in_order(RingOrder.LONGEST_IDLE)
async def test_an_answer_whose_microphone_is_not_heard_was_a_turn(world: DeskWorld) -> None:
    world.world.silent(AwaitAgentAudio)
    await call_comes(world)
    await world.answer("Ana")
    await world.settle()
    assert rung(world) == [], "it is being answered"
    await pass_s(world, CLAIM_S)
    assert rung(world) == ["Bia"]


@in_order(RingOrder.LONGEST_IDLE)
async def test_two_calls_ring_for_two_and_the_longest_waiting_is_offered_to_who_gets_free(world: DeskWorld) -> None:
    first = await call_comes(world)
    await pass_s(world, 1)
    second = await call_comes(world, SECOND)
    await pass_s(world, 1)
    third = await call_comes(world, THIRD)
    assert [rung(world, call) for call in (first, second, third)] == [["Ana"], ["Bia"], ["Caio"]]
    await choose(world, BIA, Availability.PAUSED)
    assert [rung(world, call) for call in (first, second, third)] == [["Ana"], [], ["Caio"]]
    await choose(world, ANA, Availability.PAUSED)
    await choose(world, CAIO, Availability.PAUSED)
    await choose(world, BIA, Availability.READY)
    assert rung(world, first) == ["Bia"]
    assert rung(world, second) == rung(world, third) == []


@in_order(RingOrder.LONGEST_IDLE)
async def test_calls_that_go_round_the_same_agents_change_places(world: DeskWorld) -> None:
    await choose(world, CAIO, Availability.PAUSED)
    first = await call_comes(world)
    await pass_s(world, 2)
    second = await call_comes(world, SECOND)
    assert (rung(world, first), rung(world, second)) == (["Ana"], ["Bia"])
    await pass_s(world, TURN_S)
    assert (rung(world, first), rung(world, second)) == (["Bia"], ["Ana"]), "everybody has a turn with each"


@in_order(RingOrder.LONGEST_IDLE)
async def test_a_call_for_everybody_rings_beside_a_turn_and_neither_waits_for_the_other(world: DeskWorld) -> None:
    by_turns = await call_comes(world)
    await pass_s(world, 1)
    set_plan(world, plan(RingOrder.ALL))
    for_all = await call_comes(world, SECOND)
    assert (rung(world, by_turns), rung(world, for_all)) == (["Ana"], ["Ana", "Bia", "Caio"])
    assert [ring.call_id for ring in world.state("Ana").ringing] == [by_turns, for_all], "the longest waiting first"
    assert [ring.line.position for ring in world.state("Ana").ringing] == [1, 2]
    await pass_s(world, TURN_S)
    assert rung(world, by_turns) == ["Bia"]


@in_order(RingOrder.LONGEST_IDLE)
async def test_a_transferred_call_goes_before_a_turn(world: DeskWorld) -> None:
    talked = await call_comes(world)
    await world.answer("Ana")
    await world.settle()
    other = await call_comes(world, SECOND)
    assert rung(world, other) == ["Bia"]
    await world.do("Ana", "call.transfer", TransferCall(call_id=talked, to_agent=BIA.id))
    assert rung(world, talked) == ["Bia"]
    assert rung(world, other) == ["Caio"], "the turn goes to the next"
    assert world.state("Bia").ringing[0].line.position is None


@in_order(RingOrder.ROTATION)
async def test_a_queue_goes_by_turns_too_and_tells_the_others_who_took_the_call(world: DeskWorld) -> None:
    queue = Queue(END, longest_s=60, order=RingOrder.ROTATION, turn_s=TURN_S)
    set_plan(world, Plan(QUEUE, {QUEUE: queue, END: HangUpStep()}))
    call_id = await call_comes(world)
    assert rung(world, call_id) == ["Ana"]
    await pass_s(world, TURN_S)
    assert rung(world, call_id) == ["Bia"]
    await world.answer("Bia")
    assert world.state("Bia").presence is Presence.IN_CALL
    assert rung(world) == []


@in_order(RingOrder.LONGEST_IDLE)
async def test_a_department_of_its_own_is_offered_its_calls_while_the_other_is_busy(world: DeskWorld) -> None:
    dora = replace(BIA, id=AgentId(4), name="Dora", departments=frozenset({SUPPORT}))
    await world.ready(dora, "Dora")
    for who in (ANA, BIA, CAIO):
        await choose(world, who, Availability.PAUSED)
    await call_comes(world)
    set_plan(world, plan(RingOrder.LONGEST_IDLE, SUPPORT))
    second = await call_comes(world, SECOND)
    assert [ring.call_id for ring in world.state("Dora").ringing] == [second]
    assert world.state("Dora").ringing[0].line.position == 1
