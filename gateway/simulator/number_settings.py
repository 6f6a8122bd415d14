"""Pure: the calling settings of a business number and what `POST /{PNID}/settings` accepts (reference 1.3)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from gateway.simulator import refusals
from gateway.simulator.refusals import Refusal, invalid

Json = dict[str, object]
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
ON_OFF = ("ENABLED", "DISABLED")
HHMM = re.compile(r"([01]\d|2[0-3])[0-5]\d")
COUNTRY = re.compile(r"[A-Z]{2}")
MAX_HOLIDAYS = 20
TOLD_BY_WEBHOOK = ("status", "call_icon_visibility", "callback_permission_status", "srtp_key_exchange_protocol", "sip")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ON_OFF,
    "call_icon_visibility": ("DEFAULT", "DISABLE_ALL"),
    "callback_permission_status": ON_OFF,
    "srtp_key_exchange_protocol": ("DTLS", "SDES"),
}
KNOWN = {*CHOICES, "call_icons", "call_hours", "audio", "voicemail", "sip"}


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """`calling` as GET returns it; `subscribed`: an app is subscribed to the WABA."""

    calling: Json = field(default_factory=lambda: {"status": "ENABLED", "call_icon_visibility": "DEFAULT"})
    subscribed: bool = True

    @property
    def enabled(self) -> bool:
        return self.calling["status"] == "ENABLED"

    @property
    def sip(self) -> bool:
        sip = self.calling.get("sip")
        return isinstance(sip, dict) and sip.get("status") == "ENABLED"

    @property
    def sdes(self) -> bool:
        return self.calling.get("srtp_key_exchange_protocol") == "SDES"


def change(current: NumberSettings, body: object, now: datetime) -> NumberSettings | Refusal:
    """The settings after a POST: keys left out stay, `call_hours` is replaced as a whole."""
    if not isinstance(body, dict) or not isinstance(calling := body.get("calling"), dict) or not calling:
        return invalid("calling is required")
    if unknown := set(calling) - KNOWN:
        return invalid(f"Unknown setting {sorted(map(str, unknown))[0]}")
    for key, allowed in CHOICES.items():
        if key in calling and calling[key] not in allowed:
            return invalid(f"{key} must be one of {', '.join(allowed)}")
    for problem in (_icons(calling), _hours(calling, now), _audio(calling), _sip(calling), _voicemail(calling)):
        if problem is not None:
            return invalid(problem)
    if calling.get("status") == "ENABLED" and not current.subscribed:
        return refusals.CANNOT_ENABLE
    return NumberSettings(current.calling | calling, current.subscribed)


def is_open_at(calling: Json, at: datetime) -> bool:
    """Whether customers can call: outside its call hours, and in a holiday's time, Meta refuses by itself, and no
    webhook tells of it (reference 4.9)."""
    hours = calling.get("call_hours")
    if not isinstance(hours, dict) or hours["status"] != "ENABLED":
        return True
    local = at.astimezone(ZoneInfo(hours["timezone_id"]))
    day, date_now, time_now = DAYS[local.weekday()], local.date().isoformat(), f"{local:%H%M}"
    in_period = any(
        entry["day_of_week"] == day and entry["open_time"] <= time_now < entry["close_time"]
        for entry in hours["weekly_operating_hours"]
    )
    on_holiday = any(
        entry["date"] == date_now and entry["start_time"] <= time_now < entry["end_time"]
        for entry in hours.get("holiday_schedule", [])
    )
    return in_period and not on_holiday


def changed_keys(before: NumberSettings, after: NumberSettings) -> Json:
    """What an `account_settings_update` webhook would carry: only some keys cause one (reference 2.9)."""
    return {key: after.calling[key] for key in TOLD_BY_WEBHOOK if after.calling.get(key) != before.calling.get(key)}


def _icons(calling: Json) -> str | None:
    if "call_icons" not in calling:
        return None
    icons = calling["call_icons"]
    countries = icons.get("restrict_to_user_countries") if isinstance(icons, dict) else None
    if not isinstance(countries, list) or not all(isinstance(c, str) and COUNTRY.fullmatch(c) for c in countries):
        return "restrict_to_user_countries must be a list of ISO country codes"
    return None


def _hours(calling: Json, now: datetime) -> str | None:
    if "call_hours" not in calling:
        return None
    hours = calling["call_hours"]
    if not isinstance(hours, dict) or hours.get("status") not in ON_OFF:
        return "call_hours needs a status"
    if hours.get("timezone_id") not in available_timezones():
        return "call_hours has an invalid timezone_id"
    today = now.astimezone(ZoneInfo(hours["timezone_id"])).date()  # a day without a zone of its own is of this one
    return _week(hours.get("weekly_operating_hours")) or _holidays(hours.get("holiday_schedule", []), today)


def _week(entries: object) -> str | None:
    if not isinstance(entries, list) or not entries:
        return "weekly_operating_hours must not be empty"
    periods: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in entries:
        match entry:
            case {"day_of_week": str(day), "open_time": str(opens), "close_time": str(closes)} if day in DAYS:
                if not (HHMM.fullmatch(opens) and HHMM.fullmatch(closes)) or opens >= closes:
                    return "open_time must be before close_time, both HHMM"
                periods[day].append((opens, closes))
            case _:
                return "an entry of weekly_operating_hours is invalid"
    for day_periods in periods.values():
        if len(day_periods) > 2:
            return "at most two periods a day"
        if any(first[1] > second[0] for first, second in pairwise(sorted(day_periods))):
            return "periods of one day overlap"
    return None


def _holidays(entries: object, today: date) -> str | None:
    if not isinstance(entries, list) or len(entries) > MAX_HOLIDAYS:
        return f"holiday_schedule is a list of at most {MAX_HOLIDAYS}"
    for entry in entries:
        match entry:
            case {"date": str(day), "start_time": str(start), "end_time": str(end)}:
                if not (HHMM.fullmatch(start) and HHMM.fullmatch(end)) or start >= end:
                    return "a holiday's start_time must be before its end_time, both HHMM"
            case _:
                return "an entry of holiday_schedule is invalid"
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", day) or date.fromisoformat(day) < today:
                return "a holiday's date must be YYYY-MM-DD and not in the past"
        except ValueError:
            return "a holiday's date must be YYYY-MM-DD and not in the past"
    return None


def _audio(calling: Json) -> str | None:
    if "audio" not in calling:
        return None
    audio = calling["audio"]
    codecs = audio.get("additional_codecs") if isinstance(audio, dict) else None
    if not isinstance(codecs, list) or not all(codec in ("PCMA", "PCMU") for codec in codecs):
        return "additional_codecs may hold PCMA and PCMU"
    return None


def _sip(calling: Json) -> str | None:
    if "sip" not in calling:
        return None
    match calling["sip"]:
        case {"status": "ENABLED" | "DISABLED" as status, **rest}:
            servers = rest.get("servers", [])
        case _:
            return "sip needs a status"
    if not isinstance(servers, list) or not all(
        isinstance(server, dict) and isinstance(server.get("hostname"), str) for server in servers
    ):
        return "each sip server needs a hostname"
    if status == "ENABLED" and not servers:
        return "sip needs at least one server while it is enabled"
    return None


def _voicemail(calling: Json) -> str | None:
    if "voicemail" not in calling:
        return None
    match calling["voicemail"]:
        case {"status": "ENABLED" | "DISABLED", **rest} if set(_list(rest.get("triggers"))) <= {"REJECT", "TIMEOUT"}:
            return None
        case _:
            return "voicemail needs a status, and triggers may be REJECT and TIMEOUT"


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
