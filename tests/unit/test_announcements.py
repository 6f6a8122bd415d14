from dataclasses import replace
from datetime import UTC, datetime

from signaling.announcements import (
    CallbackReason,
    EventKind,
    ProtocolReason,
    Told,
    callback_reason,
    news_of,
    protocol_reason,
)
from signaling.call import Call, Outcome, Party, State
from signaling.errors import Failure, Fault
from signaling.events import Direction
from signaling.ids import AgentId, CallId, NumberId, PhoneNumberId
from signaling.private import Wacid

AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
NEW = Call(CallId("0" * 32), NumberId(1), PhoneNumberId("100"), None, Direction.INBOUND, Wacid("wacid.1"))
RINGING = replace(NEW, state=State.RINGING, received_at=AT)
TALKING = replace(RINGING, state=State.TALKING, accepted_at=AT)
MISSED = replace(RINGING, state=State.ENDED, outcome=Outcome.MISSED, ended_by=Party.GATEWAY)
OFFERED, ANSWERED, ENDED = EventKind.CALL_OFFERED, EventKind.CALL_ANSWERED, EventKind.CALL_ENDED


def told_along(*calls: Call) -> list[tuple[EventKind, ...]]:
    """What each save of these states tells."""
    told, news = Told(), []
    for call in calls:
        news.append(news_of(call, told))
        told = Told((*told.kinds, *news[-1]), call.outcome)
    return news


def test_each_fact_of_a_call_is_told_once_and_in_order() -> None:
    ended = replace(TALKING, state=State.ENDED, outcome=Outcome.ANSWERED)
    ending = replace(ended, state=State.ENDING)
    assert told_along(NEW, RINGING, RINGING, TALKING, ending, ended, ended) == [
        *((), (OFFERED,), (), (ANSWERED,)),
        *((), (ENDED,), ()),
    ]


def test_saves_that_were_skipped_leave_no_gap() -> None:
    assert told_along(MISSED) == [(OFFERED, EventKind.CALL_MISSED, ENDED)]


def test_a_failure_is_told_as_such_and_a_call_of_ours_is_placed_not_offered() -> None:
    failed = replace(MISSED, direction=Direction.OUTBOUND, outcome=Outcome.FAILED)
    assert told_along(failed) == [(EventKind.CALL_PLACED, EventKind.CALL_FAILED, ENDED)]


def test_an_end_that_a_late_word_changes_is_corrected_as_often_as_it_changes() -> None:
    answered = replace(MISSED, outcome=Outcome.ANSWERED, meta_started_at=AT)
    corrected = (EventKind.CALL_CORRECTED,)
    assert told_along(MISSED, answered, answered, MISSED)[1:] == [corrected, (), corrected]


def test_an_end_is_not_told_while_meta_may_say_otherwise() -> None:
    ending = replace(MISSED, state=State.ENDING)
    assert told_along(ending) == [(OFFERED,)]


def reason_of(call: Call) -> ProtocolReason | None:
    return protocol_reason(call, news_of(call, Told()))


def test_a_customer_whom_nobody_answered_gets_a_protocol_that_says_why() -> None:
    assert reason_of(MISSED) is ProtocolReason.MISSED
    assert reason_of(replace(MISSED, ended_by=Party.CUSTOMER)) is ProtocolReason.ABANDONED
    assert reason_of(replace(MISSED, outcome=Outcome.FAILED)) is ProtocolReason.FAILED


def test_a_customer_who_waited_in_a_queue_in_vain_is_missed_and_has_talked_to_nobody() -> None:
    gave_up = replace(MISSED, outcome=Outcome.ABANDONED, accepted_at=AT, waiting_since=AT, ended_by=Party.CUSTOMER)
    assert told_along(gave_up) == [(OFFERED, EventKind.CALL_MISSED, ENDED)]
    assert reason_of(gave_up) is ProtocolReason.ABANDONED
    broke = replace(gave_up, outcome=Outcome.FAILED)
    assert reason_of(broke) is ProtocolReason.FAILED


def owed(call: Call) -> CallbackReason | None:
    return callback_reason(call, news_of(call, Told()))


def test_who_should_be_called_back_and_why() -> None:
    waited = replace(MISSED, outcome=Outcome.ABANDONED, accepted_at=AT, waiting_since=AT)
    assert owed(MISSED) is CallbackReason.MISSED
    assert owed(waited) is CallbackReason.ABANDONED
    assert owed(replace(waited, callback_promised_at=AT)) is CallbackReason.PROMISED
    assert owed(replace(MISSED, outcome=Outcome.FAILED)) is CallbackReason.FAILED
    cut_off = replace(MISSED, outcome=Outcome.FAILED, accepted_at=AT, agent=AgentId(1))
    assert owed(cut_off) is CallbackReason.INTERRUPTED
    assert owed(replace(cut_off, direction=Direction.OUTBOUND)) is CallbackReason.INTERRUPTED


def test_nobody_is_called_back_who_was_talked_to_or_whom_we_called_or_refused() -> None:
    assert owed(replace(MISSED, outcome=Outcome.ANSWERED, accepted_at=AT, agent=AgentId(1))) is None
    assert owed(replace(MISSED, direction=Direction.OUTBOUND)) is None
    assert owed(replace(MISSED, refusal=Failure("number.closed", Fault.CONFIGURATION))) is None
    assert owed(replace(MISSED, state=State.ENDING)) is None
    talked_after_a_promise = replace(MISSED, outcome=Outcome.ANSWERED, accepted_at=AT, agent=AgentId(1))
    assert owed(replace(talked_after_a_promise, waiting_since=AT, callback_promised_at=AT)) is None


def test_no_protocol_for_a_talk_a_call_of_ours_a_refusal_or_a_second_time() -> None:
    assert reason_of(replace(MISSED, outcome=Outcome.ANSWERED, accepted_at=AT)) is None
    assert reason_of(replace(MISSED, outcome=Outcome.FAILED, accepted_at=AT)) is None
    assert reason_of(replace(MISSED, direction=Direction.OUTBOUND)) is None
    assert reason_of(replace(MISSED, refusal=Failure("number.inbound_disabled", Fault.CONFIGURATION))) is None
    assert protocol_reason(MISSED, (EventKind.CALL_CORRECTED,)) is None
