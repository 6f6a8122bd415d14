"""Where a recording has sounds of ours, found in their packets and told by its marks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recording.journal import Mark, Marked
from recording.played import Stretch, marked, stretches, told
from recording.timeline import RATE_HZ


def frames(at_s: float, seconds: float) -> NDArray[np.int64]:
    return (round(at_s * RATE_HZ) + 960 * np.arange(round(seconds / 0.02))).astype(np.int64)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([], []),
        ([np.zeros(0, np.int64)], []),
        ([frames(1, 2)], [(1.0, 3.0)]),
        ([frames(-0.1, 1)], [(0.0, 0.9)]),  # the first packet was on its way when the journal began
        ([np.concatenate([frames(1, 1), frames(2.3, 1)])], [(1.0, 3.3)]),  # one word after the other
        ([np.concatenate([frames(1, 1), frames(4, 1)])], [(1.0, 2.0), (4.0, 5.0)]),
        ([frames(1, 1), frames(2, 1), frames(9, 1)], [(1.0, 3.0), (9.0, 10.0)]),  # parts of a long call
    ],
)
def test_sounds_that_follow_each_other_are_one_stretch(places: list[NDArray[np.int64]], found: list[Stretch]) -> None:
    assert [(round(at, 2), round(until, 2)) for at, until in stretches(places)] == found


def test_marks_tell_of_them_and_of_nothing_behind_the_end() -> None:
    marks = list(marked([(1.0, 3.0), (5.0, 9.0), (11.0, 12.0)], 8.0))
    assert marks == [
        Marked(1.0, Mark.PLAYING),
        Marked(3.0, Mark.PLAYED),
        Marked(5.0, Mark.PLAYING),
        Marked(8.0, Mark.PLAYED),
    ]
    others: list[dict[str, Any]] = [{"at_s": 2.0, "mark": "key"}, {"at_s": 7.0, "mark": "held"}]
    ours: list[dict[str, Any]] = [{"at_s": one.at_s, "mark": one.mark.value} for one in marks]
    assert told(sorted([*ours, *others], key=lambda mark: mark["at_s"])) == [(1.0, 3.0), (5.0, 8.0)]
    assert told([]) == told([{"at_s": 1.0, "mark": "played"}]) == []
