"""Can this number be used with this token, and do its webhooks reach us? What Meta answered, as a list to read.

Pure. For a number that is about to be added, and for one that is there (the button of its settings page).

Like `signaling.readiness`, which looks at everything; here is only what Meta must say to a token.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signaling.eligibility import STOP_CALLS_OUT, Restriction, country_of, messaging_limit_of
from signaling.meta_rules import Limits
from signaling.number_alerts import STOP_CALLS_IN
from signaling.private import PhoneNumber
from signaling.readiness import TOKEN_REFUSED, State, WebhookFacts

NO_TOKENS_LETTERS: Final = "meta.bad_token"
"""No token has such characters: Meta was not even asked."""

UNKNOWN_OBJECT: Final = frozenset({"meta.100", "meta.803", "meta.2500"})
"""Meta has no such object, or this token may not see it (reference 5)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What Meta answered to one question; `failure` None: it answered."""

    failure: str | None = None


@dataclass(frozen=True, slots=True)
class NumberSaid(Said):
    """Of the number itself. `digits`: the phone number that Meta shows, digits only."""

    digits: str = ""
    name: str = ""
    quality: str = ""
    tier: str = ""
    coexistence: bool | None = None


@dataclass(frozen=True, slots=True)
class SettingsSaid(Said):
    """Of its calling settings, which only a token that may manage the account can read."""

    enabled: bool = False
    sip: bool = False
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class AppsSaid(Said):
    """Of the apps that get the account's webhooks."""

    apps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """`phone`: as we have it. `webhook` None: nobody looked."""

    now: datetime
    phone: PhoneNumber
    limits: Limits
    number: NumberSaid
    settings: SettingsSaid
    apps: AppsSaid
    webhook: WebhookFacts | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`field`: of the form, where it can be mended there. `stops`: a number with it cannot be added."""

    code: str
    state: State
    why: str | None = None
    field: str | None = None
    stops: bool = False
    said: str = ""


def findings_of(checked: Checked) -> list[Finding]:
    """In the order in which somebody mends it. While the token does not open the door, nothing else is known."""
    failure = checked.number.failure
    if failure in TOKEN_REFUSED or failure == NO_TOKENS_LETTERS:
        why = "none" if failure == "graph.no_token" else "refused"
        return [Finding("token", State.MISSING, why, "token", stops=True, said=failure or "")]
    if failure in UNKNOWN_OBJECT:
        return [
            Finding("token", State.FINE),
            Finding("number", State.MISSING, "unknown", "phone_number_id", stops=True, said=failure or ""),
        ]
    if failure is not None:
        return [Finding("token", State.UNKNOWN, "away", said=failure)]
    return [
        Finding("token", State.FINE),
        *_number(checked),
        *_settings(checked.settings),
        *_account(checked.apps),
        *_webhook(checked.webhook),
        *_standing(checked),
    ]


def _number(checked: Checked) -> Iterator[Finding]:
    said = checked.number
    if said.digits and said.digits != checked.phone.value:
        yield Finding("number", State.MISSING, "other_phone", "phone", stops=True)
    else:
        yield Finding("number", State.FINE, said=said.name)
    if said.coexistence is True:
        # Calls of such a number stay in the app: the API has none of them (reference 4.8).
        yield Finding("coexistence", State.MISSING, None, "phone_number_id", stops=True)


def _settings(said: SettingsSaid) -> Iterator[Finding]:
    if said.failure is not None:
        refused = said.failure in TOKEN_REFUSED | UNKNOWN_OBJECT
        state, why = (State.MISSING, "no_right") if refused else (State.UNKNOWN, "away")
        yield Finding("management", state, why, "token", said=said.failure)
        return
    yield Finding("management", State.FINE)
    yield Finding("calling", State.FINE if said.enabled else State.MISSING)
    if said.sip:
        yield Finding("sip", State.MISSING)


def _account(said: AppsSaid) -> Iterator[Finding]:
    if said.failure in UNKNOWN_OBJECT | TOKEN_REFUSED:
        yield Finding("account", State.MISSING, "unknown", "waba_id", stops=True, said=said.failure or "")
    elif said.failure is not None:
        yield Finding("account", State.UNKNOWN, "away", said=said.failure)
    else:
        yield Finding("account", State.FINE)
        yield Finding("subscribed", State.FINE if said.apps else State.MISSING, said=", ".join(said.apps))


def _webhook(webhook: WebhookFacts | None) -> Iterator[Finding]:
    if webhook is None:
        return
    if not webhook.has_secret or not webhook.has_verify_token:
        yield Finding("webhook", State.MISSING, "no_secret" if not webhook.has_secret else "no_verify_token")
    elif webhook.refused and not webhook.accepted:
        yield Finding("webhook", State.MISSING, "bad_signature")
    elif not webhook.looked:
        yield Finding("webhook", State.UNKNOWN, "away")
    elif webhook.last_at is None:
        yield Finding("webhook", State.MISSING, "never")
    else:
        yield Finding("webhook", State.FINE, said=webhook.last_at.isoformat())


def _standing(checked: Checked) -> Iterator[Finding]:
    limit, least = messaging_limit_of(checked.number.tier), checked.limits.messaging_limit_least
    state = State.UNKNOWN if limit is None else State.FINE if limit >= least else State.MISSING
    if not checked.settings.enabled or state is not State.UNKNOWN:
        yield Finding("messaging_limit", state, said=checked.number.tier)
    country = country_of(checked.phone)
    if country is not None and country in checked.limits.countries_without_outbound:
        yield Finding("country", State.MISSING, said=country)
    for found in checked.settings.restrictions:
        if found.until is None or checked.now < found.until:
            stops = found.kind in STOP_CALLS_IN | STOP_CALLS_OUT
            yield Finding("restriction", State.MISSING, "stops" if stops else "warns", said=found.kind)
