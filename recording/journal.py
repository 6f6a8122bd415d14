"""One call's packets as they came, in one file that only grows: what survives whatever happens to the process.

A journal begins with a line of JSON (`Head`) and goes on with records. Each has a mark, a length and a CRC-32 of its
own, so a reader finds every whole record of a file that was cut, damaged or is still being written::

    "RJ" · uint16 bytes of body · uint32 CRC-32 of body · body
    body: uint8 kind · uint8 leg · uint64 nanoseconds since the beginning · what the kind needs

All numbers are little-endian. Times count from the journal's beginning on one monotonic clock, so the legs of a call
are aligned whatever their own clocks do; `Head.began_at` ties them to the wall.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from signaling.ids import CallId

VERSION: Final = 1
SUFFIX: Final = ".journal"
HEAD_LIMIT_BYTES: Final = 4_096
BODY_LIMIT_BYTES: Final = 0xFFFF
_MARK: Final = b"RJ"
_FRAME: Final = struct.Struct("<2sHI")
_PREFIX: Final = struct.Struct("<BBQ")
_RTP: Final = struct.Struct("<IHBI")  # SSRC, sequence, marker, ticks
_PACKET: Final = struct.Struct("<BBQIHBI")  # the two together
_READ_BYTES: Final = 1 << 20


class Leg(IntEnum):
    """Whose voice it is."""

    CUSTOMER = 0
    AGENT = 1
    SECOND_AGENT = 2  # who joined a conversation of three
    PLAYED = 3  # what we played to the customer; each sound is an SSRC of its own, whose clock begins with it


class Kind(IntEnum):
    PACKET = 1
    MARK = 2
    END = 3


class Mark(StrEnum):
    """What happened in a call that a listener should see on the timeline."""

    TALKING = "talking"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    PAUSED = "paused"  # nothing is kept from here on: card data
    CONTINUED = "continued"
    KEY = "key"  # which one is not kept: it may be a password
    LOST = "lost"  # packets that the tap could not keep
    PLAYING = "playing"  # a sound of ours begins; found in what was played, and never written
    PLAYED = "played"  # and ends


class NotAJournal(ValueError):
    """The file does not begin as a journal does: nothing in it can be trusted."""


@dataclass(frozen=True, slots=True)
class Head:
    call_id: CallId
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet as the plane heard it: `at_s` since the journal's beginning, Opus payload."""

    leg: Leg
    at_s: float
    ssrc: int
    sequence: int
    ticks: int
    marker: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Marked:
    """`count`: of what was lost; else 0."""

    at_s: float
    mark: Mark
    count: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The recording was ended in good order at `at_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes at this place of the file that are no whole record; reading goes on behind them."""

    offset: int
    skipped_bytes: int


Record = Packet | Marked | Ended | Damaged


def encode_head(head: Head) -> bytes:
    words = {"ramal_journal": VERSION, "call_id": head.call_id, "began_at": head.began_at.isoformat()}
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def encode_packet(leg: Leg, at_s: float, ssrc: int, sequence: int, ticks: int, marker: bool, payload: bytes) -> bytes:
    """The record of one packet. Runs once per recorded packet: it only packs."""
    body = _PREFIX.pack(Kind.PACKET, leg, round(at_s * 1e9)) + _RTP.pack(ssrc, sequence, marker, ticks) + payload
    return _FRAME.pack(_MARK, len(body), zlib.crc32(body)) + body


def encode_tape(leg: Leg, began_s: float, head: struct.Struct, tape: bytes) -> bytes:
    """The records of packets that lie one behind the other: what `encode_packet` makes of each, in a quarter of the
    time. `head` unpacks what stands before each payload: arrival in seconds of the clock of `began_s`, SSRC, ticks,
    sequence, marker, length of the payload."""
    unpack, pack_body, pack_frame, crc32 = head.unpack_from, _PACKET.pack, _FRAME.pack, zlib.crc32
    head_bytes, leg_number = head.size, int(leg)
    records: list[bytes] = []
    at = 0
    while at < len(tape):
        arrived_s, ssrc, ticks, sequence, marker, length = unpack(tape, at)
        at += head_bytes + length
        at_ns = round((arrived_s - began_s) * 1e9) if arrived_s > began_s else 0
        body = pack_body(1, leg_number, at_ns, ssrc, sequence, marker, ticks) + tape[at - length : at]
        records += (pack_frame(_MARK, len(body), crc32(body)), body)
    return b"".join(records)


def encode_mark(at_s: float, mark: Mark, count: int = 0) -> bytes:
    return _record(Kind.MARK, at_s, json.dumps({"mark": mark.value, "count": count}).encode())


def encode_end(at_s: float) -> bytes:
    return _record(Kind.END, at_s, b"")


def _record(kind: Kind, at_s: float, rest: bytes) -> bytes:
    body = _PREFIX.pack(kind, 0, round(at_s * 1e9)) + rest
    return _FRAME.pack(_MARK, len(body), zlib.crc32(body)) + body


def read_head(file: BinaryIO) -> Head:
    """Raises NotAJournal."""
    line = file.readline(HEAD_LIMIT_BYTES)
    try:
        words = json.loads(line)
        if words["ramal_journal"] != VERSION:
            raise NotAJournal("another version")
        return Head(CallId(str(words["call_id"])), datetime.fromisoformat(words["began_at"]))
    except (ValueError, LookupError, TypeError) as error:
        raise NotAJournal(type(error).__name__) from None


def read_journal(path: Path) -> tuple[Head, Iterator[Record]]:
    """The head, and every whole record in the order in which it was written, one at a time: a journal may be larger
    than memory. Raises NotAJournal, OSError."""
    with path.open("rb") as file:
        head = read_head(file)
        begins = file.tell()
    return head, _records(path, begins)


def read_records(path: Path) -> Iterator[Record]:
    """Every whole record, even behind a head that cannot be read. Raises OSError."""
    with path.open("rb") as file:
        try:
            read_head(file)
            begins = file.tell()
        except NotAJournal:
            begins = 0
    return _records(path, begins)


def _records(path: Path, begins: int) -> Iterator[Record]:
    with path.open("rb") as file:
        file.seek(begins)
        buffer, base, at_end = bytearray(), begins, False
        position, damaged_from = 0, -1
        while True:
            if len(buffer) - position < _FRAME.size + BODY_LIMIT_BYTES and not at_end:
                del buffer[:position]
                base, position = base + position, 0
                piece = file.read(_READ_BYTES)
                at_end = not piece
                buffer += piece
                continue
            if position >= len(buffer):
                break
            found = _whole_record(buffer, position)
            if found is None:
                damaged_from = base + position if damaged_from < 0 else damaged_from
                following = buffer.find(_MARK, position + 1)
                position = len(buffer) if following < 0 else following
                continue
            if damaged_from >= 0:
                yield Damaged(damaged_from, base + position - damaged_from)
                damaged_from = -1
            record, bytes_read = found
            position += bytes_read
            if record is not None:
                yield record
        if damaged_from >= 0:
            yield Damaged(damaged_from, base + len(buffer) - damaged_from)


def _whole_record(buffer: bytearray, position: int) -> tuple[Record | None, int] | None:
    """The record at this place and its length; a kind of a later version is a None. None: no whole record is here."""
    if len(buffer) - position < _FRAME.size:
        return None
    mark, length, checksum = _FRAME.unpack_from(buffer, position)
    start, end = position + _FRAME.size, position + _FRAME.size + length
    if mark != _MARK or length < _PREFIX.size or end > len(buffer):
        return None
    body = bytes(memoryview(buffer)[start:end])
    if zlib.crc32(body) != checksum:
        return None
    try:
        return _decoded(body), end - position
    except (ValueError, struct.error, LookupError, TypeError):
        return None


def _decoded(body: bytes) -> Record | None:
    kind, leg, nanoseconds = _PREFIX.unpack_from(body)
    at_s, rest = nanoseconds / 1e9, body[_PREFIX.size :]
    if kind == Kind.PACKET:
        ssrc, sequence, marker, ticks = _RTP.unpack_from(rest)
        return Packet(Leg(leg), at_s, ssrc, sequence, ticks, bool(marker), rest[_RTP.size :])
    if kind == Kind.MARK:
        words = json.loads(rest)
        return Marked(at_s, Mark(words["mark"]), int(words["count"]))
    if kind == Kind.END:
        return Ended(at_s)
    return None
