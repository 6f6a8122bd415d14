"""When a report is due and of which days it tells, pure. Days are those of a time zone; a day that a clock change
shortens or lengthens is a day all the same."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

LAST_MONTH_DAY: Final = 28
"""The last day that every month has."""


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class ReportTime:
    """`minute` of the day, 0 to 1439. `weekday`: Monday is 0, of weekly reports. `month_day`: 1 to 28, of monthly
    ones."""

    every: Every
    minute: int
    zone: ZoneInfo
    weekday: int = 0
    month_day: int = 1


@dataclass(frozen=True, slots=True)
class Due:
    """Sent at `at`, of the whole days from `since` on and before `until`; `period` names it among those of its report.
    Moments are UTC."""

    at: datetime
    since: datetime
    until: datetime
    period: str


def newest_due(when: ReportTime, now: datetime) -> Due:
    """The last one that was due at or before `now`."""
    today = now.astimezone(when.zone).date()
    found = _sent_on(when, _day_of(when, today))
    return found if found.at <= now else _sent_on(when, _day_of(when, _day_of(when, today) - timedelta(days=1)))


def next_due(when: ReportTime, after: datetime) -> Due:
    """The first one that is due after `after`."""
    day = _day_of(when, after.astimezone(when.zone).date())
    while (due := _sent_on(when, day)).at <= after:
        day = _following(when, day)
    return due


def _day_of(when: ReportTime, today: date) -> date:
    """The newest day of sending that is not after `today`."""
    match when.every:
        case Every.DAY:
            return today
        case Every.WEEK:
            return today - timedelta(days=(today.weekday() - when.weekday) % 7)
        case Every.MONTH:
            this = today.replace(day=when.month_day)
            return this if this <= today else _month_before(today).replace(day=when.month_day)


def _following(when: ReportTime, day: date) -> date:
    match when.every:
        case Every.DAY:
            return day + timedelta(days=1)
        case Every.WEEK:
            return day + timedelta(days=7)
        case Every.MONTH:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=when.month_day)


def _sent_on(when: ReportTime, day: date) -> Due:
    match when.every:
        case Every.DAY:
            since, until = day - timedelta(days=1), day
        case Every.WEEK:
            since, until = day - timedelta(days=7), day
        case Every.MONTH:
            since, until = _month_before(day), day.replace(day=1)
    at = _moment(when.zone, day, time(when.minute // 60, when.minute % 60))
    midnight = time()
    return Due(at, _moment(when.zone, since, midnight), _moment(when.zone, until, midnight), since.isoformat())


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
