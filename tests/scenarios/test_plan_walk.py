"""What a customer goes through between calling and talking to somebody, on virtual time."""

from dataclasses import replace

from signaling.call import Outcome, Party, Rules, State
from signaling.effects import (
    AcceptCall,
    ConnectAudio,
    EndVoicemail,
    PlayPrompts,
    RecordVoicemail,
    SayPosition,
)
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAnswered,
    AgentDeclined,
    AgentHungUp,
    AgentsRung,
    DigitPressed,
    LegLost,
    PromptEnded,
)
from signaling.ids import AgentId
from signaling.plan import (
    Announce,
    HangUp,
    Menu,
    OfferCallback,
    Queue,
    Ring,
    RingOrder,
    StepId,
    Voicemail,
    simple_plan,
)
from signaling.waiting import RingRule, ring_rule
from tests.fakes.world import ANA, BIA, SALES, SEAT_A, SEAT_B
from tests.scenarios.plan_world import (
    ALWAYS_CLOSED,
    CALLBACK,
    END,
    MENU,
    PLAN,
    POSITION_S,
    QUEUE,
    QUEUE_S,
    RING,
    RING_S,
    VOICEMAIL,
    VOICEMAIL_S,
    PlanWorld,
    scenario,
)

WINDOW_S = Rules().ring_window_s


