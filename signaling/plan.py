"""What becomes of a customer who calls, step by step, until somebody talks to them: a number's plan, as data. Pure.

Meta lets nobody hear anything before `accept`, and gives a call that nobody accepts 30 to 60 s. So a plan rings first,
inside our ring window, and everything that is heard (announcement, menu, queue, voicemail) comes after, on a call that
is accepted. A `Ring` that comes after something was heard rings while the customer hears music.

`lifecycle` walks a call through its plan: `begin` and `after` say where it is, the step there says what to do.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final, Literal, NewType

from pydantic import Discriminator

from signaling import texts as written
from signaling.ids import AgentId, DepartmentId

StepId = NewType("StepId", str)
PromptId = NewType("PromptId", str)
"""A sound: one of those that come with Ramal (`queue_music`), or an uploaded one."""

MOST_STEPS: Final = 50
MOST_MOVES: Final = 100
"""A customer who presses keys for ever is led to the end."""
LONGEST_RING_S: Final = 600.0
LONGEST_QUEUE_S: Final = 3_600.0
LONGEST_VOICEMAIL_S: Final = 300.0
LONGEST_KEY_WAIT_S: Final = 30.0
RESCUE_S: Final = 180.0
"""How long a customer who has talked to somebody already waits for the next."""
MOST_REPEATS: Final = 5
LONGEST_ONCE_IN_MIN: Final = written.LONGEST_ONCE_IN_MIN
KEYS: Final = "0123456789*#"
LANGUAGES: Final = ("pt-BR", "en", "es")
"""In which the words that come with Ramal are spoken."""
STEP_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
"""Names of steps stand in the records of calls."""


class RingOrder(StrEnum):
    ALL = "all"  # everybody who is free
    LONGEST_IDLE = "longest_idle"  # one after another, who has waited longest first
    ROTATION = "rotation"  # one after another, in a circle


class HangUpReason(StrEnum):
    """Why a plan ends a call that nobody took."""

    NOBODY_ANSWERED = "nobody_answered"
    CLOSED = "closed"
    CALLBACK_PROMISED = "callback_promised"
    VOICEMAIL_LEFT = "voicemail_left"
    GOOD_BYE = "good_bye"


@dataclass(frozen=True, slots=True)
class Ring:
    """Offer the call. `sticky_s`: that long to the agent of the customer's open protocol alone, if there is one; then
    to the department (None: the number's). `turn_s`: how long each agent has in a one-by-one order. `for_s` counts
    from the beginning of the step. `agent`: to nobody else, as a transfer does."""

    then: StepId
    for_s: float
    department: DepartmentId | None = None
    agent: AgentId | None = None
    order: RingOrder = RingOrder.ALL
    turn_s: float = 10.0
    sticky_s: float = 0.0
    kind: Literal["ring"] = "ring"


@dataclass(frozen=True, slots=True)
class Announce:
    """`once_in_min`: left out for a customer who has heard it within so many minutes; 0: always played."""

    then: StepId
    prompt: PromptId
    once_in_min: int = 0
    kind: Literal["announce"] = "announce"


@dataclass(frozen=True, slots=True)
class Menu:
    """Play the prompt and wait `wait_s` for a key, `times` times; then `otherwise`. A key that is no choice counts as
    none."""

    prompt: PromptId
    choices: Mapping[str, StepId]
    otherwise: StepId
    wait_s: float = 5.0
    times: int = 2
    kind: Literal["menu"] = "menu"


@dataclass(frozen=True, slots=True)
class Queue:
    """Wait with music until somebody takes the call. `position_every_s`: how often the customer hears their place;
    0: never. `choices`: keys that lead out of the queue. Overflows after `longest_s`."""

    then: StepId
    longest_s: float
    department: DepartmentId | None = None
    order: RingOrder = RingOrder.ALL
    turn_s: float = 10.0
    music: PromptId = PromptId("queue_music")
    position_every_s: float = 30.0
    choices: Mapping[str, StepId] | None = None
    kind: Literal["queue"] = "queue"


@dataclass(frozen=True, slots=True)
class OfferCallback:
    """Play the prompt; `key` within `wait_s` promises a call back and leads to `accepted`."""

    prompt: PromptId
    accepted: StepId
    otherwise: StepId
    key: str = "1"
    wait_s: float = 5.0
    kind: Literal["offer_callback"] = "offer_callback"


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Play the prompt, then record until `#`, `longest_s`, or the customer hangs up."""

    then: StepId
    prompt: PromptId
    longest_s: float = 120.0
    kind: Literal["voicemail"] = "voicemail"


@dataclass(frozen=True, slots=True)
class HangUp:
    """The end. `farewell` is played first when the call is accepted; a call that is not is rejected unheard."""

    reason: HangUpReason = HangUpReason.NOBODY_ANSWERED
    farewell: PromptId | None = None
    kind: Literal["hang_up"] = "hang_up"


Step = Annotated[Ring | Announce | Menu | Queue | OfferCallback | Voicemail | HangUp, Discriminator("kind")]
HEARD: Final = (Announce, Menu, Queue, OfferCallback, Voicemail)
"""Steps in which the customer hears something, so the call must be accepted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`closed`: where a call outside the number's hours begins; None: it is rejected. `goodbye`: where a call goes
    when its agent hangs up (a farewell); None: it just ends. `language`: of the words that come with Ramal.
    `transfer_prompt`: heard by a customer who is given on; None: the words that come with Ramal. `texts`: what
    integrators send besides."""

    start: StepId
    steps: Mapping[StepId, Step]
    closed: StepId | None = None
    goodbye: StepId | None = None
    language: str = "pt-BR"
    transfer_prompt: PromptId | None = None
    texts: written.Texts = written.NO_TEXTS


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its plan a call is. `number` grows with every move and over all plans of a call, so that a timer that
    comes late is told apart; `attempt` counts how often this step's prompt has been played; `moves` how far the call
    has come in this plan."""

    step: StepId
    number: int = 1
    attempt: int = 1
    moves: int = 0


class Happening(StrEnum):
    """What can end a step. A key is a `Key`."""

    TIME_OVER = "time_over"  # of ringing, of the queue, of a wait for a key, of a voicemail
    PLAYED = "played"  # an announcement or a farewell has ended


@dataclass(frozen=True, slots=True)
class Key:
    digit: str


def simple_plan(ring_s: float, sticky_s: float = 0.0) -> Plan:
    """What a number does until somebody gives it a plan: whom the customer should reach, if anybody, then everybody;
    then the call is missed."""
    ring, end = StepId("ring"), StepId("end")
    return Plan(ring, {ring: Ring(then=end, for_s=ring_s, sticky_s=sticky_s), end: HangUp()})


TRANSFERRING: Final = PromptId("transferring")
_SAY, _RING, _BACK, _QUEUE, _END = (StepId(f"ramal.{word}") for word in ("say", "ring", "back", "queue", "end"))
"""Beside the steps of a number's own plan, none of which may have such a name (`STEP_NAME`)."""


def transfer_to_agent(to: AgentId, back_to: AgentId, ring_s: float, prompt: PromptId = TRANSFERRING) -> Plan:
    """A blind transfer: the customer is told, then `to` alone is rung, then whoever transferred, then the number's
    department."""
    return Plan(
        _SAY,
        {
            _SAY: Announce(then=_RING, prompt=prompt),
            _RING: Ring(then=_BACK, for_s=ring_s, agent=to),
            _BACK: Ring(then=_QUEUE, for_s=ring_s, agent=back_to),
            _QUEUE: Queue(then=_END, longest_s=RESCUE_S),
            _END: HangUp(farewell=PromptId("farewell")),
        },
    )


def transfer_to_department(to: DepartmentId, back_to: AgentId, ring_s: float, prompt: PromptId = TRANSFERRING) -> Plan:
    """A blind transfer to whoever of a department is free first; then back to whoever transferred."""
    return Plan(
        _SAY,
        {
            _SAY: Announce(then=_QUEUE, prompt=prompt),
            _QUEUE: Queue(then=_BACK, longest_s=RESCUE_S, department=to),
            _BACK: Ring(then=_END, for_s=ring_s, agent=back_to),
            _END: HangUp(farewell=PromptId("farewell")),
        },
    )


def rescue() -> Plan:
    """For a customer whose agent was lost in the call: somebody else of the department."""
    return Plan(
        _QUEUE,
        {
            _QUEUE: Queue(then=_END, longest_s=RESCUE_S, position_every_s=0),
            _END: HangUp(farewell=PromptId("farewell")),
        },
    )


def begin(plan: Plan, *, is_open: bool) -> Place | None:
    """None: the number is closed and the plan has nothing for that."""
    start = plan.start if is_open else plan.closed
    return None if start is None else Place(start)


def after(plan: Plan, place: Place, happening: Happening | Key) -> Place:
    """Where the call is next: the very same place when the happening means nothing to this step."""
    match plan.steps[place.step], happening:
        case Ring(then=then) | Queue(then=then), Happening.TIME_OVER:
            return _moved(plan, place, then)
        case Announce(then=then), Happening.PLAYED:
            return _moved(plan, place, then)
        case Voicemail(then=then), Happening.TIME_OVER | Key(digit="#"):
            return _moved(plan, place, then)
        case Queue(choices=choices), Key(digit=digit) if choices is not None and digit in choices:
            return _moved(plan, place, choices[digit])
        case Menu(choices=choices), Key(digit=digit) if digit in choices:
            return _moved(plan, place, choices[digit])
        case Menu(times=times, otherwise=otherwise), Happening.TIME_OVER | Key():
            if place.attempt < times:
                return replace(place, number=place.number + 1, attempt=place.attempt + 1)
            return _moved(plan, place, otherwise)
        case OfferCallback(key=key, accepted=accepted), Key(digit=digit) if digit == key:
            return _moved(plan, place, accepted)
        case OfferCallback(otherwise=otherwise), Happening.TIME_OVER | Key():
            return _moved(plan, place, otherwise)
        case _:
            return place


def past_ringing(plan: Plan, place: Place) -> Place:
    """The first step after this place that is no `Ring`: the window in which a call may ring unaccepted is over."""
    while isinstance(plan.steps[place.step], Ring):
        place = after(plan, place, Happening.TIME_OVER)
    return place


def _moved(plan: Plan, place: Place, to: StepId) -> Place:
    if place.moves >= MOST_MOVES:
        to = next(step_id for step_id, step in plan.steps.items() if isinstance(step, HangUp))
    return Place(to, place.number + 1, moves=place.moves + 1)


# ---- what may be wrong with a plan -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """`step` None: the plan as a whole. `field` is the field of the step; `code` a word that pages translate."""

    step: StepId | None
    field: str
    code: str


def can_be_walked(plan: Plan) -> bool:
    """Whether every step leads somewhere, and to an end: all that a call needs of a plan, whatever else is wrong."""
    starts = [start for start in (plan.start, plan.closed, plan.goodbye) if start is not None]
    targets = [target for step in plan.steps.values() for _, target in _targets(step)]
    return all(step_id in plan.steps for step_id in [*starts, *targets]) and all(
        _ends_by_itself(plan, step_id) for step_id in plan.steps
    )


def prompts_of(plan: Plan) -> frozenset[PromptId]:
    """Every sound that the plan names."""
    of_steps = frozenset(prompt for step in plan.steps.values() for _, prompt in _prompts(step))
    return of_steps if plan.transfer_prompt is None else of_steps | {plan.transfer_prompt}


def problems_of(
    plan: Plan,
    ring_window_s: float,
    departments: frozenset[DepartmentId],
    prompts: frozenset[PromptId],
    agents: frozenset[AgentId] = frozenset(),
) -> list[PlanProblem]:
    """Everything that keeps a plan from being saved, in the order of its steps. Empty: it is fine.

    `ring_window_s`: how long a call may ring before it is accepted (`signaling.call.Rules`), inside Meta's window.
    """
    found: list[PlanProblem] = []
    if plan.language not in LANGUAGES:
        found.append(PlanProblem(None, "language", "unknown_language"))
    if plan.transfer_prompt is not None and plan.transfer_prompt not in prompts:
        found.append(PlanProblem(None, "transfer_prompt", "unknown_prompt"))
    found += [PlanProblem(None, field, code) for field, code in written.problems_of(plan.texts, LANGUAGES)]
    if len(plan.steps) > MOST_STEPS:
        found.append(PlanProblem(None, "steps", "too_many_steps"))
    for field, start in (("start", plan.start), ("closed", plan.closed), ("goodbye", plan.goodbye)):
        if start is not None and start not in plan.steps:
            found.append(PlanProblem(None, field, "unknown_step"))
    for step_id, step in plan.steps.items():
        found += _problems_of_step(plan, step_id, step, departments, prompts)
        if isinstance(step, Ring) and step.agent is not None and step.agent not in agents:
            found.append(PlanProblem(step_id, "agent", "unknown_agent"))
    if found:
        return found  # a plan with loose ends cannot be walked
    starts = [start for start in (plan.start, plan.closed) if start is not None]
    reached = _reachable(plan, [*starts, *([plan.goodbye] if plan.goodbye is not None else [])])
    found += [PlanProblem(step_id, "", "unreachable") for step_id in plan.steps if step_id not in reached]
    found += [PlanProblem(step_id, "then", "no_end") for step_id in plan.steps if not _ends_by_itself(plan, step_id)]
    if not found:
        found += [late for start in starts if (late := _rings_too_long(plan, start, ring_window_s)) is not None]
    return list(dict.fromkeys(found))


def _problems_of_step(
    plan: Plan, step_id: StepId, step: Step, departments: frozenset[DepartmentId], prompts: frozenset[PromptId]
) -> Iterator[PlanProblem]:
    if STEP_NAME.fullmatch(step_id) is None:
        yield PlanProblem(step_id, "", "bad_name")
    for field, target in _targets(step):
        if target not in plan.steps:
            yield PlanProblem(step_id, field, "unknown_step")
    for field, prompt in _prompts(step):
        if prompt not in prompts:
            yield PlanProblem(step_id, field, "unknown_prompt")
    if isinstance(step, Ring | Queue) and step.department is not None and step.department not in departments:
        yield PlanProblem(step_id, "department", "unknown_department")
    for field, seconds, least, most in _durations(step):
        if not least <= seconds <= most:
            yield PlanProblem(step_id, field, "out_of_range")
    for field, digit in _keys(step):
        if len(digit) != 1 or digit not in KEYS:
            yield PlanProblem(step_id, field, "no_key")
    if isinstance(step, Menu) and not step.choices:
        yield PlanProblem(step_id, "choices", "no_choice")


def _targets(step: Step) -> Iterator[tuple[str, StepId]]:
    """Every step that may follow, with the field that names it."""
    yield from by_itself(step)
    match step:
        case Menu(choices=choices) | Queue(choices=choices) if choices:
            yield from ((f"choices.{digit}", target) for digit, target in choices.items())
        case OfferCallback(accepted=accepted):
            yield "accepted", accepted


def by_itself(step: Step) -> Iterator[tuple[str, StepId]]:
    """What follows when the customer presses nothing."""
    match step:
        case Ring(then=then) | Announce(then=then) | Queue(then=then) | Voicemail(then=then):
            yield "then", then
        case Menu(otherwise=otherwise) | OfferCallback(otherwise=otherwise):
            yield "otherwise", otherwise


def _prompts(step: Step) -> Iterator[tuple[str, PromptId]]:
    match step:
        case Announce(prompt=prompt) | Menu(prompt=prompt) | OfferCallback(prompt=prompt) | Voicemail(prompt=prompt):
            yield "prompt", prompt
        case Queue(music=music):
            yield "music", music
        case HangUp(farewell=farewell) if farewell is not None:
            yield "farewell", farewell


def _keys(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case Menu(choices=choices) | Queue(choices=choices) if choices:
            yield from ((f"choices.{digit}", digit) for digit in choices)
        case OfferCallback(key=key):
            yield "key", key


def _durations(step: Step) -> Iterator[tuple[str, float, float, float]]:
    """Field, value, least and most."""
    match step:
        case Ring(for_s=for_s, turn_s=turn_s, sticky_s=sticky_s):
            yield "for_s", for_s, 1, LONGEST_RING_S
            yield "turn_s", turn_s, 3, LONGEST_RING_S
            yield "sticky_s", sticky_s, 0, for_s
        case Queue(longest_s=longest_s, turn_s=turn_s, position_every_s=every_s):
            yield "longest_s", longest_s, 5, LONGEST_QUEUE_S
            yield "turn_s", turn_s, 3, LONGEST_RING_S
            if every_s != 0:
                yield "position_every_s", every_s, 10, LONGEST_QUEUE_S
        case Menu(wait_s=wait_s, times=times):
            yield "wait_s", wait_s, 1, LONGEST_KEY_WAIT_S
            yield "times", times, 1, MOST_REPEATS
        case OfferCallback(wait_s=wait_s):
            yield "wait_s", wait_s, 1, LONGEST_KEY_WAIT_S
        case Voicemail(longest_s=longest_s):
            yield "longest_s", longest_s, 5, LONGEST_VOICEMAIL_S
        case Announce(once_in_min=minutes):
            yield "once_in_min", minutes, 0, LONGEST_ONCE_IN_MIN


def _reachable(plan: Plan, starts: list[StepId]) -> set[StepId]:
    seen: set[StepId] = set()
    ahead = list(starts)
    while ahead:
        step_id = ahead.pop()
        if step_id not in seen:
            seen.add(step_id)
            ahead += [target for _, target in _targets(plan.steps[step_id])]
    return seen


def _ends_by_itself(plan: Plan, step_id: StepId) -> bool:
    """Whether a customer who presses nothing comes to an end from here, instead of going round."""
    seen: set[StepId] = set()
    while step_id not in seen:
        seen.add(step_id)
        following = next(by_itself(plan.steps[step_id]), None)
        if following is None:
            return True
        step_id = following[1]
    return False


def _rings_too_long(plan: Plan, start: StepId, ring_window_s: float) -> PlanProblem | None:
    """The ringing that goes past the window, if any. Before anything is heard, one step follows from another by
    itself: no key can be pressed yet."""
    rung_s, step_id = 0.0, start
    while isinstance(step := plan.steps[step_id], Ring):
        rung_s += step.for_s
        if rung_s > ring_window_s:
            return PlanProblem(step_id, "for_s", "past_the_window")
        step_id = step.then
    return None
