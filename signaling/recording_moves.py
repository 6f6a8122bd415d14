"""When a call is being recorded: follows from what is true of it, after every step of its life. Pure.

`lifecycle.step` decides about the call; `recorded` looks at the call before and after, and adds what a recording needs.
A customer whose consent must be asked hears the question first, in place of the agent: not one packet is kept before
they have agreed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from signaling.call import Call, Consent, Recording, State
from signaling.effects import (
    ConnectAudio,
    ContinueRecording,
    Effect,
    MarkRecording,
    PauseRecording,
    PlayPrompts,
    SayPosition,
    StartRecording,
    StartTimer,
    StopRecording,
)
from signaling.events import (
    CallEvent,
    ConsentTimedOut,
    DigitPressed,
    EffectFailed,
    PromptEnded,
    RecordingAsked,
    RecordingHeldBack,
    RecordingLost,
)
from signaling.plan import Announce, HangUp, Menu, OfferCallback, PromptId, Queue, Ring
from signaling.recording_policy import Agreement, When
from signaling.waiting import step_of

CONSENT_PLACE: Final = -1
"""Of the question among the places of a call's prompts: plans count from 1."""

NOTICE, QUESTION = PromptId("consent_notice"), PromptId("consent_question")

Step = Callable[[Call, CallEvent, datetime], tuple[Call, list[Effect]]]

_TALKING: Final = (State.TALKING, State.REATTACHING)
_OVER: Final = (State.ENDING, State.ENDED)


def recorded(step: Step) -> Step:
    """The same step, of a call that may be recorded."""

    def step_and_record(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
        own = _own_events(call, event, at)
        after, effects = step(call, event, at) if own is None else own
        if after is call and own is None:
            return call, effects  # nothing happened
        after, effects = _asks_first(after, effects, at)
        return _followed(call, after, effects, at)

    return step_and_record


def wanted(call: Call) -> Recording:
    """What the recording of this call should be doing, by its policy and what is true now."""
    policy, begun = call.recording_policy, call.recording is not Recording.OFF
    if call.state in _OVER:
        return Recording.OFF
    match policy.when:
        case When.NEVER:
            return Recording.OFF
        case When.AFTER_CONSENT if call.consent is not Consent.AGREED:
            return Recording.OFF
        case When.ON_DEMAND if not call.recording_asked:
            return Recording.PAUSED if begun else Recording.OFF
    waits = call.accepted_at is not None and call.state in (State.WAITING, State.CLAIMED)
    heard = (call.state in _TALKING and (policy.hold or not call.held)) or (waits and _kept_while_waiting(call))
    if heard and not call.recording_held_back:
        return Recording.ON
    return Recording.PAUSED if begun else Recording.OFF


def _kept_while_waiting(call: Call) -> bool:
    """By what the plan does with the customer now. A message after the beep is kept as such, whatever the policy."""
    policy = call.recording_policy
    match step_of(call):
        case Announce() | HangUp():
            return policy.greeting
        case Menu() | OfferCallback():
            return policy.menu
        case Queue() | Ring():
            return policy.queue
    return False


def _own_events(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]] | None:
    """What is about the recording alone; None: it is the call's business."""
    match event:
        case RecordingAsked(agent=agent, on=on) if _is_with(call, agent) and on != call.recording_asked:
            if call.recording_policy.when is not When.ON_DEMAND:
                return call, []
            return replace(call, recording_asked=on).note(at, "recording_asked", agent=agent, on=on), []
        case RecordingHeldBack(agent=agent, held_back=held_back) if _is_with(call, agent):
            if held_back == call.recording_held_back:
                return call, []
            kind = "recording_held_back" if held_back else "recording_went_on"
            return replace(call, recording_held_back=held_back).note(at, kind, agent=agent), []
        case RecordingLost(reason=reason) if call.recording not in (Recording.OFF, Recording.FAILED):
            return _lost(call, reason, at), []
        case RecordingAsked() | RecordingHeldBack() | RecordingLost():
            return call, []
        case EffectFailed(effect="StartRecording", failure=failure):
            return _lost(replace(call, recording_since=None), failure.code, at), []
        case _ if call.consent is Consent.ASKED and call.state is State.TALKING and not call.held:
            return _answer_to_question(call, event, at)
    return None


def _lost(call: Call, reason: str, at: datetime) -> Call:
    """Nothing more can be kept; what was kept before stays."""
    lost = replace(call, recording=Recording.FAILED, recording_failure=reason)
    return lost.note(at, "recording_failed", reason=reason)


