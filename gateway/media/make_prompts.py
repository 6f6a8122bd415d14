"""Makes the sounds that come with Ramal: `python -m gateway.media.make_prompts`. Their files are committed."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media.prompts import BITRATE, RATE_HZ

Samples = NDArray[np.float64]
FOLDER = Path(__file__).with_name("prompts")


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


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write(FOLDER / "hold_tone.ogg", hold_tone())
    write(FOLDER / "ringback.ogg", ringback())