async def in_queue(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(RING_S)
    await world.tell(DigitPressed("1"))
    assert (world.state, world.step) == (State.WAITING, QUEUE)


@scenario()
async def test_a_call_rings_first_and_is_accepted_only_when_something_is_heard(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(RING_S - 1)
    assert "AcceptCall" not in world.world.names()
    await world.pass_s(1)
    assert world.state is State.WAITING
    names = world.world.names()
    assert names.index("AcceptCall") < names.index("OpenAudio") < names.index("PlayPrompts")
    assert world.heard == [("greeting",), ("menu_default",)]


@scenario()
async def test_the_sound_waits_until_the_leg_is_up_and_pre_accepted(world: PlanWorld) -> None:
    world.world.silent(AcceptCall)
    await world.call_comes()
    await world.pass_s(RING_S)
    assert world.world.names()[-1] == "AcceptCall", "asked once, and nothing is heard before its 200"
    assert world.heard == []


@scenario()
async def test_an_agent_takes_a_call_from_the_queue_without_another_word_to_meta(world: PlanWorld) -> None:
    await in_queue(world)
    await world.pass_s(5)
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    assert world.state is State.TALKING
    assert world.world.performed[-1] == ConnectAudio(world.world.call.id, ANA.id, SEAT_A)
    assert world.world.names().count("AcceptCall") == 1
    await world.customer_hangs_up(talked_s=30)
    assert (world.world.call.outcome, world.world.call.agent) == (Outcome.ANSWERED, ANA.id)


@scenario()
async def test_a_customer_who_leaves_the_queue_has_abandoned_the_call(world: PlanWorld) -> None:
    await in_queue(world)
    await world.customer_hangs_up(talked_s=20)
    call = world.world.call
    assert (call.outcome, call.ended_by, call.agent) == (Outcome.ABANDONED, Party.CUSTOMER, None)


@scenario()
async def test_a_claim_from_the_queue_that_is_not_heard_waits_on_in_the_queue(world: PlanWorld) -> None:
    await in_queue(world)
    world.world.reports.clear()
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    assert world.state is State.CLAIMED
    await world.pass_s(Rules().claim_lease_s)
    assert (world.state, world.step) == (State.WAITING, QUEUE)


@scenario()
async def test_a_queue_that_overflows_while_somebody_answers_waits_until_they_are_not_heard(
    world: PlanWorld,
) -> None:
    await in_queue(world)
    await world.pass_s(QUEUE_S - 1)
    world.world.reports.clear()
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    await world.pass_s(2)
    assert world.state is State.CLAIMED
    await world.pass_s(Rules().claim_lease_s)
    assert world.step == CALLBACK


@scenario()
async def test_silence_at_the_menu_says_it_again_and_then_goes_on(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(RING_S + 3.9)
    assert world.step == MENU
    await world.pass_s(0.2)
    assert (world.step, world.heard.count(("menu_default",))) == (MENU, 2)
    await world.pass_s(4)
    assert world.step == QUEUE


@scenario()
async def test_a_key_counts_while_the_menu_is_still_speaking(world: PlanWorld) -> None:
    world.world.silent(PlayPrompts)
    await world.call_comes()
    await world.pass_s(RING_S)
    (live,) = world.world.exchange.live_calls
    assert live.place is not None
    await world.tell(PromptEnded(live.place.number), DigitPressed("2"))
    assert world.step == VOICEMAIL


@scenario()
async def test_the_customer_hears_where_they_stand_and_then_music_again(world: PlanWorld) -> None:
    await in_queue(world)
    before = len(world.heard)
    await world.pass_s(POSITION_S)
    said = [effect for effect in world.world.performed if isinstance(effect, SayPosition)]
    assert [effect.department for effect in said] == [SALES]
    assert world.heard[before:] == [("queue_music",)]
    await world.pass_s(POSITION_S)
    assert world.world.names().count("SayPosition") == 2


@scenario()
async def test_nobody_comes_and_the_customer_is_promised_a_call_back(world: PlanWorld) -> None:
    await in_queue(world)
    await world.pass_s(QUEUE_S)
    assert world.step == CALLBACK
    await world.tell(DigitPressed("1"))
    call = world.world.call
    assert call.callback_promised_at is not None
    assert (world.state, call.outcome, call.ended_by) == (State.ENDING, Outcome.ABANDONED, Party.GATEWAY)
    assert world.heard[-1] == ("callback_promised",)
    assert world.world.names()[-2:] == ["TerminateCall", "CloseMedia"]


@scenario()
async def test_a_voicemail_begins_after_the_beep_and_ends_with_a_key(world: PlanWorld) -> None:
    await in_queue(world)
    await world.pass_s(QUEUE_S + 6)
    assert world.step == VOICEMAIL
    assert world.heard[-1:] == [("voicemail", "beep")]
    assert any(isinstance(effect, RecordVoicemail) for effect in world.world.performed)
    await world.tell(DigitPressed("#"))
    assert any(isinstance(effect, EndVoicemail) for effect in world.world.performed)
    assert world.heard[-1:] == [("voicemail_thanks",)]
    assert world.state is State.ENDING


@scenario()
async def test_a_voicemail_ends_by_itself_after_its_longest_time(world: PlanWorld) -> None:
    await in_queue(world)
    await world.pass_s(QUEUE_S + 6 + VOICEMAIL_S - 1)
    assert (world.state, world.step) == (State.WAITING, VOICEMAIL)
    await world.pass_s(1)
    assert world.state is State.ENDING


@scenario(schedule=ALWAYS_CLOSED)
async def test_outside_the_hours_nobody_is_rung_and_the_customer_is_told(world: PlanWorld) -> None:
    await world.call_comes()
    assert world.heard[0] == ("closed",)
    assert world.step == CALLBACK
    assert world.world.call.rung_at is None


@scenario(plan=None, schedule=ALWAYS_CLOSED)
async def test_outside_the_hours_a_number_without_a_word_for_it_rejects(world: PlanWorld) -> None:
    await world.call_comes()
    call = world.world.call
    assert world.world.names() == ["RejectCall", "CloseMedia"]
    assert call.failure is not None and call.failure.code == "number.closed"


@scenario(plan=simple_plan(WINDOW_S))
async def test_a_plan_that_only_rings_rejects_unheard_when_the_window_closes(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(WINDOW_S)
    assert world.world.names()[-2:] == ["RejectCall", "CloseMedia"]
    assert world.world.call.outcome is Outcome.MISSED


@scenario(plan=replace(PLAN, steps={**PLAN.steps, RING: Ring(then=END, for_s=600)}))
async def test_however_long_a_plan_would_ring_the_window_ends_it(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(WINDOW_S)
    assert world.state is State.ENDING


@scenario()
async def test_an_announcement_that_cannot_be_played_keeps_nobody(world: PlanWorld) -> None:
    world.world.fails(PlayPrompts, Failure("prompt.unusable", Fault.CONFIGURATION))
    await world.call_comes()
    await world.pass_s(RING_S)
    assert (world.state, world.step) == (State.WAITING, MENU)


@scenario()
async def test_a_leg_that_dies_in_the_queue_ends_the_call(world: PlanWorld) -> None:
    await in_queue(world)
    await world.tell(LegLost(Failure("media.consent_lost", Fault.NETWORK)))
    assert (world.state, world.world.call.outcome) == (State.ENDING, Outcome.FAILED)


@scenario()
async def test_the_farewell_is_heard_after_the_agent_has_hung_up(world: PlanWorld) -> None:
    world.world.silent(PlayPrompts)
    await world.call_comes()
    await world.tell(AgentAnswered(ANA.id, SEAT_A), AgentHungUp(ANA.id))
    (live,) = world.world.exchange.live_calls
    assert (world.state, world.heard) == (State.WAITING, [("farewell",)])
    assert live.claim is None, "the agent is free already"
    assert live.place is not None
    await world.tell(PromptEnded(live.place.number))
    assert world.state is State.ENDING
    await world.customer_hangs_up(talked_s=9)
    assert (world.world.call.outcome, world.world.call.ended_by) == (Outcome.ANSWERED, Party.AGENT)


ONE_BY_ONE = replace(PLAN, steps={**PLAN.steps, RING: Ring(then=END, for_s=24, order=RingOrder.LONGEST_IDLE, turn_s=8)})


@scenario(plan=ONE_BY_ONE)
async def test_one_by_one_each_agent_has_a_turn(world: PlanWorld) -> None:
    await world.call_comes()
    await world.tell(AgentsRung(frozenset({ANA.id})))
    await world.pass_s(7.9)
    (live,) = world.world.exchange.live_calls
    assert (set(live.rung), set(live.passed)) == ({ANA.id}, set())
    await world.pass_s(0.1)
    (live,) = world.world.exchange.live_calls
    assert (set(live.rung), set(live.passed)) == (set(), {ANA.id})
    await world.tell(AgentsRung(frozenset({BIA.id})), AgentAnswered(BIA.id, SEAT_B))
    assert world.world.call.agent == BIA.id


@scenario(plan=ONE_BY_ONE)
async def test_a_turn_that_was_cut_short_does_not_end_the_next_one(world: PlanWorld) -> None:
    await world.call_comes()
    await world.tell(AgentsRung(frozenset({ANA.id})))
    await world.pass_s(3)
    await world.tell(AgentDeclined(ANA.id), AgentsRung(frozenset({BIA.id})))
    await world.pass_s(5)
    (live,) = world.world.exchange.live_calls
    assert live.rung == {BIA.id}


@scenario(plan=replace(PLAN, steps={**PLAN.steps, RING: Ring(then=END, for_s=20, sticky_s=8)}))
async def test_the_agent_of_an_open_protocol_is_rung_alone_first(world: PlanWorld) -> None:
    await world.call_comes()
    (live,) = world.world.exchange.live_calls
    assert ring_rule(live) == RingRule(SALES, RingOrder.ALL), "nobody is known to have talked to this customer"
    with_hint = replace(live, sticky_agent=AgentId(7))
    assert ring_rule(with_hint) == RingRule(None, RingOrder.ALL, only=AgentId(7))
    assert ring_rule(replace(with_hint, sticky_over=True)) == RingRule(SALES, RingOrder.ALL)


@scenario()
async def test_a_customer_who_presses_nothing_is_led_through_every_kind_of_step_to_the_end(world: PlanWorld) -> None:
    await world.call_comes()
    await world.pass_s(RING_S + 2 * 4 + QUEUE_S + 6 + VOICEMAIL_S)
    assert world.state is State.ENDING
    walked = [entry.data["step"] for entry in world.world.call.timeline if entry.kind == "step"]
    kinds = [type(PLAN.steps[StepId(str(step))]) for step in walked]
    assert kinds == [Ring, Announce, Menu, Menu, Queue, OfferCallback, Voicemail, HangUp], "the menu is said twice"


@scenario()
async def test_a_message_that_cannot_be_recorded_keeps_nobody(world: PlanWorld) -> None:
    world.world.fails(RecordVoicemail, Failure("media.leg_lost", Fault.NETWORK))
    await in_queue(world)
    await world.pass_s(QUEUE_S + 6)
    assert world.heard[-1] == ("voicemail_thanks",)
    assert world.state is State.ENDING
    assert "voicemail_failed" in [entry.kind for entry in world.world.call.timeline]


@scenario()
async def test_a_place_that_cannot_be_said_leaves_the_customer_in_the_queue_with_music(world: PlanWorld) -> None:
    world.world.fails(SayPosition, Failure("prompt.unusable", Fault.CONFIGURATION))
    await in_queue(world)
    await world.pass_s(POSITION_S)
    assert (world.state, world.step, world.heard[-1]) == (State.WAITING, QUEUE, ("queue_music",))
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    assert world.state is State.TALKING


@scenario()
async def test_a_menu_that_cannot_be_said_waits_for_a_key_all_the_same(world: PlanWorld) -> None:
    world.world.fails(PlayPrompts, Failure("prompt.unusable", Fault.CONFIGURATION))
    await world.call_comes()
    await world.pass_s(RING_S)
    assert world.step == MENU
    await world.tell(DigitPressed("1"))
    assert world.step == QUEUE
