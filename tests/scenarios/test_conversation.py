"""Hold, transfer, consultation and three, and what becomes of them when somebody is lost, on virtual time."""

from signaling.call import Call, Outcome, Party, Rules, State
from signaling.conversation import CONSULT_RING_S, TRANSFER_RING_S, agents_in
from signaling.effects import (
    ConnectAudio,
    ConnectConsult,
    ConnectThree,
    Effect,
    HoldCustomer,
    PlayHoldTone,
)
from signaling.events import (
    AgentAnswered,
    AgentHeld,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    ConsultJoined,
    ConsultLeft,
    DigitPressed,
    TransferAsked,
)
from signaling.ids import DepartmentId, SeatId
from signaling.plan import RESCUE_S, RingOrder
from signaling.waiting import RingRule, ring_rule
from signaling.work import talks_of, with_agent_since
from tests.fakes.world import ANA, BIA, SALES, SEAT_A, SEAT_B
from tests.scenarios.plan_world import PlanWorld, scenario

SEAT_C = SeatId("seat-c")
SUPPORT = DepartmentId(2)
GRACE_S = Rules().reattach_grace_s


async def talking(world: PlanWorld) -> None:
    await world.call_comes()
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    assert world.state is State.TALKING


async def consulting(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(ConsultAsked(ANA.id, BIA.id), ConsultAnswered(BIA.id, SEAT_B))


def live(world: PlanWorld) -> Call:
    (call,) = world.world.exchange.live_calls
    return call


def last(world: PlanWorld) -> Effect:
    return world.world.performed[-1]


@scenario(plan=None)
async def test_hold_plays_music_and_taking_back_connects_again(world: PlanWorld) -> None:
    await talking(world)
    call_id = world.world.call.id
    await world.tell(AgentHeld(ANA.id, True))
    assert last(world) == HoldCustomer(call_id, SEAT_A)
    await world.tell(AgentHeld(ANA.id, True))
    assert world.world.names().count("HoldCustomer") == 1
    await world.tell(AgentHeld(ANA.id, False))
    assert last(world) == ConnectAudio(call_id, ANA.id, SEAT_A)


@scenario(plan=None)
async def test_a_customer_on_hold_is_still_on_hold_when_the_agent_is_back(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(AgentHeld(ANA.id, True), AgentSeatLost(ANA.id, SEAT_A))
    assert last(world) == PlayHoldTone(world.world.call.id)
    await world.tell(AgentSeatBack(ANA.id, SEAT_C))
    assert last(world) == HoldCustomer(world.world.call.id, SEAT_C)
    assert live(world).held


@scenario(plan=None)
async def test_only_the_agent_of_the_call_may_hold_transfer_or_consult(world: PlanWorld) -> None:
    await talking(world)
    before = len(world.world.performed)
    await world.tell(AgentHeld(BIA.id, True), TransferAsked(BIA.id, to_agent=BIA.id), ConsultAsked(BIA.id, ANA.id))
    assert world.world.performed[before:] == []
    assert world.state is State.TALKING


@scenario(plan=None)
async def test_a_blind_transfer_rings_the_other_agent_alone_and_frees_the_first_at_once(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(TransferAsked(ANA.id, to_agent=BIA.id))
    assert world.heard == [("transferring",), ("queue_music",)]
    assert ring_rule(live(world)) == RingRule(None, RingOrder.ALL, only=BIA.id)
    assert agents_in(live(world)) == frozenset()
    answered_at = live(world).answered_at
    await world.pass_s(5)
    await world.tell(AgentAnswered(BIA.id, SEAT_B))
    assert last(world) == ConnectAudio(world.world.call.id, BIA.id, SEAT_B)
    assert answered_at is not None
    assert live(world).answered_at == answered_at, "that is how long they had waited, not until the second agent"
    await world.customer_hangs_up(talked_s=60)
    assert (world.world.call.agent, world.world.call.outcome) == (BIA.id, Outcome.ANSWERED)


@scenario(plan=None)
async def test_what_each_agent_talked_is_theirs_and_a_call_is_answered_once(world: PlanWorld) -> None:
    await talking(world)
    answered_at = live(world).answered_at
    await world.pass_s(30)
    await world.tell(TransferAsked(ANA.id, to_agent=BIA.id))
    await world.pass_s(5)
    await world.tell(AgentAnswered(BIA.id, SEAT_B))
    assert live(world).answered_at == answered_at, "the customer waited for the first agent"
    await world.pass_s(12)
    await world.tell(TransferAsked(BIA.id, to_department=SUPPORT))
    await world.pass_s(4)
    await world.customer_hangs_up(talked_s=51)
    call = world.world.call
    since = with_agent_since(call.direction, call.accepted_at, call.answered_at)
    talks = talks_of(call.timeline, since, call.ended_at, call.agent)
    assert {agent: round(ms, -2) for agent, ms in talks.items()} == {ANA.id: 30_000, BIA.id: 12_000}


@scenario(plan=None)
async def test_a_transfer_nobody_takes_comes_back_and_then_goes_to_the_department(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(TransferAsked(ANA.id, to_agent=BIA.id))
    await world.pass_s(TRANSFER_RING_S)
    assert ring_rule(live(world)) == RingRule(None, RingOrder.ALL, only=ANA.id)
    await world.pass_s(TRANSFER_RING_S)
    assert ring_rule(live(world)) == RingRule(SALES, RingOrder.ALL)
    await world.pass_s(RESCUE_S)
    assert world.state is State.ENDING
    assert world.world.call.outcome is Outcome.ANSWERED, "somebody had talked to this customer"


@scenario(plan=None)
async def test_a_transfer_to_a_department_waits_in_its_queue(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(TransferAsked(ANA.id, to_department=SUPPORT))
    assert ring_rule(live(world)) == RingRule(SUPPORT, RingOrder.ALL)
    await world.tell(AgentAnswered(BIA.id, SEAT_B))
    assert world.world.call.agent == BIA.id


@scenario(plan=None)
async def test_a_late_timer_of_the_first_waiting_says_nothing_about_the_second(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(TransferAsked(ANA.id, to_agent=BIA.id), AgentAnswered(BIA.id, SEAT_B))
    await world.pass_s(TRANSFER_RING_S / 2)
    await world.tell(TransferAsked(BIA.id, to_agent=ANA.id))
    await world.pass_s(TRANSFER_RING_S / 2 + 1)
    assert ring_rule(live(world)) == RingRule(None, RingOrder.ALL, only=ANA.id), "its own time is not over"


@scenario(plan=None)
async def test_the_consulted_agent_hears_the_asker_while_the_customer_hears_music(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(ConsultAsked(ANA.id, BIA.id))
    assert last(world) == HoldCustomer(world.world.call.id, SEAT_A)
    assert agents_in(live(world)) == {ANA.id}
    await world.tell(ConsultAnswered(BIA.id, SEAT_B))
    assert last(world) == ConnectConsult(world.world.call.id, SEAT_A, SEAT_B)
    assert agents_in(live(world)) == {ANA.id, BIA.id}


@scenario(plan=None)
async def test_an_attended_transfer_is_one_switch(world: PlanWorld) -> None:
    await consulting(world)
    before = len(world.world.performed)
    await world.tell(ConsultHandedOver(ANA.id))
    assert world.world.performed[before:] == [ConnectAudio(world.world.call.id, BIA.id, SEAT_B)]
    assert agents_in(live(world)) == {BIA.id}
    await world.tell(AgentHungUp(ANA.id))
    assert world.state is State.TALKING, "the first agent has no say any more"
    await world.tell(AgentHungUp(BIA.id))
    assert (world.state, world.world.call.ended_by) == (State.ENDING, Party.AGENT)


@scenario(plan=None)
async def test_a_consultation_that_is_declined_left_or_not_answered_leaves_the_customer_on_hold(
    world: PlanWorld,
) -> None:
    await talking(world)
    call_id = world.world.call.id
    for ending in (ConsultLeft(BIA.id), ConsultLeft(ANA.id), AgentHungUp(ANA.id)):
        await world.tell(ConsultAsked(ANA.id, BIA.id), ending)
        assert live(world).consult is None
        assert last(world) == HoldCustomer(call_id, SEAT_A)
    await world.tell(ConsultAsked(ANA.id, BIA.id))
    await world.pass_s(CONSULT_RING_S)
    assert live(world).consult is None
    await world.tell(AgentHeld(ANA.id, False))
    assert last(world) == ConnectAudio(call_id, ANA.id, SEAT_A)


@scenario(plan=None)
async def test_a_late_timer_of_one_consultation_does_not_end_the_next(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(ConsultAsked(ANA.id, BIA.id), ConsultLeft(BIA.id))
    await world.pass_s(CONSULT_RING_S - 1)
    await world.tell(ConsultAsked(ANA.id, BIA.id))
    await world.pass_s(2)
    assert live(world).consult is not None


@scenario(plan=None)
async def test_three_hear_each_other_and_whoever_leaves_leaves_two(world: PlanWorld) -> None:
    await consulting(world)
    call_id = world.world.call.id
    await world.tell(ConsultJoined(ANA.id))
    assert last(world) == ConnectThree(call_id, SEAT_A, SEAT_B)
    await world.tell(ConsultLeft(BIA.id))
    assert last(world) == ConnectAudio(call_id, ANA.id, SEAT_A)
    await world.tell(ConsultAsked(ANA.id, BIA.id), ConsultAnswered(BIA.id, SEAT_B), ConsultJoined(ANA.id))
    await world.tell(AgentHungUp(ANA.id))
    assert last(world) == ConnectAudio(call_id, BIA.id, SEAT_B)
    assert world.state is State.TALKING


@scenario(plan=None)
async def test_a_reload_of_either_agent_in_three_is_made_good_or_leaves_two(world: PlanWorld) -> None:
    await consulting(world)
    call_id = world.world.call.id
    await world.tell(ConsultJoined(ANA.id), AgentSeatBack(BIA.id, SEAT_C))
    assert last(world) == ConnectThree(call_id, SEAT_A, SEAT_C)
    await world.tell(AgentSeatLost(ANA.id, SEAT_A))
    assert last(world) == ConnectAudio(call_id, BIA.id, SEAT_C)


@scenario(plan=None)
async def test_an_asker_who_is_lost_while_consulting_is_waited_for_and_the_other_is_free(world: PlanWorld) -> None:
    await consulting(world)
    await world.tell(AgentSeatLost(ANA.id, SEAT_A))
    assert (world.state, set(agents_in(live(world)))) == (State.REATTACHING, {ANA.id})
    assert last(world) == PlayHoldTone(world.world.call.id)


@scenario(plan=None)
async def test_a_consulted_agent_who_is_lost_gives_the_customer_back(world: PlanWorld) -> None:
    await consulting(world)
    await world.tell(AgentSeatLost(BIA.id, SEAT_B))
    assert live(world).consult is None
    assert last(world) == HoldCustomer(world.world.call.id, SEAT_A)


@scenario(plan=None)
async def test_an_agent_who_does_not_come_back_is_replaced_by_the_department(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(AgentSeatLost(ANA.id, SEAT_A))
    await world.pass_s(GRACE_S)
    assert (world.state, ring_rule(live(world))) == (State.WAITING, RingRule(SALES, RingOrder.ALL))
    await world.tell(AgentAnswered(BIA.id, SEAT_B))
    assert last(world) == ConnectAudio(world.world.call.id, BIA.id, SEAT_B)


@scenario(plan=None)
async def test_keys_are_shown_to_the_agent_and_kept_nowhere(world: PlanWorld) -> None:
    await talking(world)
    await world.tell(*(DigitPressed(key) for key in "12#"))
    assert live(world).keys == "12#"
    stored = world.world.call
    assert [entry.data for entry in stored.timeline if entry.kind == "key"] == [{}, {}, {}]
    assert "12#" not in repr(live(world))
