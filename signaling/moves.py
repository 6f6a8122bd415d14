"""What calls of both directions have in common: whose the call is, and every way to an end. Pure.

`signaling.lifecycle` and `signaling.outbound_lifecycle` decide; these are the moves that both make.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from signaling.call import Call, Party, State
from signaling.effects import (
    CloseMedia,
    Effect,
    RejectCall,
    StartTimer,
    TerminateCall,
)
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentHungUp,
    AgentMuted,
    CallEvent,
    CallTerminated,
    CloseTimedOut,
    Direction,
    EndingConfirmed,
    GatewayRestarted,
)
from signaling.invitations import own_payload

KNOWN_BY_ITS_END: Final = "known_by_its_end"
"""Of a call that we heard of by its end alone, or first. Its connect may still come, late: then it was not missing."""

RESTARTED: Final = Failure("gateway.restarted", Fault.OURS, "the process that carried this call ended")
AGENT_LOST: Final = Failure("agent.lost", Fault.NETWORK)


def any_time_after_claim(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """What every state in which the call is an agent's has in common."""
    claim = call.claim
    assert claim is not None
    match event:
        case AgentHungUp(agent=claim.agent):
            return end(call.note(at, "hung_up", agent=claim.agent), at, Party.AGENT)
        case AgentMuted(agent=claim.agent, muted=muted) if muted != call.muted:
            return replace(call, muted=muted).note(at, "muted" if muted else "unmuted"), []
        case GatewayRestarted():
            return end(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return call, []


def any_time_while_ending(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """What an end has in common, whoever called."""
    match event:
        case EndingConfirmed():
            return call.note(at, "ending_confirmed"), []
        case CloseTimedOut():
            return ended(call, at), []
        case GatewayRestarted():
            # The old process may have died before it told Meta, and its timer died with it.
            timer = StartTimer(call.id, call.rules.close_s, CloseTimedOut())
            return call.note(at, "gateway_restarted"), [*ending_for_meta(call), timer]
        case _:
            return call, []


def nothing_more(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """Of a call that is over."""
    return call, []


def end(call: Call, at: datetime, by: Party, failure: Failure | None = None) -> tuple[Call, list[Effect]]:
    """We end it: audio stops now, Meta is told, and its `terminate` webhook closes the record."""
    tell_meta = ending_for_meta(call)
    call = judged(replace(blamed(call, by, failure), state=State.ENDING, ended_at=at))
    return call.note(at, "ending", by=by.value, **({"code": failure.code} if failure else {})), [
        *tell_meta,
        CloseMedia(call.id),
        StartTimer(call.id, call.rules.close_s, CloseTimedOut()),
    ]


def ending_for_meta(call: Call) -> list[RejectCall | TerminateCall]:
    """Meta's word for it depends on who called, and on whether the call was accepted, or may have been. Nothing can be
    said of a call whose name at Meta is not known yet: it is ended when Meta names it."""
    if call.wacid is None:
        return []
    may_be_accepted = call.accepted_at is not None or call.state is State.ACCEPTING
    word = TerminateCall if may_be_accepted or call.direction is Direction.OUTBOUND else RejectCall
    return [word(call.id, call.phone_number_id, call.wacid)]


def ended(call: Call, at: datetime) -> Call:
    call = judged(replace(call, state=State.ENDED, ended_at=call.ended_at or at))
    return call.note(at, "ended", outcome=call.outcome_now().value)


def judged(call: Call) -> Call:
    """With its outcome as known now: people who look at the records need not wait for Meta's last word."""
    return replace(call, outcome=call.outcome_now())


def blamed(call: Call, by: Party, failure: Failure | None = None) -> Call:
    """The first cause of the end is the cause."""
    return replace(call, ended_by=call.ended_by or by, failure=call.failure or failure)


def terminated(call: Call, event: CallTerminated, at: datetime) -> tuple[Call, list[Effect]]:
    """The call is over at Meta, whatever state we thought it in."""
    if call.terminated_by_meta:
        return call, []
    errors = [error.code for error in event.errors]
    facts = replace(
        call,
        terminated_by_meta=True,
        wacid=call.wacid or event.wacid,
        received_at=call.received_at or at,
        customer=call.customer.completed_by(event.customer),
        button_payload=call.button_payload or own_payload(event.button_payload),
        link_payload=call.link_payload or event.link_payload,
        meta_started_at=event.started_at,
        meta_ended_at=event.ended_at,
        meta_duration_s=event.duration_s,
    ).note(at, "terminated_by_meta", failed=event.failed, **({"code": errors[0]} if errors else {}))
    if (
        call.state is State.NEW
    ):  # its beginning never reached us: the record is filled in from what Meta says of its end
        facts = facts.note(at, KNOWN_BY_ITS_END)
    if call.state is State.ENDED:
        return judged(facts), []
    # A failure of Meta's after we had ended the call ourselves is only the echo of that end.
    ended_by_us = call.state is State.ENDING and call.ended_by is not Party.CUSTOMER
    failure = _failure_of(event) if event.failed and not ended_by_us else None
    over = ended(blamed(facts, Party.CUSTOMER, failure), at)
    return over, [CloseMedia(call.id)] if call.state not in (State.NEW, State.ENDING) else []


def _failure_of(event: CallTerminated) -> Failure:
    """Meta's own code and words, where it gave any."""
    if not event.errors:
        return Failure("meta.failed", Fault.META)
    error = event.errors[0]
    return Failure(f"meta.{error.code}", Fault.META, ": ".join(part for part in (error.title, error.details) if part))


def first_packet(call: Call, speaker: Literal["customer", "agent"], at: datetime) -> Call:
    """A fact that may come in any state, once for each direction."""
    if speaker == "customer" and call.customer_audio_at is None:
        return replace(call, customer_audio_at=at).note(at, "customer_audio")
    if speaker == "agent" and call.agent_audio_at is None:
        return replace(call, agent_audio_at=at).note(at, "agent_audio")
    return call
