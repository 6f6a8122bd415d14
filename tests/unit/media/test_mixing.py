"""Voices that are mixed: together, loud together, and not at all."""

from pathlib import Path

import numpy as np

from gateway import simulator
from gateway.media.jitter import Samples
from gateway.media.mixing import LOUDEST, Blend, Limiter
from gateway.media.opus import SILENCE_PACKET
from gateway.media.prompts import decode
from recording.libopus import Decoder

FRAME = 960
VOICES = Path(simulator.__file__).with_name("voices")
LAG = 312
"""Samples by which libopus' encoder is behind at 48 kHz (6.5 ms)."""


def speech(frames: int, who: str = "maria") -> Samples:
    """A recorded voice, from its first word on."""
    sound = decode(VOICES / f"{who}.ogg").astype(np.float32)
    begins = int(np.argmax(np.abs(sound) > 3000))
    return sound[begins : begins + frames * FRAME]


def likeness(said: Samples, listened: Samples, delay: int) -> float:
    size = min(said.size, listened.size - delay)
    return float(np.corrcoef(said[:size], listened[delay : delay + size])[0, 1])


def test_two_voices_are_both_in_what_the_listener_hears() -> None:
    one, other = speech(40), speech(40, "carlos")
    blend, decoder = Blend(), Decoder()
    listened = []
    for n in range(40):
        part = slice(n * FRAME, (n + 1) * FRAME)
        sound = decoder.decode(blend.packet([one[part], other[part]]))
        assert sound is not None and sound.size == FRAME
        listened.append(sound.astype(np.float32))
    together = np.concatenate(listened)
    assert likeness(one + other, together, LAG) > 0.9
    assert min(likeness(one, together, LAG), likeness(other, together, LAG)) > 0.5


def test_loud_voices_together_are_turned_down_and_never_cut() -> None:
    limit = Limiter()
    loud = np.full(FRAME, 28_000, np.float32)
    for _ in range(5):
        assert np.abs(limit(loud + loud)).max() <= LOUDEST
    soft = np.full(FRAME, 8_000, np.float32)
    levels = [int(limit(soft)[-1]) for _ in range(60)]
    assert levels == sorted(levels) and levels[0] < 7_000 and levels[-1] > 7_900


def test_when_nobody_speaks_the_listener_gets_silence_after_the_last_of_the_sound() -> None:
    blend = Blend()
    assert blend.packet([]) == SILENCE_PACKET
    blend.packet([speech(1)])
    assert [blend.packet([]) == SILENCE_PACKET for _ in range(4)] == [False, False, True, True]
