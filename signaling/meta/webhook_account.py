"""The webhook fields `account_settings_update` and `account_update` (reference 2.9, 2.10)."""

from datetime import datetime
from typing import Final

from signaling.events import (
    AccountUpdated,
    AccountWarning,
    SettingsChanged,
    Unrecognised,
    VolumeTierChanged,
    WebhookEvent,
)
from signaling.ids import PhoneNumberId
from signaling.meta.reading import (
    TITLE_LIMIT_CHARS,
    Broken,
    identifier,
    items,
    lower,
    mapping,
    optional_mapping,
    optional_time,
    phone,
    plain_json,
    text,
    time,
    word,
)
from signaling.meta.webhook_change import Change


def read_settings_update(change: Change) -> list[WebhookEvent]:
    try:
        return [_settings(change)]
    except Broken:
        return [Unrecognised(change.field, word(change.value.get("type")))]


def _settings(change: Change) -> SettingsChanged:
    if lower(change.value.get("type")) != "phone_number_settings":
        raise Broken("other settings")
    settings = mapping(change.value.get("phone_number_settings"))
    calling = mapping(settings.get("calling"))
    return SettingsChanged(
        number=PhoneNumberId(identifier(settings.get("phone_number_id"))),
        at=time(change.value.get("timestamp")),
        calling=mapping(plain_json(calling)),
    )


WARNINGS: Final = frozenset(warning.value for warning in AccountWarning)


def read_account_update(change: Change) -> list[WebhookEvent]:
    event = word(change.value.get("event"))
    try:
        if event == "VOLUME_BASED_PRICING_TIER_UPDATE":
            return [_volume_tier(change)]
        if event in WARNINGS:
            return [_warning(change, AccountWarning(event))]
    except Broken:
        pass
    return [Unrecognised(change.field, event)]


def _warning(change: Change, warning: AccountWarning) -> AccountUpdated:
    """A restriction may repeat the violation that led to it: the restriction's types are what counts then."""
    violation = optional_mapping(change.value.get("violation_info"))
    restrictions = [optional_mapping(entry) for entry in items(change.value, "restriction_info")]
    types: list[object] = [entry.get("restriction_type") for entry in restrictions]
    if warning is AccountWarning.VIOLATION:
        types = [violation.get("violation_type")]
    ends: list[datetime] = [at for entry in restrictions if (at := optional_time(entry.get("expiration"))) is not None]
    return AccountUpdated(
        waba=change.waba,
        at=change.entry_at,
        warning=warning,
        types=tuple(found for kind in types if (found := word(kind))),
        expires_at=max(ends, default=None),
        phone=phone(change.value.get("phone_number")),
    )


def _volume_tier(change: Change) -> VolumeTierChanged:
    info = mapping(change.value.get("volume_tier_info"))

    def said(key: str) -> str:
        return text(info.get(key), TITLE_LIMIT_CHARS) or ""

    return VolumeTierChanged(
        waba=change.waba,
        at=optional_time(info.get("tier_update_time")) or change.entry_at,
        category=said("pricing_category"),
        tier=said("tier"),
        effective_month=said("effective_month"),
        region=said("region"),
    )
