"""How loud who speaks is, and by what each is turned up or down so that all sound alike: EBU R 128, in numbers only.

Loudness is measured where it is heard, in blocks of 400 ms that begin every 100 ms (ITU-R BS.1770-4). One side of a
call may be several people, one after the other: whoever takes a call over speaks into another microphone, and is a
sender of their own (an SSRC). Each is levelled by what they said themselves, wherever they said it. Before their first
packet it is still the one before them: the change is in the pause between two, where there is one.
"""

from array import array
from dataclasses import dataclass
from typing import Any, Final

import av
import av.filter
import numpy as np
from numpy.typing import NDArray

from recording.timeline import RATE_HZ

TARGET_LUFS: Final = -19.0
MOST_GAIN_DB: Final = 18.0
SILENT_LUFS: Final = -60.0
"""Quieter than this is a room, not a voice: it is left as it is."""
VOICE_LUFS: Final = -50.0
"""From here on it is a voice and is turned up by all that it needs; in between by less, the quieter the less."""
TRUSTED_S: Final = 3.0
"""Who was heard for a shorter time may have whispered, or coughed: they are levelled partly as their side is."""
CHANGE_SAMPLES: Final = RATE_HZ // 50  # 20 ms, which is no click, and no more than the last packet before a change

BLOCK_SAMPLES: Final = 2 * RATE_HZ // 5
STEP_SAMPLES: Final = RATE_HZ // 10
_FIRST_WHOLE: Final = BLOCK_SAMPLES // STEP_SAMPLES - 1  # steps after a break until a block is all of one piece
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE: Final = 0.1  # of the mean power: 10 LU below
_OFFSET_LU: Final = 0.691  # of loudness against power (BS.1770-4, equation 2)

Levels = NDArray[np.float64]
"""Loudness of blocks, in LUFS."""


