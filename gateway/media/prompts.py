"""Sound files → prepared 20 ms Opus packets: decoded and encoded once, in a thread, and held in memory."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media import opus
from gateway.media.plane import OPUS_FRAME_TICKS, Prompt

RATE_HZ = 48_000
BITRATE = 24_000
_LONGEST_S = 600
_FOLDER = Path(__file__).with_name("prompts")

SOUND_FILES: Final = "wav,ogg,mp3,flac,mov,mp4,m4a,3gp,matroska,webm,aac,aiff,amr,amrnb,amrwb,au,caf,w64,asf"
"""Containers that hold sound themselves. Others of libav's read playlists, and what these name: files, addresses."""

_prepared: dict[tuple[Path, int, int], tuple[bytes, ...]] = {}
"""By file, its time of change and its size: a file that was replaced is read again."""


class PromptUnusable(ValueError):
    """The file is no sound we can read, is empty, or is longer than ten minutes. `code`: a stable word for which."""

    def __init__(self, message: str, code: str = "no_sound") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Prompts:
    """The sounds that every switchboard needs."""

    hold_tone: Prompt
    hold_music: Prompt
    ringback: Prompt


async def load_default_prompts() -> Prompts:
    """Those that come with Ramal: a calm tone that says somebody is coming back, music, and Brazil's ringing tone."""
    return Prompts(
        hold_tone=await load_prompt(_FOLDER / "hold_tone.ogg", loop=True),
        hold_music=await load_prompt(_FOLDER / "queue_music.ogg", loop=True),
        ringback=await load_prompt(_FOLDER / "ringback.ogg", loop=True),
    )


async def load_packets(path: Path) -> Prompt:
    """A file that `packed` made: its packets as they are. Raises PromptUnusable, OSError."""
    return Prompt(path.name, await asyncio.to_thread(_unpacked, path))


async def load_prompt(path: Path, loop: bool = False) -> Prompt:
    """A WAV, OGG or MP3 file as a prompt named like the file. Raises PromptUnusable, OSError."""
    packets = await asyncio.to_thread(_packets_of, path)
    return Prompt(path.stem, packets, loop)


def _packets_of(path: Path) -> tuple[bytes, ...]:
    status = path.stat()
    key = path.resolve(), status.st_mtime_ns, status.st_size
    if key not in _prepared:
        _prepared[key] = encode(decode(path))
    return _prepared[key]


def decode(path: Path) -> NDArray[np.int16]:
    """Mono samples at 48 kHz. Raises PromptUnusable, OSError."""
    pieces: list[NDArray[np.int16]] = []
    samples = 0
    try:
        with av.open(str(path), options={"format_whitelist": SOUND_FILES}) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            for frame in _then_none(container.decode(audio=0)):
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray().ravel().astype(np.int16))
                    samples += pieces[-1].size
                if samples > _LONGEST_S * RATE_HZ:
                    raise PromptUnusable("longer than ten minutes", "too_long")
    except PromptUnusable:
        raise
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise PromptUnusable(type(error).__name__) from None
    if not samples:
        raise PromptUnusable("empty", "empty")
    return np.concatenate(pieces)


def stated_duration_ms(path: Path) -> int:
    """How long the file itself says that it is: found without decoding it. Raises PromptUnusable, OSError."""
    try:
        with av.open(str(path), options={"format_whitelist": SOUND_FILES}) as container:
            duration_us = container.duration
    except (av.FFmpegError, ValueError) as error:
        raise PromptUnusable(type(error).__name__) from None
    if duration_us is None:
        raise PromptUnusable("of no known length")
    return round(duration_us / 1_000)


def packed(packets: tuple[bytes, ...]) -> bytes:
    """Packets of 20 ms as an Ogg file that every player plays, and that `load_packets` reads without decoding."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout = "mono"
        for position, payload in enumerate(packets):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = stream, Fraction(1, RATE_HZ)
            packet.pts = packet.dts = position * OPUS_FRAME_TICKS
            packet.duration = OPUS_FRAME_TICKS
            container.mux(packet)
    return file.getvalue()


def _unpacked(path: Path) -> tuple[bytes, ...]:
    status = path.stat()
    key = path.resolve(), status.st_mtime_ns, status.st_size
    if key not in _prepared:
        try:
            with av.open(str(path), options={"format_whitelist": "ogg"}) as container:
                packets = tuple(bytes(packet) for packet in container.demux(audio=0) if packet.size)
        except (av.FFmpegError, IndexError) as error:
            raise PromptUnusable(type(error).__name__) from None
        if not packets or any(opus.duration_ticks(packet) != OPUS_FRAME_TICKS for packet in packets):
            raise PromptUnusable("not packed")
        _prepared[key] = packets
    return _prepared[key]


def forget(path: Path) -> None:
    """What was prepared of this file."""
    for key in [key for key in _prepared if key[0] == path.resolve()]:
        del _prepared[key]


def _then_none(frames: Iterator[Any]) -> Iterator[Any]:
    """The frames, and the None by which a resampler is emptied."""
    yield from frames
    yield None


def encode(samples: NDArray[np.int16]) -> tuple[bytes, ...]:
    """Mono samples at 48 kHz as Opus packets of 20 ms; the last is filled up with silence."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate = BITRATE
    padded = np.pad(samples, (0, -samples.size % OPUS_FRAME_TICKS))
    packets: list[bytes] = []
    for start in range(0, padded.size, OPUS_FRAME_TICKS):
        frame = av.AudioFrame.from_ndarray(padded[None, start : start + OPUS_FRAME_TICKS], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    assert all(opus.duration_ticks(packet) == OPUS_FRAME_TICKS for packet in packets)
    return tuple(packets)
