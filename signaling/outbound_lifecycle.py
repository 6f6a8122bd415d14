"""The lifecycle of a call that we make, pure. `signaling.lifecycle.step` sends outbound calls here.

The call is its agent's from the start. Meta names it late: in the answer to `connect`, or in a webhook that overtakes
that answer. Its answer to our offer and its statuses come in any order (conflict C2): the answer means that the tunnel
is ready, ACCEPTED alone means that somebody picked up, and the two together make a conversation.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from signaling.call import Call, Claim, Party, State
from signaling.conversation import claimed_while_heard, reattaching, talking
from signaling.effects import (
    ApplyAnswer,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    ConnectCall,
    CreateOffer,
    Effect,
    OpenAudio,
    PlayHoldTone,
    PlayRingback,
    StartTimer,
    TerminateCall,
)
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAudible,
    AgentDialed,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    CallAnswerReceived,
    CallEvent,
    CallPlaced,
    CallStatusChanged,
    CallTerminated,
    ClaimExpired,
    CloseTimedOut,
    ConnectTimedOut,
    Customer,
    EffectFailed,
    FirstPacket,
    GatewayRestarted,
    LegConnected,
    LegLost,
    OfferCreated,
    OutboundStatus,
    PlacingTimedOut,
    ReattachTimedOut,
    RingTimedOut,
    SoundFound,
    SoundMeasured,
)
from signaling.measured import measured, sound_found
from signaling.moves import (
    AGENT_LOST,
    RESTARTED,
    any_time_after_claim,
    any_time_while_ending,
    blamed,
    end,
    ended,
    ending_for_meta,
    first_packet,
    judged,
    nothing_more,
    terminated,
)
from signaling.private import Wacid
from signaling.waiting import waiting

AGENT_UNHEARD: Final = Failure("agent.unheard", Fault.NETWORK, "no packet of the agent's microphone came")
CONNECT_UNCLEAR: Final = Failure("network.connect_unclear", Fault.NETWORK)
CONNECT_TIMEOUT: Final = Failure("media.connect_timeout", Fault.NETWORK)

OVER: Final = (State.ENDING, State.ENDED)


def step(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """As `signaling.lifecycle.step`, for an outbound call."""
    match event:
        case CallTerminated():
            return terminated(call, event, at)
        case CallPlaced(wacid=wacid):
            return _named(call, wacid, at)
        case CallAnswerReceived():
            return _answered(call, event, at)
        case CallStatusChanged():
            return _status(call, event, at)
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
        case AgentDialed(agent=agent, seat=seat):
            # A call must not ring at somebody's whom nobody would greet: first the agent is heard (decision 0002).
            call = replace(call, state=State.PREPARING, received_at=at, agent=agent, claim=Claim(agent, seat), claims=1)
            return call.note(at, "dialed", agent=agent), [
                AwaitAgentAudio(call.id, agent, seat),
                StartTimer(call.id, call.rules.claim_lease_s, ClaimExpired(1)),
            ]
        case _:
            return call, []


def _preparing(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    claim = call.claim
    assert claim is not None
    match event:
        case AgentAudible(agent=claim.agent, seat=claim.seat) if not claim.audible:
            call = replace(call, claim=replace(claim, audible=True)).note(at, "agent_audible")
            return call, [CreateOffer(call.id)]
        case OfferCreated(offer=offer):
            window_s = call.rules.dial_window_s
            call = replace(call, state=State.DIALING, ring_until=at + timedelta(seconds=window_s))
            return call.note(at, "connecting"), [
                ConnectCall(call.id, call.phone_number_id, call.customer, offer),
                StartTimer(call.id, window_s, RingTimedOut()),
            ]
        case ClaimExpired() if not claim.audible:
            return _never_was(call, at, Party.GATEWAY, AGENT_UNHEARD)
        case AgentSeatBack(agent=claim.agent, seat=seat) if seat != claim.seat:
            moved = replace(call, claim=replace(claim, seat=seat)).note(at, "seat_back", agent=claim.agent)
            return moved, [] if claim.audible else [AwaitAgentAudio(call.id, claim.agent, seat)]
        case AgentSeatLost(agent=claim.agent, seat=claim.seat):
            return _never_was(call, at, Party.GATEWAY, AGENT_LOST)
        case AgentHungUp(agent=claim.agent):
            return _never_was(call.note(at, "hung_up", agent=claim.agent), at, Party.AGENT)
        case EffectFailed(effect="CreateOffer", failure=failure) | LegLost(failure=failure):
            return _never_was(call, at, Party.GATEWAY, failure)
        case GatewayRestarted():
            return _never_was(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return any_time_after_claim(call, event, at)


def _dialing(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    claim = call.claim
    assert claim is not None
    match event:
        case LegConnected() if not call.leg_connected:
            # Silence from here on: Meta counts 20 s without a packet from the start of the call (reference 3.7).
            call, effects = _talk_if_ready(replace(call, leg_connected=True).note(at, "leg_connected"), at)
            return call, [OpenAudio(call.id), *effects]
        case LegLost(failure=failure) | EffectFailed(effect="ApplyAnswer", failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case EffectFailed(effect="ConnectCall", failure=failure):
            if call.wacid is not None:
                return call.note(at, "connect_failed", code=failure.code), []  # a webhook has told that it worked
            if failure.code != CONNECT_UNCLEAR.code:
                return _never_was(call, at, Party.GATEWAY, failure)
            return call.note(at, "connect_unclear"), [StartTimer(call.id, call.rules.connect_s, PlacingTimedOut())]
        case PlacingTimedOut() if call.wacid is None:
            return _never_was(call, at, Party.GATEWAY, CONNECT_UNCLEAR)
        case RingTimedOut() if call.accepted_at is None and call.customer_audio_at is not None:
            # Somebody speaks there, whatever became of Meta's ACCEPTED: it comes late at times (reference C2).
            return _talk_if_ready(replace(call, accepted_at=at).note(at, "pick_up_unannounced"), at)
        case RingTimedOut() if call.accepted_at is None:
            return end(replace(call, ring_window_over=True).note(at, "ring_window_over"), at, Party.GATEWAY)
        case ConnectTimedOut() if not call.leg_connected:
            return end(call, at, Party.GATEWAY, CONNECT_TIMEOUT)
        case AgentSeatLost(agent=claim.agent, seat=claim.seat) if claim.audible:
            grace_s, absence = call.rules.reattach_grace_s, call.absences + 1
            until = at + timedelta(seconds=grace_s)
            call = replace(call, claim=replace(claim, audible=False), absences=absence, reattach_until=until)
            return call.note(at, "seat_lost", agent=claim.agent), [
                StartTimer(call.id, grace_s, ReattachTimedOut(absence))
            ]
        case AgentSeatBack(agent=claim.agent, seat=seat) if seat != claim.seat:
            call = replace(call, claim=Claim(claim.agent, seat, audible=True), reattach_until=None)
            call = call.note(at, "seat_back", agent=claim.agent)
            return call, [] if call.wacid is None else [PlayRingback(call.id, seat)]
        case ReattachTimedOut(absence=call.absences) if not claim.audible:
            return end(call, at, Party.GATEWAY, AGENT_LOST)
        case _:
            return any_time_after_claim(call, event, at)


def _ending(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    match event:
        case EffectFailed(effect="TerminateCall", failure=failure):
            return call.note(at, "ending_failed", code=failure.code), []
        case EffectFailed(effect="ConnectCall", failure=failure) if call.wacid is None:
            if failure.code == CONNECT_UNCLEAR.code:
                return call.note(at, "connect_unclear"), []  # if there is a call, a webhook names it, and it is ended
            return ended(call.note(at, "connect_failed", code=failure.code), at), []
        case _:
            return any_time_while_ending(call, event, at)


_STEPS: Final[dict[State, Callable[[Call, CallEvent, datetime], tuple[Call, list[Effect]]]]] = {
    State.NEW: _new,
    State.PREPARING: _preparing,
    State.DIALING: _dialing,
    State.WAITING: waiting,
    State.CLAIMED: claimed_while_heard,
    State.TALKING: talking,
    State.REATTACHING: reattaching,
    State.ENDING: _ending,
    State.ENDED: nothing_more,
}


# ---- what Meta tells, in any state -----------------------------------------------------------------------------------


def _named(call: Call, wacid: Wacid, at: datetime, customer: Customer = Customer()) -> tuple[Call, list[Effect]]:
    """Meta's first sign of the call: it exists there, under this name. What Meta knows of the customer completes it."""
    completed = call.customer.completed_by(customer)
    if completed != call.customer:
        call = replace(call, customer=completed)
    if call.wacid is not None:
        return call, []
    call = replace(call, wacid=wacid).note(at, "placed")
    if call.state in OVER:  # it was given up before it had a name: somebody's phone may ring for nothing
        return call, [TerminateCall(call.id, call.phone_number_id, wacid)]
    if call.state is State.DIALING and call.claim is not None and call.claim.audible:
        return call, [PlayRingback(call.id, call.claim.seat)]
    return call, []


