"""What agents see, pure: facts and live calls in, the parts of a `DeskState` and hints out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from signaling.agents.contract import (
    AskedNow,
    CallFrom,
    CallParty,
    CallPhase,
    CallRefused,
    ConsultNow,
    CurrentCall,
    EndedCall,
    GivenBy,
    InLine,
    RingingCall,
    RingStopped,
    RingStopReason,
    WaitingCall,
    WrapUpNow,
)
from signaling.agents.page_messages import TroubleShown
from signaling.agents.recording import recording_now
from signaling.call import Call, Party, State
from signaling.eligibility import country_of
from signaling.events import Direction
from signaling.ids import AgentId, CallId, NumberId
from signaling.labels import customer_label
from signaling.operators import department_lets, may_call_with
from signaling.ports import Number
from signaling.presence import OWNED_STATES, AgentFacts, Presence, owner_of, presence
from signaling.routing import Offer, offer_of, takes_turns, waits
from signaling.verdict import Refused
from signaling.waiting import Line, RingRule, in_line, ring_rule, waits_unix_s

Numbers = Mapping[NumberId, Number]

PHASES = {
    State.NEW: CallPhase.DIALING,
    State.PREPARING: CallPhase.DIALING,
    State.CLAIMED: CallPhase.CHECKING,
    State.ACCEPTING: CallPhase.ACCEPTING,
    State.TALKING: CallPhase.TALKING,
    State.REATTACHING: CallPhase.REATTACHING,
}


RINGS_SHOWN: Final = 10
WAITING_SHOWN: Final = 25
"""Nobody reads more than these, and in a rush everybody would be sent all of them every second."""


@dataclass(frozen=True, slots=True)
class Board:
    """The waiting calls as some agents see them, written once for all of these agents: the calls that ring, and the
    first calls of both lists as JSON, who has waited longest first. `waiting`: how many wait that do not ring here."""

    ringing: Mapping[CallId, Call]
    ringing_items: Mapping[CallId, str]
    waiting_items: Mapping[CallId, str]
    lines: Mapping[CallId, InLine]
    waiting: int
    ringing_json: str = field(init=False)
    waiting_json: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ringing_json", f"[{','.join(self.ringing_items.values())}]")
        object.__setattr__(self, "waiting_json", f"[{','.join(self.waiting_items.values())}]")


def unix_s(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def offered_unix_s(call: Call) -> float:
    return unix_s(call.offered_at or call.received_at) or 0.0


def party(call: Call, numbers: Numbers) -> CallParty:
    number = numbers.get(call.number)
    payload = call.button_payload or call.link_payload
    return CallParty(
        name=call.customer.name or call.customer.username,
        label=customer_label(call.customer),
        number_id=call.number,
        number_label=number.label if number else "",
        department=number.department_name if number else None,
        button_payload=payload.value if payload else None,
    )


NameOf = Callable[[AgentId], str]


def board_of(facts: AgentFacts, own: Call | None, waiting: Sequence[Call], numbers: Numbers, name_of: NameOf) -> Board:
    """`waiting`: the calls that wait, who has waited longest first.

    It depends on few things, so that agents who have them in common share one board: what they may take, their
    presence, which of the calls they declined, and who waits for them alone. For somebody whose turn it is with a call,
    `with_turn` makes their own of it.
    """
    rings: dict[CallId, Call] = {}
    ringing_items: dict[CallId, str] = {}
    waiting_items: dict[CallId, str] = {}
    lines: dict[CallId, InLine] = {}
    waiting_for: dict[Line, int] = {}
    count = 0
    if presence(facts, own) is Presence.OFFLINE:  # who takes no calls is not told of each
        return Board({}, {}, {}, {}, 0)
    for call in waiting:
        offer, rule = offer_of(facts, own, call), ring_rule(call)
        if offer is None or rule is None:
            continue
        position = None
        if rule.only is None:
            position = waiting_for[rule.line] = waiting_for.get(rule.line, 0) + 1
        line = lines[call.id] = _in_line(call, rule, position, numbers)
        match offer:
            case Offer.RINGS:
                rings[call.id] = call
                if len(ringing_items) < RINGS_SHOWN:
                    ringing_items[call.id] = _ringing(call, line, numbers, name_of)
                continue
            case Offer.DECLINED:
                why: Presence | Literal["declined", "others_turn"] = "declined"
            case Offer.OTHERS_TURN:
                why = "others_turn"
            case Offer.UNABLE:
                why = presence(facts, own)
        count += 1
        if len(waiting_items) < WAITING_SHOWN:
            waiting_items[call.id] = _waiting(call, why, line, numbers)
    return Board(rings, ringing_items, waiting_items, lines, count)


def with_turn(board: Board, call: Call, numbers: Numbers, name_of: NameOf) -> Board:
    """The board of an agent whose turn it is with this call, from that of the others."""
    line = board.lines.get(call.id)
    if line is None or call.id in board.ringing:
        return board
    rings = {ring.id: ring for ring in sorted([*board.ringing.values(), call], key=in_line)}
    shown = list(rings)[:RINGS_SHOWN] if call.id in list(rings)[:RINGS_SHOWN] else [call.id, *board.ringing_items]
    items = {call_id: board.ringing_items.get(call_id) or _ringing(call, line, numbers, name_of) for call_id in shown}
    others = {call_id: item for call_id, item in board.waiting_items.items() if call_id != call.id}
    return Board(rings, items, others, board.lines, board.waiting - 1)


def _in_line(call: Call, rule: RingRule, position: int | None, numbers: Numbers) -> InLine:
    department = call.department if rule.only is not None else rule.department
    names = (number.department_name for number in numbers.values() if number.department == department)
    return InLine(
        waiting_since_unix_s=waits_unix_s(call),
        position=position,
        department=None if department is None else next(names, None),
    )


def _ringing(call: Call, line: InLine, numbers: Numbers, name_of: NameOf) -> str:
    offered = offered_unix_s(call)
    ringing = RingingCall(
        call_id=call.id,
        party=party(call, numbers),
        offered_unix_s=offered,
        ring_until_unix_s=unix_s(call.ring_until) or offered,
        line=line,
        given_by=_given_by(call, name_of),
    )
    return ringing.model_dump_json()


def _given_by(call: Call, name_of: NameOf) -> GivenBy | None:
    if call.given_on_at is None or call.agent is None:
        return None
    left = next((line.kind for line in reversed(call.timeline) if line.kind in ("transferred", "agent_lost")), None)
    return GivenBy(agent_id=call.agent, name=name_of(call.agent)) if left == "transferred" else None


def _waiting(call: Call, why: Presence | Literal["declined", "others_turn"], line: InLine, numbers: Numbers) -> str:
    offered = offered_unix_s(call)
    waiting = WaitingCall(call_id=call.id, party=party(call, numbers), offered_unix_s=offered, why=why, line=line)
    return waiting.model_dump_json()


def _phase(call: Call) -> CallPhase:
    if call.state is not State.DIALING:
        return PHASES[call.state]
    if call.reattach_until is not None:
        return CallPhase.REATTACHING
    if call.accepted_at is not None:
        return CallPhase.ACCEPTING  # picked up; audio is not connected yet
    return CallPhase.DIALING if call.rung_at is None else CallPhase.RINGING


def call_from(facts: AgentFacts, numbers: Numbers) -> list[CallFrom]:
    """The numbers that this agent may call from: the number's switch, a department's, and the agent's grant."""
    agent = facts.agent
    return [
        CallFrom(number_id=number.id, label=number.label, country=country_of(number.phone))
        for number in sorted(numbers.values(), key=lambda number: (number.label, number.id))
        if number.outbound_enabled and may_call_with(agent, number) and department_lets(agent, number)
    ]


