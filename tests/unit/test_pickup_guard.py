"""The pick-up guard on a clock that is moved: when it warns, hides, closes, and brings back."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from signaling.pickup_guard import (
    MOST_ACTS,
    NOTHING,
    Act,
    Cause,
    ClosedFrom,
    Did,
    Guard,
    Kept,
    Seen,
    icon_wanted,
    percent,
    problems_of,
    shortened,
    step,
)
from signaling.schedule import Span, is_open, spans_of
from signaling.settings_at_meta import Icon
from tests.unit.test_schedule import OFFICE

START = datetime(2026, 11, 26, 12, tzinfo=UTC)
TODAY = date(2026, 11, 26)
ALL = Guard(enabled=True, hide_icon=True, shorten_hours=True)


@dataclass
class Day:
    """A number's day: what is true now, and what the guard made of it, looked at every 30 s."""

    guard: Guard = ALL
    kept: Kept = NOTHING
    able: int = 2
    is_open: bool = True
    offered: int = 0
    picked_up: int = 0
    at: datetime = START
    meta_warned_at: datetime | None = None
    admins_icon: Icon | None = None
    can_shorten: bool = True
    done: list[tuple[float, Did, Cause]] = field(default_factory=list)

    def passes(self, seconds: float) -> None:
        until = self.at + timedelta(seconds=seconds)
        while self.at < until:
            self.at += timedelta(seconds=30)
            self.kept, acts = step(self.guard, self.kept, self.seen())
            self.done += [((act.at - START).total_seconds(), act.did, act.cause) for act in acts]

    def seen(self) -> Seen:
        here = ClosedFrom(self.at.date(), self.at.hour * 60 + self.at.minute)
        return Seen(
            at=self.at,
            is_open=self.is_open,
            able=self.able,
            offered=self.offered,
            picked_up=self.picked_up,
            icon_shown=icon_wanted(self.admins_icon, self.kept) is not Icon.HIDDEN,
            meta_warned_at=self.meta_warned_at,
            now_here=here if self.can_shorten else None,
            today=self.at.date(),
        )


def test_when_nobody_can_answer_for_a_while_button_and_hours_go_and_come_back_with_the_people() -> None:
    day = Day()
    day.passes(3_600)
    assert day.done == []
    day.able = 0
    day.passes(300)
    assert day.done == [], "five minutes are not over yet"
    day.passes(60)
    assert [(did, cause) for _, did, cause in day.done] == [
        (Did.HID_ICON, Cause.NOBODY),
        (Did.SHORTENED_HOURS, Cause.NOBODY),
    ]
    assert day.done[0][0] == 3_600 + 30 + 300, "counted from the first look at which nobody was there"
    assert (day.kept.icon, day.kept.closed) == (Icon.HIDDEN, ClosedFrom(TODAY, 13 * 60 + 5))
    day.passes(7_200)
    assert len(day.done) == 2, "nothing is done twice"
    day.able = 1
    day.passes(30)
    assert len(day.done) == 2, "whoever only looks in brings nothing back"
    day.passes(60)
    assert [(did, cause) for _, did, cause in day.done[2:]] == [
        (Did.SHOWED_ICON, Cause.SOMEBODY),
        (Did.RESTORED_HOURS, Cause.SOMEBODY),
    ]
    day.passes(30)
    assert replace(day.kept, acts=(), able_since=None) == NOTHING, "the button is back, and nothing more is wanted"


def test_it_is_off_by_default_and_does_only_what_it_may() -> None:
    assert Guard() == Guard(enabled=False, hide_icon=False, shorten_hours=False)
    for guard in (Guard(), Guard(enabled=True)):
        day = Day(guard=guard, able=0, offered=10, picked_up=10)
        day.passes(7_200)
        assert day.done == []
    only_warns = Day(guard=Guard(enabled=True), offered=20, picked_up=2)
    only_warns.passes(7_200)
    assert [(did, cause) for _, did, cause in only_warns.done] == [(Did.WARNED, Cause.LOW_PICKUP)]


def test_a_closed_number_is_nobodys_fault() -> None:
    day = Day(able=0, is_open=False)
    day.passes(7_200)
    assert day.done == []