def _answered(call: Call, event: CallAnswerReceived, at: datetime) -> tuple[Call, list[Effect]]:
    """Meta's answer to our offer: the tunnel is ready. Only the first one counts: there is no re-offer."""
    call, effects = _named(call, event.wacid, at, event.customer)
    if call.offered_at is None:
        call = replace(call, offered_at=event.at)
    if call.state is not State.DIALING or call.answer is not None:
        return call, effects
    call = replace(call, answer=event.answer).note(at, "answer_received")
    return call, [
        *effects,
        ApplyAnswer(call.id, event.answer),
        StartTimer(call.id, call.rules.connect_s, ConnectTimedOut()),
    ]


def _status(call: Call, event: CallStatusChanged, at: datetime) -> tuple[Call, list[Effect]]:
    call, effects = _named(call, event.wacid, at, event.customer)
    # What is told after the end happened before it.
    happened_at = at if call.ended_at is None else min(event.at, call.ended_at)
    match event.status:
        case OutboundStatus.RINGING if call.rung_at is None:
            return replace(call, rung_at=happened_at).note(at, "rung"), effects
        case OutboundStatus.ACCEPTED if call.accepted_at is None:
            call = replace(call, accepted_at=happened_at).note(at, "picked_up")
            if call.state in OVER:
                # The customer picked up a call that we had given up, and must not be left in silence.
                return judged(call), [] if call.terminated_by_meta else [*ending_for_meta(call)]
            call, more = _talk_if_ready(call, at)
            return call, [*effects, *more]
        case OutboundStatus.REJECTED if call.rejected_at is None:
            call = replace(call, rejected_at=happened_at).note(at, "declined_by_customer")
            if call.state is State.DIALING and call.accepted_at is None:
                return _declined(call, at)
            return judged(call) if call.state in OVER else call, effects
        case _:
            return call, effects


