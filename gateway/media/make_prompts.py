"""Makes the sounds that come with Ramal: `python -m gateway.media.make_prompts`. Their files are committed.

Words are spoken by espeak-ng, which must be on the PATH: clear, if plain. Call centres upload their own.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media.prompt_texts import TEXTS
from gateway.media.prompts import BITRATE, RATE_HZ, decode

Samples = NDArray[np.float64]
FOLDER = Path(__file__).with_name("prompts")
VOICES: Final[Mapping[str, str]] = {"pt-BR": "pt-br+f4", "en": "en-us+f4", "es": "es-419+f4"}
WORDS_PER_MINUTE: Final = 150


def hold_tone() -> Samples:
    """Two soft notes, a fifth apart, and a pause: someone is coming back. Loops after four seconds."""
    sound = np.zeros(4 * RATE_HZ)
    for start_s, pitch_hz in ((0.2, 392.0), (1.0, 587.33)):
        t = np.arange(int(1.8 * RATE_HZ)) / RATE_HZ
        swell = np.minimum(t / 0.12, 1.0) * np.exp(-2.2 * t) * np.minimum((1.8 - t) / 0.2, 1.0)
        note = np.sin(2 * np.pi * pitch_hz * t) + 0.25 * np.sin(4 * np.pi * pitch_hz * t)
        start = int(start_s * RATE_HZ)
        sound[start : start + t.size] += 0.11 * swell * note
    return sound


def ringback() -> Samples:
    """Brazil: 425 Hz, one second on, four off."""
    t = np.arange(RATE_HZ) / RATE_HZ
    edges = np.minimum(np.minimum(t, 1 - t) / 0.01, 1.0)
    return np.concatenate([0.1 * edges * np.sin(2 * np.pi * 425 * t), np.zeros(4 * RATE_HZ)])


def queue_music() -> Samples:
    """Sixteen seconds of slow broken chords that loop: calm, and nothing that one is tired of soon."""
    sound = np.zeros(16 * RATE_HZ)
    chords = (
        (261.63, 329.63, 392.0, 493.88),
        (220.0, 261.63, 329.63, 392.0),
        (174.61, 220.0, 261.63, 329.63),
        (196.0, 246.94, 293.66, 349.23),
    )
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    swell = np.minimum(t / 0.03, 1.0) * np.exp(-1.6 * t) * np.minimum((3.0 - t) / 0.5, 1.0)
    for bar, chord in enumerate(chords):
        for beat, pitch_hz in enumerate((*chord, *reversed(chord))):
            note = np.sin(2 * np.pi * pitch_hz * t) + 0.2 * np.sin(4 * np.pi * pitch_hz * t)
            places = (int((4 * bar + 0.5 * beat) * RATE_HZ) + np.arange(t.size)) % sound.size  # the end rings on
            sound[places] += 0.07 * swell * note
    return sound


def beep() -> Samples:
    """The signal after which a message is recorded."""
    t = np.arange(int(0.4 * RATE_HZ)) / RATE_HZ
    return 0.15 * np.minimum(np.minimum(t, 0.4 - t) / 0.02, 1.0) * np.sin(2 * np.pi * 800 * t)


def spoken(language: str, text: str) -> Samples:
    """Raises FileNotFoundError without espeak-ng."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise FileNotFoundError("espeak-ng is not installed")
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "words.wav"
        command = [espeak, "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE), "-w", str(wav), text]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own arguments
        return decode(wav) / 32768


def write(path: Path, sound: Samples) -> None:
    samples = (sound * 32767).astype(np.int16)
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout, stream.format, stream.bit_rate = "mono", "s16", BITRATE
        frame = av.AudioFrame.from_ndarray(samples[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        fifo = av.AudioFifo()
        fifo.write(frame)
        while (piece := fifo.read(960, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def main() -> None:
    for name, sound in (
        ("hold_tone", hold_tone()),
        ("ringback", ringback()),
        ("queue_music", queue_music()),
        ("beep", beep()),
    ):
        write(FOLDER / f"{name}.ogg", sound)
    for language, texts in TEXTS.items():
        (FOLDER / language).mkdir(exist_ok=True, parents=True)
        for name, text in texts.items():
            write(FOLDER / language / f"{name}.ogg", spoken(language, text))


if __name__ == "__main__":
    main()
