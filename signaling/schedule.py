"""When a number takes calls: weekly hours and special days in its own time zone. Pure.

A schedule is wall-clock time: nine o'clock stays nine o'clock when summer time begins. `signaling.meta.call_hours`
turns it into Meta's `call_hours` and compares the two.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

MINUTES_A_DAY: Final = 24 * 60
LOOK_AHEAD_DAYS: Final = 366
MOST_SPANS: Final = 12
MOST_SPECIAL_DAYS: Final = 400
NAME_LIMIT_CHARS: Final = 120
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of one day, in minutes after midnight: 480 to 1080 is 08:00 to 18:00. `closes_min` may be 1440, the end
    of the day; hours past midnight are a span of the next day."""

    opens_min: int
    closes_min: int


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date whose hours differ from its weekday's. No span: closed all day."""

    on: date
    spans: tuple[Span, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`zone`: an IANA name. `weekly`: the spans of each day, Monday first."""

    zone: str
    weekly: tuple[tuple[Span, ...], ...]
    special_days: tuple[SpecialDay, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleProblem:
    """What is wrong, and where: `place` is `zone`, `weekly.monday`, `special_days.2026-12-25` …; `code` a word that
    pages translate."""

    place: str
    code: str


def is_open(schedule: Schedule, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(schedule.zone))
    minute = local.hour * 60 + local.minute
    return any(span.opens_min <= minute < span.closes_min for span in spans_of(schedule, local.date()))


def next_opening(schedule: Schedule, at: datetime) -> datetime | None:
    """The first moment after `at` at which it opens, in UTC; None: not within a year. Open now or not makes no
    difference: it is the next time that somebody unlocks the door."""
    zone = ZoneInfo(schedule.zone)
    today = at.astimezone(zone).date()
    for days in range(LOOK_AHEAD_DAYS + 1):
        for opens in _openings(schedule, today + timedelta(days=days), zone):
            if opens > at:
                return opens
    return None


def spans_of(schedule: Schedule, day: date) -> tuple[Span, ...]:
    """The hours of one date: its own, if it is special, else its weekday's."""
    special = next((special for special in schedule.special_days if special.on == day), None)
    return schedule.weekly[day.weekday()] if special is None else special.spans


def problems_of(schedule: Schedule) -> list[ScheduleProblem]:
    """Everything that keeps a schedule from being used. Empty: it is fine."""
    found: list[ScheduleProblem] = []
    if not _is_zone(schedule.zone):
        found.append(ScheduleProblem("zone", "unknown_zone"))
    if len(schedule.weekly) != len(WEEKDAYS):
        found.append(ScheduleProblem("weekly", "not_seven_days"))
    for name, spans in zip(WEEKDAYS, schedule.weekly, strict=False):
        found += _problems_of_day(f"weekly.{name}", spans)
    times = Counter(special.on for special in schedule.special_days)
    if len(schedule.special_days) > MOST_SPECIAL_DAYS:
        found.append(ScheduleProblem("special_days", "too_many"))
    for special in schedule.special_days:
        place = f"special_days.{special.on.isoformat()}"
        if len(special.name) > NAME_LIMIT_CHARS or not (special.name.isprintable() or not special.name):
            found.append(ScheduleProblem(place, "bad_name"))
        if times[special.on] > 1:
            found.append(ScheduleProblem(place, "date_twice"))
        found += _problems_of_day(place, special.spans)
    return list(dict.fromkeys(found))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of zones
        return False
    return name != "localtime"


def _openings(schedule: Schedule, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    before = spans_of(schedule, day - timedelta(days=1))
    open_over_midnight = any(span.closes_min == MINUTES_A_DAY for span in before)
    for span in sorted(spans_of(schedule, day)):
        if span.opens_min == 0 and open_over_midnight:
            continue  # it has been open since yesterday
        # Wall-clock arithmetic within one zone; the way to UTC then knows about summer time.
        yield (midnight + timedelta(minutes=span.opens_min)).astimezone(UTC)


def _problems_of_day(place: str, spans: tuple[Span, ...]) -> Iterator[ScheduleProblem]:
    if len(spans) > MOST_SPANS:
        yield ScheduleProblem(place, "too_many")
    for span in spans:
        if not 0 <= span.opens_min < span.closes_min <= MINUTES_A_DAY:
            yield ScheduleProblem(place, "closes_before_it_opens")
    if any(later.opens_min < earlier.closes_min for earlier, later in pairwise(sorted(spans))):
        yield ScheduleProblem(place, "overlap")
