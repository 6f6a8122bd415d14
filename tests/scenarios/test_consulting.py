"""A colleague is asked before they get the customer: what both pages show, and what every way out leads to."""

import asyncio
from dataclasses import replace

from signaling.agents.contract import (
    Ack,
    AnswerConsult,
    AskColleague,
    HandOver,
    HangUp,
    HoldCall,
    JoinAll,
    LeaveConsult,
    Refusal,
    SetAvailability,
)
from signaling.call import State
from signaling.conversation import CONSULT_RING_S
from signaling.effects import ConnectAudio, ConnectConsult, ConnectThree, HoldCustomer
from signaling.ids import AgentId
from signaling.presence import Availability, Presence
from tests.fakes.world import ANA, BIA, OTHER_WACID, offered, terminated
from tests.scenarios.desk_world import DeskWorld, desk_scenario

CAIO = replace(BIA, id=AgentId(3), name="Caio")


async def in_a_call(world: DeskWorld) -> str:
    """Ana talks to a customer; Bia and Caio are free."""
    await world.ready(ANA, "a")
    await world.world.exchange.deliver(offered())
    await world.settle()
    await world.answer("a")
    await world.ready(BIA, "b")
    await world.ready(CAIO, "c")
    call = world.state("a").call
    assert call is not None
    return call.call_id


async def ask(world: DeskWorld, call_id: str, agent: AgentId = BIA.id) -> Ack:
    return await world.do("a", "consult.ask", AskColleague(call_id=call_id, agent_id=agent))


async def consulting(world: DeskWorld) -> str:
    call_id = await in_a_call(world)
    await ask(world, call_id)
    assert (await world.do("b", "consult.answer", AnswerConsult(call_id=call_id))).ok
    return call_id


@desk_scenario
async def test_the_colleague_sees_who_asks_about_whom_and_is_offered_nothing_else(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    assert (await ask(world, call_id)).ok
    asked = world.state("b").asked
    assert asked is not None
    assert (asked.call_id, asked.by, asked.party.name) == (call_id, "Ana", "Maria")
    assert world.state("b").call is None
    mine = world.state("a").call
    assert mine is not None and mine.held and mine.consult is not None
    assert (mine.consult.name, mine.consult.asker, mine.consult.ringing) == ("Bia", True, True)
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    assert world.state("b").ringing == [] and len(world.state("c").ringing) == 1
    assert world.state("b").presence is Presence.IN_CALL


@desk_scenario
async def test_two_who_ask_one_colleague_at_once_are_one_who_does_and_one_who_is_told_who(world: DeskWorld) -> None:
    first = await in_a_call(world)
    await world.do("b", "availability.set", SetAvailability(availability=Availability.PAUSED))
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await world.answer("c")
    await world.do("b", "availability.set", SetAvailability(availability=Availability.READY))
    theirs = world.state("c").call
    assert theirs is not None
    asks = [
        world.desk.command(page, "consult.ask", AskColleague(call_id=call_id, agent_id=BIA.id))
        for page, call_id in (("a", first), ("c", theirs.call_id))
    ]
    one, other = await asyncio.gather(*asks)
    await world.settle()
    assert (one.why, other.why, other.who) == (None, Refusal.NOBODY_THERE, "Ana")
    asked, refused = world.state("b").asked, world.state("c").call
    assert asked is not None and asked.by == "Ana"
    assert refused is not None and not refused.held, "their customer is not left with music"
    await world.do("a", "consult.leave", LeaveConsult(call_id=first))
    assert (await world.do("c", "consult.ask", AskColleague(call_id=theirs.call_id, agent_id=BIA.id))).ok


@desk_scenario
async def test_both_talk_while_the_customer_hears_music_and_then_the_colleague_has_them(world: DeskWorld) -> None:
    call_id = await consulting(world)
    assert isinstance(world.world.performed[-1], ConnectConsult)
    theirs = world.state("b").call
    assert theirs is not None and theirs.consult is not None
    assert (theirs.consult.name, theirs.consult.asker, theirs.consult.ringing) == ("Ana", False, False)
    assert (await world.do("a", "consult.hand_over", HandOver(call_id=call_id))).ok
    connected = world.world.performed[-1]
    assert isinstance(connected, ConnectAudio) and connected.agent == BIA.id
    theirs = world.state("b").call
    assert theirs is not None and theirs.consult is None and not theirs.held
    assert world.state("a").call is None and world.state("a").presence is Presence.FREE
    await world.world.exchange.deliver(terminated(talked_s=9))
    await world.settle()
    assert world.state("b").presence is Presence.FREE


@desk_scenario
async def test_whoever_asked_brings_the_customer_in_and_either_agent_may_go(world: DeskWorld) -> None:
    call_id = await consulting(world)
    assert (await world.do("b", "consult.join", JoinAll(call_id=call_id))).why is Refusal.NOBODY_THERE
    assert (await world.do("a", "consult.join", JoinAll(call_id=call_id))).ok
    assert isinstance(world.world.performed[-1], ConnectThree)
    for page in ("a", "b"):
        call = world.state(page).call
        assert call is not None and call.consult is not None and call.consult.joined and not call.held
    assert (await world.do("b", "consult.leave", LeaveConsult(call_id=call_id))).ok
    mine = world.state("a").call
    assert mine is not None and mine.consult is None and not mine.held
    connected = world.world.performed[-1]
    assert isinstance(connected, ConnectAudio) and connected.agent == ANA.id


@desk_scenario
async def test_whoever_asked_may_go_out_of_three_and_the_colleague_has_the_customer(world: DeskWorld) -> None:
    call_id = await consulting(world)
    await world.do("a", "consult.join", JoinAll(call_id=call_id))
    assert (await world.do("a", "consult.hand_over", HandOver(call_id=call_id))).ok
    connected = world.world.performed[-1]
    assert isinstance(connected, ConnectAudio) and connected.agent == BIA.id
    assert world.state("a").presence is Presence.FREE


@desk_scenario
async def test_nobody_is_brought_together_before_the_colleague_has_answered(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await ask(world, call_id)
    assert (await world.do("a", "consult.join", JoinAll(call_id=call_id))).why is Refusal.NOBODY_THERE


@desk_scenario
async def test_whoever_asked_takes_the_customer_back_when_they_wish(world: DeskWorld) -> None:
    call_id = await consulting(world)
    assert (await world.do("a", "consult.leave", LeaveConsult(call_id=call_id))).ok
    assert world.state("b").call is None and world.state("b").presence is Presence.FREE
    mine = world.state("a").call
    assert mine is not None and mine.held and mine.consult is None, "they may want to think first"
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=False))
    assert isinstance(world.world.performed[-1], ConnectAudio)


