"""When each packet of a journal was spoken, on the one timeline of its call. Pure arithmetic over arrays.

A packet carries its sender's clock (RTP ticks) and came at a time of ours. The least delayed packets tie the two: the
others were on their way longer. Clocks drift, stand still while a microphone is off, and begin anew with every SSRC, so
the tie is made anew for each stretch in which the sender's clock ran on, and follows its drift within the stretch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
OPUS_LOOKAHEAD_SAMPLES: Final = 312  # libopus delays what it encodes by 6.5 ms
STRETCH_BREAK_S: Final = 0.3
"""The sender's clock and ours disagree by this much from one packet to the next: its clock stood still, or jumped."""
CLOCK_BACK_S: Final = 5.0
"""A packet that is so far behind one that came before it was not late: its sender's clock began anew."""
TIE_EVERY_S: Final = 20.0
"""How long one tie holds: long enough to meet a packet that was not delayed, short enough for 100 ppm of drift."""

Seconds = NDArray[np.float64]
Ticks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Heard:
    """The packets of one leg in the order in which they came. All arrays have one length."""

    arrived_s: Seconds  # since the journal's beginning
    ssrc: NDArray[np.uint32]
    ticks: NDArray[np.uint32]  # as on the wire


def positions(heard: Heard) -> Ticks:
    """Where each packet's first sample belongs, in samples at 48 kHz since the journal's beginning.

    Negative for what was spoken before it. Packets of one stretch keep their distances, but for the drift.
    """
    result = np.zeros(len(heard.arrived_s), np.int64)
    for ssrc in dict.fromkeys(heard.ssrc.tolist()):
        at = np.flatnonzero(heard.ssrc == ssrc)
        arrived_s, ticks = heard.arrived_s[at], unwrapped(heard.ticks[at])
        for clock in _clocks(ticks):
            order = np.argsort(ticks[clock], kind="stable")
            result[at[clock][order]] = _placed(arrived_s[clock][order], ticks[clock][order])
    return result


def _clocks(ticks: Ticks) -> Iterator[slice]:
    """Of one SSRC in the order of arrival: from where to where its sender's clock is the same one. Sorted by a clock
    that began anew, what was said later would lie among what was said before."""
    begins = np.flatnonzero(np.diff(ticks) < -CLOCK_BACK_S * RATE_HZ) + 1
    edges = [0, *begins.tolist(), len(ticks)]
    yield from (slice(start, end) for start, end in pairwise(edges))


def unwrapped(ticks: NDArray[np.uint32]) -> Ticks:
    """The same clock without its 32-bit wrap; a packet that came late stays earlier than its neighbours."""
    if not len(ticks):
        return np.zeros(0, np.int64)
    steps = np.diff(ticks).astype(np.int32)  # the shorter way round: modulo 2³² and signed
    return np.concatenate([[int(ticks[0])], int(ticks[0]) + np.cumsum(steps, dtype=np.int64)]).astype(np.int64)


def _placed(arrived_s: Seconds, ticks: Ticks) -> Ticks:
    """Packets of one SSRC, sorted by their sender's clock."""
    delay_s = arrived_s - ticks / RATE_HZ
    later_s, ran_s = np.diff(delay_s), np.diff(ticks) / RATE_HZ
    # No clock stands still for less than nothing: a delay that falls was the network's, unless the clock was put on.
    jumps = (later_s > STRETCH_BREAK_S) | ((later_s < -STRETCH_BREAK_S) & (ran_s > STRETCH_BREAK_S))
    # A single late packet jumps up and down again; a clock that stood still stays up.
    breaks = [place + 1 for place in np.flatnonzero(jumps) if _stays(delay_s, int(place) + 1)]
    placed = np.zeros(len(ticks), np.int64)
    for start, end in zip([0, *breaks], [*breaks, len(ticks)], strict=True):
        tie_s = _ties(delay_s[start:end], ticks[start:end])
        placed[start:end] = np.rint((ticks[start:end] / RATE_HZ + tie_s) * RATE_HZ) - OPUS_LOOKAHEAD_SAMPLES
    return placed


def _stays(delay_s: Seconds, place: int, look: int = 25) -> bool:
    """Whether the delay from here on is another than before, and not just one packet's."""
    before, following = delay_s[max(0, place - look) : place], delay_s[place : place + look]
    return bool(abs(float(following.min()) - float(before.min())) > STRETCH_BREAK_S / 2)


def _ties(delay_s: Seconds, ticks: Ticks) -> Seconds:
    """For each packet what its sender's clock is behind ours, judged by the least delayed packets around it."""
    spoken_s = (ticks - ticks[0]) / RATE_HZ
    blocks = max(1, int(spoken_s[-1] // TIE_EVERY_S))
    if blocks == 1:
        return np.full(len(ticks), delay_s.min())
    block = np.minimum((spoken_s // TIE_EVERY_S).astype(np.int64), blocks - 1)
    at_s: list[float] = []
    tie_s: list[float] = []
    for number in range(blocks):
        inside = np.flatnonzero(block == number)
        if len(inside):
            least = inside[int(delay_s[inside].argmin())]
            at_s.append(float(spoken_s[least]))
            tie_s.append(float(delay_s[least]))
    return np.asarray(np.interp(spoken_s, at_s, tie_s), np.float64)
