"""Each who speaks is levelled by what they said themselves, with no step between two, and a room stays as quiet as it
was."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from recording.loudness import (
    CHANGE_SAMPLES,
    MOST_GAIN_DB,
    TARGET_LUFS,
    Gains,
    Meter,
    Turns,
    gains_of_each,
    integrated,
    one_gain,
)
from recording.timeline import RATE_HZ

WINDOW = 10 * RATE_HZ
A, B = 4_000_000_001, 7  # SSRCs


def noise(seconds: float, lufs: float, seed: int = 1) -> NDArray[np.int16]:
    """Of this loudness, as the meter hears it."""
    sound = np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    return np.rint(sound * 3000 * 10 ** ((lufs + 17.7) / 20)).astype(np.int16)


def put(*pieces: tuple[float, NDArray[np.int16]], windows: int = 1) -> NDArray[np.int16]:
    track = np.zeros(windows * WINDOW, np.int16)
    for at_s, sound in pieces:
        at = round(at_s * RATE_HZ)
        track[at : at + len(sound)] = sound
    return track


def metered(track: NDArray[np.int16]) -> Meter:
    meter = Meter()
    for start in range(0, len(track), WINDOW):
        meter.hear(track[start : start + WINDOW], start)
    return meter


def turns(*begun: tuple[float, int]) -> Turns:
    found = Turns()
    for at_s, who in begun:
        found.speaks(who, round(at_s * RATE_HZ))
    return found


def gain_db(gains: Gains, at_s: float) -> float:
    gain = gains.over(round(at_s * RATE_HZ), 1)
    return float(20 * np.log10(gain if isinstance(gain, float) else gain[0]))


def test_two_agents_of_a_transfer_end_up_as_loud_as_each_other() -> None:
    track = put((0, noise(4.5, -14)), (5, noise(5, -32, seed=2)))
    (gains,) = gains_of_each([(metered(track), turns((0.0, A), (5.0, B)))])
    assert gain_db(gains, 2) == pytest.approx(TARGET_LUFS + 14, abs=0.4)
    assert gain_db(gains, 8) == pytest.approx(TARGET_LUFS + 32, abs=0.4)
    shared = one_gain(metered(track))
    assert gain_db(shared, 8) < -3, "by one gain the quiet one would have been turned down"


def test_who_comes_back_is_as_loud_as_before_also_on_the_other_track_of_a_conversation_of_three() -> None:
    first = metered(put((0, noise(4, -30)), (12, noise(4, -15, seed=2)), windows=2))
    second = metered(put((5, noise(3, -15, seed=3)), windows=2))
    on_first, on_second = gains_of_each([(first, turns((0.0, A), (12.0, B))), (second, turns((5.0, B)))])
    assert gain_db(on_first, 14) == gain_db(on_second, 6) == pytest.approx(TARGET_LUFS + 15, abs=0.4)
    assert gain_db(on_first, 2) == pytest.approx(TARGET_LUFS + 30, abs=0.4)


def test_a_change_is_smooth_and_over_when_the_new_one_begins() -> None:
    at = 3 * RATE_HZ
    gains = Gains(np.array([0, at, at + 100]), np.array([0.5, 4.0, 1.0]))
    heard = gains.over(0, WINDOW)
    assert isinstance(heard, np.ndarray)
    assert heard[at - CHANGE_SAMPLES] == 0.5 and heard[at] == 4.0 and heard[at + 100] == heard[-1] == 1.0
    assert np.abs(np.diff(heard[: at + 1])).max() < 3.5 / CHANGE_SAMPLES * 1.01
    pieces = [gains.over(start, 1000) for start in range(0, WINDOW, 1000)]
    whole = np.concatenate([np.broadcast_to(np.float32(piece), 1000) for piece in pieces])
    assert np.array_equal(whole, heard), "windows of any length change nothing"


def test_a_change_at_the_edge_of_a_window_is_in_both() -> None:
    gains = Gains(np.array([0, WINDOW + 10]), np.array([1.0, 2.0]))
    before, after = gains.over(0, WINDOW), gains.over(WINDOW, WINDOW)
    assert isinstance(before, np.ndarray) and isinstance(after, np.ndarray)
    assert before[0] == 1.0 and 1.9 < before[-1] < after[0] < after[10] == after[-1] == 2.0


@pytest.mark.parametrize("lufs", [-90.0, -65.0, -60.5])
def test_an_agent_of_whom_only_a_quiet_room_is_heard_is_not_turned_up(lufs: float) -> None:
    track = put((0, noise(4.5, -30)), (5, noise(5, lufs, seed=2)))
    (gains,) = gains_of_each([(metered(track), turns((0.0, A), (5.0, B)))])
    assert gain_db(gains, 8) == 0.0
    assert gain_db(gains, 2) == pytest.approx(TARGET_LUFS + 30, abs=0.4)


def test_between_a_room_and_a_voice_there_is_no_step() -> None:
    found = [gain_db(one_gain(metered(put((0, noise(5, lufs))))), 1) for lufs in np.arange(-62.0, -44.0, 0.5)]
    assert found[0] == 0.0 and found[-1] == MOST_GAIN_DB
    assert all(0 <= b - a < 1.5 for a, b in pairwise(found))


def test_a_few_quiet_words_are_levelled_partly_as_their_side_and_a_loud_cough_is_turned_down() -> None:
    quiet = put((0, noise(5, -19)), (6, noise(0.8, -37, seed=2)))
    (gains,) = gains_of_each([(metered(quiet), turns((0.0, A), (6.0, B)))])
    assert 1 < gain_db(gains, 7) < 9, "of the 18 dB that would make it as loud"
    loud = put((0, noise(5, -35)), (6, noise(0.8, -10, seed=2)))
    (gains,) = gains_of_each([(metered(loud), turns((0.0, A), (6.0, B)))])
    assert gain_db(gains, 7) == pytest.approx(TARGET_LUFS + 10, abs=1.2)


def test_a_block_of_two_speakers_counts_for_neither_and_the_one_before_a_silent_window_is_not_heard_behind_it() -> None:
    loud, soft = noise(10, -10), noise(9.8, -40, seed=2)
    track = put((0, loud), (20.2, soft), windows=3)
    meter, whose = metered(track), turns((0.0, A), (15.0, B))
    (gains,) = gains_of_each([(meter, whose)])
    assert gain_db(gains, 25) == MOST_GAIN_DB
    assert integrated(meter.levels[whose.of(meter.ends) == B]) == pytest.approx(-40, abs=0.4)
    (gains,) = gains_of_each(
        [(metered(put((0, loud[: WINDOW // 2]), (5, soft[: WINDOW // 2]))), turns((0.0, A), (5.0, B)))]
    )
    assert gain_db(gains, 8) == MOST_GAIN_DB


def test_where_nobody_was_heard_nothing_changes() -> None:
    silent = metered(np.zeros(WINDOW, np.int16))
    assert gains_of_each([(silent, Turns())])[0].over(0, WINDOW) == 1.0
    assert one_gain(silent).over(0, WINDOW) == 1.0
    assert gains_of_each([(silent, turns((1.0, A)))])[0].over(0, WINDOW) == 1.0


def test_a_sender_with_a_new_name_in_every_packet_is_left_as_it_is() -> None:
    meter, restless = metered(put((0, noise(10, -35)))), Turns()
    for number in range(500):
        restless.speaks(number, number * 960)
    (gains,) = gains_of_each([(meter, restless)])
    assert gains.over(0, WINDOW) == 1.0


def test_loudness_is_that_of_ebu_r_128() -> None:
    """Case 3 of EBU Tech 3341: −36, −23 and −36 dBFS tones of 10, 60 and 10 s are −23 LUFS in stereo; one channel of
    it is 3 LU less."""
    hz, track = 1000.0, np.zeros(8 * WINDOW)
    for first, last, dbfs in ((0, 1, -36.0), (1, 7, -23.0), (7, 8, -36.0)):
        at = np.arange(first * WINDOW, last * WINDOW)
        track[at] = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * at / RATE_HZ)
    meter = metered(np.rint(track * 32767).astype(np.int16))
    assert integrated(meter.levels) == pytest.approx(-26.0, abs=0.1)