@desk_scenario
async def test_whoever_was_asked_declines_or_leaves(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    for answered in (False, True):
        await ask(world, call_id)
        if answered:
            await world.do("b", "consult.answer", AnswerConsult(call_id=call_id))
        assert (await world.do("b", "consult.leave", LeaveConsult(call_id=call_id))).ok
        assert (world.state("b").asked, world.state("b").call) == (None, None)
        mine = world.state("a").call
        assert mine is not None and mine.consult is None and mine.held
        assert isinstance(world.world.performed[-1], HoldCustomer)


@desk_scenario
async def test_a_colleague_who_does_not_answer_is_given_up(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await ask(world, call_id)
    await asyncio.sleep(CONSULT_RING_S)
    await world.settle()
    assert world.state("b").asked is None and world.state("b").presence is Presence.FREE
    late = await world.do("b", "consult.answer", AnswerConsult(call_id=call_id))
    assert (late.ok, late.why) == (False, Refusal.NOT_YOUR_CALL)


@desk_scenario
async def test_hanging_up_means_the_consultation_to_one_and_to_the_other(world: DeskWorld) -> None:
    call_id = await consulting(world)
    await world.do("b", "call.hang_up", HangUp(call_id=call_id))
    assert world.world.call.state is State.TALKING and world.state("b").call is None
    await ask(world, call_id)
    await world.do("a", "call.hang_up", HangUp(call_id=call_id))
    assert world.world.call.state is State.TALKING, "the customer is still there, on hold"
    assert world.state("b").asked is None


@desk_scenario
async def test_a_customer_who_leaves_ends_it_for_both(world: DeskWorld) -> None:
    await consulting(world)
    await world.world.exchange.deliver(terminated(talked_s=9))
    await world.settle()
    for sid in ("a", "b"):
        assert (world.state(sid).call, world.state(sid).presence) == (None, Presence.FREE)


@desk_scenario
async def test_a_colleague_whose_sound_is_lost_is_out_and_the_customer_stays(world: DeskWorld) -> None:
    await consulting(world)
    seat = world.world.call.consult
    assert seat is not None and seat.seat is not None
    world.desk.seating.down(BIA.id, seat.seat)
    await world.settle()
    mine = world.state("a").call
    assert mine is not None and mine.consult is None and mine.held
    assert world.state("b").call is None


@desk_scenario
async def test_only_a_free_colleague_can_be_asked_and_one_at_a_time(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.do("b", "availability.set", SetAvailability(availability=Availability.PAUSED))
    refused = await ask(world, call_id)
    assert (refused.ok, refused.why) == (False, Refusal.NOBODY_THERE)
    assert (await ask(world, call_id, AgentId(77))).why is Refusal.NOBODY_THERE
    assert (await ask(world, call_id, ANA.id)).why is Refusal.NOBODY_THERE
    assert (await ask(world, call_id, CAIO.id)).ok
    await world.do("b", "availability.set", SetAvailability(availability=Availability.READY))
    await ask(world, call_id)
    assert world.state("b").asked is None, "Caio is being asked"


@desk_scenario
async def test_nobody_acts_in_a_consultation_that_is_not_theirs(world: DeskWorld) -> None:
    call_id = await consulting(world)
    for name, message in (
        ("consult.hand_over", HandOver(call_id=call_id)),
        ("consult.leave", LeaveConsult(call_id=call_id)),
        ("consult.answer", AnswerConsult(call_id=call_id)),
    ):
        assert (await world.do("c", name, message)).why is Refusal.NOT_YOUR_CALL
    await world.do("b", "consult.hand_over", HandOver(call_id=call_id))
    await world.do("b", "call.hold", HoldCall(call_id=call_id, held=False))
    mine = world.state("a").call
    assert mine is not None and mine.consult is not None, "whoever was asked decides nothing about the customer"


@desk_scenario
async def test_a_page_that_is_opened_again_shows_the_consultation(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await ask(world, call_id)
    world.desk.disconnected("b")
    await world.connect(BIA, "b2", "tab-of-b")
    asked = world.state("b2").asked
    assert asked is not None and asked.call_id == call_id
