"""Decoding what was heard, and telling whose voice it is."""

import io
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.clips import voices
from gateway.simulator.heard import HeardPacket, to_ogg

Samples = NDArray[np.float64]


def decode_ogg(data: bytes) -> Samples:
    """Mono samples at 48 kHz."""
    with av.open(io.BytesIO(data), "r") as container:
        return _samples(container.decode(audio=0))


def decode_packets(payloads: Sequence[bytes]) -> Samples:
    """Packets of one stream, in order, 20 ms each."""
    return decode_ogg(to_ogg([HeardPacket(0.02 * n, 960 * n, payload) for n, payload in enumerate(payloads)]))


def voice_samples(name: str) -> Samples:
    return decode_packets(voices()[name].packets)


def likeness(heard: Samples, said: Samples) -> float:
    """Greatest normalised cross-correlation of one second of what was said with any place in what was heard."""
    second = said[48_000:96_000]
    size = 1 << (len(heard) + len(second)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(second, size)), size)
    places = product[: len(heard) - len(second) + 1]
    energy = np.cumsum(np.concatenate(([0.0], heard**2)))
    window = np.sqrt(np.maximum(energy[len(second) :] - energy[: -len(second)], 1e-9))
    return float(np.max(np.abs(places) / (window * np.linalg.norm(second))))


def _samples(frames: Any) -> Samples:
    return np.concatenate([frame.to_ndarray().astype(np.float64).reshape(-1) for frame in frames])
