"""May we call or ask now, why not, until when: each rule of the ledger one second before, at and after its boundary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signaling.errors import Fault
from signaling.events import Direction
from signaling.meta_rules import TEST_NUMBER, Limits
from signaling.permission import EMPTY, RECHECK, Grant, Ledger, Loss, is_newest, replay, window_opened
from signaling.permission_events import (
    Asked,
    AskingRefused,
    CallConnected,
    CallingRefused,
    CallUnanswered,
    Event,
    Granted,
    MetaStatus,
    MetaTold,
    Reference,
    Refusal,
    RequestDelivered,
    RequestFailed,
    RequestKind,
    Source,
    Usage,
    reference_of,
)
from signaling.permission_verdicts import awaited, may_ask, may_call, request_kind, standing
from signaling.verdict import Allowed, Refused

T = datetime(2026, 9, 21, 12, tzinfo=UTC)
DAY, WEEK, SECOND = timedelta(days=1), timedelta(days=7), timedelta(seconds=1)
LIMITS = Limits()
BEFORE_AT_AFTER = (-SECOND, timedelta(), SECOND)


def at_the_edge(expected: tuple[Any, Any, Any]) -> list[tuple[timedelta, Any]]:
    """What is expected one second before, at, and one second after."""
    return list(zip(BEFORE_AT_AFTER, expected, strict=True))


def asked(at: datetime = T, request: str = "1") -> Asked:
    return Asked(at, Reference(request), RequestKind.TEMPLATE)


def granted(at: datetime = T, *, permanent: bool = False, source: Source = Source.CUSTOMER, **more: Any) -> Granted:
    expires_at = None if permanent else at + WEEK
    return Granted(at, Reference(f"granted {at}"), permanent, more.pop("expires_at", expires_at), source, **more)


def refusal(at: datetime, source: Source = Source.CUSTOMER, request: str | None = None) -> Refusal:
    return Refusal(at, Reference(f"no {at}"), source, None if request is None else Reference(request))


def connected(at: datetime, direction: Direction = Direction.OUTBOUND, call: str | None = None) -> CallConnected:
    return CallConnected(at, Reference(call or f"call {at}"), direction)


def unanswered(at: datetime, call: str | None = None) -> CallUnanswered:
    return CallUnanswered(at, Reference(call or f"call {at}"))


def told(at: datetime, status: MetaStatus = MetaStatus.NO_PERMISSION, **more: Any) -> MetaTold:
    return MetaTold(at, Reference(f"told {at}"), status, **more)


def ledger(*events: Event, limits: Limits = LIMITS) -> Ledger:
    return replay(events, limits)


def call_code(known: Ledger, now: datetime, **more: Any) -> str:
    verdict = may_call(known, now, LIMITS, **more)
    return verdict.code if isinstance(verdict, Refused) else "allowed"


def ask_code(known: Ledger, now: datetime, *, limits: Limits = LIMITS, has_template: bool = True) -> str:
    verdict = may_ask(known, now, limits, has_template=has_template)
    return verdict.code if isinstance(verdict, Refused) else "allowed"


# ---- permission ------------------------------------------------------------------------------------------------------


def test_nobody_is_called_who_has_not_allowed_it() -> None:
    verdict = may_call(EMPTY, T, LIMITS)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.retry_at, verdict.next_step) == ("permission.none", None, "ask_permission")


@pytest.mark.parametrize(("offset", "expected"), at_the_edge(("allowed", "permission.expired", "permission.expired")))
def test_a_temporary_permission_holds_until_metas_timestamp(offset: timedelta, expected: str) -> None:
    known = ledger(granted(expires_at=T + 3 * DAY))  # not seven days: Meta's word counts
    assert call_code(known, T + 3 * DAY + offset) == expected


def test_without_a_timestamp_a_temporary_permission_lasts_metas_seven_days() -> None:
    assert may_call(ledger(granted(expires_at=None)), T, LIMITS) == Allowed(until=T + WEEK)


def test_a_permanent_permission_has_no_end() -> None:
    assert may_call(ledger(granted(permanent=True)), T + 400 * DAY, LIMITS) == Allowed()


@pytest.mark.parametrize(
    ("lost", "code"),
    [
        (refusal(T + SECOND, request="1"), "permission.declined"),
        (refusal(T + SECOND), "permission.revoked"),
        (refusal(T + SECOND, Source.AUTOMATIC), "permission.revoked_unanswered"),
        (told(T + SECOND), "permission.withdrawn"),
        (CallingRefused(T + SECOND, Reference("x"), True), "permission.withdrawn"),
    ],
)
def test_a_lost_permission_says_how_it_was_lost(lost: Event, code: str) -> None:
    assert call_code(ledger(granted(permanent=True), lost), T + 2 * SECOND) == code


def test_an_automatic_permission_shortens_none_that_the_customer_gave() -> None:
    for_good = ledger(granted(permanent=True), granted(T + SECOND, source=Source.AUTOMATIC))
    assert for_good.grant == Grant(T, None, Source.CUSTOMER)
    longer = ledger(granted(), granted(T + DAY, source=Source.AUTOMATIC))
    assert longer.grant == Grant(T + DAY, T + DAY + WEEK, Source.AUTOMATIC)
    shorter = granted(T + SECOND, source=Source.AUTOMATIC, expires_at=T + DAY)
    assert ledger(granted(), shorter).grant == Grant(T, T + WEEK, Source.CUSTOMER)


# ---- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("offset", "expected"), at_the_edge(("permission.asked_too_often", "allowed", "allowed")))
def test_one_request_in_24_hours(offset: timedelta, expected: str) -> None:
    known = ledger(asked())
    assert ask_code(known, T + DAY + offset) == expected
    verdict = may_ask(known, T + SECOND, LIMITS, has_template=True)
    assert isinstance(verdict, Refused)
    assert (verdict.retry_at, verdict.rule, verdict.limit, verdict.used) == (T + DAY, "requests_per_24h", 1, 1)


@pytest.mark.parametrize(("offset", "expected"), at_the_edge(("permission.asked_too_often", "allowed", "allowed")))
def test_two_requests_in_seven_days(offset: timedelta, expected: str) -> None:
    known = ledger(asked(), asked(T + 3 * DAY, "2"))
    assert ask_code(known, T + WEEK + offset) == expected
    verdict = may_ask(known, T + 5 * DAY, LIMITS, has_template=True)
    assert isinstance(verdict, Refused)
    assert (verdict.retry_at, verdict.rule, verdict.limit, verdict.used) == (T + WEEK, "requests_per_7d", 2, 2)


def test_of_two_limits_the_one_that_ends_last_is_told() -> None:
    verdict = may_ask(ledger(asked(), asked(T + DAY, "2")), T + DAY + SECOND, LIMITS, has_template=True)
    assert isinstance(verdict, Refused) and (verdict.rule, verdict.retry_at) == ("requests_per_7d", T + WEEK)


@pytest.mark.parametrize("direction", list(Direction))
def test_any_connected_call_resets_the_count(direction: Direction) -> None:
    assert ask_code(ledger(asked(), connected(T + SECOND, direction)), T + 2 * SECOND) == "allowed"


def test_an_unanswered_call_resets_nothing() -> None:
    assert ask_code(ledger(asked(), unanswered(T + SECOND)), T + 2 * SECOND) == "permission.asked_too_often"


def test_a_test_number_has_limits_of_its_own() -> None:
    known = ledger(*(asked(T + index * SECOND, str(index)) for index in range(24)))
    assert ask_code(known, T + DAY / 2, limits=TEST_NUMBER) == "allowed"


@pytest.mark.parametrize(("permanent", "until"), [(False, T + WEEK), (True, None)])
def test_asking_when_allowed_says_until_when(permanent: bool, until: datetime | None) -> None:
    verdict = may_ask(ledger(granted(permanent=permanent)), T + SECOND, LIMITS, has_template=True)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.retry_at, verdict.next_step) == ("permission.granted_already", until, "call")


@pytest.mark.parametrize(
    ("offset", "kind"),
    at_the_edge((RequestKind.FREE_FORM, RequestKind.TEMPLATE, RequestKind.TEMPLATE)),
)
def test_the_service_window_chooses_the_kind_of_request(offset: timedelta, kind: RequestKind) -> None:
    known = window_opened(EMPTY, T)
    assert request_kind(known, T + DAY + offset, LIMITS) is kind
    without = ask_code(known, T + DAY + offset, has_template=False)
    assert without == ("allowed" if kind is RequestKind.FREE_FORM else "permission.template_missing")


def test_metas_word_that_the_window_is_closed_holds_until_the_customer_writes_again() -> None:
    failed = RequestFailed(T + 2 * SECOND, Reference("1"), 131047)
    known = replay([asked(T + SECOND), failed], LIMITS, T)
    assert request_kind(known, T + 3 * SECOND, LIMITS) is RequestKind.TEMPLATE
    assert request_kind(window_opened(known, T + 4 * SECOND), T + 5 * SECOND, LIMITS) is RequestKind.FREE_FORM


def test_a_call_that_the_customer_took_opens_the_window_too() -> None:
    assert request_kind(ledger(connected(T)), T + DAY - SECOND, LIMITS) is RequestKind.FREE_FORM


# ---- how a request dies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("offset", "alive"), at_the_edge((True, False, False)))
def test_a_request_dies_seven_days_after_its_delivery(offset: timedelta, alive: bool) -> None:
    known = ledger(asked(), RequestDelivered(T + DAY, Reference("1")))
    assert (awaited(known, T + DAY + WEEK + offset, LIMITS) is not None) is alive
    assert (call_code(known, T + DAY + WEEK + offset) == "permission.awaited") is alive


def test_a_request_dies_when_the_customer_acts_on_a_newer_one() -> None:
    two = (asked(), asked(T + DAY, "2"))
    known = ledger(*two)
    assert awaited(known, T + 2 * DAY, LIMITS) == known.requests[1]
    assert awaited(ledger(*two, refusal(T + 2 * DAY, request="2")), T + 2 * DAY, LIMITS) is None
    older = ledger(*two, refusal(T + 2 * DAY, request="1"))
    assert awaited(older, T + 2 * DAY, LIMITS) == older.requests[1]


def test_a_request_that_was_answered_or_could_not_be_shown_is_not_awaited() -> None:
    assert awaited(ledger(asked(), refusal(T + SECOND, request="1")), T + 2 * SECOND, LIMITS) is None
    unseen = ledger(asked(), RequestFailed(T + SECOND, Reference("1"), 131026))
    assert awaited(unseen, T + 2 * SECOND, LIMITS) is None
    assert standing(unseen, T + 2 * SECOND, LIMITS, has_template=True).not_shown


# ---- calls -----------------------------------------------------------------------------------------------------------


def test_before_the_second_unanswered_call_a_warning_and_before_the_fourth_a_confirmation() -> None:
    seen = []
    for count in range(4):
        known = ledger(granted(permanent=True), *(unanswered(T + (1 + index) * SECOND) for index in range(count)))
        verdict = may_call(known, T + DAY, LIMITS)
        seen.append(verdict.caution if isinstance(verdict, Allowed) else verdict.code)
    assert seen == [None, "permission.second_unanswered", None, "permission.last_unanswered"]
    assert may_call(known, T + DAY, LIMITS, risk_accepted=True) == Allowed()


def test_after_the_fourth_the_permission_is_gone_before_meta_says_so() -> None:
    calls = [unanswered(T + index * SECOND) for index in range(1, 5)]
    known = ledger(granted(permanent=True), *calls)
    assert (known.grant, known.loss, known.unanswered) == (None, Loss.UNANSWERED, 0)
    again = ledger(granted(permanent=True), *calls, granted(T + DAY))
    assert may_call(again, T + DAY, LIMITS) == Allowed(until=T + DAY + WEEK)


def test_a_call_that_was_taken_in_the_last_moment_is_not_unanswered() -> None:
    known = ledger(granted(permanent=True), connected(T + SECOND, call="c"), unanswered(T + 2 * SECOND, call="c"))
    assert known.unanswered == 0


@pytest.mark.parametrize(("offset", "expected"), at_the_edge(("permission.called_too_often", "allowed", "allowed")))
def test_the_hundred_and_first_call_waits_until_the_first_is_a_day_old(offset: timedelta, expected: str) -> None:
    calls = [connected(T + index * SECOND) for index in range(100)]
    known = ledger(granted(T - SECOND, permanent=True), *calls)
    assert call_code(known, T + DAY + offset) == expected
    assert may_call(known, T + DAY / 2, LIMITS) == Refused(
        "permission.called_too_often",
        Fault.LIMIT,
        retry_at=T + DAY,
        rule="connected_calls_per_24h",
        limit=100,
        used=100,
        next_step="wait",
    )


def test_calls_of_the_customer_do_not_count_against_ours() -> None:
    calls = [connected(T + index * SECOND, Direction.INBOUND) for index in range(100)]
    assert call_code(ledger(granted(permanent=True), *calls), T + DAY / 2) == "allowed"


def test_meta_may_refuse_a_call_until_a_time_of_its_own() -> None:
    known = ledger(granted(permanent=True), CallingRefused(T + SECOND, Reference("x"), False, T + DAY))
    assert [call_code(known, T + DAY + offset) for offset in BEFORE_AT_AFTER] == [
        "permission.calling_blocked",
        "allowed",
        "allowed",
    ]


# ---- what Meta tells wins --------------------------------------------------------------------------------------------


def test_metas_limit_and_count_replace_ours() -> None:
    known = ledger(granted(permanent=True), told(T + SECOND, MetaStatus.PERMANENT, calls_24h=Usage(5, 5, T + DAY)))
    verdict = may_call(known, T + 2 * SECOND, LIMITS)
    assert isinstance(verdict, Refused)
    assert (verdict.limit, verdict.used, verdict.retry_at) == (5, 5, T + DAY)
    assert call_code(known, T + DAY) == "allowed"


def test_requests_that_we_never_heard_of_count_until_meta_says_there_is_room() -> None:
    known = ledger(told(T, requests_24h=Usage(1, 1, T + DAY / 2), requests_7d=Usage(2, 2, T + 3 * DAY)))
    verdict = may_ask(known, T + SECOND, LIMITS, has_template=True)
    assert isinstance(verdict, Refused) and verdict.retry_at == T + 3 * DAY
    assert ask_code(known, T + 3 * DAY) == "allowed"


def test_requests_that_meta_does_not_count_are_forgotten() -> None:
    known = ledger(asked(), told(T + SECOND, may_ask=True, requests_24h=Usage(0, 1), requests_7d=Usage(1, 2)))
    assert ask_code(known, T + 2 * SECOND) == "allowed"
    assert ask_code(ledger(asked(), told(T + SECOND, may_ask=True)), T + 2 * SECOND) == "allowed"


def test_a_refusal_that_meta_does_not_explain_is_not_believed_for_long() -> None:
    for event in (told(T, may_ask=False), AskingRefused(T, Reference("x"))):
        known = ledger(event)
        assert ask_code(known, T + RECHECK - SECOND) == "permission.asking_blocked"
        assert ask_code(known, T + RECHECK) == "allowed"
    known = ledger(told(T, MetaStatus.PERMANENT, may_call=False))
    assert call_code(known, T + RECHECK - SECOND) == "permission.calling_blocked"
    assert call_code(known, T + RECHECK) == "allowed"


def test_an_answer_of_metas_is_overtaken_by_a_later_reply() -> None:
    assert call_code(ledger(granted(T + SECOND), told(T)), T + 2 * SECOND) == "allowed"
    assert call_code(ledger(granted(T), told(T + SECOND)), T + 2 * SECOND) == "permission.withdrawn"


def test_a_late_event_is_noticed_as_such() -> None:
    known = ledger(granted(T + SECOND))
    assert is_newest(known, asked(T + 2 * SECOND))
    assert not is_newest(known, asked(T))


def test_a_reference_tells_nothing_and_is_always_the_same() -> None:
    wamid = "wamid.HBgNNTUxMTk1NTU1MDEwMQ=="
    assert reference_of(wamid) == reference_of(wamid)
    assert len(reference_of(wamid)) == 32 and "NTUx" not in reference_of(wamid)


def test_a_standing_shows_all_of_it_at_a_glance() -> None:
    known = window_opened(ledger(asked(), granted(T + SECOND, request=Reference("1"))), T + SECOND)
    found = standing(known, T + 2 * SECOND, LIMITS, has_template=True)
    assert (found.state, found.until, found.source) == ("temporary", T + SECOND + WEEK, Source.CUSTOMER)
    assert found.call == Allowed(until=T + SECOND + WEEK)
    assert isinstance(found.ask, Refused) and found.ask.next_step == "call"
    waiting = standing(ledger(asked()), T + SECOND, LIMITS, has_template=True)
    assert (waiting.state, waiting.until) == ("awaited", T + WEEK)
    over = standing(replace(known, window_opened_at=None), T + 8 * DAY, LIMITS, has_template=True)
    assert (over.state, over.until) == ("expired", T + SECOND + WEEK)
