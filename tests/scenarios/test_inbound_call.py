"""Every state of an inbound call and every way out of it, on virtual time, with fake neighbours."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from signaling.call import Call, Outcome, Party, Rules, State
from signaling.effects import (
    AcceptCall,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    CreateAnswer,
    Effect,
    OpenAudio,
    PlayHoldTone,
    PreAcceptCall,
    TerminateCall,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentDeclined,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    CallAccepted,
    CallEvent,
    FirstPacket,
    LegConnected,
    LegLost,
    PreAccepted,
    TransferAsked,
)
from signaling.ids import CallId
from signaling.lifecycle import step
from signaling.runner import SAVE_FACTS_WITHIN_S
from tests.fakes.virtual_time import START, run_in_virtual_time
from tests.fakes.world import (
    ANA,
    ANSWER,
    BIA,
    NUMBER,
    OFFER,
    OTHER_WACID,
    PNID,
    SEAT_A,
    SEAT_B,
    WACID,
    FakeWorld,
    offered,
    terminated,
)

RULES = Rules()


def play(scenario: Coroutine[Any, Any, None]) -> None:
    run_in_virtual_time(scenario)


async def settle() -> None:
    """Let everything that is ready happen; time does not move."""
    for _ in range(50):
        await asyncio.sleep(0)


async def tell(world: FakeWorld, *events: CallEvent) -> None:
    for event in events:
        assert world.exchange.tell(world.call.id, event), f"{type(event).__name__} came after the call was over"
        await settle()


async def ringing(world: FakeWorld) -> None:
    await world.exchange.deliver(offered())
    await settle()
    assert state_of(world) is State.RINGING


async def talking(world: FakeWorld) -> None:
    await ringing(world)
    await tell(world, AgentAnswered(ANA.id, SEAT_A))
    assert state_of(world) is State.TALKING


async def closed(world: FakeWorld, **how: Any) -> None:
    """Meta's terminate webhook comes, and the call is over."""
    await world.exchange.deliver(terminated(**how))
    await settle()
    assert state_of(world) is State.ENDED
    assert world.exchange.live_calls == []


def state_of(world: FakeWorld) -> State:
    return world.call.state


def last(world: FakeWorld) -> Effect:
    return world.performed[-1]


def loop_time() -> float:
    return asyncio.get_running_loop().time()


def test_an_offer_is_answered_and_pre_accepted_while_it_rings() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        call_id = world.call.id
        assert world.performed == [CreateAnswer(call_id, OFFER), PreAcceptCall(call_id, PNID, WACID, ANSWER)]
        assert world.call.pre_accepted_at == START
        assert world.call.offered_at == START
        assert world.call.ring_until == START + timedelta(seconds=RULES.ring_window_s)
        await world.exchange.stop()

    play(scenario())


def test_a_call_nobody_answers_is_rejected_when_the_ring_window_closes() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        await asyncio.sleep(RULES.ring_window_s)
        await settle()
        assert loop_time() == RULES.ring_window_s
        assert world.names()[2:] == ["RejectCall", "CloseMedia"]
        assert (state_of(world), world.call.outcome) == (State.ENDING, Outcome.MISSED), "known before Meta confirms it"
        await closed(world)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.MISSED, Party.GATEWAY)

    play(scenario())


def test_an_agent_who_is_heard_gets_the_call_and_no_audio_is_connected_before_meta_said_yes() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AcceptCall)
        await ringing(world)
        await tell(world, AgentsRung(frozenset({ANA.id, BIA.id})), AgentAnswered(ANA.id, SEAT_A))
        call_id = world.call.id
        assert state_of(world) is State.ACCEPTING
        assert world.performed[2:] == [
            AwaitAgentAudio(call_id, ANA.id, SEAT_A),
            AcceptCall(call_id, PNID, WACID, ANSWER),
        ]
        await tell(world, CallAccepted())
        assert world.performed[4:] == [OpenAudio(call_id), ConnectAudio(call_id, ANA.id, SEAT_A)]
        assert (state_of(world), world.call.agent) == (State.TALKING, ANA.id)
        await closed(world, talked_s=40)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.ANSWERED, Party.CUSTOMER)
        assert world.call.meta_duration_s == 40
        assert last(world) == CloseMedia(call_id)

    play(scenario())


