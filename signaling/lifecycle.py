"""The lifecycle of a call, pure: `step(call, event, at)` is the call after the event, and what the world must now do.

Here are inbound calls; outbound ones have their own states in `signaling.outbound_lifecycle`. Meta repeats and reorders
webhooks, agents race, audio fails, and every path converges on one record.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from signaling import outbound_lifecycle
from signaling.call import Call, Claim, Party, State
from signaling.conversation import agent_gone, claimed_while_heard, reattaching, talking
from signaling.effects import (
    AcceptCall,
    ConnectAudio,
    CreateAnswer,
    Effect,
    FindStickyAgent,
    OpenAudio,
    PreAcceptCall,
    RejectCall,
    StartTimer,
    TerminateCall,
)
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentDeclined,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    AnswerCreated,
    CallAccepted,
    CallEvent,
    CallOffered,
    CallTerminated,
    ClaimExpired,
    ConnectTimedOut,
    Direction,
    EffectFailed,
    FirstPacket,
    GatewayRestarted,
    LegConnected,
    LegLost,
    PreAccepted,
    RingTimedOut,
    SoundFound,
    SoundMeasured,
    StepTimedOut,
    StickyAgentBusy,
    StickyAgentKnown,
    StickyLookupTimedOut,
    StickyTimedOut,
    TurnTimedOut,
)
from signaling.invitations import invitation_in, own_payload
from signaling.measured import measured, sound_found
from signaling.moves import (
    RESTARTED,
    any_time_after_claim,
    any_time_while_ending,
    blamed,
    end,
    ended,
    first_packet,
    judged,
    nothing_more,
    terminated,
)
from signaling.plan import begin
from signaling.recording_moves import recorded
from signaling.supervision_moves import supervised
from signaling.texts import TextKind
from signaling.texts_due import with_text
from signaling.waiting import (
    accept_to_be_heard,
    accepted,
    claim_lost,
    go_to,
    hinted,
    past_the_window,
    plan_of,
    rung,
    waiting,
)

CLOSED: Final = Failure("number.closed", Fault.CONFIGURATION, "outside the number's hours")


def step(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """The call after `event`, which reached us at `at`, and what the world must now do about it.

    An event that changes nothing returns the very same call: Meta repeats and reorders, timers are never cancelled,
    and agents press buttons on calls that have just ended.
    """
    return _RECORDED(call, event, at)


def _step(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    if call.direction is Direction.OUTBOUND:
        return outbound_lifecycle.step(call, event, at)
    match event:
        case CallTerminated():
            return terminated(call, event, at)
        case CallOffered() if call.state is not State.NEW:
            return _filled_in(call, event), []
        case FirstPacket(speaker=speaker):
            return first_packet(call, speaker, at), []
        case SoundFound():
            return sound_found(call, event, at), []
        case SoundMeasured():
            return measured(call, event, at), []
        case _:
            return _STEPS[call.state](call, event, at)


def _new(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case CallOffered():
            call = replace(_filled_in(call, event), received_at=at)
            age_s = max(0.0, (at - event.at).total_seconds())
            if age_s > call.rules.stale_offer_s:
                # Meta gave up on this call long ago and wants no Graph request for it (reference 2.3).
                call = call.note(at, "offer_was_stale", age_s=round(age_s))
                return ended(blamed(call, Party.CUSTOMER), at), []
            call = call.note(at, "offered", age_s=round(age_s, 3))
            if call.refusal is not None:
                return end(call, at, Party.GATEWAY, call.refusal)
            # Meta counts from its own clock: a webhook that needed a retry leaves less of the window.
            ring_s = max(call.rules.ring_window_s - age_s, call.rules.shortest_ring_s)
            call = with_text(call, TextKind.GREETING if call.is_open else TextKind.OUT_OF_HOURS, at)
            place = begin(plan_of(call), is_open=call.is_open)
            if place is None:
                return end(call, at, Party.GATEWAY, CLOSED)
            call = replace(call, state=State.PREPARING, place=place, ring_until=at + timedelta(seconds=ring_s))
            effects: list[Effect] = [CreateAnswer(call.id, event.offer), StartTimer(call.id, ring_s, RingTimedOut())]
            if call.asks_for_agent:
                call = replace(call, hint_awaited=True)
                lookup = StartTimer(call.id, call.rules.sticky_lookup_s, StickyLookupTimedOut())
                effects += [FindStickyAgent(call.id), lookup]
            return call, effects
        case _:
            return call, []


def _preparing(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case AnswerCreated(answer=answer):
            # Pre-accepted while it rings: ICE and DTLS then cost nobody a word.
            call = replace(call, state=State.RINGING, answer=answer).note(at, "answer_created")
            assert call.place is not None
            call, effects = go_to(call, call.place, at)
            return call, [
                PreAcceptCall(call.id, call.phone_number_id, call.meta_id, answer),
                StartTimer(call.id, call.rules.connect_s, ConnectTimedOut()),
                *effects,
            ]
        case _:
            return _not_accepted_yet(call, event, at)


def _ringing(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case LegConnected() | PreAccepted():
            call, effects = _not_accepted_yet(call, event, at)
            return (call, effects) if effects else accept_to_be_heard(call, at)
        case RingTimedOut():
            return past_the_window(call, at)
        case (
            AgentsRung()
            | AgentAnswered()
            | AgentDeclined()
            | StepTimedOut()
            | StickyAgentBusy()
            | StickyTimedOut()
            | TurnTimedOut()
        ):
            return rung(call, event, at)
        case StickyAgentKnown() | StickyLookupTimedOut():
            return rung(call, event, at)
        case _:
            return _not_accepted_yet(call, event, at)


def _claimed(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    if call.accepted_at is not None:
        return claimed_while_heard(call, event, at)
    claim = call.claim
    assert claim is not None
    match event:
        case AgentAudible(agent=claim.agent, seat=claim.seat):
            call = replace(call, claim=replace(claim, audible=True)).note(at, "agent_audible")
            return _accept_if_ready(call, at)
        case LegConnected() | PreAccepted():
            call, effects = _not_accepted_yet(call, event, at)
            return (call, effects) if effects else _accept_if_ready(call, at)
        case RingTimedOut():
            # Somebody is answering: the lease is short enough to end before Meta's window does.
            return replace(call, ring_window_over=True), []
        case StepTimedOut(place=place) if call.place is not None and place == call.place.number:
            return replace(call, step_over=True), []
        case ClaimExpired(claim=call.claims) if not claim.audible:
            return claim_lost(call.note(at, "claim_expired", agent=claim.agent), at)
        case AgentSeatLost(agent=claim.agent, seat=claim.seat):
            return claim_lost(call.note(at, "seat_lost", agent=claim.agent), at)
        case AgentHungUp(agent=claim.agent):
            call = replace(call, declined_by=call.declined_by | {claim.agent})
            return claim_lost(call.note(at, "declined", agent=claim.agent), at)
        case AgentDeclined(agent=agent) if agent not in call.declined_by and agent != claim.agent:
            return replace(call, declined_by=call.declined_by | {agent}).note(at, "declined", agent=agent), []
        case _:
            return _not_accepted_yet(call, event, at)


def _not_accepted_yet(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """What PREPARING, RINGING and CLAIMED have in common."""
    match event:
        case PreAccepted() if call.pre_accepted_at is None:
            return replace(call, pre_accepted_at=at).note(at, "pre_accepted"), []
        case LegConnected() if not call.leg_connected:
            return replace(call, leg_connected=True).note(at, "leg_connected"), []
        case RingTimedOut():
            return past_the_window(call, at)
        case StickyAgentKnown() | StickyLookupTimedOut() if call.hint_awaited:
            return hinted(call, event, at), []
        case ConnectTimedOut() if not call.leg_connected:
            return end(call, at, Party.GATEWAY, Failure("media.connect_timeout", Fault.NETWORK))
        case LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case EffectFailed(effect="CreateAnswer" | "PreAcceptCall", failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case GatewayRestarted():
            return end(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return call, []


def _accepting(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    if call.claim is None:
        return _accepting_for_the_plan(call, event, at)
    claim = call.claim
    match event:
        case CallAccepted():
            # Audio sent before Graph answers 200 is lost, and taken as pick-up: the caller misses the first words.
            call = replace(call, state=State.TALKING, accepted_at=at, agent=claim.agent).note(at, "accepted")
            if not claim.audible:
                call, effects = agent_gone(call, at)
                return call, [OpenAudio(call.id), *effects]
            return call, [OpenAudio(call.id), ConnectAudio(call.id, claim.agent, claim.seat)]
        case AgentSeatLost(agent=claim.agent, seat=claim.seat):
            return replace(call, claim=replace(claim, audible=False)).note(at, "seat_lost"), []
        case AgentSeatBack(agent=claim.agent, seat=seat):
            return replace(call, claim=Claim(claim.agent, seat, audible=True)).note(at, "seat_back"), []
        case EffectFailed(effect="AcceptCall", failure=failure) | LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case _:
            return any_time_after_claim(call, event, at)


def _accepting_for_the_plan(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case CallAccepted():
            call, effects = accepted(call, at)
            return call, [OpenAudio(call.id), *effects]
        case EffectFailed(effect="AcceptCall", failure=failure) | LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case GatewayRestarted():
            return end(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return call, []


def _ending(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case CallAccepted():
            # The accept overtook our ending on its way; make sure that the customer is not left in silence.
            call = judged(replace(call, accepted_at=call.accepted_at or at)).note(at, "accepted")
            return call, [TerminateCall(call.id, call.phone_number_id, call.meta_id)]
        case EffectFailed(effect="RejectCall" | "TerminateCall" as effect, failure=failure):
            call = call.note(at, "ending_failed", code=failure.code)
            # Whether an accept that failed or was cut off went through, only Meta knows: then the other word is right.
            unsure = effect == "TerminateCall" and call.accepted_at is None
            return call, [RejectCall(call.id, call.phone_number_id, call.meta_id)] if unsure else []
        case _:
            return any_time_while_ending(call, event, at)


_STEPS: Final[dict[State, Callable[[Call, CallEvent, datetime], tuple[Call, list[Effect]]]]] = {
    State.NEW: _new,
    State.PREPARING: _preparing,
    State.RINGING: _ringing,
    State.CLAIMED: _claimed,
    State.ACCEPTING: _accepting,
    State.WAITING: waiting,
    State.TALKING: talking,
    State.REATTACHING: reattaching,
    State.ENDING: _ending,
    State.ENDED: nothing_more,
}


_RECORDED: Final = recorded(supervised(_step))


# ---- moves that several states share ---------------------------------------------------------------------------------


def _accept_if_ready(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """Answer the customer only when somebody will be heard: agent's microphone, our leg and `pre_accept` are all up."""
    ready = call.claim is not None and call.claim.audible and call.leg_connected and call.pre_accepted_at is not None
    if not ready:
        return call, []
    answer = call.answer
    assert answer is not None
    call = replace(call, state=State.ACCEPTING).note(at, "accepting")
    return call, [AcceptCall(call.id, call.phone_number_id, call.meta_id, answer)]


# ---- facts that may come in any state --------------------------------------------------------------------------------


def _filled_in(call: Call, event: CallOffered) -> Call:
    """What only the offer tells, also when the end came first. Nothing known is overwritten."""
    filled = replace(
        call,
        offered_at=call.offered_at or event.at,
        customer=call.customer.completed_by(event.customer),
        button_payload=call.button_payload or own_payload(event.button_payload),
        invitation=call.invitation or invitation_in(event.button_payload),
        link_payload=call.link_payload or event.link_payload,
    )
    return call if filled == call else filled
