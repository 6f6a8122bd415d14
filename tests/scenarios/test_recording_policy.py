"""When a call is recorded: by its number's policy, after the customer has agreed, and never a packet more. On virtual
time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from signaling.call import Call, Consent, Recording, State
from signaling.effects import (
    CloseMedia,
    ConnectAudio,
    ContinueRecording,
    Effect,
    MarkRecording,
    PauseRecording,
    PlayPrompts,
    StartRecording,
    StopRecording,
)
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAnswered,
    AgentHeld,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    DigitPressed,
    Direction,
    PromptEnded,
    RecordingAsked,
    RecordingHeldBack,
    RecordingLost,
    TransferAsked,
)
from signaling.ids import DepartmentId, SeatId
from signaling.plan import Plan
from signaling.recording_moves import CONSENT_PLACE, NOTICE, QUESTION
from signaling.recording_policy import (
    NOT_RECORDED,
    Agreement,
    PolicyRule,
    RecordingPolicy,
    When,
    policy_for,
    problems_of,
)
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, NUMBER, PNID, SALES, SEAT_A, SEAT_B
from tests.scenarios.plan_world import PLAN, POSITION_S, RING_S, PlanWorld

ALWAYS = RecordingPolicy(When.ALWAYS)
ON_DEMAND = RecordingPolicy(When.ON_DEMAND)
BY_STAYING = RecordingPolicy(When.AFTER_CONSENT)
BY_KEY = RecordingPolicy(When.AFTER_CONSENT, Agreement.KEY, answer_s=8.0)

RECORDINGS = (StartRecording, PauseRecording, ContinueRecording, StopRecording)


def plays(scenario: Callable[[PlanWorld], Awaitable[None]], policy: RecordingPolicy, plan: Plan | None = None) -> None:
    async def run() -> None:
        world = PlanWorld(plan)
        number = world.world.numbers.numbers[PNID]
        world.world.numbers.numbers[PNID] = replace(number, recording=(PolicyRule(policy),))
        await scenario(world)
        await world.world.exchange.stop()

    run_in_virtual_time(run())


async def talking(world: PlanWorld) -> None:
    await world.call_comes()
    await world.tell(AgentAnswered(ANA.id, SEAT_A))
    assert world.state is State.TALKING


def live(world: PlanWorld) -> Call:
    (call,) = world.world.exchange.live_calls
    return call


def course(world: PlanWorld) -> list[str]:
    """What the recording was told to do."""
    return [type(effect).__name__ for effect in world.world.performed if isinstance(effect, RECORDINGS)]


def performed(world: PlanWorld, kind: type[Effect]) -> list[Effect]:
    return [effect for effect in world.world.performed if isinstance(effect, kind)]


def test_a_number_without_a_policy_records_nothing() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        await world.tell(RecordingAsked(ANA.id, True), AgentHungUp(ANA.id))
        assert course(world) == []

    plays(scenario, NOT_RECORDED)


def test_what_is_always_recorded_is_so_from_the_first_word_to_the_last() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        names = world.world.names()
        assert names.index("ConnectAudio") < names.index("StartRecording")
        await world.tell(AgentHungUp(ANA.id))
        names = world.world.names()
        assert names.index("StopRecording") < names.index("CloseMedia"), "nothing is torn down under it"
        assert course(world) == ["StartRecording", "StopRecording"]

    plays(scenario, ALWAYS)


@pytest.mark.parametrize(("hold", "expected"), [(False, ["PauseRecording", "ContinueRecording"]), (True, [])])
def test_hold_is_kept_or_not_by_policy_and_marked_if_it_is(hold: bool, expected: list[str]) -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        await world.tell(AgentHeld(ANA.id, True), AgentHeld(ANA.id, False))
        assert course(world)[1:] == expected
        marks = [effect.mark for effect in performed(world, MarkRecording) if isinstance(effect, MarkRecording)]
        assert marks == ["held", "resumed"], "also why something is missing"

    plays(scenario, replace(ALWAYS, hold=hold))


def test_on_demand_it_starts_stops_and_starts_as_the_agent_says_in_one_recording() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        assert course(world) == []
        await world.tell(RecordingAsked(BIA.id, True))
        assert course(world) == [], "it is not their call"
        await world.tell(RecordingAsked(ANA.id, True), RecordingAsked(ANA.id, True), RecordingAsked(ANA.id, False))
        await world.tell(RecordingAsked(ANA.id, True))
        assert course(world) == ["StartRecording", "PauseRecording", "ContinueRecording"]

    plays(scenario, ON_DEMAND)


def test_card_data_is_kept_out() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        await world.tell(RecordingHeldBack(ANA.id, True))
        assert live(world).recording is Recording.PAUSED
        await world.tell(DigitPressed("4"))
        assert performed(world, MarkRecording) == [], "nor how many digits a card has"
        await world.tell(AgentHeld(ANA.id, True), AgentHeld(ANA.id, False))
        assert live(world).recording is Recording.PAUSED, "taking the customer back does not undo it"
        await world.tell(RecordingHeldBack(ANA.id, False))
        assert course(world) == ["StartRecording", "PauseRecording", "ContinueRecording"]

    plays(scenario, ALWAYS)


def test_who_stays_after_the_notice_has_agreed_and_is_recorded_from_then_on() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await talking(world)
        (notice,) = performed(world, PlayPrompts)
        assert notice == PlayPrompts(live(world).id, (NOTICE,), CONSENT_PLACE)
        assert performed(world, ConnectAudio) == [], "the agent waits until it has been heard"
        assert course(world) == []
        await world.tell(PromptEnded(CONSENT_PLACE))
        assert live(world).consent is Consent.AGREED and live(world).consent_at is not None
        assert performed(world, ConnectAudio) and course(world) == ["StartRecording"]
        assert "consent_agreed" in [entry.kind for entry in live(world).timeline]

    plays(scenario, BY_STAYING)


def test_who_hangs_up_at_the_notice_is_not_recorded() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await talking(world)
        await world.customer_hangs_up(talked_s=2)
        assert course(world) == []

    plays(scenario, BY_STAYING)


@pytest.mark.parametrize(("digit", "consent"), [("1", Consent.AGREED), ("2", Consent.REFUSED), ("#", Consent.REFUSED)])
def test_a_key_agrees_and_every_other_refuses(digit: str, consent: Consent) -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await talking(world)
        (question,) = performed(world, PlayPrompts)
        assert question == PlayPrompts(live(world).id, (QUESTION,), CONSENT_PLACE)
        await world.tell(DigitPressed(digit))
        assert live(world).consent is consent
        assert performed(world, ConnectAudio), "the agent talks to them in either case"
        assert course(world) == (["StartRecording"] if consent is Consent.AGREED else [])
        await world.tell(DigitPressed("1"))
        assert live(world).consent is consent, "an answer is an answer"
        assert live(world).keys == "1"

    plays(scenario, BY_KEY)


@pytest.mark.parametrize("late_s", [-1.0, 0.0, 1.0])
def test_no_key_in_time_is_a_refusal(late_s: float) -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await talking(world)
        await world.tell(PromptEnded(CONSENT_PLACE))
        await world.pass_s(BY_KEY.answer_s + late_s)
        expected = Consent.ASKED if late_s < 0 else Consent.REFUSED
        assert live(world).consent is expected
        await world.tell(DigitPressed("1"))
        assert course(world) == (["StartRecording"] if late_s < 0 else [])

    plays(scenario, BY_KEY)


def test_a_question_that_cannot_be_played_is_a_refusal_and_keeps_nobody_waiting() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.fails(PlayPrompts, Failure("prompt.unreadable", Fault.OURS))
        await talking(world)
        assert live(world).consent is Consent.REFUSED
        assert performed(world, ConnectAudio) and course(world) == []

    plays(scenario, BY_KEY)


def test_an_agent_who_reloads_at_the_question_has_it_asked_again() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await talking(world)
        await world.tell(PromptEnded(CONSENT_PLACE))
        await world.tell(AgentSeatLost(ANA.id, SEAT_A), AgentSeatBack(ANA.id, SeatId("seat-new")))
        assert len(performed(world, PlayPrompts)) == 2
        await world.pass_s(BY_KEY.answer_s)
        assert live(world).consent is Consent.ASKED, "the first question's time does not end the second"
        await world.tell(DigitPressed("1"))
        assert performed(world, ConnectAudio)[-1] == ConnectAudio(live(world).id, ANA.id, SeatId("seat-new"))
        assert course(world) == ["StartRecording"]

    plays(scenario, BY_KEY)


def test_nobody_is_asked_twice_when_they_are_transferred_and_the_wait_is_kept_out() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        assert course(world) == ["StartRecording"]
        await world.tell(TransferAsked(ANA.id, to_agent=BIA.id))
        assert live(world).recording is Recording.PAUSED
        await world.tell(AgentAnswered(BIA.id, SEAT_B))
        assert world.state is State.TALKING
        assert course(world) == ["StartRecording", "PauseRecording", "ContinueRecording"]
        assert live(world).consents == 1
        assert performed(world, MarkRecording) == [MarkRecording(live(world).id, "transferred")]

    plays(scenario, BY_STAYING)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ((), ["", "", "", "", "Start"]),
        (("greeting",), ["Start", "Pause", "", "", "Continue"]),
        (("menu",), ["", "Start", "Pause", "", "Continue"]),
        (("queue",), ["", "", "Start", "", ""]),
        (("greeting", "menu", "queue"), ["Start", "", "", "", ""]),
    ],
)
def test_each_part_of_the_wait_is_kept_or_not_by_policy(kept: tuple[str, ...], expected: list[str]) -> None:
    """Greeting, menu, queue, one's place in it, the agent."""

    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        told: list[str] = []

        async def then(step: Awaitable[None]) -> None:
            before = len(course(world))
            await step
            told.append("".join(course(world)[before:]).removesuffix("Recording"))

        await world.call_comes()
        await then(world.pass_s(RING_S))
        await then(world.tell(PromptEnded(live(world).places)))
        await then(world.tell(DigitPressed("1")))
        await then(world.pass_s(POSITION_S))
        await then(world.tell(AgentAnswered(ANA.id, SEAT_A)))
        assert told == expected
        await world.tell(AgentHungUp(ANA.id))
        assert (live(world).recording is Recording.ON) == ("greeting" in kept), "a farewell is an announcement"

    parts = dict.fromkeys(kept, True)
    plays(scenario, replace(ALWAYS, **parts), PLAN)  # type: ignore[arg-type]