def test_accept_waits_for_the_microphone_the_leg_and_pre_accept_whatever_their_order() -> None:
    async def scenario(order: list[CallEvent]) -> None:
        world = FakeWorld()
        world.silent(PreAcceptCall)
        world.silent(AwaitAgentAudio)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        for event in order[:-1]:
            await tell(world, event)
            assert state_of(world) is State.CLAIMED
        await tell(world, order[-1])
        assert state_of(world) is State.TALKING
        await closed(world, talked_s=1)

    audible, leg, pre = AgentAudible(ANA.id, SEAT_A), LegConnected(), PreAccepted()
    orders: list[list[CallEvent]] = [
        [audible, leg, pre],
        [leg, pre, audible],
        [pre, audible, leg],
        [pre, leg, audible],
    ]
    for order in orders:
        play(scenario(order))


def test_the_first_of_two_agents_wins_and_the_second_changes_nothing() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        world.exchange.tell(world.call.id, AgentAnswered(ANA.id, SEAT_A))
        world.exchange.tell(world.call.id, AgentAnswered(BIA.id, SEAT_B))
        await settle()
        assert world.call.agent == ANA.id
        assert world.names().count("AwaitAgentAudio") == world.names().count("AcceptCall") == 1
        await closed(world, talked_s=5)

    play(scenario())


def test_a_claim_is_a_lease_that_ends_when_the_microphone_is_not_heard() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AwaitAgentAudio)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        await asyncio.sleep(RULES.claim_lease_s)
        await settle()
        assert (state_of(world), world.call.claim) == (State.RINGING, None)
        await tell(world, AgentAnswered(BIA.id, SEAT_B))
        await asyncio.sleep(RULES.claim_lease_s - 0.001)
        assert state_of(world) is State.CLAIMED, "the lease of the first claim must not end the second"
        await tell(world, AgentAudible(BIA.id, SEAT_B))
        assert (state_of(world), world.call.agent) == (State.TALKING, BIA.id)
        await closed(world, talked_s=5)

    play(scenario())


def test_a_claim_that_fails_after_the_ring_window_rejects_the_call() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AwaitAgentAudio)
        await ringing(world)
        await asyncio.sleep(RULES.ring_window_s - 1)
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        await asyncio.sleep(2)
        await settle()
        assert state_of(world) is State.CLAIMED, "a claim made in time is not cut off by the window"
        await asyncio.sleep(RULES.claim_lease_s - 2)
        await settle()
        assert state_of(world) is State.ENDING
        assert loop_time() < 30, "Meta may give up 30 s after its webhook"
        await closed(world)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.MISSED, Party.GATEWAY)

    play(scenario())


@pytest.mark.parametrize("event", [AgentHungUp(ANA.id), AgentSeatLost(ANA.id, SEAT_A)])
def test_a_claim_ends_at_once_when_its_agent_leaves(event: CallEvent) -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AwaitAgentAudio)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A), event)
        assert (state_of(world), world.call.claim) == (State.RINGING, None)
        await world.exchange.stop()

    play(scenario())


def test_declining_silences_one_agent_and_not_the_customer() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        await tell(world, AgentDeclined(ANA.id), AgentDeclined(ANA.id))
        assert state_of(world) is State.RINGING
        assert world.call.declined_by == {ANA.id}
        assert [entry.kind for entry in world.call.timeline].count("declined") == 1
        await tell(world, AgentAnswered(BIA.id, SEAT_B))
        assert world.call.agent == BIA.id
        await closed(world, talked_s=5)

    play(scenario())


def test_a_customer_who_hangs_up_while_it_rings_makes_a_missed_call() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        await closed(world)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.MISSED, Party.CUSTOMER)
        assert world.names()[2:] == ["CloseMedia"]

    play(scenario())


