"""One UDP socket for all calls, as at Meta's relays. Arrival times are the kernel's: a busy loop is no late packet."""

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable

Address = tuple[str, int]
Received = Callable[[bytes, Address, float], None]
"""Datagram, who sent it, and when it came (Unix seconds)."""

SO_TIMESTAMPNS = 35  # linux/socket.h; Python names it only from 3.13 on
TIMESPEC = struct.Struct("@ll")
MAX_DATAGRAM_BYTES = 2048
DATAGRAMS_PER_WAKE = 64
RECEIVE_BUFFER_BYTES = 4 * 2**20


class RelaySocket:
    """Reads as many datagrams as are waiting, sends without waiting; a full send buffer is a lost packet."""

    def __init__(self, host: str, port: int, received: Received) -> None:
        """Raises OSError when the address cannot be bound. Needs a running loop."""
        self._received = received
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            if sys.platform == "linux":
                self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._read)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def send(self, data: bytes, address: Address) -> None:
        try:
            self._socket.sendto(data, address)
        except OSError:
            return  # UDP promises nothing, and the next packet may pass

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        for _ in range(DATAGRAMS_PER_WAKE):
            try:
                data, ancillary, _flags, address = self._socket.recvmsg(MAX_DATAGRAM_BYTES, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP error about a datagram of ours
            self._received(data, (address[0], address[1]), _arrival_unix_s(ancillary))
            if self._socket.fileno() < 0:
                return


def _arrival_unix_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= TIMESPEC.size:
            seconds, nanoseconds = TIMESPEC.unpack_from(value)
            return float(seconds + nanoseconds / 1e9)
    return time.time()
