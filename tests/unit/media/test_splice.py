"""One unbroken stream, whatever comes in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.splice import FRAME_S, Splicer

SEQUENCES = [*range(0xFFFA, 0x10000), *range(6), 0x7FFE, 0x7FFF, 0x8000, 0x8001]
TICKS = (0, 0xFFFF_FFFF, 0xFFFF_FC40, 0x8000_0000)


def unwrap(numbers: list[int], bits: int) -> list[int]:
    """Modulo numbers as a row of integers that begins at 0."""
    half, whole = 1 << (bits - 1), 1 << bits
    out = [0]
    for before, after in pairwise(numbers):
        out.append(out[-1] + (after - before + half) % whole - half)
    return out


@pytest.mark.parametrize("source_sequence", SEQUENCES)
@pytest.mark.parametrize("our_sequence", SEQUENCES)
def test_a_stream_stays_whole_across_switches_from_every_wrap_around(source_sequence: int, our_sequence: int) -> None:
    splicer = Splicer(our_sequence, TICKS[source_sequence % 4])
    sent: list[tuple[int, int]] = []
    now_s = 100.0
    for turn in range(4):
        for n in range(12):
            now_s += FRAME_S
            if turn % 2:
                numbers = splicer.paced("prompt", 1, now_s)
            else:
                ticks = (TICKS[our_sequence % 4] + 960 * n) & 0xFFFF_FFFF
                numbers = splicer.live(turn, (source_sequence + n) & 0xFFFF, ticks, now_s)
            assert numbers is not None
            sent.append(numbers)
        splicer.switch()
    assert unwrap([sequence for sequence, _ in sent], 16) == list(range(48))
    assert unwrap([ticks for _, ticks in sent], 32) == [960 * n for n in range(48)]


@settings(deadline=None)
@given(
    order=st.permutations(range(30)),
    spread=st.integers(1, 20),
    repeats=st.lists(st.integers(0, 29), max_size=20),
    lost=st.sets(st.integers(1, 29), max_size=10),
    source_sequence=st.sampled_from(SEQUENCES),
)
def test_late_and_repeated_packets_never_leave_twice_and_keep_their_place(
    order: list[int], spread: int, repeats: list[int], lost: set[int], source_sequence: int
) -> None:
    arrivals = sorted(range(30), key=lambda n: n + order[n] % spread)  # out of order by less than `spread`
    arrivals = [n for n in arrivals if n not in lost] + repeats
    splicer = Splicer(7, 11)
    base: int | None = None
    sent: dict[int, tuple[int, int]] = {}
    for at, n in enumerate(arrivals):
        numbers = splicer.live("voice", (source_sequence + n) & 0xFFFF, (5 + 960 * n) & 0xFFFF_FFFF, at * FRAME_S)
        if base is None:
            base = n
        if numbers is None:
            assert n in sent or n < base  # a repetition, or older than the switch
        else:
            assert n not in sent
            sent[n] = numbers
            assert numbers == ((8 + n - base) & 0xFFFF, (11 + 960 * (1 + n - base)) & 0xFFFF_FFFF)
    assert set(sent) == {n for n in arrivals if base is not None and n >= base}


@settings(deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["live", "prompt"]), st.integers(1, 15), st.floats(0.0, 0.5)),
        min_size=1,
        max_size=40,
    )
)
def test_the_clock_never_goes_back_and_stays_near_the_wall_across_switches_and_pauses(
    steps: list[tuple[str, int, float]],
) -> None:
    splicer = Splicer(0xFFF0, 0xFFFF_0000)
    sent: list[tuple[int, int]] = []
    times: list[float] = []
    now_s = 0.0
    for turn, (kind, packets, pause_s) in enumerate(steps):
        now_s += pause_s
        splicer.switch()
        for n in range(packets):
            now_s += FRAME_S
            numbers = splicer.live(turn, n, 960 * n, now_s) if kind == "live" else splicer.paced(kind, 1, now_s)
            if numbers is not None:
                sent.append(numbers)
                times.append(now_s)
    sequences, ticks = unwrap([s for s, _ in sent], 16), unwrap([t for _, t in sent], 32)
    assert sequences == list(range(len(sent)))
    assert all(later > earlier for earlier, later in pairwise(ticks))
    for tick, at_s in zip(ticks, times, strict=True):
        assert abs(tick / 48_000 - (at_s - times[0])) <= 0.06


def test_packets_older_than_the_switch_are_dropped() -> None:
    splicer = Splicer(0, 0)
    splicer.live("agent", 500, 0, 0.0)
    splicer.switch()
    assert splicer.live("agent", 700, 192_000, 0.02) == (2, 1920)
    assert splicer.live("agent", 699, 191_040, 0.03) is None
    assert splicer.live("agent", 701, 192_960, 0.04) == (3, 2880)


def test_lost_packets_stay_visible_as_a_gap() -> None:
    splicer = Splicer(0, 0)
    splicer.live("agent", 10, 0, 0.0)
    assert splicer.live("agent", 14, 3840, 0.08) == (5, 4800)


def test_a_source_whose_clock_jumps_begins_anew_on_our_clock() -> None:
    splicer = Splicer(0, 0)
    splicer.live("agent", 10, 0, 0.0)
    assert splicer.live("agent", 11, 0x9000_0000, 0.02) == (2, 1920)
    assert splicer.live("agent", 12, 0x9000_03C0, 0.04) == (3, 2880)


def test_after_a_pause_the_clock_has_followed_the_wall() -> None:
    splicer = Splicer(0, 0)
    splicer.live("agent", 10, 0, 0.0)
    splicer.switch()
    assert splicer.live("other", 99, 5, 1.0) == (2, 960 + 50 * 960)


def test_a_prompt_waits_while_the_listener_still_has_sound_to_play() -> None:
    splicer = Splicer(0, 0)
    for n in range(10):  # a burst: 200 ms of sound at once
        splicer.live("agent", n, 960 * n, 0.0)
    splicer.switch()
    starts = [splicer.paced("prompt", 1, 0.02 * tick) for tick in range(1, 12)]
    assert starts[:8] == [None] * 8
    assert splicer.sequence == 10 + sum(start is not None for start in starts)


def test_a_stall_of_the_process_is_told_by_the_clock() -> None:
    splicer = Splicer(0, 0)
    splicer.paced("prompt", 1, 0.0)
    assert splicer.paced("prompt", 6, 0.12) == (2, 960 + 6 * 960)