def test_a_customer_who_hangs_up_while_accept_is_on_its_way_is_not_resurrected_by_its_answer() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AcceptCall)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        await closed(world)
        assert world.exchange.tell(world.call.id, CallAccepted()) is False
        assert world.call.outcome is Outcome.MISSED

    play(scenario())


def test_an_agent_hangs_up_and_metas_webhook_closes_the_record() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await asyncio.sleep(12)
        await tell(world, AgentHungUp(ANA.id))
        assert world.names()[-2:] == ["TerminateCall", "CloseMedia"]
        assert (state_of(world), world.call.outcome) == (State.ENDING, Outcome.ANSWERED)
        await closed(world, talked_s=12)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.ANSWERED, Party.AGENT)
        assert world.call.ended_at == START + timedelta(seconds=12)

    play(scenario())


def test_an_accept_that_overtakes_the_agents_hanging_up_makes_it_an_answered_call() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AcceptCall)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A), AgentHungUp(ANA.id))
        assert (state_of(world), world.call.outcome) == (State.ENDING, Outcome.MISSED)
        await tell(world, CallAccepted())
        assert (state_of(world), world.call.outcome) == (State.ENDING, Outcome.ANSWERED)
        assert last(world) == TerminateCall(world.call.id, PNID, WACID)
        await closed(world, talked_s=1)
        assert (world.call.outcome, world.call.ended_by) == (Outcome.ANSWERED, Party.AGENT)

    play(scenario())


def test_a_record_closes_by_itself_when_metas_webhook_never_comes_and_a_late_one_still_counts() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await tell(world, AgentHungUp(ANA.id))
        await asyncio.sleep(RULES.close_s)
        await settle()
        assert state_of(world) is State.ENDED
        assert world.exchange.live_calls == []
        await closed(world, talked_s=7)
        assert world.call.meta_duration_s == 7
        assert (world.call.outcome, world.call.ended_by) == (Outcome.ANSWERED, Party.AGENT)

    play(scenario())


def test_only_the_agent_of_the_call_can_hang_up_or_mute() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await tell(world, AgentHungUp(BIA.id), AgentMuted(BIA.id, True))
        assert (state_of(world), world.call.muted) == (State.TALKING, False)
        await tell(world, AgentMuted(ANA.id, True))
        assert world.call.muted
        await tell(world, AgentMuted(ANA.id, False))
        assert not world.call.muted
        await closed(world, talked_s=5)

    play(scenario())


def test_a_reload_in_a_call_gives_the_customer_a_hold_tone_and_the_agent_the_call_back() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await tell(world, AgentSeatLost(ANA.id, SEAT_A))
        assert state_of(world) is State.REATTACHING
        assert last(world) == PlayHoldTone(world.call.id)
        await asyncio.sleep(1.5)
        await tell(world, AgentSeatBack(ANA.id, SEAT_B))
        assert last(world) == ConnectAudio(world.call.id, ANA.id, SEAT_B)
        await asyncio.sleep(RULES.reattach_grace_s)
        await settle()
        assert state_of(world) is State.TALKING, "the grace of an absence that ended must not end the call"
        await closed(world, talked_s=30)

    play(scenario())


def test_a_seat_that_is_replaced_before_the_old_one_was_missed_takes_the_call_over() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await tell(world, AgentSeatBack(ANA.id, SEAT_B), AgentSeatLost(ANA.id, SEAT_A))
        assert state_of(world) is State.TALKING
        assert last(world) == ConnectAudio(world.call.id, ANA.id, SEAT_B)
        await closed(world, talked_s=5)

    play(scenario())


def test_an_agent_lost_while_accept_is_on_its_way_leaves_the_customer_with_a_hold_tone_not_silence() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.silent(AcceptCall)
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A), AgentSeatLost(ANA.id, SEAT_A), CallAccepted())
        assert world.names()[-2:] == ["OpenAudio", "PlayHoldTone"]
        assert state_of(world) is State.REATTACHING
        await tell(world, AgentSeatBack(ANA.id, SEAT_B))
        assert state_of(world) is State.TALKING
        await closed(world, talked_s=5)

    play(scenario())


