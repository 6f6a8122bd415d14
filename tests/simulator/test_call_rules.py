"""Meta's rules for one inbound call, decided without a clock, a network or audio."""

from dataclasses import replace

import pytest

from gateway.simulator import refusals
from gateway.simulator.call_rules import (
    Action,
    EndedBy,
    Heard,
    Phase,
    Ruling,
    SimCall,
    deadline_s,
    expire,
    finish_accept,
    rule,
)
from gateway.simulator.customers import CUSTOMERS
from gateway.simulator.faults import FaultKind
from gateway.simulator.settings import MetaRules
from signaling.private import Sdp, Wacid
from tests.simulator.payloads import GOOD_ANSWER

RULES = MetaRules()
CALL = SimCall("1", Wacid("wacid.x"), CUSTOMERS["maria"], offered_at_s=1000.0, window_s=45.0)
PRE_ACCEPT = Action("pre_accept", ("answer", Sdp(GOOD_ANSWER)))
ACCEPT = Action("accept", ("answer", Sdp(GOOD_ANSWER)), opaque="mine")
REJECT = Action("reject")
TERMINATE = Action("terminate")
OTHER_ANSWER = Sdp(GOOD_ANSWER.replace("a=ptime:20\r\n", ""))


def after(*actions: Action, at_s: float = 1005.0) -> SimCall:
    call = CALL
    for action in actions:
        ruling = rule(call, action, at_s, RULES)
        assert ruling.refusal is None
        call = ruling.call
        if action.name == "accept":
            call = finish_accept(call, at_s).call
    return call


def kinds(ruling: Ruling) -> list[FaultKind]:
    return [kind for kind, _words in ruling.faults]


def test_pre_accept_makes_the_customers_phone_ring() -> None:
    assert after(PRE_ACCEPT).phase is Phase.RINGING


def test_pre_accept_and_the_identical_accept_make_a_call_with_the_businesss_note() -> None:
    call = after(PRE_ACCEPT, ACCEPT)
    assert (call.phase, call.accepted_at_s, call.opaque) == (Phase.ACCEPTED, 1005.0, "mine")


def test_repeating_pre_accept_with_the_same_bytes_is_safe() -> None:
    ruling = rule(after(PRE_ACCEPT), PRE_ACCEPT, 1006.0, RULES)
    assert (ruling.refusal, ruling.faults) == (None, ())


def test_a_second_pre_accept_with_another_sdp_is_refused_as_unsafe() -> None:
    ruling = rule(after(PRE_ACCEPT), replace(PRE_ACCEPT, session=("answer", OTHER_ANSWER)), 1006.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.ANSWER_DIFFERS, [FaultKind.ANSWER_DIFFERS])


@pytest.mark.parametrize("session", [("answer", OTHER_ANSWER), ("offer", Sdp(GOOD_ANSWER)), None])
def test_an_accept_that_is_not_the_same_answer_is_refused(session: tuple[str, Sdp] | None) -> None:
    ruling = rule(after(PRE_ACCEPT), replace(ACCEPT, session=session), 1006.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.ANSWER_DIFFERS, [FaultKind.ANSWER_DIFFERS])


def test_accept_without_pre_accept_is_refused_unless_the_switch_says_otherwise() -> None:
    ruling = rule(CALL, ACCEPT, 1005.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.PRE_ACCEPT_MISSING, [FaultKind.NO_PRE_ACCEPT])
    lenient = rule(CALL, ACCEPT, 1005.0, replace(RULES, accept_needs_pre_accept=False))
    assert (lenient.refusal, lenient.faults) == (None, ())
    assert finish_accept(lenient.call, 1005.1).call.phase is Phase.ACCEPTED


def test_a_bad_answer_leaves_the_call_as_it_was() -> None:
    bad = replace(PRE_ACCEPT, session=("answer", Sdp(GOOD_ANSWER.replace("a=rtcp-mux\r\n", ""))))
    ruling = rule(CALL, bad, 1005.0, RULES)
    assert (ruling.call, ruling.refusal, kinds(ruling)) == (CALL, refusals.SDP_INVALID, [FaultKind.BAD_ANSWER])


def test_an_offer_in_pre_accept_is_no_answer() -> None:
    ruling = rule(CALL, replace(PRE_ACCEPT, session=("offer", Sdp(GOOD_ANSWER))), 1005.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.BODY_INVALID, [FaultKind.BAD_REQUEST])