def _answer_to_question(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]] | None:
    policy = call.recording_policy
    by_key = policy.agreement is Agreement.KEY
    match event:
        case DigitPressed(digit=digit) if by_key:
            return _decided(call, Consent.AGREED if digit == policy.agree_key else Consent.REFUSED, at)
        case PromptEnded(place=place) if place == CONSENT_PLACE and by_key:
            return call.note(at, "consent_question_heard"), [
                StartTimer(call.id, policy.answer_s, ConsentTimedOut(call.consents))
            ]
        case PromptEnded(place=place) if place == CONSENT_PLACE:
            return _decided(call, Consent.AGREED, at)
        case ConsentTimedOut(question=question) if question == call.consents:
            return _decided(call, Consent.REFUSED, at)
        case EffectFailed(effect="PlayPrompts", failure=failure):
            # Who could not be asked has not agreed; they must not wait for it either.
            return _decided(
                call.note(at, "prompt_failed", effect="PlayPrompts", code=failure.code), Consent.REFUSED, at
            )
    return None


def _decided(call: Call, consent: Consent, at: datetime) -> tuple[Call, list[Effect]]:
    claim = call.claim
    assert claim is not None
    call = replace(call, consent=consent, consent_at=at)
    call = call.note(at, f"consent_{consent.value}", by=call.recording_policy.agreement.value)
    return call, [ConnectAudio(call.id, claim.agent, claim.seat)]


def _asks_first(call: Call, effects: list[Effect], at: datetime) -> tuple[Call, list[Effect]]:
    """In place of the agent the customer hears the question, once for every time they would hear an agent before it is
    answered."""
    policy = call.recording_policy
    unanswered = call.consent in (None, Consent.ASKED)
    if policy.when is not When.AFTER_CONSENT or not unanswered:
        return call, effects
    if not any(isinstance(effect, ConnectAudio) for effect in effects):
        return call, effects
    call = replace(call, consent=Consent.ASKED, consents=call.consents + 1).note(at, "consent_asked")
    question = PlayPrompts(call.id, (QUESTION if policy.agreement is Agreement.KEY else NOTICE,), CONSENT_PLACE)
    return call, [question if isinstance(effect, ConnectAudio) else effect for effect in effects]


def _followed(before: Call, call: Call, effects: list[Effect], at: datetime) -> tuple[Call, list[Effect]]:
    if call.recording is Recording.FAILED:
        if call.state in _OVER and call.recording_until is None:
            call = replace(call, recording_until=at)
        return call, effects
    now, then = wanted(call), call.recording
    if now is then:
        return call, effects if now is Recording.OFF else [*effects, *_marks(before, call)]
    call = replace(call, recording=now)
    match then, now:
        case _, Recording.OFF:  # before anything is torn down
            call = replace(call, recording_until=at)
            return call.note(at, "recording_over"), [StopRecording(call.id), *effects]
        case Recording.OFF, _:
            call = replace(call, recording_since=at)
            return call.note(at, "recording"), _before_sounds(effects, StartRecording(call.id))
        case _, Recording.PAUSED:
            return call.note(at, "recording_paused"), [PauseRecording(call.id), *effects, *_marks(before, call)]
    going_on = _before_sounds(effects, ContinueRecording(call.id))
    return call.note(at, "recording_continued"), [*going_on, *_marks(before, call)]


def _before_sounds(effects: list[Effect], begins: StartRecording | ContinueRecording) -> list[Effect]:
    """Last, once the customer hears their agent; but no sound of ours may begin without its first word."""
    sounds = (number for number, effect in enumerate(effects) if isinstance(effect, PlayPrompts | SayPosition))
    first = next(sounds, len(effects))
    return [*effects[:first], begins, *effects[first:]]


def _marks(before: Call, call: Call) -> list[Effect]:
    """What a listener should see on the timeline, also of what is left out. Keys show only where the rest is kept: what
    is typed in a pause is nobody's business, not even how long it is."""
    marks = []
    if before.held != call.held:
        marks.append("held" if call.held else "resumed")
    if before.claim != call.claim and before.agent is not None and call.agent != before.agent:
        marks.append("transferred")
    if call.recording is Recording.ON and call.keys != before.keys:
        marks.append("key")
    return [MarkRecording(call.id, mark) for mark in marks]


def _is_with(call: Call, agent: int) -> bool:
    return call.claim is not None and call.claim.agent == agent and call.state in _TALKING
