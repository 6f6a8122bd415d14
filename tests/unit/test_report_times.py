"""When reports are due, and of which days they tell."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.report_times import LAST_MONTH_DAY, Every, ReportTime, newest_due, next_due

PAULO, NEW_YORK = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday, 9:00 in São Paulo


@pytest.mark.parametrize(
    ("when", "due", "first", "last"),
    [
        (ReportTime(Every.DAY, 8 * 60, PAULO), "2026-03-04T08:00", "2026-03-03", "2026-03-03"),
        (ReportTime(Every.DAY, 10 * 60, PAULO), "2026-03-03T10:00", "2026-03-02", "2026-03-02"),
        (ReportTime(Every.WEEK, 8 * 60, PAULO, weekday=0), "2026-03-02T08:00", "2026-02-23", "2026-03-01"),
        (ReportTime(Every.WEEK, 10 * 60, PAULO, weekday=2), "2026-02-25T10:00", "2026-02-18", "2026-02-24"),
        (ReportTime(Every.MONTH, 8 * 60, PAULO, month_day=1), "2026-03-01T08:00", "2026-02-01", "2026-02-28"),
        (ReportTime(Every.MONTH, 8 * 60, PAULO, month_day=28), "2026-02-28T08:00", "2026-01-01", "2026-01-31"),
    ],
)
def test_the_newest_report_tells_of_the_whole_days_before_it(when: ReportTime, due: str, first: str, last: str) -> None:
    found = newest_due(when, NOW)
    local = [moment.astimezone(PAULO) for moment in (found.at, found.since, found.until - timedelta(seconds=1))]
    assert [f"{local[0]:%Y-%m-%dT%H:%M}", *(f"{each:%Y-%m-%d}" for each in local[1:])] == [due, first, last]
    assert found.period == first
    assert {f"{found.since.astimezone(PAULO):%H:%M}", f"{found.until.astimezone(PAULO):%H:%M}"} == {"00:00"}


def test_a_day_that_a_clock_change_shortens_is_one_day() -> None:
    spring = newest_due(ReportTime(Every.DAY, 0, NEW_YORK), datetime(2026, 3, 9, 12, tzinfo=UTC))
    assert (spring.period, spring.until - spring.since) == ("2026-03-08", timedelta(hours=23))


whens = st.builds(
    ReportTime,
    every=st.sampled_from(Every),
    minute=st.integers(0, 1_439),
    zone=st.sampled_from([PAULO, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Asia/Kathmandu")]),
    weekday=st.integers(0, 6),
    month_day=st.integers(1, LAST_MONTH_DAY),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(whens, moments)
def test_one_follows_the_other_without_a_gap_and_none_comes_twice(when: ReportTime, now: datetime) -> None:
    newest, following = newest_due(when, now), next_due(when, now)
    assert newest.at <= now < following.at
    assert newest.since < newest.until <= newest.at
    assert newest.until == following.since
    assert newest.period < following.period
    assert newest_due(when, following.at) == following
