"""Whose voice is heard, and when: normalised cross-correlation of 1.5 s pieces, by FFT.

Right voices score 0.95 and more, wrong ones about 0.15. In the first 2-3 s of a call, and whenever the machine is too
busy, a browser's jitter buffer stretches time and right voices score less: judge what comes after the first seconds.
"""

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media import prompts
from gateway.simulator.clips import VOICES_DIR

Samples = NDArray[np.float64]

RATE_HZ: Final = 8_000
"""Enough to know a voice by, and four times quicker than 16 kHz."""

PIECE_S: Final = 1.5
STEP_S: Final = 0.5
PAUSE: Final = 0.02
"""A piece with less energy than this share of the recording's mean is a pause, and nobody's voice."""

SHIPPED: Final = Path(prompts.__file__).with_name("prompts")


@dataclass(frozen=True, slots=True)
class Piece:
    """`likeness` to what it was compared with, from 0 to 1; `at_s` from the start of the recording."""

    at_s: float
    likeness: float


def decode(sound: bytes, rate_hz: int = RATE_HZ) -> Samples:
    """Mono samples of any file that FFmpeg reads."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    with av.open(io.BytesIO(sound), "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([np.zeros(0), *(frame.to_ndarray().ravel() for frame in frames)]).astype(np.float64)


@cache
def voice(name: str) -> Samples:
    """A committed voice, as its speaker says it; customers repeat it without end."""
    return decode((VOICES_DIR / f"{name}.ogg").read_bytes())


@cache
def hold_tone() -> Samples:
    return decode((SHIPPED / "hold_tone.ogg").read_bytes())


@cache
def hold_music() -> Samples:
    return decode((SHIPPED / "queue_music.ogg").read_bytes())


@cache
def spoken(name: str, language: str = "pt-BR") -> Samples:
    """Words that come with Ramal."""
    return decode((SHIPPED / language / f"{name}.ogg").read_bytes())


def write_capture_file(name: str, path: Path) -> None:
    """A committed voice as the 48 kHz mono WAV file that Chromium's fake microphone plays over and over."""
    samples = decode((VOICES_DIR / f"{name}.ogg").read_bytes(), 48_000).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(samples.tobytes())


def likeness(heard: Samples, said: Samples) -> float:
    """How much of `heard` is `said`: what the best quarter of its pieces reaches, for right and wrong voices alike."""
    pieces = compare(heard, said)
    return float(np.quantile([piece.likeness for piece in pieces], 0.75)) if pieces else 0.0


def compare(heard: Samples, said: Samples, piece_s: float = PIECE_S, step_s: float = STEP_S) -> Sequence[Piece]:
    """Every piece of `heard` that is no pause, at the place of the endless `said` that it is most like."""
    length, step = int(piece_s * RATE_HZ), int(step_s * RATE_HZ)
    looped = np.concatenate([said, said[:length]])
    size = 1 << (len(looped) + length).bit_length()
    spectrum = np.fft.rfft(looped, size)
    sums = np.cumsum(np.concatenate([[0.0], looped**2]))
    energy = sums[length:] - sums[:-length]
    # A place of the clip that is nearly silent would be like anything.
    energy = np.sqrt(np.maximum(energy, 0.05 * energy.max()))
    pause = PAUSE * float(np.mean(heard**2)) * length if len(heard) else 0.0
    pieces = []
    for start in range(0, len(heard) - length + 1, step):
        piece = heard[start : start + length]
        loudness = float(piece @ piece)
        if loudness <= max(pause, 1.0):
            continue
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(energy)]
        pieces.append(Piece(start / RATE_HZ, float(np.max(np.abs(product) / energy) / np.sqrt(loudness))))
    return pieces


def most_like(heard: Samples, phrase: Samples) -> Piece:
    """Where in `heard` the whole of `phrase` is most likely said. Phrases that differ by one word reach 0.6 of each
    other, the phrase itself 0.9 and more."""
    if len(heard) < len(phrase):
        return Piece(0.0, 0.0)
    size = 1 << (len(heard) + len(phrase)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(phrase, size)), size)
    product = product[: len(heard) - len(phrase) + 1]
    sums = np.cumsum(np.concatenate([[0.0], heard**2]))
    energy = sums[len(phrase) :] - sums[: -len(phrase)]
    energy = np.sqrt(np.maximum(energy, max(1.0, 0.05 * energy.max())) * float(phrase @ phrase))
    at = int(np.argmax(np.abs(product) / energy))
    return Piece(at / RATE_HZ, float(abs(product[at]) / energy[at]))


def times_of(heard: Samples, said: Samples, piece_s: float = PIECE_S, at_least: float = 0.8) -> list[float]:
    """Where in `heard` pieces of `said` begin, in seconds."""
    return [piece.at_s for piece in compare(heard, said, piece_s, piece_s / 3) if piece.likeness >= at_least]
