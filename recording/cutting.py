"""Where a leg is cut before it goes to a transcription engine: at silences, so that no word is cut. Pure arithmetic.

Whatever is silent for long is left out altogether: engines are paid by the minute, and make words up where nobody
speaks. A leg is silent for about half of a call.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FRAME_S: Final = 0.02
QUIETEST_DBFS: Final = -90.0
"""Below this there is nothing: a microphone that was off, a pause."""
ABOVE_ROOM_DB: Final = 10.0
LOWEST_DBFS: Final = -55.0
HIGHEST_DBFS: Final = -38.0
"""A threshold outside of these is no room's: recordings are levelled to -19 LUFS."""
SHORTEST_VOICE_FRAMES: Final = 4  # 80 ms: less is a click
MARGIN_FRAMES: Final = 15  # 300 ms on either side: quiet beginnings and ends of words
LONG_SILENCE_S: Final = 15.0

Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cut:
    """From `first` to before `last`, in frames of 20 ms."""

    first: int
    last: int

    @property
    def start_s(self) -> float:
        return self.first * FRAME_S

    @property
    def duration_s(self) -> float:
        return (self.last - self.first) * FRAME_S


def levels_dbfs(samples: NDArray[np.int16], frame_samples: int) -> Levels:
    """The level of each whole frame."""
    frames = samples[: len(samples) // frame_samples * frame_samples].reshape(-1, frame_samples)
    power = np.mean(np.square(frames.astype(np.float32) / 32768.0), axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-10)), np.float32)


def cuts(levels: Levels, longest_s: float) -> list[Cut]:
    """Pieces that together hold every voice, none longer than `longest_s` (at least 1 s). Empty: nobody speaks."""
    longest = max(int(longest_s / FRAME_S), 50)
    pieces: list[Cut] = []
    for run in _voiced(levels):
        for part in _short(run, levels, longest):
            last = pieces[-1] if pieces else None
            near = last is not None and part.first - last.last < LONG_SILENCE_S / FRAME_S
            if last is not None and near and part.last - last.first <= longest:
                pieces[-1] = Cut(last.first, part.last)
            else:
                pieces.append(part)
    return pieces


def _voiced(levels: Levels) -> list[Cut]:
    """Stretches in which somebody speaks, with their margins; those that touch are one."""
    heard = levels[levels > QUIETEST_DBFS]
    if not len(heard):
        return []
    room = float(np.percentile(heard, 10))
    threshold = min(max(room + ABOVE_ROOM_DB, LOWEST_DBFS), HIGHEST_DBFS)
    loud = np.concatenate([[False], levels > threshold, [False]])
    edges = np.flatnonzero(np.diff(loud.astype(np.int8)))
    runs: list[Cut] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first < SHORTEST_VOICE_FRAMES:
            continue
        run = Cut(max(0, first - MARGIN_FRAMES), min(len(levels), last + MARGIN_FRAMES))
        if runs and run.first <= runs[-1].last:
            runs[-1] = Cut(runs[-1].first, run.last)
        else:
            runs.append(run)
    return runs


def _short(run: Cut, levels: Levels, longest: int) -> list[Cut]:
    """Whoever speaks on without a pause is cut where they are quietest, in the last quarter of what may go in one."""
    parts: list[Cut] = []
    first = run.first
    while run.last - first > longest:
        earliest = first + longest * 3 // 4
        around = np.convolve(levels[earliest : first + longest], np.ones(5) / 5, mode="same")
        end = earliest + int(np.argmin(around))
        parts.append(Cut(first, end))
        first = end
    parts.append(Cut(first, run.last))
    return parts