@pytest.mark.parametrize(
    ("effect", "told_to_meta"),
    [(CreateAnswer, "RejectCall"), (PreAcceptCall, "RejectCall"), (AcceptCall, "TerminateCall")],
)
def test_a_neighbour_that_fails_ends_the_call_with_its_reason(effect: type, told_to_meta: str) -> None:
    async def scenario() -> None:
        world = FakeWorld()
        failure = Failure("meta.138007", Fault.META)
        world.fails(effect, failure)
        await world.exchange.deliver(offered())
        await settle()
        if effect is AcceptCall:
            await tell(world, AgentAnswered(ANA.id, SEAT_A))
        assert world.names()[-2:] == [told_to_meta, "CloseMedia"]
        await closed(world)
        assert (world.call.outcome, world.call.failure) == (Outcome.FAILED, failure)

    play(scenario())


def test_when_nobody_knows_whether_accept_went_through_meta_is_told_both_ways() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.fails(AcceptCall, Failure("network.timeout", Fault.NETWORK))
        world.fails(TerminateCall, Failure("meta.100", Fault.OURS))
        await ringing(world)
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        assert world.names()[-3:] == ["TerminateCall", "CloseMedia", "RejectCall"]
        await closed(world)

    play(scenario())


def test_a_leg_that_does_not_connect_in_time_ends_the_call() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.reports[PreAcceptCall] = lambda _: [PreAccepted()]
        await ringing(world)
        await asyncio.sleep(RULES.connect_s)
        await settle()
        assert state_of(world) is State.ENDING
        await closed(world)
        assert world.call.failure is not None
        assert world.call.failure.code == "media.connect_timeout"

    play(scenario())


@pytest.mark.parametrize("in_state", [state for state in State if state is not State.DIALING])
def test_a_leg_that_dies_ends_the_call(in_state: State) -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await (ringing(world) if in_state is State.RINGING else talking(world))
        if in_state is State.REATTACHING:
            await tell(world, AgentSeatLost(ANA.id, SEAT_A))
        await tell(world, LegLost(Failure("media.leg_lost", Fault.NETWORK)))
        assert world.names()[-2] == ("RejectCall" if in_state is State.RINGING else "TerminateCall")
        await closed(world)
        assert world.call.outcome is Outcome.FAILED

    play(scenario())


def test_a_stale_offer_rings_nobody_and_asks_meta_nothing() -> None:
    async def scenario() -> None:
        for age_s, rings in ((60, True), (61, False)):
            world = FakeWorld()
            await world.exchange.deliver(offered(age_s=age_s))
            await settle()
            assert bool(world.performed) is rings
            if not rings:
                assert (state_of(world), world.call.outcome) == (State.ENDED, Outcome.MISSED)
            await world.exchange.stop()

    play(scenario())


def test_an_offer_that_comes_late_rings_for_what_is_left_of_the_window() -> None:
    async def scenario() -> None:
        for age_s, rings_s in ((20.0, 5.0), (10.0, 15.0), (40.0, RULES.shortest_ring_s)):
            world = FakeWorld()
            before_s = loop_time()
            await world.exchange.deliver(offered(age_s=age_s))
            await settle()
            while state_of(world) is State.RINGING:
                await asyncio.sleep(1)
                await settle()
            assert loop_time() - before_s == rings_s
            await world.exchange.stop()

    play(scenario())


def test_a_terminate_that_comes_before_its_connect_leaves_a_missed_call_that_never_rang() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await world.exchange.deliver(terminated())
        await world.exchange.deliver(offered())
        await world.exchange.deliver(offered())
        await settle()
        assert world.performed == []
        assert (world.call.outcome, world.call.ended_by) == (Outcome.MISSED, Party.CUSTOMER)
        assert world.call.offered_at == START

    play(scenario())


