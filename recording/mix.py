"""A journal becomes a recording that anybody can play: stereo Opus, customer left, agents right, as long as the call.

It works in windows of ten seconds, whatever the length of the call: packets are decoded into their places on the
timeline (`recording.timeline`), what was lost on the way is stood in for (`recording.voice`), and the sound goes to a
temporary file while its loudness is measured; then each is levelled and both sides are encoded. Each agent is levelled
for themselves (`recording.loudness`), and so is what we played to the customer, on the agents' side: a loud agent, or
loud music, would leave the next voice faint. Nothing here knows of events, SQL or the network: it is run in a process
of its own.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from os import SEEK_CUR
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
from numpy.typing import NDArray

from recording.journal import Damaged, Ended, Leg, Mark, Marked, NotAJournal, Packet, read_records
from recording.loudness import Gains, Meter, Turns, gains_of_each, one_gain
from recording.played import marked, stretches
from recording.sides import Side
from recording.timeline import RATE_HZ
from recording.voice import WINDOW_SAMPLES, Voice

KNEE: Final = 0.6
CEILING: Final = 0.84
"""Above the knee peaks are bent instead of cut, and none goes past the ceiling: encoding lets them overshoot."""
BITRATE: Final = 40_000
ENCODER_COMPLEXITY: Final = 3  # of 10: nobody hears the difference in speech, and it takes half the time
REPEATABLE: Final = {"fflags": "+bitexact"}  # else each file gets a serial number by chance
PEAKS: Final = 4_000

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of one journal. `missing_s`: packets that the tap or the disk lost, and damage, as seconds of the
    timeline; 0.0: whole. `ended`: in good order. `peaks`: for each side `PEAKS` pairs of minimum and maximum, -128 to
    127."""

    duration_s: float
    missing_s: float
    ended: bool
    sha256: str
    size_bytes: int
    packets: int
    marks: tuple[Marked, ...]
    peaks: tuple[bytes, bytes] = field(repr=False)


@dataclass(slots=True)
class _Contents:
    sides: dict[Leg, Side]
    marks: list[Marked]
    last_s: float = 0.0
    ended_s: float | None = None
    packets: int = 0
    lost_packets: int = 0
    damages: int = 0
    damaged_s: float = 0.0


def finish(
    journal: Path,
    target: Path,
    call_lasted_s: float | None = None,
    on_progress: Callable[[float], None] = lambda done: None,
) -> Finished:
    """Write `target` (Ogg/Opus) from a journal; the same journal makes the same bytes. `call_lasted_s`: the true length
    since the journal began, if known, for a journal that a crash or a full disk left without an end of its own; what
    it has not is missing. `on_progress`: 0 to 1.

    Raises NotAJournal (there is not one whole record), OSError (the disk). `target` appears whole or not at all.
    """
    with ExitStack() as files:
        payloads = files.enter_context(tempfile.TemporaryFile(dir=target.parent))
        contents = _read(journal, payloads, target.parent, files)
        duration_s = _duration_of(contents, call_lasted_s)
        samples = round(duration_s * RATE_HZ)
        with tempfile.TemporaryFile(dir=target.parent) as sound:
            tracks = _decode_all(contents, payloads, sound, samples, lambda done: on_progress(done / 2))
            played = list(_played(contents, duration_s))
            coming = target.with_name(target.name + ".coming")
            try:
                peaks = _encode_all(sound, samples, _gains(tracks), coming, lambda done: on_progress((1 + done) / 2))
                size, digest = _fingerprint(coming)
                coming.replace(target)
            finally:
                coming.unlink(missing_ok=True)
    cut_s = 0.0 if contents.ended_s is not None or call_lasted_s is None else duration_s - contents.last_s
    missing_s = contents.lost_packets * 0.02 + contents.damaged_s + cut_s
    return Finished(
        duration_s=duration_s,
        missing_s=round(missing_s, 2),
        ended=contents.ended_s is not None,
        sha256=digest,
        size_bytes=size,
        packets=contents.packets,
        marks=tuple(sorted([*contents.marks, *played], key=lambda mark: mark.at_s)),
        peaks=peaks,
    )


def _read(journal: Path, payloads: BinaryIO, folder: Path, files: ExitStack) -> _Contents:
    contents = _Contents({}, [])
    offset, damaged_from_s, records = 0, None, 0
    for record in read_records(journal):
        if isinstance(record, Damaged):
            contents.damages += 1
            damaged_from_s = contents.last_s
            continue
        if damaged_from_s is not None:
            contents.damaged_s += max(0.0, record.at_s - damaged_from_s)
            damaged_from_s = None
        records += 1
        contents.last_s = max(contents.last_s, record.at_s)
        match record:
            case Packet(leg=leg, payload=payload):
                if leg not in contents.sides:
                    contents.sides[leg] = files.enter_context(closing(Side(folder)))
                contents.sides[leg].add(record, offset)
                payloads.write(payload)
                offset += len(payload)
                contents.packets += 1
            case Marked(mark=mark, count=count):
                contents.marks.append(record)
                contents.lost_packets += count if mark is Mark.LOST else 0
            case Ended(at_s):
                contents.ended_s = at_s
    if not records:
        raise NotAJournal("no whole record")
    return contents


def _duration_of(contents: _Contents, call_lasted_s: float | None) -> float:
    """By the journal's own clock where it knows."""
    if contents.ended_s is not None:
        return contents.ended_s
    return max(contents.last_s, call_lasted_s or 0.0)


# ---- decoding --------------------------------------------------------------------------------------------------------


