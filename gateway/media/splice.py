"""One unbroken RTP stream out of changing sources (RFC 3550 §5.1). Pure.

A listener gets one SSRC, one sequence and one clock, whether it hears a person, a prompt, or silence between the two.
Loss of a source stays visible as a gap. Two kinds of sources exist: *live* packets come with numbers of their own and
are shifted; *paced* frames have none and take the next ones.

The clock follows the wall. `lead_s` is how far the stream is ahead of it: a switch may add up to a frame (a stream
cannot go back), a burst after a network hiccup more. A paced source starts only when the lead is used up, and a pause
is counted from the wall, so leads do not add up. The lead fades with every packet: listeners play a little faster
until their buffer is back to normal, and the clock of a live source is never quite ours.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass

from gateway.media.plane import OPUS_FRAME_TICKS

FRAME_S = 0.02
_TICKS_PER_S = 48_000
_LEAD_FADES = 1 - 1 / 500  # per packet: ten seconds
_LONGEST_STEP_TICKS = 10 * _TICKS_PER_S  # a source whose clock jumps further has a new clock
_LONGEST_LOSS = 3000  # packets: beyond it the sequence is a new one (RFC 3550 A.1, MAX_DROPOUT)
_WINDOW = 64  # packets that may be late; older ones are of no use to anybody


@dataclass(slots=True)
class Splicer:
    """`sequence` and `ticks` are the last ones used; give random ones to begin with (RFC 3550 §5.1)."""

    sequence: int
    ticks: int
    last_s: float | None = None  # when the last packet left; None: none did
    lead_s: float = 0.0
    _source: Hashable | None = None
    _first: int = 0  # the source's sequence number at the switch
    _shift: tuple[int, int] = (0, 0)  # added to the source's sequence and ticks
    _sent: int = 0  # bit n: the number `sequence - n` was used

    def switch(self) -> None:
        """What comes next is another source, even if it has the same name."""
        self._source = None

    def live(self, source: Hashable, sequence: int, ticks: int, now_s: float) -> tuple[int, int] | None:
        """Sequence and ticks for a packet of `source`; None for one that is a duplicate or older than the switch."""
        if source != self._source:
            return self._start(source, sequence, ticks, now_s)
        out = (sequence + self._shift[0]) & 0xFFFF
        out_ticks = (ticks + self._shift[1]) & 0xFFFF_FFFF
        ahead = (out - self.sequence) & 0xFFFF
        if 0 < ahead < 0x8000:
            step = (out_ticks - self.ticks) & 0xFFFF_FFFF
            if ahead > _LONGEST_LOSS or not 0 < step <= _LONGEST_STEP_TICKS:
                return self._start(source, sequence, ticks, now_s)
            self._advance(ahead, out_ticks, step, now_s)
            if (sequence - self._first) & 0xFFFF > 0x4000:  # keep it comparable modulo 2**16
                self._first = (sequence - _WINDOW) & 0xFFFF
            return out, out_ticks
        behind = (self.sequence - out) & 0xFFFF
        before_switch = (sequence - self._first) & 0xFFFF >= 0x8000
        if before_switch or behind >= _WINDOW or self._sent >> behind & 1:
            return None
        self._sent |= 1 << behind  # a late packet takes its own place and moves nothing forward
        return out, out_ticks

    def paced(self, source: Hashable, frames: int, now_s: float) -> tuple[int, int] | None:
        """Numbers for the next 20 ms frame of `source`, which is `frames` frames after its last one (1: none was left
        out). None while the stream is ahead of the wall: ask again 20 ms later."""
        if source != self._source:
            if self.last_s is not None and now_s - self.last_s - self.lead_s < FRAME_S / 2:
                return None
            self._source = source
            frames = self._frames_since(now_s)
        step = frames * OPUS_FRAME_TICKS
        self._advance(1, (self.ticks + step) & 0xFFFF_FFFF, step, now_s)
        return self.sequence, self.ticks

    def quiet_s(self, now_s: float) -> float:
        """How long ago the last packet left, a lead not counted: the listener still plays that."""
        return math.inf if self.last_s is None else now_s - self.last_s - max(0.0, self.lead_s)

    def _start(self, source: Hashable, sequence: int, ticks: int, now_s: float) -> tuple[int, int]:
        step = self._frames_since(now_s) * OPUS_FRAME_TICKS
        self._source, self._first = source, sequence
        self._advance(1, (self.ticks + step) & 0xFFFF_FFFF, step, now_s)
        self._shift = (self.sequence - sequence, self.ticks - ticks)
        return self.sequence, self.ticks

    def _frames_since(self, now_s: float) -> int:
        if self.last_s is None:
            return 1
        return max(1, round((now_s - self.last_s - self.lead_s) / FRAME_S))

    def _advance(self, by: int, ticks: int, step: int, now_s: float) -> None:
        if self.last_s is not None:
            self.lead_s = (self.lead_s + step / _TICKS_PER_S - (now_s - self.last_s)) * _LEAD_FADES
        self.sequence = (self.sequence + by) & 0xFFFF
        self.ticks, self.last_s = ticks, now_s
        self._sent = (self._sent << by | 1) & ((1 << _WINDOW) - 1) if by < _WINDOW else 1
