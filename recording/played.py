"""What we played to a customer, as stretches of a recording: a listener sees them, and no engine takes them for the
agent. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recording.journal import Mark, Marked
from recording.timeline import RATE_HZ

APART_S: Final = 0.5
"""Sounds with less than this between them are one stretch: a menu's words follow each other, music begins anew."""
FRAME_SAMPLES: Final = 960

Stretch = tuple[float, float]
"""From when to when, in seconds of the recording."""


def stretches(places: Iterable[NDArray[np.int64]]) -> Iterator[Stretch]:
    """Of frames of 20 ms, by their first samples; in order, within each array and from one to the next."""
    begun: float | None = None
    end = 0.0
    for place in places:
        if not len(place):
            continue
        starts = np.concatenate([[0], np.flatnonzero(np.diff(place) > APART_S * RATE_HZ + FRAME_SAMPLES) + 1])
        for first, last in zip(starts, [*starts[1:], len(place)], strict=True):
            at, until = max(0.0, float(place[first]) / RATE_HZ), float(place[last - 1] + FRAME_SAMPLES) / RATE_HZ
            if begun is None:
                begun = at
            elif at - end > APART_S:
                yield begun, end
                begun = at
            end = until
    if begun is not None:
        yield begun, end


def marked(found: Iterable[Stretch], duration_s: float) -> Iterator[Marked]:
    """Two marks for each."""
    for at_s, until_s in found:
        if at_s < duration_s:
            yield Marked(at_s, Mark.PLAYING)
            yield Marked(min(until_s, duration_s), Mark.PLAYED)


def told(marks: Sequence[Mapping[str, Any]]) -> list[Stretch]:
    """The stretches of which a finished recording's marks tell."""
    begun: float | None = None
    found: list[Stretch] = []
    for mark in marks:
        if mark["mark"] == Mark.PLAYING:
            begun = float(mark["at_s"])
        elif mark["mark"] == Mark.PLAYED and begun is not None:
            found.append((begun, float(mark["at_s"])))
            begun = None
    return found
