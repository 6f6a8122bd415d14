"""A UDP path on which sound is lost and late: what a mobile network does to one direction of a call."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Any, Final, cast

from gateway.media import rtp
from gateway.media.plane import Address
from tests.media.peers import LOCALHOST

LOSS: Final = 0.05
JITTER_S: Final = 0.06
"""Each packet takes from nothing to this long on its way: three frames, so that they overtake each other."""

_SSRC_AT, _TICKS_AT, _SEQUENCE_AT = slice(8, 12), slice(4, 8), slice(2, 4)


@dataclass(frozen=True, slots=True)
class Sent:
    """The clear header of an SRTP packet that entered the wire (RFC 3711 §3.1), at Unix seconds."""

    at_s: float
    ssrc: int
    sequence: int
    ticks: int
    lost: bool


@dataclass
class BadWire:
    """Whoever sends to `address` is led to `target`, and what it answers is led back. Sound suffers in one direction:
    `from_target`, or else towards it; everything else passes as it is. The same seed loses the same packets."""

    seed: int
    from_target: bool
    sent: list[Sent] = field(default_factory=list)
    _ways: dict[Address, "_End"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    async def open(self, target: Address) -> "BadWire":
        self._target = target
        self._front = await _End.open(self._towards)
        return self

    @property
    def address(self) -> Address:
        return self._front.address

    def reroute(self, sdp: str) -> str:
        """A description whose candidate is `target` leads to this wire instead."""
        _, port = self._target
        sdp = re.sub(rf"(a=candidate:\S+ 1 udp \d+ {re.escape(LOCALHOST)}) {port} ", rf"\1 {self.address[1]} ", sdp)
        return re.sub(rf"m=audio {port} ", f"m=audio {self.address[1]} ", sdp)

    def close(self) -> None:
        for end in (self._front, *self._ways.values()):
            end.close()

    def _towards(self, data: bytes, client: Address) -> None:
        way = self._ways.get(client)
        if way is None:
            way = self._ways[client] = _End(lambda answer, _: self._back(answer, client))
            way.open_soon()
        self._pass(data, suffers=not self.from_target, to=lambda: way.send(data, self._target))

    def _back(self, data: bytes, client: Address) -> None:
        self._pass(data, suffers=self.from_target, to=lambda: self._front.send(data, client))

    def _pass(self, data: bytes, suffers: bool, to: Callable[[], None]) -> None:
        if suffers and rtp.is_rtp_or_rtcp(data) and not rtp.is_rtcp(data):
            self.carry(data, to)
        else:
            to()

    def carry(self, data: bytes, to: Callable[[], None]) -> None:
        """One packet of sound in the direction that suffers, also where there is no socket."""
        lost, delay_s = self._chance.random() < LOSS, self._chance.uniform(0, JITTER_S)
        ssrc, ticks, sequence = (int.from_bytes(data[at], "big") for at in (_SSRC_AT, _TICKS_AT, _SEQUENCE_AT))
        self.sent.append(Sent(time(), ssrc, sequence, ticks, lost))
        if not lost:
            asyncio.get_running_loop().call_later(delay_s, to)


class _End(asyncio.DatagramProtocol):
    """One socket of the wire. What is sent before it is open goes out when it is."""

    def __init__(self, took: Callable[[bytes, Address], None]) -> None:
        self._took = took
        self._early: list[tuple[bytes, Address]] = []
        self.transport: asyncio.DatagramTransport = cast(asyncio.DatagramTransport, None)

    @classmethod
    async def open(cls, took: Callable[[bytes, Address], None]) -> "_End":
        end = cls(took)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: end, local_addr=(LOCALHOST, 0))
        return end

    def open_soon(self) -> None:
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(loop.create_datagram_endpoint(lambda: self, local_addr=(LOCALHOST, 0)))

    @property
    def address(self) -> Address:
        return cast(Address, self.transport.get_extra_info("sockname"))

    def send(self, data: bytes, to: Address) -> None:
        if self.transport is None:
            self._early.append((data, to))
        elif not self.transport.is_closing():
            self.transport.sendto(data, to)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        for data, to in self._early:
            self.transport.sendto(data, to)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._took(data, addr)