def test_a_passive_answer_is_taken_and_noticed() -> None:
    passive = Sdp(GOOD_ANSWER.replace("a=setup:active", "a=setup:passive"))
    ruling = rule(CALL, replace(PRE_ACCEPT, session=("answer", passive)), 1005.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (None, [FaultKind.DTLS_ROLE])


@pytest.mark.parametrize("action", [ACCEPT, PRE_ACCEPT])
def test_a_second_accept_is_already_in_progress(action: Action) -> None:
    begun = rule(after(PRE_ACCEPT), ACCEPT, 1005.0, RULES).call
    for call in (begun, after(PRE_ACCEPT, ACCEPT)):
        ruling = rule(call, action, 1006.0, RULES)
        assert (ruling.refusal, kinds(ruling)) == (refusals.ACTION_IN_PROGRESS, [FaultKind.REPEATED_ACTION])


def test_a_customer_who_hangs_up_while_accept_is_under_way_makes_it_fail_without_fault() -> None:
    begun = rule(after(PRE_ACCEPT), ACCEPT, 1005.0, RULES).call
    ruling = finish_accept(begun.ended(EndedBy.CUSTOMER, 1005.0), 1005.1)
    assert (ruling.refusal, ruling.faults) == (refusals.CALL_OVER, ())


def test_a_ringing_call_is_rejected_and_an_accepted_one_terminated() -> None:
    assert after(PRE_ACCEPT, REJECT).ended_by is EndedBy.BUSINESS
    assert after(PRE_ACCEPT, ACCEPT, TERMINATE).ended_by is EndedBy.BUSINESS


def test_the_other_way_round_is_refused() -> None:
    ringing = rule(after(PRE_ACCEPT), TERMINATE, 1006.0, RULES)
    assert (ringing.refusal, kinds(ringing)) == (refusals.NOT_ACTIVE, [FaultKind.TERMINATED_WHILE_RINGING])
    talking = rule(after(PRE_ACCEPT, ACCEPT), REJECT, 1006.0, RULES)
    assert (talking.refusal, kinds(talking)) == (refusals.NOT_RINGING, [FaultKind.REJECTED_AFTER_ACCEPT])


def test_a_reject_during_accept_is_refused() -> None:
    begun = rule(after(PRE_ACCEPT), ACCEPT, 1005.0, RULES).call
    ruling = rule(begun, REJECT, 1005.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.ACTION_IN_PROGRESS, [FaultKind.REPEATED_ACTION])


def test_an_accept_after_the_window_is_too_late_even_before_the_phone_gave_up() -> None:
    ruling = rule(after(PRE_ACCEPT), ACCEPT, 1045.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.TOO_LATE, [FaultKind.TOO_LATE])


def test_acting_on_a_call_that_just_ended_is_a_race_and_no_fault() -> None:
    over = after(PRE_ACCEPT).ended(EndedBy.CUSTOMER, 1006.0)
    told = replace(over, told_at_s=1006.0)
    for call in (over, told):
        ruling = rule(call, ACCEPT, 1006.5, RULES)
        assert (ruling.refusal, ruling.faults) == (refusals.CALL_OVER, ())


def test_acting_on_a_call_whose_end_was_told_long_ago_is_a_fault() -> None:
    told = replace(after(PRE_ACCEPT).ended(EndedBy.CUSTOMER, 1006.0), told_at_s=1006.0)
    ruling = rule(told, ACCEPT, 1009.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.CALL_OVER, [FaultKind.ACTION_AFTER_END])


def test_using_an_offer_that_came_a_minute_late_is_a_fault() -> None:
    ruling = rule(CALL.ended(EndedBy.WINDOW, 1045.0), PRE_ACCEPT, 1061.0, RULES)
    assert (ruling.refusal, kinds(ruling)) == (refusals.TOO_LATE, [FaultKind.STALE_OFFER_USED])


def test_a_customer_gives_up_when_the_ring_window_closes() -> None:
    ringing = after(PRE_ACCEPT)
    assert deadline_s(ringing, Heard(), RULES) == 1045.0
    assert expire(ringing, Heard(), 1044.9, RULES).call is ringing
    ruling = expire(ringing, Heard(), 1045.0, RULES)
    assert (ruling.call.ended_by, ruling.faults) == (EndedBy.WINDOW, ())


def test_no_media_for_twenty_seconds_after_accept_ends_the_call() -> None:
    call = after(PRE_ACCEPT, ACCEPT)
    assert deadline_s(call, Heard(), RULES) == 1025.0
    ruling = expire(call, Heard(), 1025.0, RULES)
    assert (ruling.call.ended_by, kinds(ruling)) == (EndedBy.NO_MEDIA, [FaultKind.NO_MEDIA])


def test_thirty_seconds_without_a_packet_end_the_call() -> None:
    call, heard = after(PRE_ACCEPT, ACCEPT), Heard(1006.0, 1100.0)
    assert expire(call, heard, 1129.9, RULES).call is call
    ruling = expire(call, heard, 1130.0, RULES)
    assert (ruling.call.ended_by, kinds(ruling)) == (EndedBy.NO_MEDIA, [FaultKind.WENT_SILENT])


def test_nothing_expires_after_the_end() -> None:
    over = CALL.ended(EndedBy.BUSINESS, 1001.0)
    assert deadline_s(over, Heard(), RULES) is None
    assert expire(over, Heard(), 9999.0, RULES).call is over
