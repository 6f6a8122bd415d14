"""Several voices in one: what a listener hears who gets one line for all of them. No clock, no thread, no socket.

Every 20 ms a frame of each who can be heard is due (`gateway.media.jitter`); what comes out is their sum as Opus.
"""

from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from gateway.media import opus
from gateway.media.jitter import Samples
from gateway.media.plane import OPUS_FRAME_TICKS

RATE_HZ: Final = 48_000
BITRATE: Final = 32_000
COMPLEXITY: Final = 5
"""Of libopus' 0 to 10: twice the speed of the highest, and not told apart at this bit rate."""

LOUDEST: Final = 30_000.0
_RELEASE: Final = 0.1  # of the way back to full gain, each frame
_TAIL_FRAMES: Final = 2  # the encoder still holds some milliseconds when voices end


class Limiter:
    """Voices that are loud together stay within what 16 bits hold: turned down at once, and up again slowly."""

    def __init__(self) -> None:
        self._gain = 1.0

    def __call__(self, sound: Samples) -> NDArray[np.int16]:
        peak = float(np.abs(sound).max(initial=0.0))
        allowed = min(1.0, LOUDEST / peak) if peak else 1.0
        before, self._gain = self._gain, min(allowed, self._gain + (1 - self._gain) * _RELEASE)
        gains = np.minimum(np.linspace(before, self._gain, sound.size, dtype=np.float32), np.float32(allowed))
        return np.rint(sound * gains).astype(np.int16)


class Blend:
    """What its voices sound like together, a packet every 20 ms."""

    def __init__(self) -> None:
        self._limit = Limiter()
        self._encoder: Any = None
        self._samples = 0
        self._quiet_frames = _TAIL_FRAMES

    def packet(self, frames: list[Samples]) -> bytes:
        """Frames of those who can be heard now; their sum as 20 ms of Opus."""
        self._quiet_frames = 0 if frames else self._quiet_frames + 1
        if self._quiet_frames > _TAIL_FRAMES:
            return opus.SILENCE_PACKET
        if self._encoder is None:
            self._encoder = _new_encoder()
        together: Samples = np.sum(frames, axis=0) if frames else np.zeros(OPUS_FRAME_TICKS, np.float32)
        frame = av.AudioFrame.from_ndarray(self._limit(together)[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._samples
        self._samples += OPUS_FRAME_TICKS
        packets = self._encoder.encode(frame)
        return bytes(packets[0]) if packets else opus.SILENCE_PACKET


def _new_encoder() -> Any:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate = BITRATE
    encoder.options = {"application": "voip", "frame_duration": "20", "compression_level": str(COMPLEXITY)}
    return encoder
