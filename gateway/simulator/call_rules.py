"""Pure: one call as Meta sees it. What an action of the business does (calls of its own: `dialed_rules`), and what
time alone does.

Written from the reference (1.2, 2.3, 3.8, 9.1), apart from the gateway's own lifecycle, which it judges.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from gateway.simulator import refusals
from gateway.simulator.customers import Customer
from gateway.simulator.faults import FaultKind
from gateway.simulator.refusals import Refusal
from gateway.simulator.sdp_rules import BadAnswer, BusinessAnswer, judge_answer
from gateway.simulator.settings import MetaRules
from signaling.private import Sdp, Wacid


class Phase(StrEnum):
    CALLING = "calling"  # the customer's phone says "Calling"
    RINGING = "ringing"  # pre-accepted: it says "Ringing"
    ACCEPTED = "accepted"  # it shows a timer
    ENDED = "ended"


class EndedBy(StrEnum):
    CUSTOMER = "customer"
    BUSINESS = "business"
    WINDOW = "window"  # nobody accepted in time
    NO_MEDIA = "no_media"  # 138021
    DECLINED = "declined"  # a call of the business: the customer pressed the red button


@dataclass(frozen=True, slots=True)
class SimCall:
    """`id` is the simulator's own. Times are Unix seconds. `told_at_s`: when our terminate webhook was acknowledged."""

    id: str
    wacid: Wacid
    customer: Customer
    offered_at_s: float
    window_s: float
    phase: Phase = Phase.CALLING
    answer_text: Sdp | None = None
    answer: BusinessAnswer | None = None
    accept_in_progress: bool = False
    opaque: str | None = field(default=None, repr=False)
    pre_accepted_at_s: float | None = None
    accepted_at_s: float | None = None
    ended_at_s: float | None = None
    ended_by: EndedBy | None = None
    told_at_s: float | None = None
    outbound: bool = False  # the business called

    def ended(self, by: EndedBy, at_s: float) -> "SimCall":
        return replace(self, phase=Phase.ENDED, ended_by=by, ended_at_s=at_s, accept_in_progress=False)


ActionName = Literal["pre_accept", "accept", "reject", "terminate"]


