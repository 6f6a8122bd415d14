"""Audio at rest, sealed with AES-256-GCM in pieces, so that a part of a long recording can be opened by itself. Pure.

A sealed file is a line of JSON (`Head`) and pieces of `PIECE_BYTES` of plain bytes, each with a tag of its own. The
nonce is the file's random prefix and the piece's number; the tag also covers the head, the number, and whether it is
the last: pieces cannot be exchanged, dropped or added without being found out. Each file has a key of its own, which
the master key seals (so rotating the master key rewrites one line, not the audio).
"""

import base64
import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
PIECE_BYTES: Final = 65_536
TAG_BYTES: Final = 16
HEAD_BYTES: Final = 512
"""The head is filled up to this length with blanks: it can be rewritten in its place."""
_NONCE: Final = struct.Struct(">8sI")


class CannotOpen(ValueError):
    """These bytes were not sealed by us, were changed since, or their key is not here; `reason` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """By name. The newest seals; all open."""

    by_name: Mapping[str, bytes] = field(repr=False)
    newest: str


@dataclass(frozen=True, slots=True)
class Head:
    """`sealed_key`: the file's key under master key `key_name`. `size_bytes` of the plain content."""

    key_name: str
    sealed_key: bytes = field(repr=False)
    prefix: bytes
    size_bytes: int


def read_master_keys(text: str) -> MasterKeys:
    """`name:base64 of 32 bytes`, several with commas between them, the newest first. Raises ValueError in words."""
    found: dict[str, bytes] = {}
    for item in text.split(","):
        name, separator, encoded = item.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not separator or not name.isidentifier() or len(key) != 32 or name in found:
            raise ValueError("each key is a name of its own, a colon, and 32 bytes in base64")
        found[name] = key
    return MasterKeys(found, next(iter(found)))


def seal(plain: BinaryIO, size_bytes: int, keys: MasterKeys) -> Iterator[bytes]:
    """Head and sealed pieces of exactly `size_bytes` of content. Raises ValueError when there are fewer."""
    file_key, prefix = AESGCM.generate_key(256), os.urandom(8)
    head = Head(keys.newest, _wrapped(file_key, prefix, keys.newest, keys), prefix, size_bytes)
    yield encode_head(head)
    cipher, pieces = AESGCM(file_key), pieces_of(size_bytes)
    for number in range(pieces):
        wanted = min(PIECE_BYTES, size_bytes - number * PIECE_BYTES)
        piece = plain.read(wanted)
        if len(piece) != wanted:
            raise ValueError("the content is shorter than was said")
        yield cipher.encrypt(_NONCE.pack(prefix, number), piece, _about(head, number))


def pieces_of(size_bytes: int) -> int:
    return max(1, -(-size_bytes // PIECE_BYTES))


def sealed_bytes(size_bytes: int) -> int:
    """The length of the sealed file."""
    return HEAD_BYTES + size_bytes + pieces_of(size_bytes) * TAG_BYTES


def sealed_range(first: int, last: int) -> tuple[int, int]:
    """Where the sealed pieces lie that hold the plain bytes `first` to `last` inclusive: from, to (exclusive)."""
    step = PIECE_BYTES + TAG_BYTES
    return HEAD_BYTES + first // PIECE_BYTES * step, HEAD_BYTES + (last // PIECE_BYTES + 1) * step


class Opening:
    """Opens the plain bytes `first` to `last` inclusive from what lies at `sealed_range`, in whatever portions it
    comes. Raises CannotOpen before it gives anything that was changed."""

    def __init__(self, head: Head, keys: MasterKeys, first: int, last: int) -> None:
        self._head, self._first, self._last = head, first, last
        self._cipher = AESGCM(_unwrapped(head, keys))
        self._number, self._buffer = first // PIECE_BYTES, bytearray()

    def feed(self, portion: bytes) -> bytes:
        self._buffer += portion
        opened = bytearray()
        while len(self._buffer) >= PIECE_BYTES + TAG_BYTES:
            opened += self._piece(bytes(self._buffer[: PIECE_BYTES + TAG_BYTES]))
            del self._buffer[: PIECE_BYTES + TAG_BYTES]
        return bytes(opened)

    def end(self) -> bytes:
        """What is left; raises CannotOpen when something is missing."""
        rest = self._piece(bytes(self._buffer)) if self._buffer else b""
        if self._number * PIECE_BYTES <= self._last:
            raise CannotOpen("cut")
        return rest

    def _piece(self, sealed: bytes) -> bytes:
        nonce = _NONCE.pack(self._head.prefix, self._number)
        try:
            plain = self._cipher.decrypt(nonce, sealed, _about(self._head, self._number))
        except InvalidTag:
            raise CannotOpen("changed") from None
        begins = self._number * PIECE_BYTES
        self._number += 1
        return plain[max(0, self._first - begins) : max(0, self._last + 1 - begins)]


def resealed(head: Head, keys: MasterKeys) -> Head:
    """The same file's head under the newest master key. Raises CannotOpen."""
    key = _unwrapped(head, keys)
    return Head(keys.newest, _wrapped(key, head.prefix, keys.newest, keys), head.prefix, head.size_bytes)


def encode_head(head: Head) -> bytes:
    words = {
        "ramal_sealed": VERSION,
        "key": head.key_name,
        "sealed_key": base64.b64encode(head.sealed_key).decode(),
        "prefix": head.prefix.hex(),
        "size": head.size_bytes,
    }
    line = json.dumps(words, separators=(",", ":")).encode()
    if len(line) >= HEAD_BYTES:
        raise ValueError("the key's name is too long")
    return line.ljust(HEAD_BYTES - 1) + b"\n"


def decode_head(data: bytes) -> Head:
    """Raises CannotOpen."""
    try:
        words = json.loads(data[:HEAD_BYTES])
        if words["ramal_sealed"] != VERSION or len(data) < HEAD_BYTES:
            raise CannotOpen("unknown_format")
        prefix = bytes.fromhex(words["prefix"])
        head = Head(str(words["key"]), base64.b64decode(words["sealed_key"]), prefix, int(words["size"]))
    except (ValueError, LookupError, TypeError):
        raise CannotOpen("unknown_format") from None
    if len(prefix) != 8 or head.size_bytes < 0:
        raise CannotOpen("unknown_format")
    return head


def _about(head: Head, number: int) -> bytes:
    """What a piece's tag covers beside it. Not the master key: that may change."""
    is_last = number == pieces_of(head.size_bytes) - 1
    return struct.pack(">QI?", head.size_bytes, number, is_last)


def _wrapped(file_key: bytes, prefix: bytes, name: str, keys: MasterKeys) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(keys.by_name[name]).encrypt(nonce, file_key, prefix)


def _unwrapped(head: Head, keys: MasterKeys) -> bytes:
    master = keys.by_name.get(head.key_name)
    if master is None:
        raise CannotOpen("key_missing")
    try:
        return AESGCM(master).decrypt(head.sealed_key[:12], head.sealed_key[12:], head.prefix)
    except (InvalidTag, ValueError):
        raise CannotOpen("changed") from None
