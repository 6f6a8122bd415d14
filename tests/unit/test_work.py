"""What is read from a call's timeline and its end: who talked with the customer, who had them on hold, and how many
pulses Meta counts."""

from datetime import UTC, datetime, timedelta

import pytest

from signaling.call import TimelineEntry
from signaling.events import Direction
from signaling.ids import AgentId
from signaling.pulses import billed_s, pulses_of
from signaling.work import Held, holds_of, talks_of, with_agent_since

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ANA, BIA, LIA = AgentId(1), AgentId(2), AgentId(3)


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


def test_an_agent_talks_from_the_answer_to_the_end_holds_and_short_absences_included() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(1, "accepted"), entry(5, "held"), entry(9, "resumed")]
    timeline += [entry(10, "seat_lost", agent=ANA), entry(10, "hold_tone"), entry(13, "seat_back", agent=ANA)]
    assert talks_of([*timeline, entry(30, "ending")], at(1), at(30), ANA) == {ANA: 29_000}


def test_who_sends_a_customer_on_talks_no_more_and_who_answers_next_talks_from_then() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(20, "transferred", agent=ANA, to_agent=BIA)]
    timeline += [entry(25, "claimed", agent=BIA), entry(26.5, "talking", agent=BIA), entry(60, "ending")]
    assert talks_of(timeline, at(0), at(60), BIA) == {ANA: 20_000, BIA: 33_500}
    in_vain = [entry(0, "claimed", agent=ANA), entry(20, "transferred", agent=ANA, to_department=4)]
    assert talks_of([*in_vain, entry(50, "ending")], at(0), at(50), ANA) == {ANA: 20_000}
    back = [*in_vain, entry(30, "talking", agent=ANA), entry(40, "hung_up", agent=ANA), entry(45, "ending")]
    assert talks_of(back, at(0), at(45), ANA) == {ANA: 30_000}, "what the customer hears after a goodbye is nobody's"


def test_in_three_both_talk_and_who_is_only_asked_does_not() -> None:
    asked = [entry(0, "claimed", agent=ANA), entry(5, "consult_asked", agent=BIA)]
    asked += [entry(8, "consult_answered", agent=BIA)]
    in_vain = [*asked, entry(18, "consult_over", agent=BIA), entry(30, "ending")]
    assert talks_of(in_vain, at(0), at(30), ANA) == {ANA: 30_000}
    three = [*asked, entry(10, "three"), entry(18, "consult_over", agent=BIA), entry(30, "ending")]
    assert talks_of(three, at(0), at(30), ANA) == {ANA: 30_000, BIA: 8_000}
    stays = [*asked, entry(10, "three"), entry(18, "transferred", agent=ANA, to_agent=BIA), entry(30, "ending")]
    assert talks_of(stays, at(0), at(30), BIA) == {ANA: 18_000, BIA: 20_000}
    handed_over = [*asked, entry(18, "transferred", agent=ANA, to_agent=BIA), entry(30, "ending")]
    assert talks_of(handed_over, at(0), at(30), BIA) == {ANA: 18_000, BIA: 12_000}


def test_who_was_asked_before_the_agent_was_away_is_no_longer_there_when_the_customer_is_sent_to_them() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(5, "consult_asked", agent=BIA)]
    timeline += [entry(8, "consult_answered", agent=BIA), entry(9, "hold_tone"), entry(12, "seat_back", agent=ANA)]
    timeline += [entry(20, "transferred", agent=ANA, to_agent=BIA), entry(40, "ending")]
    assert talks_of(timeline, at(0), at(40), ANA) == {ANA: 20_000}


def test_a_supervisor_talks_once_the_call_is_theirs_and_a_lost_agent_no_longer() -> None:
    timeline = [entry(0, "claimed", agent=ANA), entry(5, "supervised", agent=LIA)]
    taken = [*timeline, entry(10, "taken_over", agent=ANA, by=LIA), entry(25, "ending")]
    assert talks_of(taken, at(0), at(25), LIA) == {ANA: 10_000, LIA: 15_000}
    lost = [*timeline, entry(10, "hold_tone"), entry(30, "agent_lost", agent=ANA), entry(40, "talking", agent=BIA)]
    assert talks_of([*lost, entry(45, "ending")], at(0), at(45), BIA) == {ANA: 30_000, BIA: 5_000}


def test_a_call_of_which_nothing_is_told_was_whoever_had_it_and_nobody_talked_in_one_without_an_answer() -> None:
    assert talks_of([], at(3), at(9), ANA) == {ANA: 6_000}
    assert talks_of([], at(3), at(9), None) == {}
    assert talks_of([entry(0, "claimed", agent=ANA)], None, at(9), None) == {}
    assert talks_of([entry(0, "dialed", agent=ANA)], at(3), None, ANA) == {}


def test_an_agent_is_with_the_customer_from_the_answer_whenever_a_plan_or_the_customer_accepted() -> None:
    assert with_agent_since(Direction.INBOUND, at(1), at(30)) == at(30)
    assert with_agent_since(Direction.INBOUND, at(2), at(1)) == at(2)
    assert with_agent_since(Direction.INBOUND, None, at(1)) is None
    assert with_agent_since(Direction.OUTBOUND, at(9), None) == at(9)
    assert with_agent_since(Direction.OUTBOUND, at(9), at(50)) == at(9)


@pytest.mark.parametrize(("duration_s", "pulses"), [(0, 1), (0.4, 1), (6, 1), (6.1, 2), (56, 10), (60, 10), (61, 11)])
def test_each_pulse_of_six_seconds_counts_that_has_begun(duration_s: float, pulses: int) -> None:
    assert pulses_of(duration_s) == pulses


def test_only_calls_of_ours_that_were_picked_up_are_billed_and_metas_duration_wins() -> None:
    assert billed_s(Direction.INBOUND, NOON, at(60), 60) is None
    assert billed_s(Direction.OUTBOUND, None, at(60), None) is None
    assert billed_s(Direction.OUTBOUND, NOON, at(61), 59) == 59
    assert billed_s(Direction.OUTBOUND, NOON, at(61), None) == 61
    assert billed_s(Direction.OUTBOUND, NOON, at(-5), None) == 0
