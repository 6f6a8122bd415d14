"""libopus itself, for what FFmpeg does not pass on: what stands in for packets that were lost.

A receiver that misses a packet guesses on from the voice before it (packet loss concealment), or finds the missing
20 ms at a lower bit rate inside the next packet, where the sender repeats it (in-band FEC, RFC 6716 §2.1.7). FFmpeg's
decoder can do neither. The library is the one that PyAV brings with it, or else the system's.
"""

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
LONGEST_SAMPLES: Final = 5_760
"""120 ms: no packet is longer, and no gap may be that is filled at once (RFC 6716 §3.2.5)."""
STEP_SAMPLES: Final = 120
"""2.5 ms: gaps are filled in steps of this."""
_OK: Final = 0

Samples = NDArray[np.int16]


class NoLibopus(RuntimeError):
    """Neither PyAV nor the system has a libopus that can be called. The installation's fault; trying again does not
    help."""


class Decoder:
    """One stream's decoder: packets in order, 48 kHz mono out, whatever the packets are."""

    def __init__(self) -> None:
        """Raises NoLibopus."""
        self._opus = library()
        self._state = ctypes.create_string_buffer(self._opus.opus_decoder_get_size(1))
        if self._opus.opus_decoder_init(self._state, RATE_HZ, 1) != _OK:
            raise NoLibopus("libopus makes no decoder for 48 kHz")
        self._sound = np.zeros(LONGEST_SAMPLES, np.int16)

    def decode(self, payload: bytes) -> Samples | None:
        """None: it is authentic, but no Opus."""
        return self._decoded(payload, LONGEST_SAMPLES, fec=False)

    def conceal(self, samples: int, following: bytes | None = None) -> Samples | None:
        """What stands in for so many missing samples (a multiple of `STEP_SAMPLES`, `LONGEST_SAMPLES` at most).
        `following`: the packet that comes right after them, which may repeat the last of them; it is still to be
        decoded for itself."""
        return self._decoded(following or b"", samples, fec=following is not None)

    def _decoded(self, payload: bytes, most: int, *, fec: bool) -> Samples | None:
        where = self._sound.ctypes.data
        count = self._opus.opus_decode(self._state, payload or None, len(payload), where, most, int(fec))
        return None if count <= 0 else self._sound[:count].copy()


def samples_of(payload: bytes) -> int:
    """How long the packet's sound is; 0 for what is no Opus packet."""
    return max(0, int(library().opus_packet_get_nb_samples(payload, len(payload), RATE_HZ))) if payload else 0


@cache
def library() -> Any:
    """libopus with its functions' types. Raises NoLibopus."""
    for path in _places():
        try:
            return _typed(ctypes.CDLL(path))
        except (OSError, AttributeError):
            continue
    raise NoLibopus("no libopus was found: neither in PyAV's wheel nor on this system")


def _places() -> list[str]:
    """PyAV's wheels bring theirs along; a PyAV that was built on this machine uses the system's."""
    package = Path(av.__file__).parent
    folders = (package.with_name("av.libs"), package / ".dylibs")
    brought = [str(path) for folder in folders for path in sorted(folder.glob("libopus[-.]*"))]
    if brought:
        return brought
    found = ctypes.util.find_library("opus")
    return [] if found is None else [found]


def _typed(opus: Any) -> Any:
    """Raises AttributeError: it lacks a function."""
    pointer, size, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_int32
    for name, arguments in {
        "opus_decoder_get_size": [size],
        "opus_decoder_init": [pointer, number, size],
        "opus_decode": [pointer, ctypes.c_char_p, number, pointer, size, size],
        "opus_packet_get_nb_samples": [ctypes.c_char_p, number, number],
    }.items():
        function = getattr(opus, name)
        function.argtypes, function.restype = arguments, size
    return opus
