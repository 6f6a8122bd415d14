"""Our hours as Meta's `call_hours`, and what differs between the two (reference 1.3, 4.9). Pure.

Meta refuses calls outside its own hours before we hear of them, and shows customers the next opening. So its hours
follow ours, and a difference is shown to the administrator. A special day is told as the times at which it is closed:
on a holiday of Meta's, calls are refused.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from signaling.hours_at_meta import Difference
from signaling.schedule import MINUTES_A_DAY, WEEKDAYS, Schedule, ScheduleProblem, Span, SpecialDay

SPANS_A_DAY: Final = 2
MOST_HOLIDAYS: Final = 20
LAST_MINUTE: Final = MINUTES_A_DAY - 1
"""Meta's day ends at 2359: it knows no 2400."""

_DAY_FIRST: Final = re.compile(r"(\d{2})-(\d{2})-(\d{4})", re.ASCII)

Json = dict[str, object]


def limits_of_meta(schedule: Schedule, now: datetime) -> list[ScheduleProblem]:
    """What our schedule has and Meta cannot take."""
    weekly = [_told(spans) for spans in schedule.weekly]
    found = [
        ScheduleProblem(f"weekly.{name}", "meta_takes_two_spans_a_day")
        for name, spans in zip(WEEKDAYS, weekly, strict=True)
        if len(spans) > SPANS_A_DAY
    ]
    if not any(weekly):
        found.append(ScheduleProblem("weekly", "meta_needs_an_open_hour"))
    found += [
        ScheduleProblem(f"special_days.{day.on.isoformat()}", "meta_opens_no_special_hours")
        for day in _coming(schedule, now)
        if not _is_within(day.spans, schedule.weekly[day.on.weekday()])
    ]
    if len(_closed_times(schedule, now)) > MOST_HOLIDAYS:
        found.append(ScheduleProblem("special_days", "meta_takes_twenty_holidays"))
    return found


def call_hours_of(schedule: Schedule, now: datetime) -> Json:
    """The whole `call_hours` object: Meta replaces it, and what is left out is gone. Days that are over are left out,
    for Meta refuses them. Ask `limits_of_meta` first."""
    return {
        "status": "ENABLED",
        "timezone_id": schedule.zone,
        "weekly_operating_hours": [
            {"day_of_week": name.upper(), "open_time": _hhmm(span.opens_min), "close_time": _hhmm(span.closes_min)}
            for name, spans in zip(WEEKDAYS, schedule.weekly, strict=True)
            for span in _told(spans)
        ],
        "holiday_schedule": [
            {"date": on.isoformat(), "start_time": _hhmm(span.opens_min), "end_time": _hhmm(span.closes_min)}
            for on, span in _closed_times(schedule, now)
        ],
    }


def differences(schedule: Schedule | None, calling: Mapping[str, object], now: datetime) -> list[Difference]:
    """Where `calling`, the settings as Meta has them, does not say what our schedule says. `schedule` None: the number
    is open at all hours."""
    theirs = calling.get("call_hours")
    their_hours: Mapping[str, object] = theirs if isinstance(theirs, Mapping) else {}
    enabled = their_hours.get("status") == "ENABLED"
    if schedule is None or not enabled:
        return (
            [] if (schedule is None) != enabled else [Difference("status", _word(schedule is not None), _word(enabled))]
        )
    ours = call_hours_of(schedule, now)
    found: list[Difference] = []
    if their_hours.get("timezone_id") != schedule.zone:
        found.append(Difference("zone", schedule.zone, str(their_hours.get("timezone_id"))))
    for place, list_name, of_entry in (
        ("weekly", "weekly_operating_hours", _week_line),
        ("special_days", "holiday_schedule", _holiday_line),
    ):
        mine, metas = (
            _grouped([line for entry in _entries(hours.get(list_name)) if (line := of_entry(entry)) is not None])
            for hours in (ours, their_hours)
        )
        today = now.astimezone(ZoneInfo(schedule.zone)).date().isoformat()
        for name in sorted(mine.keys() | metas.keys()):
            if place == "special_days" and name < today:
                continue  # over: Meta may keep it for a while
            if mine.get(name) != metas.get(name):
                found.append(Difference(f"{place}.{name}", mine.get(name, "–"), metas.get(name, "–")))
    return found


def _coming(schedule: Schedule, now: datetime) -> list[SpecialDay]:
    today = now.astimezone(ZoneInfo(schedule.zone)).date()
    return sorted((day for day in schedule.special_days if day.on >= today), key=lambda day: day.on)


def _closed_times(schedule: Schedule, now: datetime) -> list[tuple[date, Span]]:
    return [(day.on, span) for day in _coming(schedule, now) for span in _gaps(day.spans)]


def _gaps(spans: Iterable[Span]) -> list[Span]:
    """When it is closed on a day with these spans."""
    edges = [0, *(edge for span in sorted(spans) for edge in (span.opens_min, span.closes_min)), MINUTES_A_DAY]
    return _told(Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end)


def _told(spans: Iterable[Span]) -> list[Span]:
    """Without the last minute of a day alone: to Meta it has no length."""
    return [span for span in sorted(spans) if span.opens_min < LAST_MINUTE]


def _is_within(spans: Iterable[Span], weekly: Iterable[Span]) -> bool:
    """A day of Meta's can be closed for longer than its weekday says, and never be open for longer."""
    closed = _gaps(weekly)
    return not any(
        span.opens_min < gap.closes_min and gap.opens_min < span.closes_min for span in spans for gap in closed
    )


def _hhmm(minute: int) -> str:
    hours, minutes = divmod(min(minute, LAST_MINUTE), 60)
    return f"{hours:02}{minutes:02}"


def _word(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"


def _entries(value: object) -> list[Mapping[str, object]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _week_line(entry: Mapping[str, object]) -> tuple[str, str] | None:
    match entry:
        case {"day_of_week": str(day), "open_time": str(opens), "close_time": str(closes)}:
            return day.lower(), f"{opens}-{closes}"
    return None


def _holiday_line(entry: Mapping[str, object]) -> tuple[str, str] | None:
    match entry:  # C5: sources disagree about names and spelling, so all are read
        case {"date": str(day), "start_time": str(start), "end_time": str(end)}:
            pass
        case {"date": str(day), "open_time": str(start), "close_time": str(end)}:
            pass
        case _:
            return None
    if (other := _DAY_FIRST.fullmatch(day)) is not None:
        day = f"{other[3]}-{other[2]}-{other[1]}"
    return day, f"{start}-{end}".replace(":", "")


def _grouped(lines: list[tuple[str, str]]) -> dict[str, str]:
    grouped: dict[str, list[str]] = {}
    for name, times in lines:
        grouped.setdefault(name, []).append(times)
    return {name: " ".join(sorted(times)) for name, times in grouped.items()}
