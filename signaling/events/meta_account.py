"""Events of numbers and of the accounts that they are in, from Meta's webhooks, and what we do not know of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signaling.events.base import MetaError, MetaEvent
from signaling.ids import PhoneNumberId
from signaling.private import PhoneNumber


@dataclass(frozen=True, slots=True)
class NumberErrorReported:
    """Errors that belong to a number and to no call, such as 131044: no payment method. Meta gives them no time."""

    number: PhoneNumberId
    at: datetime | None
    errors: tuple[MetaError, ...]


@dataclass(frozen=True, slots=True)
class SettingsChanged(MetaEvent):
    """Calling settings of a number changed at Meta, also by ourselves. `calling` is Meta's object as it came."""

    calling: dict[str, object] = field(hash=False)


class AccountWarning(StrEnum):
    VIOLATION = "ACCOUNT_VIOLATION"
    RESTRICTION = "ACCOUNT_RESTRICTION"


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """A warning or a restriction of the WhatsApp Business Account `waba` (which is "0" in several samples)."""

    waba: str
    at: datetime | None
    warning: AccountWarning
    types: tuple[str, ...]  # violation_type or restriction_type values
    expires_at: datetime | None = None
    phone: PhoneNumber | None = None  # our number that it is about: the only name when `waba` is "0"


@dataclass(frozen=True, slots=True)
class VolumeTierChanged:
    waba: str
    at: datetime | None
    category: str
    tier: str
    effective_month: str
    region: str


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Something of Meta's that we do not know. It stands beside its neighbours and crashes nothing."""

    field_name: str
    what: str = ""  # the event or type word, never content