def _declined(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """Over for the agent at once. Meta has ended it by itself, and its `terminate` closes the record."""
    call = judged(replace(blamed(call, Party.CUSTOMER), state=State.ENDING, ended_at=at))
    return call.note(at, "ending", by=Party.CUSTOMER.value), [
        CloseMedia(call.id),
        StartTimer(call.id, call.rules.close_s, CloseTimedOut()),
    ]


# ---- moves -----------------------------------------------------------------------------------------------------------


def _talk_if_ready(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """Somebody picked up, and the tunnel stands: in either order."""
    if call.state is not State.DIALING or call.accepted_at is None:
        return call, []
    claim = call.claim
    assert claim is not None
    if not call.leg_connected:
        return call, [StartTimer(call.id, call.rules.connect_s, ConnectTimedOut())]
    if not claim.audible:  # the grace of this absence runs already
        return replace(call, state=State.REATTACHING).note(at, "hold_tone"), [PlayHoldTone(call.id)]
    return replace(call, state=State.TALKING).note(at, "talking"), [ConnectAudio(call.id, claim.agent, claim.seat)]


def _never_was(call: Call, at: datetime, by: Party, failure: Failure | None = None) -> tuple[Call, list[Effect]]:
    """As far as we know there is no call at Meta. Should a webhook tell of one all the same, it is ended there."""
    call = ended(replace(blamed(call, by, failure), ended_at=at), at)
    return call, [CloseMedia(call.id)]
