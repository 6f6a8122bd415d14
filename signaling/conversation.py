"""An agent and a customer talk: hold, transfer, consultation, three, and an agent who is away for a while. Pure.

Calls of both directions come here. Whatever changes is what the customer's leg hears; Meta is told nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from signaling import plan as plans
from signaling.call import Call, Claim, Consult, Party, State
from signaling.effects import (
    ConnectAudio,
    ConnectConsult,
    ConnectThree,
    Effect,
    HoldCustomer,
    PlayHoldTone,
    StartTimer,
)
from signaling.events import (
    AgentAudible,
    AgentDeclined,
    AgentHeld,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    CallEvent,
    ClaimExpired,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    ConsultJoined,
    ConsultLeft,
    ConsultTimedOut,
    DigitPressed,
    GatewayRestarted,
    LegLost,
    ReattachTimedOut,
    StepTimedOut,
    TransferAsked,
)
from signaling.ids import AgentId, SeatId
from signaling.moves import RESTARTED, any_time_after_claim, end
from signaling.plan import Plan
from signaling.texts import TextKind
from signaling.texts_due import with_text
from signaling.waiting import claim_lost, go_to

CONSULT_RING_S: Final = 30.0
TRANSFER_RING_S: Final = 25.0
MOST_KEYS: Final = 64
"""The last keys that an agent is shown."""


def talking(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """The state TALKING."""
    claim = call.claim
    assert claim is not None
    match event:
        case AgentSeatLost(agent=claim.agent, seat=claim.seat):
            return agent_gone(call.note(at, "seat_lost", agent=claim.agent), at)
        case AgentSeatBack(agent=claim.agent, seat=seat) if seat != claim.seat:
            return agent_back(call, seat, at)
        case AgentHeld(agent=claim.agent, held=held) if held != call.held and call.consult is None:
            call = replace(call, held=held).note(at, "held" if held else "resumed")
            return call, [_sound_of(call)]
        case TransferAsked(agent=claim.agent) if call.consult is None:
            return _transferred(call, event, at)
        case DigitPressed(digit=digit):
            return replace(call, keys=(call.keys + digit)[-MOST_KEYS:]).note(at, "key"), []
        case ConsultAsked(agent=claim.agent, of=other) if call.consult is None and other != claim.agent:
            number = call.consults + 1
            call = replace(call, consult=Consult(other, number), consults=number, held=True)
            return call.note(at, "consult_asked", agent=other), [
                HoldCustomer(call.id, claim.seat),
                StartTimer(call.id, CONSULT_RING_S, ConsultTimedOut(number)),
            ]
        case LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case _ if call.consult is not None:
            return _consulting(call, call.consult, event, at)
        case _:
            return _any_time(call, event, at)


def reattaching(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """The state REATTACHING: the customer hears the hold tone until the agent is back on a new seat, or the grace is
    over and somebody else takes the call."""
    claim = call.claim
    assert claim is not None
    match event:
        case AgentSeatBack(agent=claim.agent, seat=seat):
            return agent_back(call, seat, at)
        case ReattachTimedOut(absence=call.absences):
            return _sent_on(call.note(at, "agent_lost", agent=claim.agent), plans.rescue(), at)
        case LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case _:
            return _any_time(call, event, at)


def claimed_while_heard(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """The state CLAIMED of a call that is accepted already: the customer hears music until the agent is heard."""
    claim = call.claim
    assert claim is not None
    match event:
        case AgentAudible(agent=claim.agent, seat=claim.seat):
            call = replace(call, state=State.TALKING, claim=replace(claim, audible=True), agent=claim.agent, place=None)
            return call.note(at, "talking", agent=claim.agent), [ConnectAudio(call.id, claim.agent, claim.seat)]
        case ClaimExpired(claim=call.claims):
            return claim_lost(call.note(at, "claim_expired", agent=claim.agent), at)
        case AgentSeatLost(agent=claim.agent, seat=claim.seat):
            return claim_lost(call.note(at, "seat_lost", agent=claim.agent), at)
        case AgentHungUp(agent=claim.agent):
            call = replace(call, declined_by=call.declined_by | {claim.agent})
            return claim_lost(call.note(at, "declined", agent=claim.agent), at)
        case AgentDeclined(agent=agent) if agent not in call.declined_by and agent != claim.agent:
            return replace(call, declined_by=call.declined_by | {agent}).note(at, "declined", agent=agent), []
        case StepTimedOut(place=place) if call.place is not None and place == call.place.number:
            return replace(call, step_over=True), []
        case LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case GatewayRestarted():
            return end(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return call, []


def agent_gone(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """The agent's audio is gone. Whoever else is in the conversation goes on with it."""
    if call.consult is not None and call.consult.joined:
        return _handed_over(call, call.consult, at)
    grace_s, absence = call.rules.reattach_grace_s, call.absences + 1
    call = replace(
        call,
        state=State.REATTACHING,
        consult=None,
        absences=absence,
        reattach_until=at + timedelta(seconds=grace_s),
    ).note(at, "hold_tone")
    return call, [PlayHoldTone(call.id), StartTimer(call.id, grace_s, ReattachTimedOut(absence))]


def agent_back(call: Call, seat: SeatId, at: datetime) -> tuple[Call, list[Effect]]:
    assert call.claim is not None
    claim = Claim(call.claim.agent, seat, audible=True)
    call = replace(call, state=State.TALKING, claim=claim, reattach_until=None).note(at, "seat_back", agent=claim.agent)
    return call, [_sound_of(call)]


