"""How a number stands, in a line of the list of numbers: whether it can call at Meta, its health as Meta said it, and
what is open and wants somebody. Pure.

Nothing here asks anybody: it is said from what is known, with when that was. What is too old is `stale`, what nobody
knows is `unknown`; neither is taken for fine.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from signaling.eligibility import Restriction
from signaling.events import AccountWarning
from signaling.number_alerts import Alert, NumberWarning, alerts_of
from signaling.number_facts import KEPT, Looked
from signaling.ports import Number
from signaling.readiness import State, WebhookFacts, token_why, webhook_delivery, webhook_settings_why

STALE_AFTER: Final = 3 * KEPT
"""Meta is asked every `KEPT`, and sooner after a failure: three looks in a row have failed then."""

OPEN_FOR: Final = timedelta(days=7)
"""How long a warning that names no end counts as open: as long as Meta's own pauses last (reference 2.10)."""


class Calling(StrEnum):
    """Whether calling is switched on at Meta."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class Freshness(StrEnum):
    FRESH = "fresh"
    STALE = "stale"  # Meta could not be asked for a while
    UNKNOWN = "unknown"  # it has not answered yet


class Place(StrEnum):
    """Where on the pages of a number an alert is explained and seen to."""

    STANDING = "standing"
    GUARD = "guard"
    BALANCE = "balance"
    ACCESS = "access"
    READINESS = "readiness"


class Trouble(StrEnum):
    """Beside `signaling.number_alerts.Alert`."""

    TOKEN_NONE = "token_none"  # noqa: S105 (a word, no token)
    TOKEN_REFUSED = "token_refused"  # noqa: S105
    WEBHOOK_NO_SECRET = "webhook_no_secret"  # noqa: S105
    WEBHOOK_NO_VERIFY_TOKEN = "webhook_no_verify_token"  # noqa: S105
    WEBHOOK_BAD_SIGNATURE = "webhook_bad_signature"
    WEBHOOK_NEVER = "webhook_never"
    META_WARNED = "meta_warned"  # `OpenAlert.kind` says of what


PLACES: Final = {
    Alert.PAUSED_IN: Place.STANDING,
    Alert.PAUSED_OUT: Place.STANDING,
    Alert.META_HID_ICON: Place.STANDING,
    Alert.BALANCE_REFUSES: Place.BALANCE,
    Alert.BALANCE_LOW: Place.BALANCE,
    Alert.CLOSED_TODAY: Place.GUARD,
    Alert.ICON_HIDDEN: Place.GUARD,
    Alert.LOW_PICKUP: Place.GUARD,
}


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """`kind`, `until`: of Meta's warnings, in Meta's own word."""

    code: Alert | Trouble
    place: Place
    kind: str | None = None
    until: datetime | None = None


def calling_of(metas: str | None) -> Calling:
    """`metas`: the word of `signaling.settings_at_meta` for what Meta has."""
    return {"on": Calling.ENABLED, "off": Calling.DISABLED}.get(metas or "", Calling.UNKNOWN)


def freshness_of(looked: Looked, now: datetime) -> Freshness:
    if looked.at is None:
        return Freshness.UNKNOWN
    return Freshness.FRESH if now - looked.at < STALE_AFTER else Freshness.STALE


def open_alerts(
    number: Number, looked: Looked, warnings: Sequence[NumberWarning], webhook: WebhookFacts | None, now: datetime
) -> list[OpenAlert]:
    """What is open of a number, the gravest first: without a token or webhooks it has no calls at all.
    `webhook` None: not known."""
    restrictions = _restrictions(looked, warnings)
    guards = [OpenAlert(alert, PLACES[alert]) for alert in alerts_of(number, restrictions, now)]
    holding = {found.kind for found in restrictions}
    return [
        *_token(looked.failure),
        *([] if webhook is None else _webhook(webhook, now)),
        *guards,
        *_warned(warnings, holding, now),
    ]


def _restrictions(looked: Looked, warnings: Iterable[NumberWarning]) -> tuple[Restriction, ...]:
    """Meta's own list; until it has answered, what it told by webhooks before this process was."""
    if looked.at is not None:
        return () if looked.at_meta is None else looked.at_meta.restrictions
    told = {each.type: each.until for each in warnings if each.kind is AccountWarning.RESTRICTION and each.until}
    heard = () if looked.at_meta is None else looked.at_meta.restrictions
    return (*heard, *(Restriction(kind, until) for kind, until in told.items()))


def _token(failure: str | None) -> Iterator[OpenAlert]:
    why = token_why(failure)
    if why is not None:
        yield OpenAlert(Trouble.TOKEN_NONE if why == "none" else Trouble.TOKEN_REFUSED, Place.ACCESS)


def _webhook(hook: WebhookFacts, now: datetime) -> Iterator[OpenAlert]:
    """Of the whole installation. A quiet webhook may be a quiet number: no alert."""
    unset = webhook_settings_why(hook)
    state, why = webhook_delivery(hook, now)
    if unset is not None:
        yield OpenAlert(Trouble(f"webhook_{unset}"), Place.READINESS)
    elif state is State.MISSING:
        yield OpenAlert(Trouble(f"webhook_{why}"), Place.READINESS)


def _warned(warnings: Iterable[NumberWarning], holding: set[str], now: datetime) -> Iterator[OpenAlert]:
    """Each word of Meta's once, as it was told last. A restriction is in the list above, for as long as it holds."""
    newest: dict[str, NumberWarning] = {}
    for each in sorted(warnings, key=lambda told: told.at):
        newest[each.type] = each
    for each in reversed(newest.values()):
        until = each.at + OPEN_FOR if each.until is None else each.until
        if each.kind is AccountWarning.VIOLATION and each.type not in holding and now < until:
            yield OpenAlert(Trouble.META_WARNED, Place.STANDING, each.type, each.until)