def test_a_low_rate_warns_then_hides_the_button_and_never_closes_while_people_are_there() -> None:
    day = Day(offered=10, picked_up=7)
    day.passes(60)
    assert [(did, cause) for _, did, cause in day.done] == [(Did.WARNED, Cause.LOW_PICKUP)]
    day.picked_up = 4
    day.passes(60)
    assert [(did, cause) for _, did, cause in day.done[1:]] == [(Did.HID_ICON, Cause.LOW_PICKUP)]
    day.passes(3_600)
    assert len(day.done) == 2
    day.offered, day.picked_up = 6, 4  # the oldest are no longer looked at: too few to judge by
    day.passes(60)
    assert [(did, cause) for _, did, cause in day.done[2:]] == [(Did.SHOWED_ICON, Cause.SOMEBODY)]


def test_few_calls_say_nothing() -> None:
    day = Day(offered=9, picked_up=0)
    day.passes(600)
    assert day.done == []


def test_each_warning_of_metas_is_told_once() -> None:
    day = Day(meta_warned_at=START - timedelta(days=1))
    day.passes(600)
    assert [(did, cause) for _, did, cause in day.done] == [(Did.WARNED, Cause.META_WARNED)]
    day.meta_warned_at = day.at
    day.passes(600)
    assert len(day.done) == 2


def test_what_was_done_is_undone_at_once_when_it_is_switched_off() -> None:
    day = Day(able=0)
    day.passes(600)
    day.guard = replace(day.guard, enabled=False)
    day.passes(30)
    assert [(did, cause) for _, did, cause in day.done[2:]] == [
        (Did.SHOWED_ICON, Cause.SWITCHED_OFF),
        (Did.RESTORED_HOURS, Cause.SWITCHED_OFF),
    ]


def test_a_new_day_opens_as_ever_while_the_button_waits_for_somebody() -> None:
    day = Day(able=0)
    day.passes(600)
    day.is_open = False
    day.passes(13 * 3_600)
    assert [(did, cause) for _, did, cause in day.done[2:]] == [(Did.RESTORED_HOURS, Cause.NEW_DAY)]
    assert (day.kept.icon, day.kept.closed) == (Icon.HIDDEN, None)


def test_hours_that_cannot_be_shortened_stay_and_the_rest_is_done() -> None:
    day = Day(able=0, can_shorten=False)
    day.passes(600)
    assert [did for _, did, _ in day.done] == [Did.HID_ICON]


def test_a_button_that_an_administrator_hides_is_never_shown() -> None:
    day = Day(able=0, admins_icon=Icon.HIDDEN, can_shorten=False)
    day.passes(600)
    assert (day.done, day.kept.icon) == ([], None)
    hidden = Kept(icon=Icon.HIDDEN)
    assert icon_wanted(Icon.SHOWN, hidden) is icon_wanted(None, hidden) is Icon.HIDDEN
    shown = Kept(icon=Icon.SHOWN)
    assert icon_wanted(Icon.HIDDEN, shown) is Icon.HIDDEN
    assert (icon_wanted(None, shown), icon_wanted(None, NOTHING)) == (Icon.SHOWN, None)


def test_shortened_hours_end_at_that_minute_on_that_day_alone() -> None:
    monday = date(2026, 11, 30)
    cut = shortened(OFFICE, ClosedFrom(monday, 9 * 60))
    assert spans_of(cut, monday) == (Span(8 * 60, 9 * 60),)
    assert spans_of(cut, monday + timedelta(days=7)) == spans_of(OFFICE, monday + timedelta(days=7))
    assert not is_open(cut, datetime(2026, 11, 30, 13, tzinfo=UTC))
    assert spans_of(shortened(OFFICE, ClosedFrom(monday, 0)), monday) == ()


def test_only_the_newest_acts_are_kept() -> None:
    act = Act(START, Did.WARNED, Cause.LOW_PICKUP, 1, 10, 1)
    day = Day(kept=Kept(acts=(act,) * MOST_ACTS), meta_warned_at=START)
    day.passes(30)
    assert len(day.kept.acts) == MOST_ACTS
    assert day.kept.acts[-1].cause is Cause.META_WARNED


@pytest.mark.parametrize(("picked_up", "offered", "found"), [(0, 0, None), (1, 4, 25.0), (3, 3, 100.0)])
def test_a_rate_needs_calls(picked_up: int, offered: int, found: float | None) -> None:
    assert percent(picked_up, offered) == found


def test_a_guard_is_judged_field_by_field() -> None:
    assert list(problems_of(ALL)) == []
    wrong = replace(ALL, least_calls=0, hide_below_percent=90)
    assert set(problems_of(wrong)) == {("least_calls", "out_of_range"), ("hide_below_percent", "above_warning")}