def test_a_duplicate_of_the_offer_changes_nothing_in_any_state() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        await world.exchange.deliver(offered())
        await tell(world, AgentAnswered(ANA.id, SEAT_A))
        await world.exchange.deliver(offered())
        assert world.names().count("CreateAnswer") == 1
        assert state_of(world) is State.TALKING
        await closed(world, talked_s=5)
        await world.exchange.deliver(offered())
        assert state_of(world) is State.ENDED
        assert world.names().count("CreateAnswer") == 1

    play(scenario())


def test_two_deliveries_of_one_call_at_once_make_one_call() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await asyncio.gather(*(world.exchange.deliver(offered()) for _ in range(20)))
        await settle()
        assert len(world.store.rows) == 1
        assert world.names().count("CreateAnswer") == 1
        await world.exchange.stop()

    play(scenario())


def test_the_first_packet_each_way_is_noted_once() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await tell(world, FirstPacket("agent"))
        await asyncio.sleep(1)
        await tell(world, FirstPacket("customer"), FirstPacket("agent"))
        assert world.call.agent_audio_at == START
        assert world.call.customer_audio_at == START + timedelta(seconds=1)
        await closed(world, talked_s=5)

    play(scenario())


def test_a_number_that_takes_no_calls_rejects_at_once() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.numbers.numbers[PNID] = replace(NUMBER, inbound_enabled=False)
        await world.exchange.deliver(offered())
        await settle()
        assert world.names() == ["RejectCall", "CloseMedia"]
        await closed(world)
        assert world.call.failure is not None
        assert world.call.failure.code == "number.inbound_disabled"

    play(scenario())


def test_an_unknown_number_changes_nothing() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.numbers.numbers.clear()
        await world.exchange.deliver(offered())
        assert world.store.rows == {}

    play(scenario())


@pytest.mark.parametrize("in_state", [state for state in State if state is not State.DIALING])
def test_a_restart_ends_every_open_call_at_meta_and_closes_it_with_a_reason(in_state: State) -> None:
    async def scenario() -> None:
        world = FakeWorld()
        if in_state is State.PREPARING:
            world.silent(CreateAnswer)
            await world.exchange.deliver(offered())
        elif in_state in (State.RINGING, State.CLAIMED, State.ACCEPTING):
            world.silent(AwaitAgentAudio if in_state is State.CLAIMED else AcceptCall)
            await ringing(world)
            if in_state is not State.RINGING:
                await tell(world, AgentAnswered(ANA.id, SEAT_A))
        elif in_state is not State.NEW:
            await talking(world)
            if in_state is State.WAITING:
                await tell(world, TransferAsked(ANA.id, to_agent=BIA.id))
            if in_state is State.REATTACHING:
                await tell(world, AgentSeatLost(ANA.id, SEAT_A))
            if in_state in (State.ENDING, State.ENDED):
                await tell(world, AgentHungUp(ANA.id))
            if in_state is State.ENDED:
                await closed(world, talked_s=5)
        await settle()
        await world.exchange.stop()  # kill -9: whatever was in flight is gone
        if in_state is State.NEW:
            return
        assert state_of(world) is in_state
        reborn = FakeWorld()
        reborn.store = world.store
        reborn.exchange._calls = world.store
        assert await reborn.exchange.recover() == (0 if in_state is State.ENDED else 1)
        await settle()
        accepted = in_state in (State.ACCEPTING, State.WAITING, State.TALKING, State.REATTACHING, State.ENDING)
        told = [] if in_state is State.ENDED else ["TerminateCall" if accepted else "RejectCall"]
        assert [name for name in reborn.names() if name != "CloseMedia"] == told
        await asyncio.sleep(RULES.close_s)
        await settle()
        assert reborn.call.state is State.ENDED
        if in_state not in (State.ENDING, State.ENDED):
            assert reborn.call.failure is not None
            assert reborn.call.failure.code == "gateway.restarted"

    play(scenario())


