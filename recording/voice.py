"""The sound of one side, window after window: packets decoded into their places, and what was lost on the way stood in
for as an ear's own receiver would have done.

A gap in the sender's clock is one of two things. Where the sequence numbers run on, the sender was silent (DTX): it
stays silent. Where they do not, packets were lost, and `recording.libopus` stands in for them, if the gap is short.
A longer one stays silent: nothing could be made up for it that was said, and it may be a part of the call that must not
be kept, of which the packet behind it could repeat the last 20 ms.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recording.libopus import LONGEST_SAMPLES, STEP_SAMPLES, Decoder, samples_of
from recording.loudness import Turns
from recording.sides import Side
from recording.timeline import RATE_HZ

WINDOW_S: Final = 10
WINDOW_SAMPLES: Final = WINDOW_S * RATE_HZ
MOST_CONCEALED_SAMPLES: Final = LONGEST_SAMPLES  # 120 ms
STEADY_SAMPLES: Final = RATE_HZ // 200
"""5 ms: the drift of clocks, not a gap."""
FADE_SAMPLES: Final = 120  # 2.5 ms at the edges of what is missing, so that it does not click
MOST_STREAMS: Final = 4
"""Senders of one side whose decoders are kept: a transfer or a reload has two for a moment."""
AT_ONCE: Final = 1_000  # packets that are looked at one by one: as Python's numbers they are large

Sound = NDArray[np.int32]
_FADE_IN: Final = np.linspace(0, 1, FADE_SAMPLES)


class _Spoken(NamedTuple):
    place: int
    offset: int
    length: int
    ssrc: int
    sequence: int


@dataclass(slots=True)
class _Stream:
    """One sender. `end`: where the last packet's sound ended; None before the first."""

    decoder: Decoder = field(default_factory=Decoder)
    end: int | None = None
    sequence: int = 0


class Voice:
    """Decodes one side, window after window. Raises NoLibopus."""

    def __init__(self, side: Side, payloads: BinaryIO) -> None:
        self._packets, self._payloads = _one_by_one(side), payloads
        self._next = next(self._packets, None)
        self._streams: OrderedDict[int, _Stream] = OrderedDict()
        self._window = np.zeros(WINDOW_SAMPLES + WINDOW_SAMPLES // 5, np.int32)  # and what reaches into the next one
        self._start = -WINDOW_SAMPLES
        self.turns: Final = Turns()

    def window(self, start: int) -> Sound:
        """The samples from `start` on, one window long. Windows follow each other."""
        beyond = self._window[WINDOW_SAMPLES:]
        self._window = np.concatenate([beyond, np.zeros(WINDOW_SAMPLES, np.int32)])
        self._start = start
        # A little ahead: what stands in for lost packets is before the packet that tells of them.
        while self._next is not None and self._next.place < start + WINDOW_SAMPLES + MOST_CONCEALED_SAMPLES:
            spoken = self._next
            self._next = next(self._packets, None)
            self._add(spoken)
        return self._window[:WINDOW_SAMPLES]

    def _add(self, spoken: _Spoken) -> None:
        self._payloads.seek(spoken.offset)
        payload = self._payloads.read(spoken.length)
        samples, stream = samples_of(payload), self._stream_of(spoken.ssrc)
        if not samples:  # authentic, but no Opus: it stays silent
            return
        place = spoken.place
        if stream.end is not None and place + samples <= stream.end:  # the same packet twice, or a clock put back
            return
        if stream.end is not None:
            lost = (spoken.sequence - stream.sequence - 1) & 0xFFFF
            place = self._joined(stream, place, lost * samples, samples, payload)
        sound, end = stream.decoder.decode(payload), stream.end
        stream.sequence, stream.end = spoken.sequence, place + samples
        self.turns.speaks(spoken.ssrc, place)
        if sound is not None:
            self._put(place, sound, end)

    def _joined(self, stream: _Stream, place: int, lost: int, samples: int, following: bytes) -> int:
        """Stand in for what is missing between a stream's last packet and the next, of which so many samples were lost
        on the way. Returns where the next one begins: where the last one ended, if that is nearly so."""
        assert stream.end is not None
        gap = place - stream.end
        if abs(gap) <= STEADY_SAMPLES:
            return stream.end
        if gap <= 0 or gap > MOST_CONCEALED_SAMPLES or (lost == 0 and gap >= samples):
            return place
        whole = max(1, round(gap / STEP_SAMPLES)) * STEP_SAMPLES  # what is behind follows without a seam
        if lost == 0:  # its clock is slower than ours
            self._stand_in(stream, stream.end, whole, None)
            return stream.end
        if lost >= gap - STEADY_SAMPLES:
            self._stand_in(stream, stream.end, whole, following)
            return stream.end
        # A pause as well, and nobody knows which came first: what a packet repeats was said right before it.
        self._stand_in(stream, place - lost, lost, following)
        return place

    def _stand_in(self, stream: _Stream, begin: int, samples: int, following: bytes | None) -> None:
        sound = stream.decoder.conceal(samples, following)
        if sound is not None:
            self._put(begin, sound, stream.end)
        stream.end = begin + samples

    def _stream_of(self, ssrc: int) -> _Stream:
        """Each sender has a decoder of its own: what one said says nothing about another."""
        stream = self._streams.get(ssrc)
        if stream is None:
            stream = self._streams[ssrc] = _Stream()
            if len(self._streams) > MOST_STREAMS:
                self._streams.popitem(last=False)
        else:
            self._streams.move_to_end(ssrc)
        return stream

    def _put(self, place: int, sound: NDArray[np.int16], end: int | None) -> None:
        """`end`: where the sound of the same sender ended that is there already. Behind a gap the next one fades in;
        where both overlap (its clock is faster than ours), one fades into the other."""
        loud, at = sound.astype(np.int32), place - self._start
        overlap = 0 if end is None else min(max(0, end - place), len(loud))
        if overlap:
            ramp = np.linspace(0, 1, overlap)
            before = self._window[max(0, at) : max(0, at + overlap)]
            before[:] = before * (1 - ramp[overlap - len(before) :])
            loud[:overlap] = loud[:overlap] * ramp
        elif place != end:
            loud[:FADE_SAMPLES] = loud[:FADE_SAMPLES] * _FADE_IN[: len(loud)]
        if at < 0:
            loud, at = loud[-at:], 0
        room = self._window[at : at + len(loud)]
        room += loud[: len(room)]


def _one_by_one(side: Side) -> Iterator[_Spoken]:
    """The packets in the order in which they were spoken."""
    for part in side.parts():
        columns = part.place, part.offset, part.length, part.ssrc, part.sequence
        for first in range(0, len(part.place), AT_ONCE):
            yield from map(_Spoken, *(column[first : first + AT_ONCE].tolist() for column in columns))
