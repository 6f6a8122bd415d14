"""What is kept of a call: who speaks in it is taped, on whichever flow they speak now, for whoever keeps the call.

A customer has one leg; an agent's voice comes on another flow after a reload, a transfer, or with a third in the
conversation. `follow` says which flows those are, after every change of who hears whom. What we play to the customer
(greeting, music, tones) is taped as it leaves on their leg: that, and not a file's name, is what they heard.
"""

import math
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

from gateway.media.plane import FlowId, Plane
from gateway.media.tape import within


class Voice(IntEnum):
    """Whose voice it is."""

    CUSTOMER = 0
    SEAT = 1  # the agent's, whoever that is now
    SECOND_SEAT = 2  # who has joined a conversation of three
    PLAYED = 3  # what we play to the customer


EVERYBODY = frozenset(Voice)

_ARRIVAL = struct.Struct("=d")  # what a packet on a tape begins with


class Keeper(Protocol):
    """Called on the loop; it must not block, nor raise."""

    def keep(self, voice: Voice, piece: bytes) -> None:
        """A piece of tape (`gateway.media.tape`): packets in order, all of which arrived while it kept the call."""
        ...

    def lost(self, voice: Voice, packets: int) -> None:
        """The loop was too busy for so many; they were heard, and are not on the tape."""
        ...

    def over(self) -> None:
        """It keeps the call no longer, and has been given everything."""
        ...


@dataclass(slots=True, eq=False)
class _Tape:
    """One flow while one set of keepers wants one voice of it. Planes answer a little late, at both ends: what came
    before or after is nobody's."""

    voice: Voice
    keepers: tuple[Keeper, ...]
    over: Callable[["_Tape"], None]
    since_s: float
    until_s: float = math.inf

    def __call__(self, piece: bytes) -> None:
        if not piece:
            self.over(self)
            return
        if self.until_s != math.inf or _ARRIVAL.unpack_from(piece)[0] < self.since_s:
            piece = within(piece, self.since_s, self.until_s)
        if piece:
            for keeper in self.keepers:
                keeper.keep(self.voice, piece)


class _Track(NamedTuple):
    """What is taped of a flow: what its peer says, or what it is played."""

    flow: FlowId
    played: bool = False


class Tapes:
    """Of one call. `monotonic`: the plane's clock, in seconds."""

    def __init__(self, plane: Plane, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._plane, self._monotonic = plane, monotonic
        self._keepers: dict[Keeper, frozenset[Voice]] = {}
        self._speakers: Mapping[FlowId, Voice] = {}
        self._tapes: dict[_Track, _Tape] = {}
        self._owed: Counter[Keeper] = Counter()  # of how many tapes the end has not come

    def add(self, keeper: Keeper, voices: frozenset[Voice]) -> None:
        """It gets what these voices say from now on."""
        self._keepers[keeper] = voices
        self._adjust()

    def remove(self, keeper: Keeper) -> None:
        """It gets what has arrived by now, soon, and nothing after that: it is told when it has all."""
        if self._keepers.pop(keeper, None) is None:
            return
        if self._owed[keeper]:
            self._adjust()
        else:
            keeper.over()

    def follow(self, speakers: Mapping[FlowId, Voice]) -> None:
        """Who speaks in this call now, and where."""
        if speakers != self._speakers:
            self._speakers = speakers
            self._adjust()

    def lost(self, flow: FlowId, packets: int) -> None:
        """Of the peer's, or of what it was played: planes do not tell which. One of the two runs in most moments."""
        if (tape := self._tapes.get(_Track(flow)) or self._tapes.get(_Track(flow, played=True))) is not None:
            for keeper in tape.keepers:
                keeper.lost(tape.voice, packets)

    def _adjust(self) -> None:
        wanted: dict[_Track, tuple[Voice, tuple[Keeper, ...]]] = {}
        for track, voice in self._tracks():
            if keepers := tuple(keeper for keeper, voices in self._keepers.items() if voice in voices):
                wanted[track] = voice, keepers
        for track, tape in list(self._tapes.items()):
            if wanted.get(track) != (tape.voice, tape.keepers):
                tape.until_s = self._monotonic()
                self._plane.stop_recording(track.flow, track.played)
                del self._tapes[track]
        for track, (voice, keepers) in wanted.items():
            if track not in self._tapes:
                tape = self._tapes[track] = _Tape(voice, keepers, self._over, self._monotonic())
                self._owed.update(keepers)
                self._plane.record(track.flow, tape, track.played)

    def _tracks(self) -> Iterator[tuple[_Track, Voice]]:
        for flow, voice in self._speakers.items():
            yield _Track(flow), voice
            if voice is Voice.CUSTOMER:
                yield _Track(flow, played=True), Voice.PLAYED

    def _over(self, tape: _Tape) -> None:
        self._owed.subtract(tape.keepers)
        for keeper in tape.keepers:
            if not self._owed[keeper] and keeper not in self._keepers:
                keeper.over()
