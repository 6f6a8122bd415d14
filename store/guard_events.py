"""What integrators are told of a number's guards and of Meta's warnings, in the transaction of what it tells."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from signaling.announcements import EventKind
from signaling.balance_guard import FRESH, Balance, BalanceGuard, effect_of, standing_of
from signaling.ids import DepartmentId, NumberId
from signaling.integrator_contract import (
    BalanceData,
    BalanceTold,
    GuardData,
    GuardTold,
    NumberTold,
    NumberWarningData,
    NumberWarningTold,
)
from signaling.pickup_guard import Act, Did, Kept
from signaling.settings_at_meta import Icon
from store.models import NumberRow
from store.outbox import NewEvent, write_next

OF_GUARDS = ("guard.", "balance.", "number.")
"""First words of the kinds that are told here."""

Held = tuple[BalanceGuard, Balance | None]


def announce_balance(session: Session, number: NumberId, before: Held, after: Held, at: datetime) -> None:
    """Only what changed: who bills may tell the same balance every minute."""
    effect = effect_of(*after, at)
    if effect == effect_of(*before, at):
        return
    guard, balance = after
    facts = {
        "standing": standing_of(guard, balance, at).value,
        "amount": None if balance is None else balance.amount,
        "currency": None if balance is None else balance.currency,
        "told_at": None if balance is None else balance.at.timestamp(),
        "known_until": None if balance is None else (balance.at + FRESH).timestamp(),
        "floor": guard.floor,
        "refuses_inbound": effect.refuses_inbound,
        "refuses_outbound": effect.refuses_outbound,
    }
    _write(session, EventKind.BALANCE_LOW if effect.is_low else EventKind.BALANCE_CLEARED, number, at, facts)


def announce_act(session: Session, number: NumberId, act: Act, kept: Kept) -> None:
    """`kept`: as it is after the act."""
    facts = {
        "did": act.did.value,
        "cause": act.cause.value,
        "able": act.able,
        "offered": act.offered,
        "picked_up": act.picked_up,
        "icon_hidden": kept.icon is Icon.HIDDEN,
        "closed_today": kept.closed is not None,
    }
    kind = EventKind.GUARD_WARNED if act.did is Did.WARNED else EventKind.GUARD_ACTED
    _write(session, kind, number, act.at, facts)


def announce_warning(
    session: Session, number: NumberId, at: datetime, kind: str, type_: str, until: datetime | None
) -> None:
    facts = {"kind": kind, "type": type_, "until": None if until is None else until.timestamp()}
    _write(session, EventKind.NUMBER_WARNED, number, at, facts)


def guard_told(
    kind: EventKind, number: NumberTold, data: dict[str, Any]
) -> GuardData | BalanceData | NumberWarningData:
    """The body of such an event. Times are seconds in `data`."""
    facts = {
        name: _moment(value) if name in ("told_at", "known_until", "until") else value for name, value in data.items()
    }
    if kind.value.startswith("guard."):
        return GuardData(guard=GuardTold(number=number, **facts))
    if kind.value.startswith("balance."):
        return BalanceData(balance=BalanceTold(number=number, **facts))
    return NumberWarningData(warning=NumberWarningTold(number=number, **facts))


def _write(session: Session, kind: EventKind, number: NumberId, at: datetime, facts: dict[str, Any]) -> None:
    row = session.get_one(NumberRow, number)
    department = None if row.department_id is None else DepartmentId(row.department_id)
    write_next(session, NewEvent(kind, at, f"number:{number}", 0, number, department, facts))


def _moment(unix_s: float | None) -> datetime | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC)
