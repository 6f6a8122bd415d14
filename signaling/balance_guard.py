"""A number whose account runs dry: new calls may be refused below a floor; a call that is up is never cut. Pure.

Meta tells no balance; whoever bills does (a partner's system), and it is handed in from there as exact decimals. A
balance that is old is not known, and stands in nobody's way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from signaling.errors import Failure, Fault
from signaling.events import Direction
from signaling.verdict import Refused

FRESH: Final = timedelta(hours=6)
"""After so long without news a balance is not known."""

_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)

TOO_LOW: Final = Refused("number.balance_low", Fault.CONFIGURATION, next_step="top_up")
CALL_REFUSED: Final = Failure("number.balance_low", Fault.CONFIGURATION, "the account's balance is below its floor")


@dataclass(frozen=True, slots=True)
class BalanceGuard:
    """`floor`: an exact decimal, in the balance's own currency. `hard`: new calls are refused below it, in the
    directions that are named; else people only see it."""

    enabled: bool = False
    floor: str = "10"
    hard: bool = False
    inbound: bool = True
    outbound: bool = True


NO_GUARD: Final = BalanceGuard()


@dataclass(frozen=True, slots=True)
class Balance:
    """`amount` as it was handed in, digit by digit. `currency`: ISO 4217. `by`: who told it, as the audit says."""

    amount: str
    currency: str
    at: datetime
    by: str | None = None


class Standing(StrEnum):
    OFF = "off"
    UNKNOWN = "unknown"  # never told, or too long ago
    FINE = "fine"
    LOW = "low"  # below the floor


def standing_of(guard: BalanceGuard, balance: Balance | None, now: datetime) -> Standing:
    if not guard.enabled:
        return Standing.OFF
    if balance is None or now - balance.at > FRESH:
        return Standing.UNKNOWN
    return Standing.LOW if Decimal(balance.amount) < Decimal(guard.floor) else Standing.FINE


def refuses(guard: BalanceGuard, balance: Balance | None, direction: Direction, now: datetime) -> bool:
    """Whether a new call in this direction is refused. Calls that are up are never asked about."""
    asked = guard.inbound if direction is Direction.INBOUND else guard.outbound
    return guard.hard and asked and standing_of(guard, balance, now) is Standing.LOW


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a guard and a balance. Who is told of it once is not told again until it changes."""

    is_low: bool
    refuses_inbound: bool
    refuses_outbound: bool


def effect_of(guard: BalanceGuard, balance: Balance | None, now: datetime) -> Effect:
    return Effect(
        standing_of(guard, balance, now) is Standing.LOW,
        refuses(guard, balance, Direction.INBOUND, now),
        refuses(guard, balance, Direction.OUTBOUND, now),
    )


def is_amount(text: str) -> bool:
    return _AMOUNT.fullmatch(text) is not None


def is_currency(text: str) -> bool:
    return _CURRENCY.fullmatch(text) is not None


def problems_of(guard: BalanceGuard) -> Iterator[tuple[str, str]]:
    """Fields and codes."""
    if not is_amount(guard.floor):
        yield "floor", "bad_amount"