def refused(no: Refused) -> CallRefused:
    return CallRefused(
        code=no.code,
        fault=no.fault,
        retry_at_unix_s=unix_s(no.retry_at),
        rule=no.rule,
        limit=no.limit,
        used=no.used,
        next_step=no.next_step,
        meta_code=no.meta_code,
    )


def asked(call: Call, agent: AgentId, numbers: Numbers, name_of: NameOf) -> AskedNow | None:
    """What an agent sees whom a colleague asks, until they answer."""
    consult = call.consult
    if consult is None or consult.agent != agent or consult.seat is not None or call.claim is None:
        return None
    return AskedNow(call_id=call.id, by=name_of(call.claim.agent), party=party(call, numbers))


def _consult(call: Call, agent: AgentId, name_of: NameOf) -> ConsultNow | None:
    consult, claim = call.consult, call.claim
    if consult is None or claim is None:
        return None
    is_asker = claim.agent == agent
    other = consult.agent if is_asker else claim.agent
    return ConsultNow(name=name_of(other), asker=is_asker, ringing=consult.seat is None, joined=consult.joined)


def current(call: Call, numbers: Numbers, agent: AgentId, name_of: NameOf) -> CurrentCall:
    return CurrentCall(
        call_id=call.id,
        party=party(call, numbers),
        phase=_phase(call),
        direction=call.direction,
        offered_unix_s=offered_unix_s(call),
        talking_since_unix_s=unix_s(call.accepted_at),
        muted=call.muted,
        held=call.held,
        consult=_consult(call, agent, name_of),
        keys=call.keys,
        customer_heard=call.customer_audio_at is not None,
        reattach_until_unix_s=unix_s(call.reattach_until),
        ring_until_unix_s=None if call.accepted_at is not None else unix_s(call.ring_until),
        recording=recording_now(call, agent),
        troubles=[TroubleShown(trouble=one.trouble, since_unix_s=one.since.timestamp()) for one in call.troubles],
    )


