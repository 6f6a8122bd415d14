"""What `POST /settings` takes, after the reference's own requests and rules."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.simulator import refusals
from gateway.simulator.number_settings import NumberSettings, change, changed_keys, is_open_at
from gateway.simulator.refusals import Refusal
from tests.simulator.payloads import payload

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
FULL = payload("request_settings_full")
NEW = NumberSettings()


@pytest.mark.parametrize(
    "name",
    [
        "request_settings_call_icons_clear",
        "request_settings_disable",
        "request_settings_enable_minimal",
        "request_settings_full",
        "request_settings_g711",
        "request_settings_sip",
        "request_settings_srtp_dtls",
        "request_settings_srtp_sdes",
        "request_settings_voicemail",
    ],
)
def test_every_settings_request_of_the_reference_is_taken(name: str) -> None:
    after = change(NEW, payload(name), NOW)
    assert isinstance(after, NumberSettings)
    assert after.calling.items() >= payload(name)["calling"].items()


def hours(**changes: object) -> dict[str, Any]:
    body = deepcopy(FULL)
    body["calling"]["call_hours"] |= changes
    return dict(body)


def day(opens: str, closes: str) -> dict[str, str]:
    return {"day_of_week": "MONDAY", "open_time": opens, "close_time": closes}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"calling": {}},
        {"calling": {"status": "ON"}},
        {"calling": {"colour": "red"}},
        {"calling": {"call_icon_visibility": "HIDE"}},
        {"calling": {"call_icons": {"restrict_to_user_countries": ["Brazil"]}}},
        {"calling": {"audio": {"additional_codecs": ["G729"]}}},
        {"calling": {"sip": {"status": "ENABLED"}}},
        {"calling": {"sip": {"status": "ENABLED", "servers": [{}]}}},
        {"calling": {"voicemail": {"status": "ENABLED", "triggers": ["BUSY"]}}},
        hours(timezone_id="Brazil/Nowhere"),
        hours(weekly_operating_hours=[]),
        hours(weekly_operating_hours=[{"day_of_week": "FUNDAY", "open_time": "0800", "close_time": "0900"}]),
        hours(weekly_operating_hours=[day("0900", "0800")]),
        hours(weekly_operating_hours=[day("9:00", "10:00")]),
        hours(weekly_operating_hours=[day("0800", "1200"), day("1100", "1300")]),
        hours(weekly_operating_hours=[day("0800", "0900"), day("1000", "1100"), day("1200", "1300")]),
        hours(holiday_schedule=[{"date": "2026-01-01", "start_time": "0000", "end_time": "2359"}]),
        hours(holiday_schedule=[{"date": "25-12-2026", "start_time": "0000", "end_time": "2359"}]),
        hours(holiday_schedule=[{"date": "2026-12-25", "start_time": "2359", "end_time": "0000"}]),
        hours(holiday_schedule=[{"date": "2026-13-25", "start_time": "0000", "end_time": "2359"}]),
        hours(holiday_schedule=[{"date": "2026-12-25", "start_time": "0000", "end_time": "2359"}] * 21),
    ],
)
def test_a_bad_setting_is_error_100_and_changes_nothing(body: object) -> None:
    refused = change(NEW, body, NOW)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (400, 100)


@pytest.mark.parametrize(
    ("zone", "utc", "day", "taken"),
    [
        ("America/Sao_Paulo", datetime(2026, 12, 25, 1, tzinfo=UTC), "2026-12-24", True),
        ("America/Sao_Paulo", datetime(2026, 12, 25, 4, tzinfo=UTC), "2026-12-24", False),
        ("Pacific/Kiritimati", datetime(2026, 12, 24, 9, tzinfo=UTC), "2026-12-24", True),
        ("Pacific/Kiritimati", datetime(2026, 12, 24, 11, tzinfo=UTC), "2026-12-24", False),
    ],
)
def test_a_holiday_is_over_when_its_day_is_over_in_the_zone_of_its_hours(
    zone: str, utc: datetime, day: str, taken: bool
) -> None:
    body = hours(timezone_id=zone, holiday_schedule=[{"date": day, "start_time": "0000", "end_time": "2359"}])
    assert isinstance(change(NEW, body, utc), NumberSettings) is taken


def test_call_hours_are_replaced_as_a_whole_and_other_keys_stay() -> None:
    full = change(NEW, FULL, NOW)
    assert isinstance(full, NumberSettings)
    plain = {
        "status": "ENABLED",
        "timezone_id": "America/Sao_Paulo",
        "weekly_operating_hours": [day("0800", "0900")],
    }
    after = change(full, {"calling": {"call_hours": plain}}, NOW)
    assert isinstance(after, NumberSettings)
    assert after.calling["call_hours"] == plain
    assert after.calling["call_icons"] == full.calling["call_icons"]


def test_the_key_exchange_is_not_shown_until_it_was_set() -> None:
    assert "srtp_key_exchange_protocol" not in NEW.calling


def test_calling_cannot_be_enabled_without_a_subscribed_app() -> None:
    assert change(NumberSettings(subscribed=False), FULL, NOW) is refusals.CANNOT_ENABLE


def test_only_some_changes_are_told_by_webhook() -> None:
    after = change(NEW, {"calling": {"status": "DISABLED", "audio": {"additional_codecs": ["PCMA"]}}}, NOW)
    assert isinstance(after, NumberSettings)
    assert changed_keys(NEW, after) == {"status": "DISABLED"}


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-30 10:59", False),  # a Monday in UTC; in São Paulo it is three hours earlier
        ("2026-11-30 11:00", True),
        ("2026-11-30 14:59", True),
        ("2026-11-30 15:00", False),
        ("2026-12-01 12:00", False),  # a Tuesday
        ("2026-12-28 12:00", False),  # a Monday, and a holiday until noon
        ("2026-12-28 16:00", True),
    ],
)
def test_customers_can_call_within_the_hours_and_outside_of_holidays(at: str, is_open: bool) -> None:
    hours = {
        "status": "ENABLED",
        "timezone_id": "America/Sao_Paulo",
        "weekly_operating_hours": [day("0800", "1200"), day("1300", "1400")],
        "holiday_schedule": [{"date": "2026-12-28", "start_time": "0000", "end_time": "1200"}],
    }
    settings = change(NEW, {"calling": {"call_hours": hours}}, NOW)
    assert isinstance(settings, NumberSettings)
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert is_open_at(settings.calling, moment) is is_open
    off = change(settings, {"calling": {"call_hours": hours | {"status": "DISABLED"}}}, NOW)
    assert isinstance(off, NumberSettings) and is_open_at(off.calling, moment)
