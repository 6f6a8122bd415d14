"""`python -m recording.pieces RECORDING FOLDER LONGEST_S [PLAYED]`: a recording in pieces for an engine.

Each side alone, cut at silences, as Ogg/Opus of 16 kHz in FOLDER; a line of JSON for each piece. PLAYED (JSON: pairs of
seconds): where the agents' side has sounds of ours; no engine hears them, or they would be the agent's words. Works in
windows, whatever the length of the call, at the lowest priority. Ends with 2 where the recording is none, with 3 where
the disk failed.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
from numpy.typing import NDArray

from recording.cutting import FRAME_S, Cut, cuts, levels_dbfs
from recording.played import Stretch
from recording.transcript import Span, Speaker
from signaling.errors import Failure, Fault, NeighbourError

LOWEST_PRIORITY: Final = 19
NO_RECORDING, DISK_FAILED = 2, 3
RATE_HZ: Final = 16_000  # what speech models hear
FRAME_SAMPLES: Final = round(RATE_HZ * FRAME_S)
BITRATE: Final = 32_000
MOST_BYTES_PER_S: Final = BITRATE / 8 * 1.25 + 60  # libopus varies its rate; and the container
WINDOW_FRAMES: Final = 500  # 10 s
PLAYED_MARGIN_S: Final = 0.1  # decoding an Opus frame rings on into its neighbours
LONGEST_RECORDING_S: Final = 24 * 3600.0

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file for an engine, and where it lies in the call."""

    span: Span
    path: Path


def longest_piece_s(wanted_s: float, limit_bytes: int) -> float:
    """How long a piece may be so that its file stays below the server's limit."""
    return max(1.0, min(wanted_s, limit_bytes * 0.95 / MOST_BYTES_PER_S))


async def cut_recording(recording: Path, folder: Path, longest_s: float, played: Sequence[Stretch] = ()) -> list[Piece]:
    """In a process of its own. Raises NeighbourError: `recording.unreadable`, `recording.disk`, `recording.killed` (by
    somebody, or by a system that is out of memory)."""
    told = (str(recording), str(folder), str(longest_s), json.dumps(played))
    command = (sys.executable, "-m", "recording.pieces", *told)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode == DISK_FAILED:
        raise NeighbourError(Failure("recording.disk", Fault.CONFIGURATION, retry_after_s=60.0))
    if process.returncode is not None and process.returncode < 0:
        raise NeighbourError(Failure("recording.killed", Fault.OURS, retry_after_s=60.0))
    if process.returncode != 0:
        raise NeighbourError(Failure("recording.unreadable", Fault.OURS))
    return [_piece(json.loads(line)) for line in said.splitlines()]


def cut_now(recording: Path, folder: Path, longest_s: float, played: Sequence[Stretch] = ()) -> Iterator[Piece]:
    """The customer's pieces in their order, then the agent's. Raises OSError, av.FFmpegError (no recording)."""
    with tempfile.TemporaryFile(dir=folder) as sound:
        frames = _decoded(recording, sound)
        for begins_s, ends_s in played:
            _silence(sound, frames, begins_s - PLAYED_MARGIN_S, ends_s + PLAYED_MARGIN_S)
        levels = _levels(sound, frames)
        for side, speaker in enumerate((Speaker.CUSTOMER, Speaker.AGENT)):
            for number, cut in enumerate(cuts(levels[side], longest_s)):
                path = folder / f"{speaker.value}-{number:04}.ogg"
                _encode(_side(sound, cut, side), path)
                yield Piece(Span(speaker, round(cut.start_s, 2), round(cut.duration_s, 2)), path)


def _decoded(recording: Path, sound: BinaryIO) -> int:
    """The whole recording as 16 kHz stereo in a file: how many frames of 20 ms."""
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE_HZ)
    samples = 0
    with av.open(str(recording)) as container:
        if not container.streams.audio:
            raise av.InvalidDataError(0, "no sound")
        for frame in container.decode(audio=0):
            for resampled in resampler.resample(frame):
                samples += _put(sound, resampled)
            if samples > LONGEST_RECORDING_S * RATE_HZ:
                raise av.InvalidDataError(0, "longer than a day")
        for resampled in resampler.resample(None):
            samples += _put(sound, resampled)
    padding = -samples % FRAME_SAMPLES
    sound.write(bytes(padding * 4))
    return (samples + padding) // FRAME_SAMPLES


def _silence(sound: BinaryIO, frames: int, begins_s: float, ends_s: float) -> None:
    """Of the agents' side."""
    first, last = max(0, round(begins_s / FRAME_S)), min(frames, round(ends_s / FRAME_S))
    for begins in range(first, last, WINDOW_FRAMES):
        window = _read(sound, begins, min(begins + WINDOW_FRAMES, last)).copy()
        window[:, 1] = 0
        sound.seek(begins * FRAME_SAMPLES * 4)
        sound.write(window.tobytes())


def _put(sound: BinaryIO, frame: Any) -> int:
    sound.write(frame.to_ndarray().tobytes())
    return int(frame.samples)


def _levels(sound: BinaryIO, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sides: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
    for first in range(0, frames, WINDOW_FRAMES):
        window = _read(sound, first, min(first + WINDOW_FRAMES, frames))
        for side, found in enumerate(sides):
            found.append(levels_dbfs(window[:, side], FRAME_SAMPLES))
    left, right = (np.concatenate(found) if found else np.zeros(0, np.float32) for found in sides)
    return left, right


def _read(sound: BinaryIO, first: int, last: int) -> Samples:
    sound.seek(first * FRAME_SAMPLES * 4)
    return np.frombuffer(sound.read((last - first) * FRAME_SAMPLES * 4), np.int16).reshape(-1, 2)


def _side(sound: BinaryIO, cut: Cut, side: int) -> Iterator[Samples]:
    for first in range(cut.first, cut.last, WINDOW_FRAMES):
        yield np.ascontiguousarray(_read(sound, first, min(first + WINDOW_FRAMES, cut.last))[:, side])


def _encode(windows: Iterator[Samples], path: Path) -> None:
    with av.open(str(path), "w", format="ogg") as container:
        stream: Any = container.add_stream("libopus", rate=RATE_HZ, options={"application": "voip"})
        stream.layout, stream.format, stream.bit_rate = "mono", "s16", BITRATE
        done = 0
        for window in windows:
            for start in range(0, len(window), FRAME_SAMPLES):
                frame = av.AudioFrame.from_ndarray(window[None, start : start + FRAME_SAMPLES], "s16", "mono")
                frame.sample_rate, frame.pts = RATE_HZ, done
                done += frame.samples
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _piece(told: dict[str, Any]) -> Piece:
    return Piece(Span(Speaker(told["speaker"]), told["start_s"], told["duration_s"]), Path(told["path"]))


def main(recording: str, folder: str, longest_s: str, played: str = "[]") -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        for piece in cut_now(Path(recording), Path(folder), float(longest_s), json.loads(played)):
            span = piece.span
            told = {
                "speaker": span.speaker.value,
                "start_s": span.start_s,
                "duration_s": span.duration_s,
                "path": str(piece.path),
            }
            sys.stdout.write(json.dumps(told) + "\n")
    except av.FFmpegError as error:
        # Of the recording alone: PyAV's errors are also the standard library's, and a full disk is one of them.
        return DISK_FAILED if isinstance(error, OSError) and error.errno in (28, 122) else NO_RECORDING
    except OSError:
        return DISK_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
