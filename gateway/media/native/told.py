"""What the media threads tell Python: records of `src/news.h`, in bytes."""

import socket
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from gateway.media.plane import Address

_HEAD = struct.Struct("=IBBHQdII")  # struct news_head
_ADDRESS = struct.Struct("=16sHH")  # struct address
_IPV4 = 4


class Kind(IntEnum):
    """enum news_kind."""

    CONTROL = 1
    FIRST_PACKET = 2
    FIRST_SENT = 3
    DIGIT = 4
    MOVED = 5
    BYE = 6
    PROMPT_ENDED = 7
    TAP = 8
    TAP_LOST = 9
    PATH = 10
    CONSENT_LOST = 11
    TAPE = 12


class News(NamedTuple):
    """struct news_head."""

    size: int
    kind: int
    flag: int
    number: int
    id: int
    at_s: float
    one: int
    two: int


def read_news(records: bytes) -> Iterator[tuple[News, bytes]]:
    """Each record with its body. `records` are whole ones."""
    at = 0
    while at < len(records):
        news = News._make(_HEAD.unpack_from(records, at))
        at += _HEAD.size + news.size
        yield news, records[at - news.size : at]


def address_of(body: bytes) -> Address:
    ip, port, family = _ADDRESS.unpack_from(body)
    host = socket.inet_ntop(socket.AF_INET, ip[:4]) if family == _IPV4 else socket.inet_ntop(socket.AF_INET6, ip)
    return host, port


def control_of(body: bytes) -> tuple[bytes, Address]:
    """A datagram and its sender."""
    return body[_ADDRESS.size :], address_of(body)
