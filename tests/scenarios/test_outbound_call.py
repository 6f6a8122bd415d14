"""Every state of a call that we make and every way out of it, on virtual time, with fake neighbours."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest

from signaling.call import Call, Outcome, Party, Rules, State
from signaling.effects import (
    ApplyAnswer,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    ConnectCall,
    CreateOffer,
    OpenAudio,
    PlayHoldTone,
    PlayRingback,
    TerminateCall,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    CallEvent,
    CallPlaced,
    FirstPacket,
    LegLost,
    OutboundStatus,
)
from signaling.exchange import MetaCallEvent
from signaling.ids import CallId, ContactId, NumberId
from signaling.placing import CallWish
from signaling.private import PhoneNumber
from signaling.verdict import Allowed, Refused
from tests.fakes.virtual_time import START, run_in_virtual_time
from tests.fakes.world import (
    ANA,
    ANSWER,
    AWAY,
    BIA,
    MARIA,
    NUMBER,
    OFFER,
    OTHER_WACID,
    PNID,
    SEAT_A,
    SEAT_B,
    WACID,
    FakeWorld,
    answer_received,
    offered,
    over_at_meta,
    status,
)
from tests.scenarios.test_inbound_call import last, loop_time, settle, state_of

RULES = Rules()
RINGING, ACCEPTED, REJECTED = OutboundStatus.RINGING, OutboundStatus.ACCEPTED, OutboundStatus.REJECTED
WISH = CallWish(ANA, SEAT_A, NUMBER.id, ContactId(7), confirm_risk=False, key="wish-0001")

Scenario = Callable[[FakeWorld], Coroutine[Any, Any, None]]


def scenario(play: Scenario) -> Callable[[], None]:
    @wraps(play)
    def test() -> None:
        async def run() -> None:
            world = FakeWorld()
            await play(world)
            await world.exchange.stop()

        run_in_virtual_time(run())

    del test.__wrapped__  # or pytest looks for a fixture `world`
    return test


async def dial(world: FakeWorld, wish: CallWish = WISH) -> CallId:
    placed = await world.placing.place_call(wish)
    assert not isinstance(placed, Refused), placed
    await settle()
    return placed


async def refused(world: FakeWorld, wish: CallWish = WISH) -> Refused:
    placed = await world.placing.place_call(wish)
    assert isinstance(placed, Refused)
    return placed


async def tell(world: FakeWorld, *events: CallEvent) -> None:
    for event in events:
        assert world.exchange.tell(world.call.id, event), f"{type(event).__name__} came after the call was over"
        await settle()


async def meta(world: FakeWorld, *events: MetaCallEvent) -> None:
    for event in events:
        await world.exchange.deliver(event)
        await settle()


async def talking(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received(), status(RINGING), status(ACCEPTED))
    assert world.call.state is State.TALKING


async def closed(world: FakeWorld, **how: Any) -> Call:
    await meta(world, over_at_meta(**how))
    assert world.call.state is State.ENDED
    assert world.exchange.live_calls == []
    return world.call


def how(call: Call) -> tuple[Outcome | None, Party | None, str | None]:
    return call.outcome, call.ended_by, call.failure.code if call.failure else None


# ---- the usual course ------------------------------------------------------------------------------------------------


@scenario
async def test_a_call_is_offered_connected_rung_picked_up_and_talked_in(world: FakeWorld) -> None:
    call_id = await dial(world)
    assert world.performed == [
        AwaitAgentAudio(call_id, ANA.id, SEAT_A),
        CreateOffer(call_id),
        ConnectCall(call_id, PNID, MARIA, OFFER),
        PlayRingback(call_id, SEAT_A),
    ]
    assert (world.call.state, world.call.wacid, world.call.agent) == (State.DIALING, WACID, ANA.id)
    world.performed.clear()
    await meta(world, answer_received())
    assert world.performed == [ApplyAnswer(call_id, ANSWER), OpenAudio(call_id)]
    assert world.call.state is State.DIALING, "the tunnel is ready, and nobody has picked up"
    await meta(world, status(RINGING))
    assert world.call.rung_at == START
    world.performed.clear()
    await meta(world, status(ACCEPTED))
    assert world.performed == [ConnectAudio(call_id, ANA.id, SEAT_A)]
    assert (world.call.state, world.call.accepted_at) == (State.TALKING, START)
    await tell(world, AgentHungUp(ANA.id))
    assert world.performed[1:] == [TerminateCall(call_id, PNID, WACID), CloseMedia(call_id)]
    assert how(await closed(world, talked_s=20)) == (Outcome.ANSWERED, Party.AGENT, None)


@scenario
async def test_a_call_is_not_placed_before_its_agent_was_heard(world: FakeWorld) -> None:
    world.silent(AwaitAgentAudio)
    await dial(world)
    assert world.names() == ["AwaitAgentAudio"]
    await tell(world, AgentAudible(ANA.id, SEAT_A))
    assert "ConnectCall" in world.names()


@scenario
async def test_an_agent_who_is_not_heard_calls_nobody(world: FakeWorld) -> None:
    world.silent(AwaitAgentAudio)
    await dial(world)
    await asyncio.sleep(RULES.claim_lease_s + 0.1)
    assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "agent.unheard")
    assert world.names() == ["AwaitAgentAudio", "CloseMedia"]


@scenario
async def test_the_customer_hangs_up(world: FakeWorld) -> None:
    await talking(world)
    assert how(await closed(world, talked_s=20)) == (Outcome.ANSWERED, Party.CUSTOMER, None)
    assert world.names().count("TerminateCall") == 0
    assert world.names()[-1] == "CloseMedia"


@scenario
async def test_what_the_agent_mutes_and_the_first_packets_are_noted(world: FakeWorld) -> None:
    await talking(world)
    await tell(world, AgentMuted(ANA.id, True), FirstPacket("agent"), FirstPacket("customer"))
    assert (world.call.muted, world.call.agent_audio_at, world.call.customer_audio_at) == (True, START, START)


# ---- not picked up ---------------------------------------------------------------------------------------------------


@scenario
async def test_the_customer_declines(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received(), status(RINGING), status(REJECTED))
    assert world.call.state is State.ENDING
    assert how(world.call) == (Outcome.DECLINED, Party.CUSTOMER, None)
    assert world.names()[-1] == "CloseMedia"
    assert "TerminateCall" not in world.names(), "Meta has ended it by itself"
    assert how(await closed(world)) == (Outcome.DECLINED, Party.CUSTOMER, None)


@pytest.mark.parametrize(("before_s", "state"), [(-1.0, State.DIALING), (0.0, State.ENDING), (1.0, State.ENDING)])
def test_nobody_picks_up_for_sixty_seconds(before_s: float, state: State) -> None:
    async def play() -> None:
        world = FakeWorld()
        await dial(world)
        await meta(world, answer_received(), status(RINGING))
        await asyncio.sleep(60.0 + before_s)
        await settle()
        assert world.call.state is state
        if state is State.ENDING:
            assert "TerminateCall" in world.names()
            assert how(await closed(world)) == (Outcome.MISSED, Party.GATEWAY, None)
        await world.exchange.stop()

    run_in_virtual_time(play())


def test_a_customer_who_speaks_has_picked_up_though_meta_never_says_so() -> None:
    """ACCEPTED may come late, or get lost (reference C2): a conversation is not cut off for that."""

    async def play() -> None:
        world = FakeWorld()
        await dial(world)
        await meta(world, answer_received(), status(RINGING))
        await tell(world, FirstPacket("customer"))
        await asyncio.sleep(59.0)
        await settle()
        assert "ConnectAudio" not in world.names(), "sound alone is no pick-up: it may be an announcement"
        await asyncio.sleep(1.0)
        await settle()
        assert world.call.state is State.TALKING and world.call.accepted_at is not None
        assert world.names()[-1] == "ConnectAudio"
        assert "pick_up_unannounced" in [entry.kind for entry in world.call.timeline]
        await meta(world, status(ACCEPTED))
        assert world.names().count("ConnectAudio") == 1, "late news change nothing"
        await world.exchange.stop()

    run_in_virtual_time(play())


def test_how_long_it_rings_is_a_rule_of_the_number() -> None:
    async def play() -> None:
        world = FakeWorld(Rules(dial_window_s=20.0))
        world.numbers.numbers[PNID] = replace(world.numbers.numbers[PNID], outbound_enabled=True)
        await dial(world)
        await asyncio.sleep(20.1)
        assert world.call.state is State.ENDING
        await world.exchange.stop()

    run_in_virtual_time(play())


@scenario
async def test_meta_gives_up_before_us(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received(), status(RINGING))
    assert how(await closed(world)) == (Outcome.MISSED, Party.CUSTOMER, None)


@scenario
async def test_the_agent_cancels_while_it_rings(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received())
    await tell(world, AgentHungUp(ANA.id))
    assert world.performed[-2:] == [TerminateCall(world.call.id, PNID, WACID), CloseMedia(world.call.id)]
    assert how(await closed(world)) == (Outcome.MISSED, Party.AGENT, None)


@scenario
async def test_a_call_that_was_cancelled_before_meta_named_it_is_ended_when_meta_does(world: FakeWorld) -> None:
    world.silent(ConnectCall)
    await dial(world)
    await tell(world, AgentHungUp(ANA.id))
    assert "TerminateCall" not in world.names(), "it has no name to end it by"
    await tell(world, CallPlaced(WACID))
    assert world.performed[-1] == TerminateCall(world.call.id, PNID, WACID)
    assert how(await closed(world)) == (Outcome.MISSED, Party.AGENT, None)


@scenario
async def test_who_picks_up_in_the_moment_of_the_cancelling_is_not_left_in_silence(world: FakeWorld) -> None:
    await dial(world)
    await tell(world, AgentHungUp(ANA.id))
    await meta(world, status(ACCEPTED))
    assert world.names().count("TerminateCall") == 2
    assert how(await closed(world, talked_s=1)) == (Outcome.ANSWERED, Party.AGENT, None)


@scenario
async def test_the_call_of_an_agent_who_cancels_before_anything_was_sent_never_was(world: FakeWorld) -> None:
    world.silent(AwaitAgentAudio)
    await dial(world)
    await tell(world, AgentHungUp(ANA.id))
    assert world.names() == ["AwaitAgentAudio", "CloseMedia"]
    assert how(world.call) == (Outcome.MISSED, Party.AGENT, None)


# ---- Graph -----------------------------------------------------------------------------------------------------------


@scenario
async def test_graph_refuses_in_metas_own_words(world: FakeWorld) -> None:
    words = "(#138006) No approved call permission found (HTTP 401)"
    world.fails(ConnectCall, Failure("meta.138006", Fault.CUSTOMER, words))
    await dial(world)
    assert (world.call.state, world.call.failure) == (State.ENDED, Failure("meta.138006", Fault.CUSTOMER, words))
    assert world.names()[-1] == "CloseMedia"
    assert "PlayRingback" not in world.names()
    assert world.exchange.live_calls == []


@scenario
async def test_a_connect_that_nobody_answered_is_not_repeated_and_a_webhook_can_still_tell(world: FakeWorld) -> None:
    world.fails(ConnectCall, Failure("network.connect_unclear", Fault.NETWORK))
    call_id = await dial(world)
    assert world.call.state is State.DIALING
    await meta(world, status(RINGING, call_id), answer_received(call_id), status(ACCEPTED, call_id))
    assert (world.call.state, world.call.wacid) == (State.TALKING, WACID)
    assert world.names().count("ConnectCall") == 1


@scenario
async def test_a_connect_of_which_nothing_is_ever_heard_fails(world: FakeWorld) -> None:
    world.fails(ConnectCall, Failure("network.connect_unclear", Fault.NETWORK))
    call_id = await dial(world)
    await asyncio.sleep(RULES.connect_s + 0.1)
    assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "network.connect_unclear")
    await meta(world, status(RINGING, call_id))  # so it rings after all, for nobody
    assert world.performed[-1] == TerminateCall(call_id, PNID, WACID)


@scenario
async def test_an_answer_of_metas_that_cannot_be_used_ends_the_call(world: FakeWorld) -> None:
    world.fails(ApplyAnswer, Failure("media.bad_answer", Fault.META, "sdes"))
    await dial(world)
    await meta(world, answer_received())
    assert "TerminateCall" in world.names()
    assert how(await closed(world)) == (Outcome.FAILED, Party.GATEWAY, "media.bad_answer")


@scenario
async def test_a_tunnel_that_does_not_stand_in_time_ends_the_call(world: FakeWorld) -> None:
    world.silent(ApplyAnswer)
    await dial(world)
    await meta(world, answer_received(), status(ACCEPTED))
    assert world.call.state is State.DIALING, "picked up, but nobody can hear anybody"
    await asyncio.sleep(RULES.connect_s + 0.1)
    assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "media.connect_timeout")
    assert "TerminateCall" in world.names()


@scenario
async def test_an_acceptance_without_an_answer_ends_in_time(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, status(ACCEPTED))
    await asyncio.sleep(RULES.connect_s + 0.1)
    assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "media.connect_timeout")


@scenario
async def test_meta_fails_the_call_and_says_why(world: FakeWorld) -> None:
    await dial(world)
    call = await closed(world, failed=True)
    assert how(call) == (Outcome.FAILED, Party.CUSTOMER, "meta.138019")
    assert call.failure is not None
    assert call.failure.detail == "Call setup failed: The client failed"


@scenario
async def test_no_port_is_free(world: FakeWorld) -> None:
    world.fails(CreateOffer, Failure("media.no_port_free", Fault.LIMIT, retry_after_s=5.0))
    await dial(world)
    assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "media.no_port_free")
    assert "ConnectCall" not in world.names()


# ---- the agent's seat ------------------------------------------------------------------------------------------------


@scenario
async def test_a_page_that_reloads_while_it_rings_hears_the_ringing_again(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received())
    await tell(world, AgentSeatLost(ANA.id, SEAT_A))
    assert world.call.reattach_until == START + timedelta(seconds=RULES.reattach_grace_s)
    await tell(world, AgentSeatBack(ANA.id, SEAT_B))
    assert last(world) == PlayRingback(world.call.id, SEAT_B)
    await asyncio.sleep(RULES.reattach_grace_s + 1)
    await meta(world, status(ACCEPTED))
    assert last(world) == ConnectAudio(world.call.id, ANA.id, SEAT_B)


@scenario
async def test_who_picks_up_while_the_agent_is_away_hears_the_hold_tone(world: FakeWorld) -> None:
    await dial(world)
    await meta(world, answer_received())
    await tell(world, AgentSeatLost(ANA.id, SEAT_A))
    await meta(world, status(ACCEPTED))
    assert (world.call.state, world.performed[-1]) == (State.REATTACHING, PlayHoldTone(world.call.id))
    await tell(world, AgentSeatBack(ANA.id, SEAT_B))
    assert world.performed[-1] == ConnectAudio(world.call.id, ANA.id, SEAT_B)


def test_an_agent_who_does_not_come_back_while_it_rings_ends_the_call() -> None:
    async def play() -> None:
        world = FakeWorld()
        await dial(world)
        await meta(world, answer_received())
        await tell(world, AgentSeatLost(ANA.id, SEAT_A))
        await asyncio.sleep(RULES.reattach_grace_s + 0.1)
        assert how(world.call) == (Outcome.FAILED, Party.GATEWAY, "agent.lost")
        assert "TerminateCall" in world.names()
        await world.exchange.stop()

    run_in_virtual_time(play())


def test_a_customer_who_picked_up_and_whose_agent_does_not_come_back_waits_for_somebody_else() -> None:
    async def play() -> None:
        world = FakeWorld()
        await dial(world)
        await meta(world, answer_received())
        await tell(world, AgentSeatLost(ANA.id, SEAT_A))
        await meta(world, status(ACCEPTED))
        await asyncio.sleep(RULES.reattach_grace_s + 0.1)
        assert state_of(world) is State.WAITING
        await tell(world, AgentAnswered(BIA.id, SEAT_B))
        assert world.performed[-1] == ConnectAudio(world.call.id, BIA.id, SEAT_B)
        await world.exchange.stop()

    run_in_virtual_time(play())


@scenario
async def test_a_page_that_reloads_in_the_talk_is_waited_for(world: FakeWorld) -> None:
    await talking(world)
    await tell(world, AgentSeatLost(ANA.id, SEAT_A))
    assert state_of(world) is State.REATTACHING
    await tell(world, AgentSeatBack(ANA.id, SEAT_B))
    assert state_of(world) is State.TALKING


@scenario
async def test_a_leg_that_dies_ends_the_call(world: FakeWorld) -> None:
    await talking(world)
    await tell(world, LegLost(Failure("media.path_dead", Fault.NETWORK)))
    assert how(await closed(world, talked_s=3)) == (Outcome.FAILED, Party.GATEWAY, "media.path_dead")


# ---- Meta's order ----------------------------------------------------------------------------------------------------


@scenario
async def test_webhooks_overtake_the_http_response_and_each_other(world: FakeWorld) -> None:
    """reference payloads: flow_bic_race_webhooks_first."""
    world.silent(ConnectCall)
    call_id = await dial(world)
    await meta(world, status(RINGING, call_id), status(ACCEPTED, call_id), answer_received(call_id))
    assert (world.call.state, world.call.wacid) == (State.TALKING, WACID)
    await tell(world, CallPlaced(WACID))
    assert world.call.state is State.TALKING
    assert world.names().count("PlayRingback") == 1


@scenario
async def test_a_webhook_with_our_call_id_and_another_name_is_of_another_call(world: FakeWorld) -> None:
    call_id = await dial(world)
    await meta(world, status(ACCEPTED, call_id, OTHER_WACID))
    assert world.call.accepted_at is None


@scenario
async def test_what_meta_tells_of_calls_of_others_changes_nothing(world: FakeWorld) -> None:
    await meta(world, status(RINGING), answer_received(CallId("0" * 32)))
    assert world.store.rows == {}


@scenario
async def test_late_webhooks_of_a_call_that_is_over_find_it(world: FakeWorld) -> None:
    call_id = await dial(world)
    await meta(world, over_at_meta(call_id, talked_s=20))
    assert world.exchange.live_calls == []
    await meta(world, status(ACCEPTED, call_id), answer_received(call_id))
    assert how(world.call) == (Outcome.ANSWERED, Party.CUSTOMER, None)
    assert "ConnectAudio" not in world.names()


# ---- our process dies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("picked_up", [False, True])
def test_calls_that_a_crash_left_open_are_ended_at_meta(picked_up: bool) -> None:
    async def play() -> None:
        world = FakeWorld()
        call_id = await dial(world)
        await meta(world, answer_received())
        if picked_up:
            await meta(world, status(ACCEPTED))
        await world.exchange.stop()
        world.performed.clear()
        assert await world.exchange.recover() == 1
        await settle()
        assert world.performed[0] == TerminateCall(call_id, PNID, WACID)
        talked_s = 3 if picked_up else None
        assert how(await closed(world, talked_s=talked_s)) == (Outcome.FAILED, Party.GATEWAY, "gateway.restarted")

    run_in_virtual_time(play())


@scenario
async def test_a_call_that_had_no_name_at_the_crash_is_ended_when_a_webhook_names_it(world: FakeWorld) -> None:
    world.silent(ConnectCall)
    call_id = await dial(world)
    await world.exchange.stop()
    await world.exchange.recover()
    await settle()
    await meta(world, status(RINGING, call_id))
    assert world.performed[-1] == TerminateCall(call_id, PNID, WACID)


# ---- the door --------------------------------------------------------------------------------------------------------


@scenario
async def test_the_same_key_twice_is_one_call_also_when_it_is_over(world: FakeWorld) -> None:
    first, second = await asyncio.gather(world.placing.place_call(WISH), world.placing.place_call(WISH))
    assert first == second
    await settle()
    assert await dial(world) == first
    await closed(world)
    assert await dial(world) == first
    assert world.names().count("ConnectCall") == 1


@scenario
async def test_the_same_key_of_another_agent_is_another_wish(world: FakeWorld) -> None:
    await dial(world)
    assert (await refused(world, replace(WISH, agent=BIA, seat=SEAT_B))).code == "customer.in_call"


@scenario
async def test_an_agent_in_a_call_calls_nobody(world: FakeWorld) -> None:
    await dial(world)
    assert (await refused(world, replace(WISH, key="wish-0002", callee="+55 19 95555-0102"))).code == "agent.busy"


@scenario
async def test_a_customer_in_a_call_with_us_is_not_called(world: FakeWorld) -> None:
    await world.exchange.deliver(offered())
    for callee in (ContactId(7), "11 95555-0101"):
        no = await refused(world, replace(WISH, key=f"wish-{callee}", callee=callee))
        assert (no.code, no.next_step) == ("customer.in_call", "wait")


@scenario
async def test_two_agents_who_call_one_customer_at_once_make_one_call(world: FakeWorld) -> None:
    world.gate.waits = asyncio.Event()
    first = asyncio.create_task(world.placing.place_call(WISH))
    second = asyncio.create_task(world.placing.place_call(replace(WISH, agent=BIA, seat=SEAT_B, key="wish-bia")))
    await settle()
    world.gate.waits.set()
    answers = await asyncio.gather(first, second)
    no = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer.code for answer in no] == ["customer.in_call"]
    await settle()
    assert world.capacity.use_of(NUMBER.id, START).outbound == 1, "the refused one has given its place back"


@scenario
async def test_a_rule_that_forbids_it_is_passed_on_as_it_is(world: FakeWorld) -> None:
    no = Refused("permission.none", Fault.CUSTOMER, next_step="ask_permission")
    world.gate.verdict = no
    assert await refused(world, replace(WISH, confirm_risk=True)) == no
    assert world.gate.asked == [(NUMBER.id, MARIA.phone, True)]
    assert world.store.rows == {}
    world.gate.verdict = Allowed()
    await dial(world)  # a refusal is no call: the same wish may be tried again


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (replace(WISH, number=NumberId(99)), "number.unknown"),
        (replace(WISH, callee="12"), "callee.invalid"),
        (replace(WISH, callee="ana"), "callee.invalid"),
        (replace(WISH, callee="9" * 41), "callee.invalid"),
        (replace(WISH, callee=ContactId(8)), "callee.unknown"),
        (replace(WISH, callee="+55 11 3333-0000"), "callee.own_number"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_with_a_word(wish: CallWish, code: str) -> None:
    async def play() -> None:
        world = FakeWorld()
        assert (await refused(world, wish)).code == code
        assert (world.store.rows, world.gate.asked) == ({}, [])

    run_in_virtual_time(play())


@scenario
async def test_a_number_may_be_closed_for_calls_in_and_open_for_calls_out(world: FakeWorld) -> None:
    world.numbers.numbers[PNID] = replace(NUMBER, inbound_enabled=False)
    await talking(world)


@scenario
async def test_a_typed_number_is_read_as_in_the_country_of_our_own(world: FakeWorld) -> None:
    await dial(world, replace(WISH, callee="(19) 95555-0102"))
    assert world.call.customer.phone == PhoneNumber("5519955550102")


@scenario
async def test_while_the_store_is_away_nobody_is_called(world: FakeWorld) -> None:
    world.store.away = True
    with pytest.raises(NeighbourError) as away:
        await world.placing.place_call(WISH)
    assert away.value.failure == AWAY.failure
    assert world.performed == []


@scenario
async def test_a_call_in_progress_goes_on_while_the_store_is_away(world: FakeWorld) -> None:
    await dial(world)
    world.store.away = True
    delivery = asyncio.create_task(world.exchange.deliver(answer_received()))
    await settle()
    assert world.names()[-2:] == ["ApplyAnswer", "OpenAudio"]
    assert not delivery.done(), "Meta is not told before it is kept"
    world.store.away = False
    await asyncio.sleep(3)
    assert delivery.done()
    assert world.call.leg_connected


@scenario
async def test_nothing_waits_for_what_does_not_come(world: FakeWorld) -> None:
    await dial(world)
    await tell(world, AgentHungUp(ANA.id))
    await asyncio.sleep(RULES.close_s + 1)
    assert world.call.state is State.ENDED
    assert loop_time() < 60


@scenario
async def test_who_has_two_identities_is_called_by_the_one_that_was_chosen(world: FakeWorld) -> None:
    await dial(world, replace(WISH, by="bsuid"))
    assert world.gate.asked == [(NUMBER.id, MARIA.bsuid, False)]
    assert (world.call.customer.phone, world.call.customer.bsuid) == (None, MARIA.bsuid), "Meta is told a number first"


@scenario
async def test_an_identity_that_a_contact_has_not_is_not_called(world: FakeWorld) -> None:
    world.contacts.contacts[ContactId(7)] = replace(MARIA, bsuid=None)
    assert (await refused(world, replace(WISH, by="bsuid"))).code == "callee.unknown"
    assert world.store.rows == {}
