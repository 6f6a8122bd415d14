"""Packets of a flow, packed one behind the other: what a recorder is given.

A record is `HEAD` (arrival on the plane's monotonic clock in seconds, SSRC, ticks, sequence, marker, payload's length)
and the payload. The native plane packs the same bytes (`native/src/tape.h`).
"""

import math
import struct
from collections.abc import Callable, Iterator

from gateway.media.plane import FlowId, Recorder, TappedPacket
from gateway.media.rtp import RtpPacket

HEAD = struct.Struct("=dIIH?xI")
PIECE_S = 0.2  # what a recording loses at most when the process dies
PIECE_BYTES = 2048


class Tape:
    """Gathers packets until a piece is worth telling."""

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._bytes = 0
        self._begun_s = 0.0

    def add(self, packet: RtpPacket, now_s: float) -> None:
        if not self._records:
            self._begun_s = now_s
        head = HEAD.pack(now_s, packet.ssrc, packet.ticks, packet.sequence, packet.marker, len(packet.payload))
        self._records += (head, packet.payload)
        self._bytes += len(head) + len(packet.payload)

    def is_due(self, now_s: float) -> bool:
        return bool(self._records) and (now_s - self._begun_s >= PIECE_S or self._bytes >= PIECE_BYTES)

    def take(self) -> bytes:
        """The piece, and an empty tape."""
        piece = b"".join(self._records)
        self._records.clear()
        self._bytes = 0
        return piece


class Recorded:
    """A tape and who is given it, or nobody; `failed` is told what a recorder raised, and it is called no more."""

    def __init__(self, failed: Callable[[Exception], object]) -> None:
        self._tape, self._failed = Tape(), failed
        self._recorder: Recorder | None = None

    @property
    def runs(self) -> bool:
        return self._recorder is not None

    def begin(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def add(self, packet: RtpPacket, now_s: float) -> None:
        if self._recorder is not None:
            self._tape.add(packet, now_s)
            self.tell(now_s)

    def tell(self, now_s: float) -> None:
        """What is due; all that there is when time has come to an end (infinity)."""
        if self._recorder is not None and self._tape.is_due(now_s):
            self._give(self._tape.take())

    def end(self) -> None:
        self.tell(math.inf)
        self._give(b"")
        self._recorder = None

    def _give(self, piece: bytes) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder(piece)
        except Exception as error:  # a full disk must not end a call
            self._recorder = None
            self._failed(error)


def within(piece: bytes, since_s: float, until_s: float) -> bytes:
    """The packets of a piece that arrived in this time, both ends included."""
    kept: list[bytes] = []
    at = 0
    while at < len(piece):
        head = HEAD.unpack_from(piece, at)
        end = at + HEAD.size + head[-1]
        if since_s <= head[0] <= until_s:
            kept.append(piece[at:end])
        at = end
    return b"".join(kept)


def packets_of(flow: FlowId, piece: bytes) -> Iterator[TappedPacket]:
    """What is on a piece of tape. Raises struct.error on bytes that no plane packed."""
    at = 0
    while at < len(piece):
        arrived_s, ssrc, ticks, sequence, marker, size = HEAD.unpack_from(piece, at)
        at += HEAD.size + size
        yield TappedPacket(flow, arrived_s, ssrc, sequence, ticks, marker, piece[at - size : at])
