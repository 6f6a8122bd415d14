"""A number's plan: where a call goes, and which plans may be saved."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from signaling.ids import DepartmentId
from signaling.plan import (
    MOST_MOVES,
    Announce,
    HangUp,
    HangUpReason,
    Happening,
    Key,
    Menu,
    OfferCallback,
    Place,
    Plan,
    PlanProblem,
    PromptId,
    Queue,
    Ring,
    RingOrder,
    Step,
    StepId,
    Voicemail,
    after,
    begin,
    problems_of,
    simple_plan,
)

WINDOW_S = 25.0
SALES, SUPPORT = DepartmentId(1), DepartmentId(2)
DEPARTMENTS = frozenset({SALES, SUPPORT})
PROMPTS = frozenset(map(PromptId, ("greeting", "menu", "queue_music", "callback", "voicemail", "closed", "bye")))
RING, GREETING, MENU, SALES_QUEUE, SUPPORT_QUEUE, CALLBACK, PROMISED, VOICEMAIL, CLOSED, BYE = map(
    StepId,
    ("ring", "greeting", "menu", "sales", "support", "callback", "promised", "voicemail", "closed", "bye"),
)
PLAN = Plan(
    start=RING,
    closed=CLOSED,
    steps={
        RING: Ring(then=GREETING, for_s=20, sticky_s=8, order=RingOrder.LONGEST_IDLE),
        GREETING: Announce(then=MENU, prompt=PromptId("greeting"), once_in_min=60),
        MENU: Menu(PromptId("menu"), {"1": SALES_QUEUE, "2": SUPPORT_QUEUE, "9": MENU}, otherwise=SALES_QUEUE),
        SALES_QUEUE: Queue(then=CALLBACK, longest_s=60, department=SALES, choices={"1": CALLBACK}),
        SUPPORT_QUEUE: Queue(then=VOICEMAIL, longest_s=60, department=SUPPORT),
        CALLBACK: OfferCallback(PromptId("callback"), accepted=PROMISED, otherwise=VOICEMAIL),
        PROMISED: HangUp(HangUpReason.CALLBACK_PROMISED, PromptId("bye")),
        VOICEMAIL: Voicemail(then=BYE, prompt=PromptId("voicemail")),
        CLOSED: Announce(then=CALLBACK, prompt=PromptId("closed")),
        BYE: HangUp(HangUpReason.VOICEMAIL_LEFT, PromptId("bye")),
    },
)


def problems(plan: Plan) -> list[PlanProblem]:
    return problems_of(plan, WINDOW_S, DEPARTMENTS, PROMPTS)


def changed(**steps: Step) -> Plan:
    return replace(PLAN, steps={**PLAN.steps, **{StepId(name): step for name, step in steps.items()}})


def walk(*happenings: Happening | Key, plan: Plan = PLAN, is_open: bool = True) -> list[StepId]:
    place = begin(plan, is_open=is_open)
    assert place is not None
    steps = [place.step]
    for happening in happenings:
        place = after(plan, place, happening)
        steps.append(place.step)
    return steps


def test_a_customer_who_presses_two_waits_for_support_and_may_leave_a_voicemail() -> None:
    assert walk(Happening.TIME_OVER, Happening.PLAYED, Key("2"), Happening.TIME_OVER, Key("#"), Happening.PLAYED) == [
        RING,
        GREETING,
        MENU,
        SUPPORT_QUEUE,
        VOICEMAIL,
        BYE,
        BYE,
    ]


def test_out_of_hours_the_plan_begins_elsewhere_or_the_call_is_rejected() -> None:
    assert walk(Happening.PLAYED, Key("1"), is_open=False) == [CLOSED, CALLBACK, PROMISED]
    assert begin(replace(PLAN, closed=None), is_open=False) is None


def test_a_menu_is_said_again_after_silence_or_a_wrong_key_and_then_goes_on_without() -> None:
    at_menu = Place(MENU, number=3)
    again = after(PLAN, at_menu, Key("7"))
    assert again == Place(MENU, number=4, attempt=2)
    assert after(PLAN, again, Happening.TIME_OVER) == Place(SALES_QUEUE, number=5, moves=1)
    assert after(PLAN, again, Key("2")) == Place(SUPPORT_QUEUE, number=5, moves=1)


def test_what_means_nothing_to_a_step_changes_nothing() -> None:
    ringing, waiting = Place(RING), Place(SUPPORT_QUEUE, number=4)
    assert after(PLAN, ringing, Key("1")) is ringing
    assert after(PLAN, ringing, Happening.PLAYED) is ringing
    assert after(PLAN, waiting, Key("1")) is waiting
    assert after(PLAN, Place(BYE, number=9), Happening.TIME_OVER) == Place(BYE, number=9)


def test_a_key_leads_out_of_the_queue_when_the_plan_says_so() -> None:
    assert after(PLAN, Place(SALES_QUEUE, number=4), Key("1")) == Place(CALLBACK, number=5, moves=1)


def test_a_customer_who_goes_round_for_ever_comes_to_an_end() -> None:
    place, moves = Place(MENU), 0
    while not isinstance(PLAN.steps[place.step], HangUp):
        place, moves = after(PLAN, place, Key("9")), moves + 1
        assert moves <= MOST_MOVES + 1


happenings = st.one_of(st.sampled_from(Happening), st.sampled_from("0123456789*#").map(Key))


@given(st.lists(happenings, max_size=300))
def test_whatever_happens_a_call_is_somewhere_in_its_plan_and_its_number_never_falls(
    course: list[Happening | Key],
) -> None:
    place = Place(PLAN.start)
    for happening in course:
        following = after(PLAN, place, happening)
        assert following.step in PLAN.steps
        assert (following is place) or following.number == place.number + 1
        place = following


def test_the_plans_that_are_fine_have_no_problem() -> None:
    assert problems(PLAN) == []
    assert problems(simple_plan(WINDOW_S)) == []


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        (replace(PLAN, start=StepId("nowhere")), PlanProblem(None, "start", "unknown_step")),
        (changed(bye=HangUp(farewell=PromptId("song"))), PlanProblem(BYE, "farewell", "unknown_prompt")),
        (
            changed(sales=Queue(then=CALLBACK, longest_s=60, department=DepartmentId(9))),
            PlanProblem(SALES_QUEUE, "department", "unknown_department"),
        ),
        (changed(menu=Menu(PromptId("menu"), {}, SALES_QUEUE)), PlanProblem(MENU, "choices", "no_choice")),
        (
            changed(menu=Menu(PromptId("menu"), {"12": SALES_QUEUE}, SUPPORT_QUEUE)),
            PlanProblem(MENU, "choices.12", "no_key"),
        ),
        (changed(sales=Queue(then=CALLBACK, longest_s=1)), PlanProblem(SALES_QUEUE, "longest_s", "out_of_range")),
        (changed(lost=HangUp()), PlanProblem(StepId("lost"), "", "unreachable")),
        (
            changed(menu=Menu(PromptId("menu"), {"1": SALES_QUEUE, "2": SUPPORT_QUEUE}, otherwise=GREETING)),
            PlanProblem(MENU, "then", "no_end"),
        ),
        (changed(ring=Ring(then=GREETING, for_s=25.1)), PlanProblem(RING, "for_s", "past_the_window")),
    ],
)
def test_what_is_wrong_is_named_beside_its_step(plan: Plan, found: PlanProblem) -> None:
    assert found in problems(plan)


def test_ringing_one_after_another_adds_up_until_something_is_heard() -> None:
    second, third = StepId("second"), StepId("third")
    two: dict[StepId, Step] = {RING: Ring(then=second, for_s=15), second: Ring(then=GREETING, for_s=10)}
    assert problems(replace(PLAN, steps={**PLAN.steps, **two})) == []
    late = two | {second: Ring(then=GREETING, for_s=10.5)}
    assert problems(replace(PLAN, steps={**PLAN.steps, **late})) == [PlanProblem(second, "for_s", "past_the_window")]
    heard_first: dict[StepId, Step] = {
        GREETING: Announce(then=third, prompt=PromptId("greeting")),
        third: Ring(then=MENU, for_s=300),
    }
    assert problems(replace(PLAN, steps={**PLAN.steps, **heard_first})) == []


def test_ringing_without_an_end_is_no_plan() -> None:
    ring = StepId("ring")
    assert problems(Plan(ring, {ring: Ring(then=ring, for_s=5)})) == [PlanProblem(ring, "then", "no_end")]


def test_a_plan_is_the_same_after_it_was_json() -> None:
    adapter = TypeAdapter(Plan)
    assert adapter.validate_json(adapter.dump_json(PLAN)) == PLAN
