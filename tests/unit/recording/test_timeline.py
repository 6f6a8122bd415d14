"""Packets find their place on the call's timeline, whatever happened to them on the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.timeline import OPUS_LOOKAHEAD_SAMPLES, RATE_HZ, Heard, positions, unwrapped

FRAME = 960


def leg(
    packets: int,
    *,
    began_s: float = 0.5,
    first_tick: int = 4_000_000_000,
    jitter_s: float = 0.03,
    loss: float = 0.0,
    drift_ppm: float = 0.0,
    seed: int = 1,
    ssrc: int = 7,
) -> tuple[Heard, np.ndarray]:
    """A leg that speaks from `began_s` on, and where its packets truly belong."""
    random = np.random.default_rng(seed)
    spoken_s = began_s + np.arange(packets) * 0.02 * (1 + drift_ppm * 1e-6)
    kept = random.random(packets) >= loss
    arrived_s = spoken_s + 0.02 + random.exponential(jitter_s / 3, packets)
    ticks = (first_tick + np.arange(packets) * FRAME) % 2**32
    order = np.argsort(arrived_s[kept], kind="stable")
    truth = (spoken_s[kept] * RATE_HZ - OPUS_LOOKAHEAD_SAMPLES)[order]
    heard = Heard(arrived_s[kept][order], np.full(kept.sum(), ssrc, np.uint32), ticks[kept][order].astype(np.uint32))
    return heard, truth + 0.02 * RATE_HZ  # the way is 20 ms long at the least, for both legs alike


def joined(one: Heard, other: Heard) -> Heard:
    return Heard(
        np.concatenate([one.arrived_s, other.arrived_s]),
        np.concatenate([one.ssrc, other.ssrc]),
        np.concatenate([one.ticks, other.ticks]),
    )


def worst_ms(heard: Heard, truth: np.ndarray) -> float:
    return float(np.abs(positions(heard) - truth).max()) / RATE_HZ * 1000


@given(st.integers(0, 2**32 - 1), st.integers(0, 99))
def test_jitter_loss_and_a_wrap_of_the_clock_move_nothing_by_more_than_two_milliseconds(first: int, seed: int) -> None:
    assert worst_ms(*leg(1_500, first_tick=first, loss=0.05, seed=seed)) < 2


def test_a_clock_that_drifts_for_an_hour_is_followed() -> None:
    for ppm in (-100, 100):
        assert worst_ms(*leg(180_000, drift_ppm=ppm)) < 5


def test_two_legs_that_began_apart_are_aligned_within_five_milliseconds() -> None:
    customer, truth = leg(3_000, began_s=0.1, seed=2)
    agent, agents_truth = leg(3_000, began_s=3.3, first_tick=17, drift_ppm=60, seed=3)
    difference = (positions(agent) - agents_truth).mean() - (positions(customer) - truth).mean()
    assert abs(difference) / RATE_HZ < 0.005


def test_a_clock_that_stood_still_while_the_microphone_was_off_goes_on_where_the_wall_is() -> None:
    first, truth = leg(500, began_s=0.0)
    later, later_truth = leg(500, began_s=40.0, first_tick=4_000_000_000 + 500 * FRAME, seed=5)
    both = joined(first, later)
    assert worst_ms(both, np.concatenate([truth, later_truth])) < 2


def test_a_new_source_is_placed_by_its_own_clock() -> None:
    first, truth = leg(500, began_s=0.0)
    second, second_truth = leg(500, began_s=10.0, first_tick=5, ssrc=8, seed=6)
    both = joined(first, second)
    assert worst_ms(both, np.concatenate([truth, second_truth])) < 2


@pytest.mark.parametrize("again", [4_000_000_000, 4_000_000_000 + 300 * FRAME])
def test_a_clock_that_begins_anew_in_the_middle_of_what_it_had_counted_is_another_clock(again: int) -> None:
    first, truth = leg(2_000, began_s=0.0)
    later, later_truth = leg(500, began_s=60.0, first_tick=again, seed=5)  # the same sender, on another network
    both = joined(first, later)
    assert worst_ms(both, np.concatenate([truth, later_truth])) < 2


@pytest.mark.parametrize("late_packets", [20, 100, 600])
def test_a_network_that_was_slow_for_a_while_moves_nobody(late_packets: int) -> None:
    heard, truth = leg(4_000, jitter_s=0.003)
    arrived_s = heard.arrived_s.copy()
    slow = slice(1_500, 1_500 + late_packets)
    arrived_s[slow] += 0.5  # packets kept coming, all of them late; what was late overtakes nothing
    order = np.argsort(arrived_s, kind="stable")
    assert worst_ms(Heard(arrived_s[order], heard.ssrc[order], heard.ticks[order]), truth[order]) < 5


def test_a_pause_in_which_the_clock_ran_on_stays_a_pause_of_its_length() -> None:
    heard, truth = leg(2_000)
    spoken = np.r_[0:300, 1_500:2_000]  # DTX: nothing was sent for 24 s
    quiet = Heard(heard.arrived_s[spoken], heard.ssrc[spoken], heard.ticks[spoken])
    assert worst_ms(quiet, truth[spoken]) < 2


def test_one_packet_that_came_a_second_late_is_put_where_it_was_spoken() -> None:
    heard, truth = leg(400, jitter_s=0.003)
    arrived_s = heard.arrived_s.copy()
    arrived_s[100] += 1.0
    order = np.argsort(arrived_s, kind="stable")
    late = Heard(arrived_s[order], heard.ssrc[order], heard.ticks[order])
    assert worst_ms(late, truth[order]) < 2


@pytest.mark.parametrize("start", [0, 2**32 - 1, 2**31])
def test_the_clock_is_unwrapped_in_both_directions(start: int) -> None:
    ticks = np.array([start, start + 960, start + 2 * 960, start + 960, start + 3 * 960], np.int64) % 2**32
    assert (np.diff(unwrapped(ticks.astype(np.uint32))) == [960, 960, -960, 1920]).all()


def test_no_packet_has_no_place() -> None:
    nothing = Heard(np.zeros(0), np.zeros(0, np.uint32), np.zeros(0, np.uint32))
    assert len(positions(nothing)) == 0