def wrapping_up(facts: AgentFacts, numbers: Numbers) -> WrapUpNow | None:
    wrap_up = facts.wrap_up
    if wrap_up is None:
        return None
    call = wrap_up.call
    return WrapUpNow(call_id=call.id, party=party(call, numbers), until_unix_s=wrap_up.until.timestamp())


def ended(call: Call, numbers: Numbers) -> EndedCall:
    ended_at = call.ended_at
    talk_s = (ended_at - call.accepted_at).total_seconds() if ended_at and call.accepted_at else 0.0
    return EndedCall(
        call_id=call.id,
        party=party(call, numbers),
        outcome=call.outcome_now().value,
        ended_by=(call.ended_by or Party.GATEWAY).value,
        failure_code=call.failure.code if call.failure else None,
        failure_detail=call.failure.detail or None if call.failure and call.direction is Direction.OUTBOUND else None,
        direction=call.direction,
        talk_s=max(0.0, talk_s),
        ended_unix_s=unix_s(ended_at) or 0.0,
    )


def ring_stopped(
    facts: AgentFacts, now: Presence, call: Call, taker: str | None, numbers: Numbers
) -> RingStopped | None:
    """Why `call`, which rang for this agent, does not any more; None when the agent took it. `taker` owns it now."""
    owner = owner_of(call)
    if owner == facts.agent.id:
        return None
    if owner is not None:
        why = RingStopReason.TAKEN
    elif waits(call):
        if facts.agent.id in call.declined_by:
            why = RingStopReason.DECLINED
        elif now is Presence.FREE:  # another's turn, or the time of this step is over
            why = RingStopReason.PASSED_ON if takes_turns(call) else RingStopReason.TIMED_OUT
        else:
            why = RingStopReason.NOT_READY
    elif call.failure is not None:
        why = RingStopReason.FAILED
    elif call.ended_by is Party.CUSTOMER:
        why = RingStopReason.CALLER_GONE
    else:
        why = RingStopReason.TIMED_OUT
    return RingStopped(call_id=call.id, party=party(call, numbers), why=why, by=taker if owner is not None else None)


def was_in(call: Call, facts: AgentFacts) -> bool:
    """Whether this agent had answered the call that is over now."""
    return call.claim is not None and call.claim.agent == facts.agent.id and call.state not in OWNED_STATES
