"""Presence, ringing, claims, tabs and seats, as agents' pages see them; on virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from signaling.agents.contract import (
    AnswerCall,
    CallPhase,
    DeclineCall,
    GivenBy,
    HangUp,
    HoldCall,
    MuteCall,
    OfferSeat,
    Phone,
    Refusal,
    ReportAudio,
    RingStopReason,
    SetAvailability,
    TakeSeat,
    TransferCall,
    read_message,
)
from signaling.agents.desk import FORGET_AFTER_S
from signaling.agents.seating import SUSPECT_AFTER_S
from signaling.call import Rules, State
from signaling.conversation import TRANSFER_RING_S
from signaling.effects import AcceptCall, AwaitAgentAudio, ConnectAudio, PlayHoldTone, TerminateCall
from signaling.ids import AgentId, DepartmentId
from signaling.presence import Availability, Microphone, Missing, Presence
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, OTHER_WACID, SALES, WACID, offered, terminated
from tests.scenarios.desk_world import BAD_OFFER, DeskWorld

Scenario = Callable[[DeskWorld], Coroutine[Any, Any, None]]


def desk_scenario(scenario: Scenario) -> Callable[[], None]:
    """Make a test of a coroutine that plays in a fresh DeskWorld."""

    def test() -> None:
        async def play() -> None:
            world = DeskWorld()
            await scenario(world)
            await world.stop()

        run_in_virtual_time(play())

    test.__name__ = scenario.__name__
    test.__doc__ = scenario.__doc__
    return test


async def call_comes(world: DeskWorld) -> None:
    await world.world.exchange.deliver(offered())
    await world.settle()


@desk_scenario
async def test_ready_needs_a_microphone_unlocked_sound_and_a_seat(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    assert world.state("a").presence is Presence.OFFLINE
    await world.do("a", "availability.set", SetAvailability(availability=Availability.READY))
    assert world.state("a").presence is Presence.NOT_READY
    assert world.state("a").missing == [Missing.MICROPHONE, Missing.SOUND, Missing.SEAT]
    await world.do("a", "audio.report", ReportAudio(microphone=Microphone.DENIED, sound_unlocked=True))
    await world.seat(ANA, "a")
    assert world.state("a").missing == [Missing.MICROPHONE]
    await call_comes(world)
    await world.a_moment()
    assert world.state("a").ringing == [], "a denied microphone never answers a customer"
    assert world.state("a").waiting[0].why is Presence.NOT_READY
    call_id = world.state("a").waiting[0].call_id
    ack = await world.do("a", "call.answer", AnswerCall(call_id=call_id))
    assert (ack.ok, ack.why) == (False, Refusal.NOT_READY)
    await world.do("a", "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=True))
    assert world.state("a").presence is Presence.FREE
    assert [ring.call_id for ring in world.state("a").ringing] == [call_id], "it rings for who becomes free meanwhile"


@pytest.mark.parametrize("microphone", [known for known in Microphone if known is not Microphone.OK])
def test_no_microphone_that_does_not_work_answers_a_customer_also_when_it_breaks_while_it_rings(
    microphone: Microphone,
) -> None:
    async def play(world: DeskWorld) -> None:
        await world.ready(ANA, "a")
        await world.ready(BIA, "b")
        await call_comes(world)
        (ring,) = world.state("a").ringing
        await world.do("a", "audio.report", ReportAudio(microphone=microphone, sound_unlocked=True))
        await world.a_moment()
        assert world.state("a").presence is Presence.NOT_READY and world.state("a").missing == [Missing.MICROPHONE]
        assert (world.state("a").ringing, world.state("a").waiting[0].why) == ([], Presence.NOT_READY)
        assert [hint.why for hint in world.hints("a")] == [RingStopReason.NOT_READY]
        ack = await world.do("a", "call.answer", AnswerCall(call_id=ring.call_id))
        assert (ack.ok, ack.why) == (False, Refusal.NOT_READY)
        await world.answer("b")
        assert world.world.call.state is State.TALKING and world.world.call.agent == BIA.id

    desk_scenario(play)()


@desk_scenario
async def test_sound_that_the_browser_locks_keeps_calls_away_until_it_is_unlocked(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.do("a", "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=False))
    assert world.state("a").presence is Presence.NOT_READY and world.state("a").missing == [Missing.SOUND]
    await call_comes(world)
    assert world.state("a").ringing == [], "nobody would hear it"
    await world.do("a", "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=True))
    assert len(world.state("a").ringing) == 1


@desk_scenario
async def test_grants_that_are_changed_hold_for_pages_that_are_open(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(replace(BIA, may_take_inbound=False), "b")
    await call_comes(world)
    assert (len(world.state("a").ringing), world.state("b").ringing) == (1, [])
    world.desk.renewed("a", replace(ANA, may_take_inbound=False, calls_for=frozenset({SALES})))
    world.desk.renewed("b", replace(BIA, calls_for=frozenset()))
    await world.settle()
    assert (world.state("a").ringing, len(world.state("b").ringing)) == ([], 1)
    assert [len(world.state(page).call_from) for page in ("a", "b")] == [1, 0]


@desk_scenario
async def test_a_call_rings_all_free_agents_of_the_department_and_nobody_else(world: DeskWorld) -> None:
    stranger = replace(BIA, id=type(BIA.id)(8), departments=frozenset({DepartmentId(99)}))
    without_grant = replace(BIA, id=type(BIA.id)(9), may_take_inbound=False)
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await world.ready(stranger, "s")
    await world.ready(without_grant, "w")
    await call_comes(world)
    assert len(world.state("a").ringing) == len(world.state("b").ringing) == 1
    ring = world.state("a").ringing[0]
    assert (ring.party.name, ring.party.number_label, ring.party.department) == ("Maria", "Vendas", "Atendimento")
    assert "5511955550101" not in ring.model_dump_json(), "agents never see the number"
    for outsider in ("s", "w"):
        assert world.state(outsider).ringing == []
        assert world.state(outsider).waiting == []
    assert world.world.call.rung_at is not None
    assert {entry.kind: entry.data["agents"] for entry in world.world.call.timeline if "agents" in entry.data} == {
        "rung": 2
    }


@desk_scenario
async def test_pages_do_not_wait_for_each_other(world: DeskWorld) -> None:
    pages = [f"page{number}" for number in range(30)]
    for number, page in enumerate(pages):
        await world.ready(replace(ANA, id=AgentId(100 + number)), page)
    world.turns_of_a_send = 5
    await call_comes(world)  # and settles for fewer turns than thirty sends, one after another, would take
    assert all(world.state(page).ringing for page in pages)


@desk_scenario
async def test_one_agent_wins_the_race_and_the_loser_stops_ringing_and_sees_who_took_it(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    call_id = world.state("a").ringing[0].call_id
    first, second = await asyncio.gather(
        world.desk.command("a", "call.answer", AnswerCall(call_id=call_id)),
        world.desk.command("b", "call.answer", AnswerCall(call_id=call_id)),
    )
    assert first.ok and second.ok, "both were understood; the call decides"
    await world.settle()
    assert world.state("a").call is not None
    assert world.state("a").presence is Presence.IN_CALL
    assert (world.state("b").call, world.state("b").ringing, world.state("b").presence) == (None, [], Presence.FREE)
    (hint,) = world.hints("b")
    assert (hint.why, hint.by) == (RingStopReason.TAKEN, "Ana")
    assert world.hints("a") == []


@desk_scenario
async def test_who_took_it_is_told_though_the_store_is_still_writing_it_down(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    world.world.store.save_s = 0.02
    await world.answer("a")
    (hint,) = world.hints("b")
    assert (hint.why, hint.by) == (RingStopReason.TAKEN, "Ana")
    assert world.hints("a") == []


@desk_scenario
async def test_a_caller_who_gave_up_is_told_though_the_store_is_still_writing_it_down(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await call_comes(world)
    world.world.store.save_s = 0.02
    ending = asyncio.create_task(world.world.exchange.deliver(terminated()))
    await world.settle()
    await world.connect(BIA, "b")  # a look at everything, while the end is being saved
    await ending
    await world.settle()
    (hint,) = world.hints("a")
    assert hint.why is RingStopReason.CALLER_GONE


def test_a_hundred_races_have_one_winner_each() -> None:
    async def play(order: list[str]) -> None:
        world = DeskWorld()
        await world.ready(ANA, "a")
        await world.ready(BIA, "b")
        for number in range(50):
            wacid = replace(WACID, value=f"wacid.{number}")
            await world.world.exchange.deliver(offered(wacid))
            await world.settle()
            call_id = world.state("a").ringing[0].call_id
            for sid in order if number % 2 else reversed(order):
                await world.desk.command(sid, "call.answer", AnswerCall(call_id=call_id))
            await world.settle()
            owners = [sid for sid in ("a", "b") if world.state(sid).call is not None]
            assert len(owners) == 1
            await world.world.exchange.deliver(terminated(wacid, talked_s=1))
            await world.settle()
            world.sent[:] = [entry for entry in world.sent if entry[2] in (world.state("a"), world.state("b"))]
        await world.stop()

    run_in_virtual_time(play(["a", "b"]))
    run_in_virtual_time(play(["b", "a"]))


@desk_scenario
async def test_declining_silences_only_me_and_the_last_decliner_leaves_the_customer_ringing(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    call_id = world.state("a").ringing[0].call_id
    assert (await world.do("a", "call.decline", DeclineCall(call_id=call_id))).ok
    assert world.state("a").ringing == []
    assert world.state("a").waiting[0].why == "declined"
    assert len(world.state("b").ringing) == 1
    await world.do("b", "call.decline", DeclineCall(call_id=call_id))
    assert world.world.call.state is State.RINGING
    ack = await world.do("a", "call.answer", AnswerCall(call_id=call_id))
    assert (ack.ok, ack.why) == (False, Refusal.NOT_RINGING), "a declined call does not come back to its decliner"


@desk_scenario
async def test_a_busy_agent_sees_new_calls_and_cannot_take_them(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await call_comes(world)
    await world.answer("a")
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.a_moment()
    assert world.state("a").ringing == []
    (waiting,) = world.state("a").waiting
    assert waiting.why is Presence.IN_CALL
    ack = await world.do("a", "call.answer", AnswerCall(call_id=waiting.call_id))
    assert (ack.ok, ack.why) == (False, Refusal.BUSY)


@desk_scenario
async def test_two_answers_of_one_agent_at_once_take_one_call(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await call_comes(world)
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    one, two = (ring.call_id for ring in world.state("a").ringing)
    acks = [await world.desk.command("a", "call.answer", AnswerCall(call_id=call_id)) for call_id in (one, two)]
    assert [(ack.ok, ack.why) for ack in acks] == [(True, None), (False, Refusal.BUSY)]


@desk_scenario
async def test_a_claim_whose_microphone_is_silent_rings_for_the_others_again(world: DeskWorld) -> None:
    world.world.silent(AwaitAgentAudio)
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    await world.answer("a")
    call = world.state("a").call
    assert call is not None
    assert (call.phase, world.state("a").presence) == (CallPhase.CHECKING, Presence.CLAIMING)
    assert world.state("b").ringing == []
    await asyncio.sleep(Rules().claim_lease_s)
    await world.settle()
    assert len(world.state("b").ringing) == 1
    assert world.state("a").call is None


@desk_scenario
async def test_each_end_of_a_call_is_told_to_who_was_in_it(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    await world.answer("a")
    await asyncio.sleep(7)
    call = world.state("a").call
    assert call is not None
    assert call.phase is CallPhase.TALKING
    assert (await world.do("a", "call.hang_up", HangUp(call_id=call.call_id))).ok
    assert world.state("a").presence is Presence.FREE, "hanging up does not wait for Meta"
    last = world.state("a").last_call
    assert last is not None
    assert (last.outcome, last.ended_by, last.talk_s) == ("answered", "agent", 7.0)
    assert world.state("b").last_call is None


@desk_scenario
async def test_agents_learn_why_it_stopped_ringing(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await call_comes(world)
    await world.world.exchange.deliver(terminated())
    await world.settle()
    assert [hint.why for hint in world.hints("a")] == [RingStopReason.CALLER_GONE]
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await asyncio.sleep(Rules().ring_window_s)
    await world.settle()
    assert [hint.why for hint in world.hints("a")][1:] == [RingStopReason.TIMED_OUT]


@desk_scenario
async def test_only_my_own_call_obeys_me(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await call_comes(world)
    await world.answer("a")
    call = world.state("a").call
    assert call is not None
    for message, name in (
        (HangUp(call_id=call.call_id), "call.hang_up"),
        (MuteCall(call_id=call.call_id, muted=True), "call.mute"),
    ):
        ack = await world.do("b", name, message)
        assert (ack.ok, ack.why) == (False, Refusal.NOT_YOUR_CALL)
    await world.do("a", "call.mute", MuteCall(call_id=call.call_id, muted=True))
    muted = world.state("a").call
    assert muted is not None and muted.muted


@desk_scenario
async def test_a_reload_in_a_call_keeps_the_customer_and_gets_the_call_back(world: DeskWorld) -> None:
    seat = await world.ready(ANA, "a1", tab_id="tab-of-ana")
    await call_comes(world)
    await world.answer("a1")
    world.desk.seating.down(ANA.id, seat)
    world.desk.disconnected("a1")
    await world.settle()
    assert world.world.names()[-1] == PlayHoldTone.__name__
    await asyncio.sleep(0.5)
    await world.connect(ANA, "a2", tab_id="tab-of-ana")
    state = world.state("a2")
    assert state.phone is Phone.HERE, "the same tab is the phone again without a click"
    assert state.availability is Availability.READY
    assert state.call is not None and state.call.phase is CallPhase.REATTACHING
    new_seat = await world.seat(ANA, "a2")
    assert world.world.performed[-1] == ConnectAudio(world.world.call.id, ANA.id, new_seat)
    talking = world.state("a2").call
    assert talking is not None and talking.phase is CallPhase.TALKING


@desk_scenario
async def test_a_killed_browser_is_noticed_by_its_socket_and_its_silence(world: DeskWorld) -> None:
    seat = await world.ready(ANA, "a")
    await call_comes(world)
    await world.answer("a")
    world.seats.silence_s[seat] = 5.0
    world.desk.disconnected("a")
    await asyncio.sleep(SUSPECT_AFTER_S)
    await world.settle()
    assert world.world.call.state is State.REATTACHING
    assert seat in world.seats.closed


@desk_scenario
async def test_a_socket_that_blinks_while_audio_flows_disturbs_nobody(world: DeskWorld) -> None:
    seat = await world.ready(ANA, "a1", tab_id="tab-of-ana")
    await call_comes(world)
    await world.answer("a1")
    world.seats.silence_s[seat] = 0.02
    world.desk.disconnected("a1")
    await asyncio.sleep(3 * SUSPECT_AFTER_S)
    await world.connect(ANA, "a2", tab_id="tab-of-ana")
    call = world.state("a2").call
    assert call is not None and call.phase is CallPhase.TALKING
    assert world.seats.closed == []


@desk_scenario
async def test_a_second_tab_is_told_where_the_phone_is_and_can_take_over_in_a_call(world: DeskWorld) -> None:
    old = await world.ready(ANA, "a")
    await world.connect(ANA, "b")
    assert (world.state("a").phone, world.state("b").phone) == (Phone.HERE, Phone.ELSEWHERE)
    ack = await world.do("b", "seat.offer", OfferSeat(sdp="v=0\r\na good offer\r\n"))
    assert (ack.ok, ack.why) == (False, Refusal.SEAT_ELSEWHERE)
    await call_comes(world)
    await world.answer("a")
    assert (await world.do("b", "seat.take_over", TakeSeat())).ok
    assert "seat_moved" in world.events("a")
    assert old in world.seats.closed
    assert (world.state("a").phone, world.state("b").phone) == (Phone.ELSEWHERE, Phone.HERE)
    assert world.world.call.state is State.REATTACHING
    new = await world.seat(ANA, "b")
    assert world.world.performed[-1] == ConnectAudio(world.world.call.id, ANA.id, new)


@desk_scenario
async def test_an_agent_who_stays_away_is_offline(world: DeskWorld) -> None:
    await world.ready(ANA, "a", tab_id="tab-of-ana")
    world.desk.disconnected("a")
    await asyncio.sleep(FORGET_AFTER_S)
    await world.connect(ANA, "b", tab_id="tab-of-ana")
    assert world.state("b").availability is Availability.OFFLINE


@desk_scenario
async def test_an_absence_is_counted_from_its_own_beginning_and_not_from_an_earlier_one(world: DeskWorld) -> None:
    await world.ready(ANA, "a", tab_id="tab-of-ana")
    world.desk.disconnected("a")
    await asyncio.sleep(FORGET_AFTER_S / 2)
    await world.connect(ANA, "b", tab_id="tab-of-ana")
    world.desk.disconnected("b")
    await asyncio.sleep(FORGET_AFTER_S * 3 / 4)
    await world.connect(ANA, "c", tab_id="tab-of-ana")
    assert world.state("c").availability is Availability.READY


@desk_scenario
async def test_an_answer_that_no_call_takes_leaves_the_agent_free(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await call_comes(world)
    runners = world.world.exchange._runners
    over = dict(runners)
    runners.clear()  # it is over, and the page has not been told yet
    ack = await world.answer("a")
    runners.update(over)
    assert (ack.ok, ack.why) == (False, Refusal.NOT_RINGING)
    assert world.state("a").presence is Presence.FREE


@desk_scenario
async def test_a_seat_that_cannot_be_answered_is_refused_with_a_word(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    ack = await world.do("a", "seat.offer", OfferSeat(sdp=BAD_OFFER))
    assert (ack.ok, ack.understood, ack.why) == (False, "seat.offer", Refusal.BAD_SDP)


@desk_scenario
async def test_a_seat_that_dies_while_free_makes_the_agent_not_ready_and_says_so(world: DeskWorld) -> None:
    seat = await world.ready(ANA, "a")
    await call_comes(world)
    world.desk.seating.down(ANA.id, seat)
    await world.settle()
    assert world.state("a").presence is Presence.NOT_READY
    assert "seat_lost" in world.events("a")
    assert [hint.why for hint in world.hints("a")] == [RingStopReason.NOT_READY]


@desk_scenario
async def test_nothing_is_sent_when_nothing_has_changed(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    sent = len(world.sent)
    await world.do("a", "availability.set", SetAvailability(availability=Availability.READY))
    assert len(world.sent) == sent
    await world.do("a", "availability.set", SetAvailability(availability=Availability.PAUSED))
    assert world.state("a").presence is Presence.PAUSED
    assert len(world.sent) == sent + 1


@pytest.mark.parametrize("chosen", [Availability.PAUSED, Availability.OFFLINE])
def test_who_is_not_ready_is_not_rung(chosen: Availability) -> None:
    async def play() -> None:
        world = DeskWorld()
        await world.ready(ANA, "a")
        await world.do("a", "availability.set", SetAvailability(availability=chosen))
        await call_comes(world)
        assert world.state("a").ringing == []
        await world.stop()

    run_in_virtual_time(play())


# ---- hold and transfer -----------------------------------------------------------------------------------------------


async def in_a_call(world: DeskWorld) -> str:
    await world.ready(ANA, "a")
    await call_comes(world)
    await world.answer("a")
    call = world.state("a").call
    assert call is not None
    return call.call_id


@desk_scenario
async def test_an_agent_holds_the_customer_and_takes_them_back(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    assert (await world.do("a", "call.hold", HoldCall(call_id=call_id, held=True))).ok
    held = world.state("a").call
    assert held is not None and held.held
    assert world.world.names()[-1] == "HoldCustomer"
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=False))
    back = world.state("a").call
    assert back is not None and not back.held
    assert world.world.names()[-1] == "ConnectAudio"


@desk_scenario
async def test_a_transferred_call_rings_for_the_colleague_alone_and_is_theirs(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.ready(BIA, "b")
    await world.ready(replace(BIA, id=AgentId(3), name="Caio"), "c")
    ack = await world.do("a", "call.transfer", TransferCall(call_id=call_id, to_agent=BIA.id))
    assert ack.ok
    assert world.state("a").call is None
    (ring,) = world.state("b").ringing
    assert (ring.call_id, ring.given_by) == (call_id, GivenBy(agent_id=ANA.id, name=ANA.name)), "they know from whom"
    assert world.state("a").ringing == world.state("c").ringing == []
    await world.answer("b")
    taken = world.state("b").call
    assert taken is not None and taken.call_id == call_id


@desk_scenario
async def test_a_transfer_that_nobody_takes_rings_for_whoever_transferred(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.ready(BIA, "b")
    await world.do("a", "call.transfer", TransferCall(call_id=call_id, to_agent=BIA.id))
    await asyncio.sleep(TRANSFER_RING_S)
    await world.settle()
    assert world.state("b").ringing == []
    assert [hint.why for hint in world.hints("b")] == [RingStopReason.TIMED_OUT], "they were free all the while"
    (ring,) = world.state("a").ringing
    assert (ring.call_id, ring.given_by) == (call_id, GivenBy(agent_id=ANA.id, name=ANA.name)), "it is their own"


@desk_scenario
async def test_a_call_is_given_only_to_who_could_take_it(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    stranger = replace(BIA, id=AgentId(4), departments=frozenset({DepartmentId(99)}))
    for wish in (TransferCall(call_id=call_id, to_agent=77), TransferCall(call_id=call_id, to_department=99)):
        ack = await world.do("a", "call.transfer", wish)
        assert (ack.ok, ack.why) == (False, Refusal.NOBODY_THERE)
    await world.ready(stranger, "s")
    assert (await world.do("a", "call.transfer", TransferCall(call_id=call_id, to_department=99))).ok
    assert [ring.call_id for ring in world.state("s").ringing] == [call_id]


@desk_scenario
async def test_a_customer_whose_agent_was_lost_rings_for_the_others(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.ready(BIA, "b")
    seat = next(seat for agent, seat in world.seats.made if agent == ANA.id)
    world.desk.seating.down(ANA.id, seat)
    await asyncio.sleep(Rules().reattach_grace_s)
    await world.settle()
    assert [ring.call_id for ring in world.state("b").ringing] == [call_id]


def test_a_transfer_to_nobody_or_to_two_is_no_message() -> None:
    for wrong in ({}, {"to_agent": 1, "to_department": 2}):
        assert read_message(TransferCall, {"call_id": "0" * 32, **wrong}) is None


@desk_scenario
async def test_a_command_that_comes_twice_is_done_once_and_every_tab_shows_the_same(world: DeskWorld) -> None:
    """A page that heard no answer sends it again; another tab is pressed at the same moment."""
    for who, sid in ((ANA, "a"), (BIA, "b")):
        await world.ready(who, sid)
        await world.connect(who, f"{sid}-again")
    await call_comes(world)
    (ring,) = world.state("a").ringing
    for sid in ("a", "a", "a-again"):
        await world.do(sid, "call.decline", DeclineCall(call_id=ring.call_id))
    for _ in range(2):
        await world.do("b", "call.answer", AnswerCall(call_id=ring.call_id))
    await world.a_moment()
    for _ in range(2):
        await world.do("b", "call.hang_up", HangUp(call_id=ring.call_id))
    kinds = [entry.kind for entry in world.world.call.timeline]
    assert [kinds.count(kind) for kind in ("declined", "accepted")] == [1, 1], kinds
    assert len([effect for effect in world.world.performed if isinstance(effect, AcceptCall)]) == 1
    assert len([effect for effect in world.world.performed if isinstance(effect, TerminateCall)]) == 1
    await world.a_moment()
    for sid in ("a", "b"):
        one, other = world.state(sid), world.state(f"{sid}-again")
        assert (one.presence, one.ringing, one.call) == (other.presence, other.ringing, other.call)
