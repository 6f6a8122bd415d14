"""How a number stands, from what is known and when that was: what is old or not known is said, and never taken for
fine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.balance_guard import Balance, BalanceGuard
from signaling.eligibility import Restriction
from signaling.events import AccountWarning
from signaling.number_alerts import Alert, NumberWarning
from signaling.number_facts import KEPT, AtMeta, Looked
from signaling.number_standing import (
    OPEN_FOR,
    PLACES,
    STALE_AFTER,
    Calling,
    Freshness,
    OpenAlert,
    Place,
    Trouble,
    calling_of,
    freshness_of,
    open_alerts,
)
from signaling.readiness import WebhookFacts
from tests.fakes.world import NUMBER

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOOK = WebhookFacts(has_secret=True, has_verify_token=True, last_at=NOW, accepted=3)
NEVER = Looked(None, None, None)
FINE = Looked(AtMeta(calling_enabled=True), None, NOW)
PAUSED = "RESTRICTED_USER_INITIATED_CALLING"


def codes(looked: Looked = FINE, *warnings: NumberWarning, webhook: WebhookFacts | None = HOOK) -> list[str]:
    return [alert.code.value for alert in open_alerts(NUMBER, looked, warnings, webhook, NOW)]


def warned(type_: str, ago: timedelta, until: datetime | None = None) -> NumberWarning:
    kind = AccountWarning.RESTRICTION if type_.startswith("RESTRICTED") else AccountWarning.VIOLATION
    return NumberWarning(NOW - ago, kind, type_, until)


def test_what_meta_said_grows_stale_after_three_looks_and_without_an_answer_it_is_unknown() -> None:
    assert freshness_of(FINE, NOW + STALE_AFTER - timedelta(seconds=1)) is Freshness.FRESH
    assert freshness_of(FINE, NOW + STALE_AFTER) is Freshness.STALE
    assert freshness_of(replace(FINE, failure="network.unreachable"), NOW + KEPT) is Freshness.FRESH
    assert freshness_of(replace(NEVER, failure="network.unreachable"), NOW) is Freshness.UNKNOWN
    assert freshness_of(Looked(AtMeta(), None, None), NOW) is Freshness.UNKNOWN, "a webhook alone is no look"


def test_calling_is_on_off_or_not_known() -> None:
    assert [calling_of(word) for word in ("on", "off", None, "NEW_WORD")] == [
        *(Calling.ENABLED, Calling.DISABLED, Calling.UNKNOWN, Calling.UNKNOWN)
    ]


def test_a_number_of_which_nothing_is_wrong_has_nothing_open() -> None:
    assert codes() == []
    assert codes(NEVER) == [], "what is not known is no alert: it is shown as unknown"


@pytest.mark.parametrize(
    ("failure", "alerts"),
    [
        ("graph.no_token", ["token_none"]),
        ("meta.190", ["token_refused"]),
        ("network.unreachable", []),
        ("meta.130429", []),
    ],
)
def test_a_token_that_meta_refuses_is_open_and_meta_being_away_is_not(failure: str, alerts: list[str]) -> None:
    assert codes(replace(FINE, failure=failure)) == alerts


@pytest.mark.parametrize(
    ("hook", "alerts"),
    [
        (replace(HOOK, has_secret=False), ["webhook_no_secret"]),
        (replace(HOOK, has_verify_token=False, last_at=None), ["webhook_no_verify_token"]),
        (replace(HOOK, accepted=0, refused=2), ["webhook_bad_signature"]),
        (replace(HOOK, last_at=None, accepted=0), ["webhook_never"]),
        (replace(HOOK, last_at=NOW - timedelta(days=3)), []),
        (replace(HOOK, last_at=None, accepted=0, looked=False), []),
        (None, []),
    ],
)
def test_webhooks_that_cannot_come_are_open_and_quiet_ones_are_not(
    hook: WebhookFacts | None, alerts: list[str]
) -> None:
    assert codes(webhook=hook) == alerts


def test_the_gravest_is_first_and_every_alert_has_its_place() -> None:
    number = replace(NUMBER, balance=Balance("9.99", "USD", NOW), balance_guard=BalanceGuard(enabled=True, floor="10"))
    looked = Looked(AtMeta(restrictions=(Restriction(PAUSED),)), "meta.190", NOW)
    low = warned("LOW_CALLING_QUALITY", timedelta(days=1))
    assert open_alerts(number, looked, [low], replace(HOOK, has_secret=False), NOW) == [
        OpenAlert(Trouble.TOKEN_REFUSED, Place.ACCESS),
        OpenAlert(Trouble.WEBHOOK_NO_SECRET, Place.READINESS),
        OpenAlert(Alert.PAUSED_IN, Place.STANDING),
        OpenAlert(Alert.BALANCE_LOW, Place.BALANCE),
        OpenAlert(Trouble.META_WARNED, Place.STANDING, "LOW_CALLING_QUALITY"),
    ]
    assert set(PLACES) == set(Alert)


def test_a_warning_is_open_for_a_week_or_until_meta_says_and_once_however_often_it_was_told() -> None:
    low = "USER_INITIATED_CALLS_LOW_PICKUP_RATE"
    second = timedelta(seconds=1)
    assert codes(FINE, warned(low, OPEN_FOR - second), warned(low, timedelta(0))) == ["meta_warned"]
    assert codes(FINE, warned(low, OPEN_FOR)) == []
    assert codes(FINE, warned(low, OPEN_FOR * 2, until=NOW + second)) == ["meta_warned"]
    assert codes(FINE, warned(low, second, until=NOW)) == []


def test_until_meta_answers_a_restriction_that_it_told_before_the_start_holds_and_then_its_own_list_counts() -> None:
    told = warned(PAUSED, timedelta(days=1), until=NOW + timedelta(days=6))
    assert codes(NEVER, told) == ["paused_in"]
    assert codes(FINE, told) == [], "Meta's list has it no more"
    assert codes(NEVER, replace(told, until=NOW)) == []
    heard = Looked(AtMeta(restrictions=(Restriction(PAUSED),)), None, None)
    assert codes(heard) == ["paused_in"], "a webhook was quicker than the first answer"
