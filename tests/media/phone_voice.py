"""A known voice as a phone's encoder sends it: 24 kbit/s, pauses left out (DTX), each packet with the last one inside
(FEC) if the phone was asked for that."""

import ctypes
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway import simulator
from gateway.media.opus import is_quiet
from gateway.media.prompts import decode
from recording.libopus import Decoder, library

RATE_HZ: Final = 48_000
FRAME: Final = 960
PHRASE_S: Final = (1.2, 2.0)
PAUSE_S: Final = 0.8
"""Encoders leave out what is silent for longer than 0.2 s."""

_VOICES: Final = Path(simulator.__file__).with_name("voices")
_VOIP: Final = 2048
_BITRATE, _BANDWIDTH, _FEC, _EXPECTED_LOSS, _DTX = 4002, 4004, 4012, 4014, 4016  # opus_defines.h
_WIDEBAND: Final = 1103

Sound = NDArray[np.float64]


@dataclass(frozen=True)
class PhoneVoice:
    """`packets`: an empty one is not sent. `sound`: what they are when none is lost, silent where none is sent."""

    packets: tuple[bytes, ...] = field(repr=False)
    sound: Sound = field(repr=False)

    def said(self, first: int, last: int) -> Sound:
        """From one frame to before another, of a phone that says it over and over."""
        frames = np.arange(first, last) % len(self.packets)
        return self.sound.reshape(-1, FRAME)[frames].ravel()


@cache
def phone_voice(name: str, fec: bool = True) -> PhoneVoice:
    packets = _encoded(_with_pauses(decode(_VOICES / f"{name}.ogg")), fec)
    decoder, sound = Decoder(), []
    for payload in packets:
        heard = decoder.decode(payload) if payload else None
        sound.append(np.zeros(FRAME) if heard is None else heard.astype(float))
    return PhoneVoice(packets, np.concatenate(sound))


def _with_pauses(said: NDArray[np.int16]) -> NDArray[np.int16]:
    """Phrases, cut where they are quietest, with a silence behind each; eight seconds of them."""
    pieces: list[NDArray[np.int16]] = []
    begin = 0
    while begin < 8 * RATE_HZ:
        earliest, latest = (begin + int(s * RATE_HZ) for s in PHRASE_S)
        level = np.convolve(np.abs(said[earliest:latest].astype(float)), np.ones(FRAME), mode="same")
        end = earliest + int(level.argmin())
        pieces += [said[begin:end], np.zeros(int(PAUSE_S * RATE_HZ), np.int16)]
        begin = end
    whole = np.concatenate(pieces)
    return whole[: len(whole) // FRAME * FRAME]


def _encoded(said: NDArray[np.int16], fec: bool) -> tuple[bytes, ...]:
    opus: Any = library()
    error = ctypes.c_int()
    opus.opus_encoder_create.restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(opus.opus_encoder_create(RATE_HZ, 1, _VOIP, ctypes.byref(error)))
    wishes = {_BITRATE: 24_000, _BANDWIDTH: _WIDEBAND, _FEC: int(fec), _EXPECTED_LOSS: 10, _DTX: 1}
    for what, value in wishes.items():
        assert opus.opus_encoder_ctl(encoder, what, ctypes.c_int(value)) == 0
    out, packets, was_quiet = ctypes.create_string_buffer(1_500), list[bytes](), False
    for frame in said.reshape(-1, FRAME):
        size = opus.opus_encode(encoder, np.ascontiguousarray(frame).ctypes.data_as(ctypes.c_void_p), FRAME, out, 1_500)
        payload = out.raw[:size]
        # As in browsers: the first packet of a pause goes out and says so, and those behind it do not.
        pauses = is_quiet(payload)
        packets.append(b"" if pauses and was_quiet else payload)
        was_quiet = pauses
    opus.opus_encoder_destroy(encoder)
    return tuple(packets)
