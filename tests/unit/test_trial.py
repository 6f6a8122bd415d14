"""A plan tried with a simulated caller: the walk is the one that a real call takes."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.call import Party, Rules
from signaling.ids import AgentId, DepartmentId
from signaling.plan import KEYS, Announce, HangUp, HangUpReason, Plan, PromptId, Ring, RingOrder, StepId, simple_plan
from signaling.texts import TextKind, Texts
from signaling.trial import Caller, FreeAgent, MomentKind, Press, Tried, Walk, try_plan
from tests.scenarios.plan_world import (
    ALWAYS_CLOSED,
    CALLBACK,
    CLOSED,
    END,
    GREETING,
    MENU,
    PLAN,
    PROMISED,
    QUEUE,
    QUEUE_S,
    RING,
    RING_S,
    VOICEMAIL,
)

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SALES, SUPPORT = DepartmentId(3), DepartmentId(4)
ANA, BIA, CAIO = AgentId(1), AgentId(2), AgentId(3)
SOUND_S = 2.0
QUIET = Caller()
PLACE_SAID = PromptId("queue_position_1")


def walked(plan: Plan = PLAN, *agents: FreeAgent, caller: Caller = QUIET, **tried: object) -> Walk:
    what = Tried(plan, Rules(), SALES, None, AT)
    return try_plan(replace(what, **tried), caller, agents, lambda _: SOUND_S)  # type: ignore[arg-type]


def steps(walk: Walk) -> list[tuple[float, StepId | None]]:
    return [(moment.at_s, moment.step) for moment in walk.moments if moment.kind is MomentKind.STEP]


def rings(walk: Walk) -> list[tuple[float, tuple[AgentId, ...]]]:
    return [(moment.at_s, moment.agents) for moment in walk.moments if moment.kind is MomentKind.RINGS]


def heard(walk: Walk) -> list[PromptId]:
    return [prompt for moment in walk.moments if moment.kind is MomentKind.HEARS for prompt in moment.prompts]


def test_a_caller_nobody_answers_is_led_to_the_voicemail_with_every_wait_in_its_place() -> None:
    walk = walked(caller=Caller(presses=(Press("1", 1.0, MENU),)))
    in_queue_s = RING_S + SOUND_S + 1.0
    offered_s = in_queue_s + QUEUE_S
    assert steps(walk) == [
        (0.0, RING),
        (RING_S, GREETING),
        (RING_S + SOUND_S, MENU),
        (in_queue_s, QUEUE),
        (offered_s, CALLBACK),
        (offered_s + SOUND_S + 6, VOICEMAIL),
        (offered_s + SOUND_S + 6 + 2 * SOUND_S + 90, END),
    ]
    assert (walk.outcome, walk.ended_by, walk.reason) == ("abandoned", Party.GATEWAY, "voicemail_left")
    assert walk.accepted_at_s == RING_S
    assert walk.complete and rings(walk) == []
    assert PLACE_SAID in heard(walk)


def test_whoever_answers_ends_the_walk_through_the_plan() -> None:
    walk = walked(PLAN, FreeAgent(ANA, answers_after_s=4.0, talks_s=30.0))
    assert rings(walk) == [(0.0, (ANA,))]
    assert (walk.outcome, walk.accepted_at_s) == ("answered", 4.0)
    talking = next(moment for moment in walk.moments if moment.kind is MomentKind.TALKING)
    assert (talking.at_s, talking.agents) == (4.0, (ANA,))
    assert heard(walk) == [PromptId("farewell")], "the plan says good-bye after the agent has hung up"


def test_a_queue_rings_only_who_works_in_its_department() -> None:
    at_support = FreeAgent(ANA, departments=frozenset({SUPPORT}), answers_after_s=1.0)
    in_sales = FreeAgent(BIA, departments=frozenset({SALES}), answers_after_s=20.0)
    walk = walked(PLAN, at_support, in_sales)
    assert {agents for _, agents in rings(walk)} == {(BIA,)}


def test_one_after_another_each_has_a_turn_and_then_it_begins_again() -> None:
    ring, end = StepId("ring"), StepId("end")
    plan = Plan(ring, {ring: Ring(then=end, for_s=24, order=RingOrder.ROTATION, turn_s=5), end: HangUp()})
    lets_ring = [FreeAgent(agent) for agent in (ANA, BIA, CAIO)]
    walk = walked(plan, *lets_ring)
    assert rings(walk) == [(0.0, (ANA,)), (5.0, (BIA,)), (10.0, (CAIO,)), (15.0, (ANA,)), (20.0, (BIA,))]
    assert (walk.outcome, walk.accepted_at_s) == ("missed", None)


def test_an_agent_whose_turn_is_over_cannot_answer_any_more() -> None:
    ring, end = StepId("ring"), StepId("end")
    plan = Plan(ring, {ring: Ring(then=end, for_s=9, order=RingOrder.LONGEST_IDLE, turn_s=5), end: HangUp()})
    walk = walked(plan, FreeAgent(ANA, answers_after_s=6.0), FreeAgent(BIA, answers_after_s=3.0))
    answered = next(moment for moment in walk.moments if moment.kind is MomentKind.ANSWERED)
    assert (answered.at_s, answered.agents) == (8.0, (BIA,))


def test_whom_the_caller_should_reach_is_rung_alone_first() -> None:
    walk = walked(
        simple_plan(20.0, sticky_s=6.0), FreeAgent(ANA), FreeAgent(BIA), caller=Caller(agent=BIA), rules=Rules()
    )
    assert rings(walk) == [(0.0, (BIA,)), (6.0, (ANA,))]


def test_outside_the_hours_the_plan_begins_where_it_says() -> None:
    presses = (Press("1", 1.0, CALLBACK),)
    walk = walked(PLAN, FreeAgent(ANA, answers_after_s=1.0), caller=Caller(presses), schedule=ALWAYS_CLOSED)
    assert not walk.is_open
    assert [step for _, step in steps(walk)] == [CLOSED, CALLBACK, PROMISED]
    assert rings(walk) == []
    assert MomentKind.CALLBACK_PROMISED in {moment.kind for moment in walk.moments}
    rejected = walked(replace(PLAN, closed=None), schedule=ALWAYS_CLOSED)
    assert [moment.kind for moment in rejected.moments] == [MomentKind.REJECTED]


def test_what_the_caller_has_heard_lately_is_left_out() -> None:
    walk = walked(caller=Caller(heard_lately=frozenset({PromptId("greeting")})))
    left_out = next(moment for moment in walk.moments if moment.kind is MomentKind.LEFT_OUT)
    assert (left_out.at_s, left_out.prompts) == (RING_S, (PromptId("greeting"),))
    assert PromptId("greeting") not in heard(walk)


def test_a_caller_who_hangs_up_is_gone_at_that_second() -> None:
    walk = walked(caller=Caller(hangs_up_after_s=RING_S + 1))
    assert (walk.ended_at_s, walk.ended_by, walk.moments[-1].kind) == (
        RING_S + 1,
        Party.CUSTOMER,
        MomentKind.CUSTOMER_HUNG_UP,
    )


def test_a_sound_that_never_ends_does_not_keep_the_trial() -> None:
    say, end = StepId("say"), StepId("end")
    plan = Plan(say, {say: Announce(then=end, prompt=PromptId("greeting")), end: HangUp(HangUpReason.GOOD_BYE)})
    walk = try_plan(Tried(plan, Rules(), SALES, None, AT), QUIET, (), lambda _: None)
    assert not walk.complete


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.floats(0, 200), st.sampled_from([None, MENU, QUEUE, CALLBACK]))),
    st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.none() | st.floats(0, 60)), max_size=3),
)
def test_every_walk_comes_to_an_end_in_order(
    presses: list[tuple[str, float, StepId | None]], agents: list[tuple[int, float | None]]
) -> None:
    free = {agent: FreeAgent(AgentId(agent), answers_after_s=answers) for agent, answers in agents}
    walk = walked(PLAN, *free.values(), caller=Caller(tuple(Press(*press) for press in presses)))
    assert walk.complete
    times = [moment.at_s for moment in walk.moments]
    assert times == sorted(times) and times[-1] <= walk.ended_at_s


def test_a_trial_tells_which_texts_integrators_would_get() -> None:
    plan = replace(PLAN, texts=Texts(greeting={"en": "Hello!"}, out_of_hours={"en": "We are closed."}), closed=None)
    texts = [(moment.at_s, moment.text) for moment in walked(plan).moments if moment.kind is MomentKind.TEXT]
    assert texts == [(0, TextKind.GREETING)]
    closed = walked(plan, schedule=ALWAYS_CLOSED)
    assert [(moment.kind, moment.text) for moment in closed.moments] == [
        (MomentKind.TEXT, TextKind.OUT_OF_HOURS),
        (MomentKind.REJECTED, None),
    ]
