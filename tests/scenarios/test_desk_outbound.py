"""An agent calls a customer from a page: what the page sends, what it is answered, and what it then shows."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from signaling.agents.contract import CallPhase, HangUp, PlaceAck, PlaceCall, Refusal
from signaling.effects import ConnectCall, PlayRingback
from signaling.errors import Failure, Fault
from signaling.events import Direction, OutboundStatus
from signaling.presence import Presence
from signaling.verdict import Refused
from tests.fakes.virtual_time import START, run_in_virtual_time
from tests.fakes.world import ANA, BIA, NUMBER, answer_received, over_at_meta, status
from tests.scenarios.desk_world import DeskWorld

WISH = PlaceCall(number_id=NUMBER.id, callee="+55 11 95555-0101", key="wish-0001")


def desk_scenario(play: Callable[[DeskWorld], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @wraps(play)
    def test() -> None:
        async def run() -> None:
            world = DeskWorld()
            await play(world)
            await world.stop()

        run_in_virtual_time(run())

    del test.__wrapped__  # or pytest looks for a fixture `world`
    return test


async def place(world: DeskWorld, sid: str = "a", wish: PlaceCall = WISH) -> PlaceAck:
    ack = await world.do(sid, "call.place", wish)
    assert isinstance(ack, PlaceAck)
    return ack


def phase(world: DeskWorld) -> CallPhase | None:
    call = world.state("a").call
    return None if call is None else call.phase


@desk_scenario
async def test_a_page_is_shown_every_step_of_its_call(world: DeskWorld) -> None:
    seat = await world.ready(ANA, "a")
    assert [number.label for number in world.state("a").call_from] == ["Vendas"]
    world.world.silent(ConnectCall)
    ack = await place(world)
    assert (ack.ok, ack.call_id) == (True, world.world.call.id)
    call = world.state("a").call
    assert call is not None
    assert (call.phase, call.direction, call.party.label) == (
        CallPhase.DIALING,
        Direction.OUTBOUND,
        "+55 11 ••••• 0101",
    )
    assert call.ring_until_unix_s == START.timestamp() + 60
    assert world.state("a").presence is Presence.IN_CALL
    our = world.world.call.id
    await world.world.exchange.deliver(status(OutboundStatus.RINGING, our))
    await world.settle()
    assert phase(world) is CallPhase.RINGING
    assert PlayRingback(our, seat) in world.world.performed
    await world.world.exchange.deliver(status(OutboundStatus.ACCEPTED, our))
    await world.settle()
    assert phase(world) is CallPhase.ACCEPTING, "picked up, and the audio is not there yet"
    await world.world.exchange.deliver(answer_received(our))
    await world.settle()
    assert phase(world) is CallPhase.TALKING
    await world.do("a", "call.hang_up", HangUp(call_id=our))
    await world.world.exchange.deliver(over_at_meta(our, talked_s=20))
    await world.settle()
    last = world.state("a").last_call
    assert last is not None
    assert (last.outcome, last.ended_by, last.direction) == ("answered", "agent", Direction.OUTBOUND)
    assert world.state("a").presence is Presence.FREE


@desk_scenario
async def test_a_rule_that_forbids_the_call_is_told_with_its_time_and_next_step(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.world.gate.verdict = Refused(
        "permission.calls_spent", Fault.LIMIT, START, "connected_calls_per_24h", 100, 100, "wait", 138012
    )
    ack = await place(world)
    assert (ack.ok, ack.why) == (False, Refusal.CALL_REFUSED)
    no = ack.refused
    assert no is not None
    assert (no.code, no.retry_at_unix_s, no.rule) == (
        "permission.calls_spent",
        START.timestamp(),
        "connected_calls_per_24h",
    )
    assert (no.limit, no.used, no.next_step, no.meta_code) == (100, 100, "wait", 138012)
    assert world.state("a").call is None


@desk_scenario
async def test_metas_refusal_is_shown_in_its_own_words(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.world.fails(ConnectCall, Failure("meta.138006", Fault.CUSTOMER, "No approved call permission"))
    await place(world)
    last = world.state("a").last_call
    assert last is not None
    assert (last.failure_code, last.failure_detail) == ("meta.138006", "No approved call permission")


@desk_scenario
async def test_the_same_key_again_is_the_same_call(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    first, second = await place(world), await place(world)
    assert first.call_id == second.call_id
    assert world.world.names().count("ConnectCall") == 1


@desk_scenario
async def test_an_agent_without_a_seat_calls_nobody(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    assert (await place(world)).why is Refusal.NOT_READY


@desk_scenario
async def test_only_the_tab_that_is_the_phone_calls(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.connect(ANA, "b")
    assert (await place(world, "b")).why is Refusal.SEAT_ELSEWHERE


@desk_scenario
async def test_while_the_store_is_away_the_page_is_told_to_try_again(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.world.store.away = True
    assert (await place(world)).why is Refusal.UNAVAILABLE


@desk_scenario
async def test_a_call_of_one_agent_rings_nobody_else(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await place(world)
    assert (world.state("b").ringing, world.state("b").waiting, world.state("b").presence) == ([], [], Presence.FREE)