def test_a_sound_that_is_kept_does_not_begin_before_it_is() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await world.call_comes()
        await world.pass_s(RING_S)
        names = world.world.names()
        assert names.index("StartRecording") < names.index("PlayPrompts")

    plays(scenario, replace(ALWAYS, greeting=True), PLAN)


def test_a_message_after_the_beep_is_kept_as_such_and_not_as_a_recording() -> None:
    async def scenario(world: PlanWorld) -> None:
        world.world.silent(PlayPrompts)
        await world.call_comes()
        await world.pass_s(RING_S)
        await world.tell(PromptEnded(live(world).places), DigitPressed("2"))
        assert live(world).recording is Recording.PAUSED

    plays(scenario, replace(ALWAYS, greeting=True, menu=True, queue=True), PLAN)


def test_a_recording_that_is_lost_ends_alone() -> None:
    async def scenario(world: PlanWorld) -> None:
        await talking(world)
        await world.tell(RecordingLost("disk_full"))
        assert live(world).recording is Recording.FAILED and world.state is State.TALKING
        await world.tell(AgentHeld(ANA.id, True), AgentHeld(ANA.id, False), AgentHungUp(ANA.id))
        assert course(world) == ["StartRecording"]
        assert performed(world, CloseMedia)

    plays(scenario, ALWAYS)


def test_the_most_exact_rule_holds() -> None:
    by_default, outbound, sales = ON_DEMAND, BY_KEY, ALWAYS
    rules = (
        PolicyRule(by_default),
        PolicyRule(outbound, direction=Direction.OUTBOUND),
        PolicyRule(sales, department=SALES),
    )
    assert policy_for(rules, Direction.INBOUND, DepartmentId(9)) is by_default
    assert policy_for(rules, Direction.OUTBOUND, DepartmentId(9)) is outbound
    assert policy_for(rules, Direction.OUTBOUND, SALES) is sales
    assert policy_for(rules[1:], Direction.INBOUND, None) is NOT_RECORDED
    assert NUMBER.recording == ()


def test_what_is_wrong_with_a_policy_is_named() -> None:
    assert problems_of([PolicyRule(ALWAYS), PolicyRule(BY_KEY, Direction.INBOUND)]) == []
    wrong = RecordingPolicy(When.ALWAYS, agree_key="12", answer_s=0.5, keep_days=0)
    assert problems_of([PolicyRule(wrong), PolicyRule(ALWAYS)]) == ["twice", "answer_s", "agree_key", "keep_days"]
