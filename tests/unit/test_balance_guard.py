"""The balance guard: exact decimals, a floor, and new calls only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.balance_guard import (
    FRESH,
    Balance,
    BalanceGuard,
    Standing,
    is_amount,
    is_currency,
    problems_of,
    refuses,
    standing_of,
)
from signaling.events import Direction

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HARD = BalanceGuard(enabled=True, floor="10", hard=True)


def balance(amount: str, at: datetime = NOW) -> Balance:
    return Balance(amount, "USD", at)


@pytest.mark.parametrize(
    ("amount", "standing"),
    [
        ("10", Standing.FINE),
        ("10.000000000000", Standing.FINE),
        ("9.999999999999", Standing.LOW),  # a float would round the last digits away somewhere
        ("999999999999999.000000000001", Standing.FINE),
        ("-0.01", Standing.LOW),
    ],
)
def test_amounts_are_compared_digit_by_digit(amount: str, standing: Standing) -> None:
    assert standing_of(HARD, balance(amount), NOW) is standing


def test_what_is_not_known_or_old_stands_in_nobodys_way() -> None:
    assert standing_of(HARD, None, NOW) is Standing.UNKNOWN
    old = balance("1", NOW - FRESH - timedelta(seconds=1))
    assert standing_of(HARD, old, NOW) is Standing.UNKNOWN
    assert not refuses(HARD, old, Direction.INBOUND, NOW)


def test_it_is_off_by_default_and_soft_unless_it_is_told_to_refuse() -> None:
    low = balance("1")
    assert standing_of(BalanceGuard(), low, NOW) is Standing.OFF
    soft = replace(HARD, hard=False)
    assert standing_of(soft, low, NOW) is Standing.LOW
    assert not refuses(soft, low, Direction.OUTBOUND, NOW)
    out = replace(HARD, inbound=False)
    assert [refuses(out, low, direction, NOW) for direction in (Direction.INBOUND, Direction.OUTBOUND)] == [False, True]


@pytest.mark.parametrize("text", ["", "1e9", "NaN", "1,5", "٣", "1.", ".5", "1" * 16, "Infinity", " 1"])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    assert not is_amount(text)
    assert list(problems_of(replace(HARD, floor=text))) == [("floor", "bad_amount")]


def test_currencies_are_three_capitals() -> None:
    assert is_currency("BRL") and not is_currency("R$") and not is_currency("brl")
