"""What of a number somebody who leads a team must know at once: guards that act, an account that runs dry, Meta's
punishments. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from signaling.balance_guard import effect_of
from signaling.eligibility import STOP_CALLS_OUT, Restriction
from signaling.events import AccountWarning
from signaling.ports import Number
from signaling.settings_at_meta import Icon

STOP_CALLS_IN: Final = frozenset(
    {"RESTRICTED_USER_INITIATED_CALLING", "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING"}
)
"""Restrictions of Meta's (reference 2.10) under which customers cannot call."""

META_HID_ICON: Final = "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN"


@dataclass(frozen=True, slots=True)
class NumberWarning:
    """What Meta warned a number of, or did to it. `type`: a word of Meta's. `until` None: Meta names no end."""

    at: datetime
    kind: AccountWarning
    type: str
    until: datetime | None


class Alert(StrEnum):
    """The gravest first."""

    PAUSED_IN = "paused_in"  # Meta lets no customer call
    PAUSED_OUT = "paused_out"  # Meta lets nobody call or ask customers
    BALANCE_REFUSES = "balance_refuses"  # below its floor: new calls are refused
    BALANCE_LOW = "balance_low"  # below its floor, and only shown
    CLOSED_TODAY = "closed_today"  # by the pick-up guard
    ICON_HIDDEN = "icon_hidden"  # by the pick-up guard
    META_HID_ICON = "meta_hid_icon"
    LOW_PICKUP = "low_pickup"  # the pick-up guard has warned of it


def alerts_of(number: Number, restrictions: Iterable[Restriction], now: datetime) -> list[Alert]:
    holding = {found.kind for found in restrictions if found.until is None or now < found.until}
    effect, kept = effect_of(number.balance_guard, number.balance, now), number.pickup_kept
    refuses = effect.refuses_inbound or effect.refuses_outbound
    found = {
        Alert.PAUSED_IN: bool(holding & STOP_CALLS_IN),
        Alert.PAUSED_OUT: bool(holding & STOP_CALLS_OUT),
        Alert.BALANCE_REFUSES: refuses,
        Alert.BALANCE_LOW: effect.is_low and not refuses,
        Alert.CLOSED_TODAY: kept.closed is not None,
        Alert.ICON_HIDDEN: kept.icon is Icon.HIDDEN,
        Alert.META_HID_ICON: META_HID_ICON in holding,
        Alert.LOW_PICKUP: number.pickup_guard.enabled and kept.low_told,
    }
    return [alert for alert in Alert if found[alert]]
