"""What of a number is said at once to whoever leads a team: each alert alone, until it is over, the gravest first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.balance_guard import Balance, BalanceGuard
from signaling.eligibility import Restriction
from signaling.number_alerts import META_HID_ICON, Alert, alerts_of
from signaling.pickup_guard import ClosedFrom, Guard, Kept
from signaling.ports import Number
from signaling.settings_at_meta import Icon
from tests.fakes.world import NUMBER

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LOW = Balance("9.99", "USD", NOW)
SOFT = BalanceGuard(enabled=True, floor="10")
PAUSE = "RESTRICTED_{}_INITIATED_CALLING"


def test_a_number_of_which_nothing_is_wrong_has_no_alert() -> None:
    assert alerts_of(NUMBER, (), NOW) == []


@pytest.mark.parametrize(
    ("number", "alerts"),
    [
        (replace(NUMBER, balance=LOW, balance_guard=SOFT), [Alert.BALANCE_LOW]),
        (replace(NUMBER, balance=LOW, balance_guard=replace(SOFT, hard=True)), [Alert.BALANCE_REFUSES]),
        (replace(NUMBER, pickup_kept=Kept(icon=Icon.HIDDEN)), [Alert.ICON_HIDDEN]),
        (replace(NUMBER, pickup_kept=Kept(icon=Icon.SHOWN)), []),
        (replace(NUMBER, pickup_kept=Kept(closed=ClosedFrom(NOW.date(), 0))), [Alert.CLOSED_TODAY]),
        (replace(NUMBER, pickup_guard=Guard(enabled=True), pickup_kept=Kept(low_told=True)), [Alert.LOW_PICKUP]),
        (replace(NUMBER, pickup_kept=Kept(low_told=True)), []),
    ],
)
def test_each_guard_says_what_it_does(number: Number, alerts: list[Alert]) -> None:
    assert alerts_of(number, (), NOW) == alerts


def test_metas_punishments_are_told_until_they_end_before_anything_else() -> None:
    until = NOW + timedelta(days=7)
    both = Restriction("RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING", until)
    hidden = Restriction(META_HID_ICON)
    number = replace(NUMBER, balance=LOW, balance_guard=SOFT)
    gravest = [Alert.PAUSED_IN, Alert.PAUSED_OUT, Alert.BALANCE_LOW, Alert.META_HID_ICON]
    assert alerts_of(number, (hidden, both), NOW) == gravest
    assert alerts_of(NUMBER, (both,), until) == []
    assert alerts_of(NUMBER, (Restriction(PAUSE.format("USER"), until),), NOW) == [Alert.PAUSED_IN]
    assert alerts_of(NUMBER, (Restriction(PAUSE.format("BUSINESS"), until),), NOW) == [Alert.PAUSED_OUT]
