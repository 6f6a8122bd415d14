"""What is read from a call's timeline and its end: who had the customer on hold, and how many pulses Meta counts."""

from datetime import UTC, datetime, timedelta

import pytest

from signaling.call import TimelineEntry
from signaling.events import Direction
from signaling.ids import AgentId
from signaling.pulses import billed_s, pulses_of
from signaling.work import Held, holds_of

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ANA, BIA = AgentId(1), AgentId(2)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def entry(seconds: float, kind: str, **data: int) -> TimelineEntry:
    return TimelineEntry(at(seconds), kind, dict(data))


def test_holds_are_counted_from_the_button_to_the_button() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(10, "held"), entry(14.5, "resumed"), entry(20, "held")]
    timeline += [entry(21, "resumed"), entry(30, "ending")]
    assert holds_of(timeline, at(30), ANA) == {ANA: Held(2, 5_500)}


def test_who_waits_while_a_colleague_is_asked_is_on_hold_until_three_talk() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(5, "consult_asked", agent=BIA)]
    timeline += [entry(9, "consult_answered", agent=BIA), entry(12, "three"), entry(20, "consult_over", agent=BIA)]
    assert holds_of([*timeline, entry(30, "ended")], at(30), ANA) == {ANA: Held(1, 7_000)}


def test_a_colleague_who_was_asked_in_vain_leaves_the_customer_on_hold() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(5, "consult_asked", agent=BIA)]
    timeline += [entry(8, "consult_over", agent=BIA), entry(10, "resumed")]
    assert holds_of(timeline, at(30), ANA) == {ANA: Held(1, 5_000)}


def test_each_agent_has_their_own_holds() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(1, "held"), entry(2, "resumed")]
    timeline += [entry(3, "consult_asked", agent=BIA), entry(7, "transferred", agent=ANA, to_agent=BIA)]
    timeline += [entry(8, "held"), entry(18, "ending")]
    assert holds_of(timeline, at(18), BIA) == {ANA: Held(2, 5_000), BIA: Held(1, 10_000)}


def test_the_way_to_another_agent_and_a_supervisor_who_takes_over_end_a_hold() -> None:
    away = [entry(0, "claimed", agent=ANA), entry(1, "held"), entry(2, "transferred", agent=ANA, to_department=4)]
    assert holds_of([*away, entry(60, "ended")], at(60), ANA) == {ANA: Held(1, 1_000)}
    taken = [entry(0, "claimed", agent=ANA), entry(1, "held"), entry(4, "taken_over", agent=ANA, by=BIA)]
    assert holds_of([*taken, entry(5, "held"), entry(7, "ended")], at(7), BIA) == {
        ANA: Held(1, 3_000),
        BIA: Held(1, 2_000),
    }


def test_a_hold_that_nothing_stopped_lasts_to_the_end_and_a_call_without_holds_has_none() -> None:
    assert holds_of([entry(0, "dialed", agent=ANA), entry(5, "held")], at(9), ANA) == {ANA: Held(1, 4_000)}
    assert holds_of([entry(0, "claimed", agent=ANA), entry(9, "ended")], at(9), ANA) == {}
    assert holds_of([entry(5, "held")], at(9), None) == {}


@pytest.mark.parametrize(("duration_s", "pulses"), [(0, 1), (0.4, 1), (6, 1), (6.1, 2), (56, 10), (60, 10), (61, 11)])
def test_each_pulse_of_six_seconds_counts_that_has_begun(duration_s: float, pulses: int) -> None:
    assert pulses_of(duration_s) == pulses


def test_only_calls_of_ours_that_were_picked_up_are_billed_and_metas_duration_wins() -> None:
    assert billed_s(Direction.INBOUND, NOON, at(60), 60) is None
    assert billed_s(Direction.OUTBOUND, None, at(60), None) is None
    assert billed_s(Direction.OUTBOUND, NOON, at(61), 59) == 59
    assert billed_s(Direction.OUTBOUND, NOON, at(61), None) == 61
    assert billed_s(Direction.OUTBOUND, NOON, at(-5), None) == 0