@dataclass(frozen=True, slots=True)
class Action:
    """One POST to /calls about a call. `session` is the SDP type and text, where the body has one."""

    name: ActionName
    session: tuple[str, Sdp] | None = None
    opaque: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The call afterwards; `refusal` None: Graph answers 200. `faults`: kind and words."""

    call: SimCall
    refusal: Refusal | None = None
    faults: tuple[tuple[FaultKind, str], ...] = ()


def rule(call: SimCall, action: Action, now_s: float, rules: MetaRules) -> Ruling:
    """What Meta says to an action. An accept that passes is only begun; `finish_accept` ends it, a little later."""
    if call.phase is Phase.ENDED or (call.phase is not Phase.ACCEPTED and now_s >= call.offered_at_s + call.window_s):
        return _rule_after_end(call, action, now_s, rules)
    match action.name:
        case "pre_accept":
            return _rule_pre_accept(call, action, now_s)
        case "accept":
            return _rule_accept(call, action, rules)
        case "reject":
            return _rule_reject(call, now_s)
        case "terminate":
            return _rule_terminate(call, now_s)


def finish_accept(call: SimCall, now_s: float) -> Ruling:
    """The moment before `accept` answers 200: from here on media may flow."""
    if call.phase is Phase.ENDED:
        return Ruling(call, refusals.CALL_OVER)
    return Ruling(replace(call, phase=Phase.ACCEPTED, accept_in_progress=False, accepted_at_s=now_s))


def abandon_accept(call: SimCall) -> SimCall:
    """Graph failed on its own account: the business may try again."""
    return replace(call, accept_in_progress=False)


def rings(call: SimCall) -> SimCall:
    """The phone of a customer whom the business calls rings."""
    return replace(call, phase=Phase.RINGING)


def picked_up(call: SimCall, now_s: float) -> SimCall:
    return replace(call, phase=Phase.ACCEPTED, accepted_at_s=now_s)


@dataclass(frozen=True, slots=True)
class Heard:
    """When media of the business came: Unix seconds, None for never."""

    first_packet_s: float | None = None
    last_packet_s: float | None = None


def deadline_s(call: SimCall, heard: Heard, rules: MetaRules) -> float | None:
    """When time alone will next end this call, Unix seconds, unless something happens before."""
    match call.phase:
        case Phase.ENDED:
            return None
        case Phase.ACCEPTED:
            assert call.accepted_at_s is not None
            if heard.last_packet_s is None:
                return call.accepted_at_s + rules.first_media_s
            return max(heard.last_packet_s, call.accepted_at_s) + rules.silence_s
        case _:
            return call.offered_at_s + call.window_s


def expire(call: SimCall, heard: Heard, now_s: float, rules: MetaRules) -> Ruling:
    """The call once time has had its say."""
    limit_s = deadline_s(call, heard, rules)
    if limit_s is None or now_s < limit_s:
        return Ruling(call)
    if call.phase is not Phase.ACCEPTED:
        return Ruling(call.ended(EndedBy.WINDOW, now_s))
    if heard.last_packet_s is None:
        fault = (FaultKind.NO_MEDIA, f"no media within {rules.first_media_s:g} s of accept: 138021")
    else:
        fault = (FaultKind.WENT_SILENT, f"not one packet for {rules.silence_s:g} s: Meta ends the call")
    return Ruling(call.ended(EndedBy.NO_MEDIA, now_s), faults=(fault,))


def _rule_after_end(call: SimCall, action: Action, now_s: float, rules: MetaRules) -> Ruling:
    faults: tuple[tuple[FaultKind, str], ...] = ()
    too_late = call.ended_by in (None, EndedBy.WINDOW) and action.name in ("pre_accept", "accept")
    if now_s - call.offered_at_s > rules.stale_offer_s and call.pre_accepted_at_s is None:
        faults = ((FaultKind.STALE_OFFER_USED, f"{action.name} on an offer older than {rules.stale_offer_s:g} s"),)
    elif call.told_at_s is not None and now_s - call.told_at_s > rules.late_action_s:
        faults = ((FaultKind.ACTION_AFTER_END, f"{action.name} on a call whose terminate was acknowledged"),)
    elif too_late:
        faults = ((FaultKind.TOO_LATE, f"{action.name} after the ring window of {call.window_s:g} s"),)
    return Ruling(call, refusals.TOO_LATE if too_late else refusals.CALL_OVER, faults)


def _rule_pre_accept(call: SimCall, action: Action, now_s: float) -> Ruling:
    if call.accept_in_progress or call.phase is Phase.ACCEPTED:
        return Ruling(
            call, refusals.ACTION_IN_PROGRESS, ((FaultKind.REPEATED_ACTION, "pre_accept after accept was sent"),)
        )
    if call.answer_text is not None:
        if action.session == ("answer", call.answer_text):
            return Ruling(call)  # a repeat of the same bytes is safe
        return Ruling(
            call, refusals.ANSWER_DIFFERS, ((FaultKind.ANSWER_DIFFERS, "a second pre_accept with another SDP"),)
        )
    return _take_answer(call, action, now_s)


def _rule_accept(call: SimCall, action: Action, rules: MetaRules) -> Ruling:
    if call.accept_in_progress or call.phase is Phase.ACCEPTED:
        return Ruling(call, refusals.ACTION_IN_PROGRESS, ((FaultKind.REPEATED_ACTION, "accept was sent twice"),))
    faults: tuple[tuple[FaultKind, str], ...] = ()
    if call.answer_text is None:
        if rules.accept_needs_pre_accept:
            fault = (FaultKind.NO_PRE_ACCEPT, "accept without pre_accept")
            return Ruling(call, refusals.PRE_ACCEPT_MISSING, (fault,))
        taken = _take_answer(call, action, None)
        if taken.refusal is not None:
            return taken
        call, faults = taken.call, taken.faults
    elif action.session != ("answer", call.answer_text):
        fault = (FaultKind.ANSWER_DIFFERS, "the SDP of accept is not, byte for byte, that of pre_accept")
        return Ruling(call, refusals.ANSWER_DIFFERS, (fault,))
    return Ruling(replace(call, accept_in_progress=True, opaque=action.opaque), faults=faults)


def _take_answer(call: SimCall, action: Action, pre_accepted_at_s: float | None) -> Ruling:
    if action.session is None or action.session[0] != "answer":
        fault = (FaultKind.BAD_REQUEST, f"{action.name} needs a session with sdp_type answer")
        return Ruling(call, refusals.BODY_INVALID, (fault,))
    text = action.session[1]
    answer = judge_answer(text.value)
    if isinstance(answer, BadAnswer):
        return Ruling(call, answer.refusal, ((FaultKind.BAD_ANSWER, answer.why),))
    phase = Phase.CALLING if pre_accepted_at_s is None else Phase.RINGING
    taken = replace(call, phase=phase, answer=answer, answer_text=text, pre_accepted_at_s=pre_accepted_at_s)
    passive = ((FaultKind.DTLS_ROLE, "setup:passive: Meta never begins the DTLS handshake"),)
    return Ruling(taken, faults=() if answer.dtls_active else passive)


def _rule_reject(call: SimCall, now_s: float) -> Ruling:
    if call.accept_in_progress:
        return Ruling(
            call, refusals.ACTION_IN_PROGRESS, ((FaultKind.REPEATED_ACTION, "reject while accept is in progress"),)
        )
    if call.phase is Phase.ACCEPTED:
        return Ruling(
            call, refusals.NOT_RINGING, ((FaultKind.REJECTED_AFTER_ACCEPT, "an accepted call is terminated instead"),)
        )
    return Ruling(call.ended(EndedBy.BUSINESS, now_s))


def _rule_terminate(call: SimCall, now_s: float) -> Ruling:
    if call.phase is not Phase.ACCEPTED:
        return Ruling(
            call, refusals.NOT_ACTIVE, ((FaultKind.TERMINATED_WHILE_RINGING, "a ringing call is rejected instead"),)
        )
    return Ruling(call.ended(EndedBy.BUSINESS, now_s))