def test_calls_go_on_while_the_store_is_away_and_are_saved_when_it_is_back() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        world.store.away = True
        call_id = world.call.id
        world.exchange.tell(call_id, AgentAnswered(ANA.id, SEAT_A))
        await settle()
        assert world.names()[-1] == "ConnectAudio"
        assert world.store.rows[call_id].state is State.RINGING, "what the store last knew"
        delivery = asyncio.create_task(world.exchange.deliver(terminated(talked_s=9)))
        await asyncio.sleep(5)
        assert not delivery.done(), "a delivery is handled only when its effect is saved"
        world.store.away = False
        await delivery
        assert (state_of(world), world.call.outcome) == (State.ENDED, Outcome.ANSWERED)

    play(scenario())


def test_whoever_wants_to_read_a_call_that_has_just_begun_is_told_when_it_is_stored() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.store.save_s = 3.0
        delivery = asyncio.create_task(world.exchange.deliver(offered()))
        await asyncio.sleep(1.0)
        (call,) = world.exchange.live_calls
        stored = asyncio.create_task(world.exchange.stored(call.id))
        await asyncio.sleep(1.0)
        assert not stored.done() and call.id not in world.store.rows
        await asyncio.gather(stored, delivery)
        assert call.id in world.store.rows
        await world.exchange.stored(call.id)
        await world.exchange.stored(CallId("0" * 32))

    play(scenario())


def test_a_bug_of_ours_ends_that_call_loudly_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def buggy(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
        assert not isinstance(event, AgentMuted), "a broken promise"
        return step(call, event, at)

    monkeypatch.setattr("signaling.runner.step", buggy)

    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await world.exchange.deliver(offered(OTHER_WACID))
        await settle()
        sick = world.only(WACID)
        world.exchange.tell(sick.id, AgentMuted(ANA.id, True))
        await settle()
        sick = world.only(WACID)
        assert (sick.state, sick.outcome) == (State.ENDED, Outcome.FAILED)
        assert sick.failure is not None
        assert sick.failure.code == "gateway.bug"
        assert sorted(world.names()[-2:]) == ["CloseMedia", "TerminateCall"]
        assert world.only(OTHER_WACID).state is State.RINGING
        await world.exchange.stop()

    play(scenario())


def test_a_save_that_can_never_succeed_ends_that_call_and_lets_its_delivery_go() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        world.store.refusing = True
        with pytest.raises(NeighbourError, match=r"store\.refused"):
            await world.exchange.deliver(terminated(talked_s=3))
        await settle()
        assert world.exchange.live_calls == []
        assert "CloseMedia" in world.names()

    play(scenario())


def test_what_asks_for_nothing_is_saved_within_a_second_and_all_of_it_at_once() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await talking(world)
        await asyncio.sleep(2 * SAVE_FACTS_WITHIN_S)
        saves, row = world.store.saves, world.store.rows[world.call.id]
        await tell(world, FirstPacket("customer"), FirstPacket("agent"))
        await asyncio.sleep(SAVE_FACTS_WITHIN_S / 2)
        await tell(world, AgentMuted(ANA.id, True))
        assert (world.store.saves, world.store.rows[row.id]) == (saves, row), "facts wait for each other"
        await asyncio.sleep(SAVE_FACTS_WITHIN_S / 2)
        await settle()
        assert (world.store.saves, world.store.rows[row.id]) == (saves + 1, world.call)
        await closed(world, talked_s=5)

    play(scenario())


def test_what_a_decision_rests_on_is_saved_before_it_is_performed() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        await ringing(world)
        world.store.save_s = 0.05
        world.exchange.tell(world.call.id, AgentsRung(frozenset({ANA.id})))
        world.exchange.tell(world.call.id, AgentAnswered(ANA.id, SEAT_A))
        await settle()
        assert "AwaitAgentAudio" not in world.names(), "it is being saved"
        await asyncio.sleep(world.store.save_s)
        await settle()
        assert "AwaitAgentAudio" in world.names()
        stored = world.store.rows[world.call.id]
        assert (stored.state, stored.rung_at) == (State.CLAIMED, START), "and with it what was known before"
        await closed(world, talked_s=5)

    play(scenario())
