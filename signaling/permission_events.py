"""All that can happen between a number of ours and a customer that matters for calling them: facts, in the past tense.

They are kept for ever, so nothing in them tells who the customer is: Meta's ids, which hold phone numbers, are digests.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NewType

from signaling.events import Direction

Reference = NewType("Reference", str)
"""Stands for a message, a call or an answer of Meta's, and tells nothing of it: `reference_of`."""


class RequestKind(StrEnum):
    FREE_FORM = "free_form"  # inside the service window
    TEMPLATE = "template"  # at any time


class AskedBy(StrEnum):
    AGENT = "agent"  # or whoever else is signed in
    KEY = "key"  # of an integrator
    SYSTEM = "system"  # the gateway by itself


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wished for a request. `id`: of the user, or of the key."""

    kind: AskedBy
    id: int | None = None


SYSTEM: Final = Asker(AskedBy.SYSTEM)


class Source(StrEnum):
    """Whose word it was."""

    CUSTOMER = "customer"
    AUTOMATIC = "automatic"  # WhatsApp, after a call of the customer's or after unanswered calls
    META = "meta"  # Meta's answer to a question of ours


class MetaStatus(StrEnum):
    NO_PERMISSION = "no_permission"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Usage:
    """One of Meta's counts. `resets_at`: when there is room again; Meta says so only while the limit is reached."""

    used: int
    allowed: int
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """`reference` and the kind of event make it unique in its ledger: the same one twice is one."""

    at: datetime
    reference: Reference


@dataclass(frozen=True, slots=True)
class Asked(LedgerEvent):
    """We sent a request; `reference` is its message. `by` None: sent before it was kept who asks."""

    kind: RequestKind
    by: Asker | None = None


@dataclass(frozen=True, slots=True)
class RequestDelivered(LedgerEvent):
    pass


@dataclass(frozen=True, slots=True)
class RequestFailed(LedgerEvent):
    """Meta could not deliver or show the request."""

    meta_code: int


@dataclass(frozen=True, slots=True)
class Granted(LedgerEvent):
    """`expires_at` None: Meta named no end, which a temporary permission has all the same."""

    permanent: bool
    expires_at: datetime | None
    source: Source
    request: Reference | None = None


@dataclass(frozen=True, slots=True)
class Refusal(LedgerEvent):
    """The customer refused, or permission was taken back."""

    source: Source
    request: Reference | None = None


@dataclass(frozen=True, slots=True)
class CallConnected(LedgerEvent):
    """Somebody picked up, `at` that moment; `reference` is the call."""

    direction: Direction


@dataclass(frozen=True, slots=True)
class CallUnanswered(LedgerEvent):
    """A call of ours was declined or rang in vain."""


@dataclass(frozen=True, slots=True)
class MetaTold(LedgerEvent):
    """Meta's answer to `call_permissions`, asked `at`. None: it did not say."""

    status: MetaStatus
    expires_at: datetime | None = None
    may_ask: bool | None = None
    may_call: bool | None = None
    requests_24h: Usage | None = None
    requests_7d: Usage | None = None
    calls_24h: Usage | None = None


@dataclass(frozen=True, slots=True)
class AskingRefused(LedgerEvent):
    """Meta refused a request of ours as one too many, until a time it did not name (138009)."""


@dataclass(frozen=True, slots=True)
class CallingRefused(LedgerEvent):
    """Meta refused a call of ours: for want of permission (138006), or as one too many until `until` (138012)."""

    for_want_of_permission: bool
    until: datetime | None = None


Event = (
    Asked
    | RequestDelivered
    | RequestFailed
    | Granted
    | Refusal
    | CallConnected
    | CallUnanswered
    | MetaTold
    | AskingRefused
    | CallingRefused
)

_ORDER: Final = {
    kind: rank
    for rank, kind in enumerate(
        (
            *(MetaTold, Asked, RequestDelivered, RequestFailed, Granted, Refusal, CallConnected),
            *(CallUnanswered, AskingRefused, CallingRefused),
        )
    )
}


def place_of(event: Event) -> tuple[datetime, int, Reference]:
    """Where an event stands among all of its pair. At the same time, what takes away comes after what gives."""
    return event.at, _ORDER[type(event)], event.reference


def reference_of(meta_id: str) -> Reference:
    """Of a wamid or a wacid, whose base64 holds phone numbers."""
    return Reference(blake2b(meta_id.encode(), digest_size=16).hexdigest())
