"""One speaker of a mix: packets in whenever the network brings them, 20 ms of sound out whenever they are due.

A packet waits until its sound is due, 20 ms where the network is steady. What is missing then is stood in for by
libopus, from the packet behind it, if that is there and repeats it (in-band FEC), or from the voice before it; a pause
of the speaker (DTX) stays silent. Who comes late makes the voice wait longer, up to 80 ms, which libopus fills as well;
pauses make it shorter again. No clock, no thread, no socket.
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.media import opus
from gateway.media.plane import OPUS_FRAME_TICKS, TappedPacket
from recording.libopus import LONGEST_SAMPLES, STEP_SAMPLES, Decoder, samples_of

Samples = NDArray[np.float32]
"""Mono at 48 kHz: one sample is one tick of Opus' RTP clock (RFC 7587 §4.1). Full scale is 32,768."""

AHEAD: Final = OPUS_FRAME_TICKS
"""Samples that wait where packets come in time (20 ms)."""

FURTHEST: Final = 4 * OPUS_FRAME_TICKS
"""Samples that may wait after packets had been late (80 ms)."""

MOST_GUESSED: Final = LONGEST_SAMPLES
"""Nothing could be made up for more than 120 ms that was said."""

_MOST_WAITING: Final = FURTHEST // STEP_SAMPLES
_FADE: Final = 120  # samples (2.5 ms) over which a voice comes in after a pause, or goes: a step would be a click
_NOTHING: Final[Samples] = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Both numbers without their wrap-around."""

    sequence: int
    ticks: int
    payload: bytes


@dataclass(slots=True)
class _Stream:
    """One SSRC. `due`: whose sample is heard next, on its sender's clock; `sequence`: of the last packet whose turn has
    come, `skipped` are those before it that were not there then."""

    ssrc: int
    due: int
    sequence: int
    ticks: int  # of any packet of it: where its clock is
    decoder: Decoder
    waiting: list[_Waiting] = field(default_factory=list)  # by sequence
    skipped: deque[int] = field(default_factory=lambda: deque(maxlen=16))


class Voice:
    """Packets in from any thread, a frame out every 20 ms. `frame` raises NoLibopus."""

    def __init__(self) -> None:
        self._inbox: deque[TappedPacket] = deque(maxlen=100)  # two seconds: more means that nobody takes them
        self._stream: _Stream | None = None
        self._sound = _NOTHING  # from the first sample that is due until the end of what is known
        self._speaks = False
        self._guessed = 0  # samples in a row
        self._ahead = AHEAD
        self._was_late = False  # since the last pause

    def take(self, packet: TappedPacket) -> None:
        self._inbox.append(packet)

    def frame(self) -> Samples | None:
        """The next 20 ms; None where there is nothing to hear."""
        while self._inbox:
            self._arrived(self._inbox.popleft())
        stream = self._stream
        if stream is None:
            return None
        if stream.waiting:
            self._settle(stream)
        self._fill(stream)
        due, self._sound = self._sound[:OPUS_FRAME_TICKS], self._sound[OPUS_FRAME_TICKS:]
        stream.due += OPUS_FRAME_TICKS
        return due if due.any() else None

    def _arrived(self, packet: TappedPacket) -> None:
        stream = self._stream
        if stream is None or packet.ssrc != stream.ssrc:
            stream = self._begin(packet)
        sequence = stream.sequence + _signed(packet.sequence - stream.sequence, 16)
        stream.ticks += _signed(packet.ticks - stream.ticks, 32)
        if sequence > stream.sequence:
            if len(stream.waiting) < _MOST_WAITING and all(other.sequence != sequence for other in stream.waiting):
                insort(stream.waiting, _Waiting(sequence, stream.ticks, packet.payload), key=attrgetter("sequence"))
        elif sequence in stream.skipped:  # else it came twice
            stream.skipped.remove(sequence)
            if stream.waiting and stream.waiting[-1].ticks + OPUS_FRAME_TICKS - stream.due <= FURTHEST:
                self._wait_longer(stream, OPUS_FRAME_TICKS)

    def _begin(self, packet: TappedPacket) -> _Stream:
        self._stream = _Stream(packet.ssrc, packet.ticks - AHEAD, packet.sequence - 1, packet.ticks, Decoder())
        self._sound, self._speaks, self._guessed = self._sound[:OPUS_FRAME_TICKS], False, 0
        self._ahead, self._was_late = AHEAD, False
        return self._stream

    def _settle(self, stream: _Stream) -> None:
        """Let the first of those who wait be neither too late, nor later than it need be."""
        first, newest, known = stream.waiting[0], stream.waiting[-1], self._sound.size
        early = first.ticks - stream.due - known
        if not self._speaks and early > max(0, self._ahead - known):  # a pause ends
            if not self._was_late:
                self._ahead = max(AHEAD, self._ahead - OPUS_FRAME_TICKS)
            self._was_late = False
            stream.due = first.ticks - max(self._ahead, known)
        elif early < -FURTHEST:  # its clock began anew, or the network stood still
            stream.due = first.ticks - max(AHEAD, known)
        elif early < 0 and not opus.is_quiet(first.payload):
            self._wait_longer(stream, -early)
        stream.due = max(stream.due, newest.ticks - FURTHEST)

    def _wait_longer(self, stream: _Stream, samples: int) -> None:
        """What is known is heard now, and what comes next that much later: a gap that is stood in for."""
        stream.due -= samples
        self._ahead, self._was_late = min(FURTHEST, self._ahead + samples), True

    def _fill(self, stream: _Stream) -> None:
        """Until all that is due is known, or nothing is to be heard."""
        while (short := OPUS_FRAME_TICKS - self._sound.size) > 0:
            if not stream.waiting:
                self._guess(stream, short)
                continue
            following = stream.waiting[0]
            missing = following.ticks - stream.due - self._sound.size
            if missing < STEP_SAMPLES:
                self._take_turn(stream, stream.waiting.pop(0), -missing)
            elif not self._speaks or missing > samples_of(following.payload):
                self._guess(stream, min(missing, short))
            else:
                is_lost = following.sequence > stream.sequence + 1
                self._guess(stream, missing, following.payload if is_lost else None)

    def _take_turn(self, stream: _Stream, packet: _Waiting, overlap: int) -> None:
        stream.skipped.extend(range(max(stream.sequence + 1, packet.sequence - 8), packet.sequence))
        stream.sequence = packet.sequence
        if opus.is_quiet(packet.payload):
            self._speaks = False
            return
        if overlap >= samples_of(packet.payload) or (sound := stream.decoder.decode(packet.payload)) is None:
            return  # its time is over, or it is authentic, but no Opus
        heard = sound[max(0, overlap) :].astype(np.float32)
        if not self._speaks:
            heard[:_FADE] *= np.linspace(0, 1, _FADE, dtype=np.float32)[: heard.size]
        self._speaks, self._guessed = True, 0
        self._sound = np.concatenate([self._sound, heard])

    def _guess(self, stream: _Stream, samples: int, following: bytes | None = None) -> None:
        """So many samples or a few less of what stands in for them; silence if nobody spoke."""
        whole = max(STEP_SAMPLES, samples - samples % STEP_SAMPLES)
        sound = None
        if self._speaks:
            sound = stream.decoder.conceal(whole, following)
            self._guessed += whole
        heard = np.zeros(whole, np.float32) if sound is None else sound.astype(np.float32)
        if self._guessed >= MOST_GUESSED:
            heard[-_FADE:] *= np.linspace(1, 0, _FADE, dtype=np.float32)
            self._speaks, self._guessed = False, 0
        self._sound = np.concatenate([self._sound, heard])


def _signed(difference: int, bits: int) -> int:
    """Of two numbers that wrap around (RFC 1982)."""
    half = 1 << bits - 1
    return (difference + half) % (2 * half) - half