class _Track:
    """One voice of the plain sound."""

    def __init__(self, leg: Leg, side: Side | None, payloads: BinaryIO) -> None:
        self.leg, self.meter = leg, Meter()
        self.voice = None if side is None else Voice(side, payloads)

    def window(self, start: int) -> Samples:
        if self.voice is None:
            return np.zeros(WINDOW_SAMPLES, np.int16)
        clipped = np.clip(self.voice.window(start), -32768, 32767).astype(np.int16)
        self.meter.hear(clipped, start)
        return clipped


def _decode_all(
    contents: _Contents, payloads: BinaryIO, sound: BinaryIO, samples: int, on_progress: Callable[[float], None]
) -> list[_Track]:
    """The customer and the agent, whoever else there was, and what we played. Windows lie one behind the other, in each
    the tracks one behind the other; silence takes no room on the disk."""
    sides = contents.sides
    tracks = [_Track(leg, sides.get(leg), payloads) for leg in Leg if leg in sides or leg in (Leg.CUSTOMER, Leg.AGENT)]
    for start in range(0, max(samples, 1), WINDOW_SAMPLES):
        for track in tracks:
            window = track.window(start)
            if window.any():
                sound.write(window.tobytes())
            else:
                sound.seek(window.nbytes, SEEK_CUR)
        on_progress(min(1.0, (start + WINDOW_SAMPLES) / max(samples, 1)))
    sound.truncate()
    return tracks


def _gains(tracks: list[_Track]) -> list[Gains]:
    """The customer's side is one voice, and what we played is one music; of agents each is somebody else."""
    agents = [track for track in tracks if track.leg in (Leg.AGENT, Leg.SECOND_AGENT)]
    of_agents = gains_of_each([(agent.meter, agent.voice.turns if agent.voice else Turns()) for agent in agents])
    found = dict(zip((agent.leg for agent in agents), of_agents, strict=True))
    return [found.get(track.leg) or one_gain(track.meter) for track in tracks]


def _played(contents: _Contents, duration_s: float) -> Iterator[Marked]:
    if (side := contents.sides.get(Leg.PLAYED)) is not None:
        yield from marked(stretches(part.place for part in side.parts()), duration_s)


# ---- encoding --------------------------------------------------------------------------------------------------------


def _encode_all(
    sound: BinaryIO, samples: int, gains: list[Gains], target: Path, on_progress: Callable[[float], None]
) -> tuple[bytes, bytes]:
    sound.seek(0)
    peaks = _Peaks(samples)
    with av.open(str(target), "w", format="ogg", options=REPEATABLE) as container:
        options = {"application": "audio", "frame_duration": "20", "compression_level": str(ENCODER_COMPLEXITY)}
        stream: Any = container.add_stream("libopus", rate=RATE_HZ, options=options)
        stream.layout, stream.format, stream.bit_rate = "stereo", "s16", BITRATE
        done = 0
        for window in _windows(sound, samples, len(gains)):
            levelled = _levelled(window, [gain.over(done, window.shape[1]) for gain in gains])
            peaks.add(levelled, done)
            for start in range(0, len(levelled), 960):
                piece = levelled[start : start + 960]
                frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), "s16", "stereo")
                frame.sample_rate, frame.pts = RATE_HZ, done + start
                container.mux(stream.encode(frame))
            done += len(levelled)
            on_progress(done / samples)
        container.mux(stream.encode(None))
    return peaks.as_bytes()


def _windows(sound: BinaryIO, samples: int, tracks: int) -> Iterator[Samples]:
    """For each track a row of samples."""
    for start in range(0, samples, WINDOW_SAMPLES):
        window = np.frombuffer(sound.read(WINDOW_SAMPLES * 2 * tracks), np.int16).reshape(tracks, -1)
        yield window[:, : samples - start]


def _levelled(window: Samples, gains: list[NDArray[np.float32] | float]) -> Samples:
    """Customer and agents, with what we played among the agents: two columns."""
    loud = np.zeros((window.shape[1], 2), np.float32)
    for track, (sound, gain) in enumerate(zip(window, gains, strict=True)):
        if sound.any():
            loud[:, min(track, 1)] += sound * (np.float32(1 / 32768) * gain)
    over = np.abs(loud) > KNEE
    loud[over] = np.sign(loud[over]) * (
        KNEE + (CEILING - KNEE) * np.tanh((np.abs(loud[over]) - KNEE) / (CEILING - KNEE))
    )
    return np.rint(loud * 32767).astype(np.int16)


class _Peaks:
    """The outline of both sides for a waveform, one pair of numbers for each of `PEAKS` parts of the call."""

    def __init__(self, samples: int) -> None:
        self._samples = max(samples, 1)
        self._low = np.zeros((PEAKS, 2), np.int16)
        self._high = np.zeros((PEAKS, 2), np.int16)

    def add(self, sound: Samples, begins: int) -> None:
        part = (np.arange(begins, begins + len(sound)) * PEAKS // self._samples).clip(0, PEAKS - 1)
        first = np.flatnonzero(np.diff(part, prepend=-1))
        numbers = part[first]
        self._low[numbers] = np.minimum(self._low[numbers], np.minimum.reduceat(sound, first))
        self._high[numbers] = np.maximum(self._high[numbers], np.maximum.reduceat(sound, first))

    def as_bytes(self) -> tuple[bytes, bytes]:
        pairs = np.stack([self._low, self._high], axis=1) // 256  # part, low or high, side
        left, right = (pairs[:, :, side].astype(np.int8).tobytes() for side in (0, 1))
        return left, right


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest
