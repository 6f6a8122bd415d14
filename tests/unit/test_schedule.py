"""Opening hours as wall-clock time, and what Meta makes of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.simulator.number_settings import NumberSettings, change, is_open_at
from signaling.hours_at_meta import Difference
from signaling.meta.call_hours import call_hours_of, differences, limits_of_meta
from signaling.schedule import (
    MINUTES_A_DAY,
    Schedule,
    ScheduleProblem,
    Span,
    SpecialDay,
    is_open,
    next_opening,
    problems_of,
)

MORNING, AFTERNOON = Span(8 * 60, 12 * 60), Span(13 * 60, 18 * 60)
OFFICE = Schedule(
    "America/Sao_Paulo",
    (*[(MORNING, AFTERNOON)] * 5, (MORNING,), ()),
    (SpecialDay(date(2026, 12, 25), name="Natal"), SpecialDay(date(2026, 12, 24), (MORNING,))),
)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday, 09:00 in São Paulo


def sao_paulo(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour + 3, minute, second, tzinfo=UTC)  # UTC-3 all year


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        (sao_paulo(25, 7, 59, 59), False),
        (sao_paulo(25, 8), True),
        (sao_paulo(25, 11, 59, 59), True),
        (sao_paulo(25, 12), False),
        (sao_paulo(25, 13), True),
        (sao_paulo(25, 18), False),
        (sao_paulo(28, 13), False),  # Saturday afternoon
        (sao_paulo(29, 9), False),  # Sunday
        (sao_paulo(24, 9, month=12), True),  # a special Thursday: mornings only
        (sao_paulo(24, 14, month=12), False),
        (sao_paulo(25, 9, month=12), False),
    ],
)
def test_it_is_open_from_the_first_second_of_a_span_to_the_last(at: datetime, is_it: bool) -> None:
    assert is_open(OFFICE, at) is is_it


def test_the_next_opening_is_after_lunch_then_tomorrow_then_after_the_weekend_and_the_holiday() -> None:
    assert next_opening(OFFICE, sao_paulo(25, 9)) == sao_paulo(25, 13)
    assert next_opening(OFFICE, sao_paulo(25, 18)) == sao_paulo(26, 8)
    assert next_opening(OFFICE, sao_paulo(28, 13)) == sao_paulo(30, 8)
    assert next_opening(OFFICE, sao_paulo(24, 13, month=12)) == sao_paulo(26, 8, month=12)


def test_a_number_that_never_opens_has_no_next_opening() -> None:
    assert next_opening(Schedule("UTC", ((),) * 7), NOW) is None


def test_hours_past_midnight_are_one_opening() -> None:
    night = Schedule("UTC", (*[(Span(0, 120), Span(1_200, MINUTES_A_DAY))] * 7,))
    assert is_open(night, datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC))
    assert is_open(night, datetime(2026, 11, 26, 0, 0, tzinfo=UTC))
    assert next_opening(night, datetime(2026, 11, 25, 21, 0, tzinfo=UTC)) == datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


def test_nine_o_clock_stays_nine_o_clock_when_summer_time_begins() -> None:
    lisbon = Schedule("Europe/Lisbon", ((Span(540, 600),),) * 7)
    assert next_opening(lisbon, datetime(2027, 3, 27, 12, tzinfo=UTC)) == datetime(2027, 3, 28, 8, tzinfo=UTC)
    assert is_open(lisbon, datetime(2027, 3, 28, 8, tzinfo=UTC))
    assert not is_open(lisbon, datetime(2027, 3, 28, 9, tzinfo=UTC))


def test_what_is_wrong_is_named_with_its_place() -> None:
    wrong = Schedule(
        "America/Sao_Palo",
        ((Span(480, 720), Span(700, 800)), (Span(600, 600),), (Span(0, 1_441),), (), (), (), ()),
        (SpecialDay(date(2026, 12, 25)), SpecialDay(date(2026, 12, 25), (Span(60, 30),))),
    )
    assert problems_of(wrong) == [
        ScheduleProblem("zone", "unknown_zone"),
        ScheduleProblem("weekly.monday", "overlap"),
        ScheduleProblem("weekly.tuesday", "closes_before_it_opens"),
        ScheduleProblem("weekly.wednesday", "closes_before_it_opens"),
        ScheduleProblem("special_days.2026-12-25", "date_twice"),
        ScheduleProblem("special_days.2026-12-25", "closes_before_it_opens"),
    ]
    assert problems_of(Schedule("UTC", ())) == [ScheduleProblem("weekly", "not_seven_days")]
    assert problems_of(OFFICE) == []


def test_spans_that_touch_do_not_overlap() -> None:
    assert problems_of(Schedule("UTC", ((Span(0, 60), Span(60, 120)), *[()] * 6))) == []


spans = st.lists(st.integers(0, MINUTES_A_DAY), max_size=6, unique=True).map(
    lambda edges: tuple(Span(a, b) for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(
    st.tuples(*[spans] * 7),
    st.sampled_from(["UTC", "America/Sao_Paulo"]),  # no summer time: a span may lie in an hour that it leaves out
    st.integers(0, 60 * 24 * 365).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_at_the_next_opening_it_opens_and_a_minute_earlier_it_was_closed(
    weekly: tuple[tuple[Span, ...], ...], zone: str, at: datetime
) -> None:
    schedule = Schedule(zone, weekly)
    assert problems_of(schedule) == []
    opening = next_opening(schedule, at)
    if opening is None:
        assert not any(weekly) or all(day == (Span(0, MINUTES_A_DAY),) for day in weekly)
    else:
        assert opening > at
        assert is_open(schedule, opening)
        assert not is_open(schedule, opening - timedelta(minutes=1))


# ---- Meta's call_hours -----------------------------------------------------------------------------------------------


def test_meta_takes_our_hours_and_then_has_no_difference() -> None:
    told = call_hours_of(OFFICE, NOW)
    kept = change(NumberSettings(), {"calling": {"call_hours": told}}, NOW)
    assert isinstance(kept, NumberSettings)
    assert differences(OFFICE, kept.calling, NOW) == []
    assert told["holiday_schedule"] == [
        {"date": "2026-12-24", "start_time": "0000", "end_time": "0800"},
        {"date": "2026-12-24", "start_time": "1200", "end_time": "2359"},
        {"date": "2026-12-25", "start_time": "0000", "end_time": "2359"},
    ]


# The simulated Meta reads the names of all time zones for each example: a deadline would measure the disk.
two_spans = spans.map(lambda day: day[:2])


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(*[two_spans] * 7),
    st.lists(st.tuples(st.integers(-3, 40), st.integers(0, 3)), max_size=6, unique_by=lambda day: day[0]),
)
def test_what_is_within_metas_limits_meta_takes_and_then_has_no_difference(
    weekly: tuple[tuple[Span, ...], ...], days: list[tuple[int, int]]
) -> None:
    """`days`: how far ahead, and which of the weekday's spans are left."""
    dates = [(NOW.date() + timedelta(days=ahead), kept) for ahead, kept in days]
    special = tuple(
        SpecialDay(on, tuple(span for place, span in enumerate(weekly[on.weekday()]) if kept >> place & 1))
        for on, kept in dates
    )
    schedule = Schedule("America/Sao_Paulo", weekly, special)
    if (limits := limits_of_meta(schedule, NOW)) and not any(span.opens_min < 1439 for day in weekly for span in day):
        assert limits == [ScheduleProblem("weekly", "meta_needs_an_open_hour")]
        return
    assert limits == []
    kept = change(NumberSettings(), {"calling": {"call_hours": call_hours_of(schedule, NOW)}}, NOW)
    assert isinstance(kept, NumberSettings), kept
    assert differences(schedule, kept.calling, NOW) == []
    for at in (NOW + timedelta(hours=7 * quarter, minutes=13 * quarter) for quarter in range(120)):
        local = at.astimezone(ZoneInfo("America/Sao_Paulo"))
        if local.hour * 60 + local.minute < MINUTES_A_DAY - 1:  # Meta's day ends at 23:59
            assert is_open_at(kept.calling, at) == is_open(schedule, at), f"Meta refuses calls at {at} when we would"


def test_the_last_minute_of_a_day_has_no_length_at_meta() -> None:
    last = (Span(23 * 60 + 59, MINUTES_A_DAY),)
    assert limits_of_meta(Schedule("UTC", (last, *[()] * 6)), NOW) == [
        ScheduleProblem("weekly", "meta_needs_an_open_hour")
    ]
    but_the_last = SpecialDay(date(2026, 12, 7), (Span(0, 23 * 60 + 59),))
    all_day = Schedule("UTC", ((Span(0, MINUTES_A_DAY),),) * 7, (but_the_last,))
    assert limits_of_meta(all_day, NOW) == []
    assert call_hours_of(all_day, NOW)["holiday_schedule"] == []


def test_hours_that_meta_would_refuse_on_a_special_day_are_named() -> None:
    longer = SpecialDay(date(2026, 11, 30), (Span(8 * 60, 20 * 60),))  # a Monday, open until 18:00
    on_sunday = SpecialDay(date(2026, 11, 29), (MORNING,))
    through_lunch = SpecialDay(date(2026, 12, 1), (Span(8 * 60, 18 * 60),))
    shorter = SpecialDay(date(2026, 12, 2), (Span(9 * 60, 11 * 60),))
    over = SpecialDay(date(2026, 11, 22), (MORNING,))
    days = (longer, on_sunday, through_lunch, shorter, over)
    assert limits_of_meta(replace(OFFICE, special_days=days), NOW) == [
        ScheduleProblem(f"special_days.{day}", "meta_opens_no_special_hours")
        for day in ("2026-11-29", "2026-11-30", "2026-12-01")
    ]