def agents_in(call: Call) -> frozenset[AgentId]:
    """Whoever talks in this call now, the consulted agent included."""
    agents = set() if call.claim is None else {call.claim.agent}
    if call.consult is not None and call.consult.seat is not None:
        agents.add(call.consult.agent)
    return frozenset(agents)


# ---- moves -----------------------------------------------------------------------------------------------------------


def _sound_of(call: Call) -> Effect:
    """What everybody in the call should hear now."""
    claim, consult = call.claim, call.consult
    assert claim is not None
    if consult is not None and consult.seat is not None:
        connect = ConnectThree if consult.joined else ConnectConsult
        return connect(call.id, claim.seat, consult.seat)
    return HoldCustomer(call.id, claim.seat) if call.held else ConnectAudio(call.id, claim.agent, claim.seat)


def _any_time(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    claim = call.claim
    assert claim is not None
    goodbye = None if call.plan is None else call.plan.goodbye
    match event:
        case AgentHungUp(agent=claim.agent) if goodbye is not None and call.state is State.TALKING:
            call = replace(call.note(at, "hung_up", agent=claim.agent), ended_by=Party.AGENT)
            return go_to(_left(call), plans.Place(goodbye, call.places + 1), at)
        case _:
            return any_time_after_claim(call, event, at)


def _left(call: Call) -> Call:
    """Without its agent: nobody declined it yet, and it may ring for everybody."""
    return replace(
        call, claim=None, consult=None, held=False, muted=False, reattach_until=None, declined_by=frozenset()
    )


def _sent_on(call: Call, plan: Plan, at: datetime) -> tuple[Call, list[Effect]]:
    """The customer waits again, on a plan made for this moment; the number's language and prompts stay."""
    if call.plan is not None:
        plan = replace(call.plan, start=plan.start, steps={**call.plan.steps, **plan.steps})
    call = replace(_left(call), plan=plan, given_on_at=at)
    return go_to(call, plans.Place(plan.start, call.places + 1), at)


def _transferred(call: Call, event: TransferAsked, at: datetime) -> tuple[Call, list[Effect]]:
    prompt = (call.plan.transfer_prompt if call.plan is not None else None) or plans.TRANSFERRING
    if event.to_agent is not None and event.to_agent != event.agent:
        call = with_text(
            call.note(at, "transferred", agent=event.agent, to_agent=event.to_agent), TextKind.TRANSFER, at
        )
        return _sent_on(call, plans.transfer_to_agent(event.to_agent, event.agent, TRANSFER_RING_S, prompt), at)
    if event.to_department is not None:
        call = call.note(at, "transferred", agent=event.agent, to_department=event.to_department)
        call = with_text(call, TextKind.TRANSFER, at)
        plan = plans.transfer_to_department(event.to_department, event.agent, TRANSFER_RING_S, prompt)
        return _sent_on(call, plan, at)
    return call, []


def _consulting(call: Call, consult: Consult, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    claim = call.claim
    assert claim is not None
    is_there = consult.seat is not None
    match event:
        case ConsultAnswered(agent=consult.agent, seat=seat) if not is_there:
            call = replace(call, consult=replace(consult, seat=seat)).note(at, "consult_answered", agent=consult.agent)
            return call, [_sound_of(call)]
        case AgentSeatBack(agent=consult.agent, seat=seat) if is_there and seat != consult.seat:
            call = replace(call, consult=replace(consult, seat=seat)).note(at, "seat_back", agent=consult.agent)
            return call, [_sound_of(call)]
        case ConsultJoined(agent=claim.agent) if is_there and not consult.joined:
            call = replace(call, consult=replace(consult, joined=True), held=False).note(at, "three")
            return call, [_sound_of(call)]
        case ConsultHandedOver(agent=claim.agent) if is_there:
            return _handed_over(call, consult, at)
        case AgentHungUp(agent=claim.agent) if consult.joined:
            return _handed_over(call, consult, at)
        case ConsultLeft(agent=claim.agent | consult.agent) | AgentHungUp(agent=claim.agent | consult.agent):
            return _consult_over(call, consult, at)
        case ConsultTimedOut(consult=consult.number) if not is_there:
            return _consult_over(call, consult, at)
        case AgentSeatLost(agent=consult.agent, seat=consult.seat):
            return _consult_over(call, consult, at)
        case _:
            return any_time_after_claim(call, event, at)


def _consult_over(call: Call, consult: Consult, at: datetime) -> tuple[Call, list[Effect]]:
    """The agent and the customer are two again; a customer who was on hold stays there until the agent takes them
    back, for the agent may want to think first."""
    call = replace(call, consult=None, held=not consult.joined).note(at, "consult_over", agent=consult.agent)
    return call, [_sound_of(call)]


def _handed_over(call: Call, consult: Consult, at: datetime) -> tuple[Call, list[Effect]]:
    """The second agent has the customer, and the first one is out of the call."""
    assert call.claim is not None and consult.seat is not None
    before, claim = call.claim.agent, Claim(consult.agent, consult.seat, audible=True)
    call = replace(call, state=State.TALKING, claim=claim, consult=None, held=False, muted=False, agent=consult.agent)
    call = call.note(at, "transferred", agent=before, to_agent=consult.agent)
    return call, [_sound_of(call)]