class Meter:
    """Hears one track, window after window, and keeps how loud each block of it is."""

    def __init__(self) -> None:
        self._graph: Any = av.filter.Graph()
        source = self._graph.add_abuffer(sample_rate=RATE_HZ, format="s16", layout="mono")
        meter, sink = self._graph.add("ebur128", "metadata=1:framelog=quiet"), self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._heard_samples = 0
        self._follows = 0  # where a window begins that goes on without a break
        self._ends, self._levels = array("q"), array("d")

    def hear(self, sound: NDArray[np.int16], start: int) -> None:
        """A window that begins at this sample of the recording; its length is a multiple of `STEP_SAMPLES`."""
        if not sound.any():  # no block of it would count
            return
        broken = _FIRST_WHOLE if start != self._follows else 0
        frame = av.AudioFrame.from_ndarray(sound[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._heard_samples
        self._graph.push(frame)
        for number in range(len(sound) // STEP_SAMPLES):
            level = float(self._graph.pull().metadata["lavfi.r128.M"])
            if number >= broken and level > _ABSOLUTE_GATE_LUFS:
                self._ends.append(start + (number + 1) * STEP_SAMPLES)
                self._levels.append(level)
        self._heard_samples += len(sound)
        self._follows = start + len(sound)

    @property
    def levels(self) -> Levels:
        """Of the blocks in which anything is heard."""
        return np.frombuffer(self._levels, np.float64) if self._levels else np.zeros(0)

    @property
    def ends(self) -> NDArray[np.int64]:
        """The sample at which each of these blocks ends."""
        return np.frombuffer(self._ends, np.int64) if self._ends else np.zeros(0, np.int64)


class Turns:
    """Who speaks on a track, by SSRC, and from which sample on. Until the second turn begins it is the first one's."""

    def __init__(self) -> None:
        self._begins, self._speakers = array("q"), array("q")

    def speaks(self, speaker: int, place: int) -> None:
        """A packet of theirs is heard from `place` on; places never go back by much."""
        if not self._speakers or self._speakers[-1] != speaker:
            self._begins.append(max(place, self._begins[-1] if self._begins else 0))
            self._speakers.append(speaker)

    @property
    def begins(self) -> NDArray[np.int64]:
        return np.array(self._begins, np.int64)

    @property
    def speakers(self) -> NDArray[np.int64]:
        return np.array(self._speakers, np.int64)

    def of(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Whose blocks these are, by their last samples; -1 for a block of two."""
        if not self._speakers:
            return np.full(len(ends), -1, np.int64)
        last = np.searchsorted(self.begins, ends - 1, "right") - 1
        first = np.searchsorted(self.begins, ends - BLOCK_SAMPLES, "right") - 1
        return np.where((first == last) & (first >= 0), self.speakers[last], -1)


@dataclass(frozen=True, slots=True)
class Gains:
    """What a track is multiplied by: `values[n]` from `begins[n]` on, the first one before it as well."""

    begins: NDArray[np.int64]
    values: NDArray[np.float64]

    def over(self, start: int, samples: int) -> NDArray[np.float32] | float:
        """One number where it is the same for all of these samples. A change ends where the new one begins."""
        first = max(0, int(np.searchsorted(self.begins, start, "right")) - 1)
        last = int(np.searchsorted(self.begins, start + samples + CHANGE_SAMPLES))
        values = self.values[first : max(last, first + 1)]
        if (values == values[0]).all():
            return float(values[0])
        reached = self.begins[first + 1 : last]
        left = np.maximum(reached - CHANGE_SAMPLES, self.begins[first : last - 1])
        points = np.stack([left, reached], axis=1).ravel()
        levels = np.stack([values[:-1], values[1:]], axis=1).ravel()
        return np.interp(np.arange(start, start + samples), points, levels).astype(np.float32)


def one_gain(meter: Meter) -> Gains:
    """A track that is levelled as a whole."""
    return Gains(np.zeros(1, np.int64), np.array([_factor(_gain_db(meter.levels))]))


def gains_of_each(tracks: list[tuple[Meter, Turns]]) -> list[Gains]:
    """Tracks of one side: who speaks now on this one and now on that is the same loud on both."""
    levels = np.concatenate([meter.levels for meter, _ in tracks])
    whose = np.concatenate([turns.of(meter.ends) for meter, turns in tracks])
    side_db = _gain_db(levels)
    factors = {int(who): _factor(_own_gain_db(levels[whose == who], side_db)) for who in np.unique(whose[whose >= 0])}
    found = []
    for _, turns in tracks:
        speakers = turns.speakers
        values = np.array([factors.get(int(who), 1.0) for who in speakers] or [1.0])
        found.append(Gains(turns.begins if len(speakers) else np.zeros(1, np.int64), values))
    return found


def integrated(levels: Levels) -> float:
    """Loudness of all blocks together, of which the quiet ones do not count; minus infinity if none does."""
    power = 10 ** ((levels[levels > _ABSOLUTE_GATE_LUFS] + _OFFSET_LU) / 10)
    if not len(power):
        return float("-inf")
    return float(10 * np.log10(power[power >= power.mean() * _RELATIVE_GATE].mean()) - _OFFSET_LU)


def _gain_db(levels: Levels) -> float:
    lufs = integrated(levels)
    if lufs <= SILENT_LUFS:
        return 0.0
    wanted_db = min(TARGET_LUFS - lufs, MOST_GAIN_DB)
    return wanted_db * min(1.0, (lufs - SILENT_LUFS) / (VOICE_LUFS - SILENT_LUFS))


def _own_gain_db(levels: Levels, side_db: float) -> float:
    """Few words are never turned up by more than they would need themselves."""
    own_db = _gain_db(levels)
    trust = min(1.0, len(levels) * STEP_SAMPLES / RATE_HZ / TRUSTED_S)
    return min(own_db, trust * own_db + (1 - trust) * side_db)


def _factor(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))