@pytest.mark.parametrize(
    "spelling",
    [
        {"date": "2026-12-25", "open_time": "0000", "close_time": "2359"},
        {"date": "25-12-2026", "start_time": "00:00", "end_time": "23:59"},
    ],
)
def test_however_meta_spells_a_holiday_it_is_no_difference(spelling: dict[str, str]) -> None:
    christmas = replace(OFFICE, special_days=OFFICE.special_days[:1])
    theirs = call_hours_of(christmas, NOW) | {"holiday_schedule": [spelling]}
    assert differences(christmas, {"call_hours": theirs}, NOW) == []


def test_a_day_that_is_over_is_not_told_and_is_no_difference() -> None:
    after_christmas = datetime(2026, 12, 26, 12, tzinfo=UTC)
    assert call_hours_of(OFFICE, after_christmas)["holiday_schedule"] == []
    assert differences(OFFICE, {"call_hours": call_hours_of(OFFICE, NOW)}, after_christmas) == []


def test_every_difference_is_named_in_metas_own_words() -> None:
    theirs = cast(dict[str, list[dict[str, str]]], call_hours_of(OFFICE, NOW))
    theirs["weekly_operating_hours"][0]["close_time"] = "1130"
    theirs["holiday_schedule"].pop()
    assert differences(OFFICE, {"call_hours": theirs | {"timezone_id": "UTC"}}, NOW) == [
        Difference("zone", "America/Sao_Paulo", "UTC"),
        Difference("weekly.monday", "0800-1200 1300-1800", "0800-1130 1300-1800"),
        Difference("special_days.2026-12-25", "0000-2359", "–"),
    ]


def test_hours_on_one_side_only_are_a_difference() -> None:
    assert differences(OFFICE, {}, NOW) == [Difference("status", "ENABLED", "DISABLED")]
    assert differences(None, {"call_hours": call_hours_of(OFFICE, NOW)}, NOW) == [
        Difference("status", "DISABLED", "ENABLED")
    ]
    assert differences(None, {}, NOW) == []


def test_metas_limits_are_told_before_meta_refuses() -> None:
    three = (Span(0, 60), Span(120, 180), Span(240, 300))
    busy = replace(
        OFFICE,
        weekly=(three, *OFFICE.weekly[1:]),
        special_days=tuple(SpecialDay(date(2027, 1, day)) for day in range(1, 22)),
    )
    assert limits_of_meta(busy, NOW) == [
        ScheduleProblem("weekly.monday", "meta_takes_two_spans_a_day"),
        ScheduleProblem("special_days", "meta_takes_twenty_holidays"),
    ]
    assert not isinstance(
        change(NumberSettings(), {"calling": {"call_hours": call_hours_of(busy, NOW)}}, NOW), NumberSettings
    )
    assert limits_of_meta(Schedule("UTC", ((),) * 7), NOW) == [ScheduleProblem("weekly", "meta_needs_an_open_hour")]
    assert limits_of_meta(OFFICE, NOW) == []
