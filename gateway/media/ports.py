"""UDP ports of ours, and which leg a packet on them is for. The plane keeps the media; this routes STUN and DTLS."""

import socket
from typing import Protocol, TypeVar

from aioice import stun

from gateway.media.ice_lite import called_ufrag, is_stun, parse_stun
from gateway.media.plane import Address, Endpoint, FlowId, Plane

_Key = TypeVar("_Key")


class Peer(Protocol):
    """What a port asks of a leg."""

    @property
    def ufrag(self) -> str: ...

    def on_stun(self, message: stun.Message, data: bytes, address: Address) -> None: ...

    def on_dtls(self, data: bytes, address: Address) -> None: ...

    def on_moved(self, address: Address) -> None: ...


def bindable_host(address: str) -> str:
    """`address` where it is one of this machine's, else all of them (a public address is often translated to ours)."""
    family, everywhere = (socket.AF_INET6, "::") if ":" in address else (socket.AF_INET, "0.0.0.0")  # noqa: S104
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return everywhere
    return address


class MediaPort:
    """One socket for one leg or for many.

    Checks are told apart by the ufrag they call, answers to our own checks by transaction, DTLS by the address, which
    only an authenticated check teaches. A port with a single leg gives it all answers and records: that leg knows whom
    it has asked. `address` is what goes into candidates; the socket may be bound to another.
    """

    def __init__(self, plane: Plane, host: str, exclusive: bool) -> None:
        self.plane = plane
        self.exclusive = exclusive
        self._host = host
        self._endpoint: Endpoint | None = None
        self._by_ufrag: dict[str, Peer] = {}
        self._by_address: dict[Address, Peer] = {}
        self._by_transaction: dict[bytes, Peer] = {}
        self._by_flow: dict[FlowId, Peer] = {}

    @classmethod
    async def open(cls, plane: Plane, host: str, ports: range, *, exclusive: bool) -> "MediaPort":
        """`host` goes into candidates; an `exclusive` port carries one leg and closes with it. Raises NoPortFree."""
        port = cls(plane, host, exclusive)
        port._endpoint = await plane.open_endpoint(bindable_host(host), ports, port._on_control)
        plane.events.on("moved", port._on_moved)
        return port

    @property
    def endpoint(self) -> Endpoint:
        assert self._endpoint is not None, "the port is closed"
        return self._endpoint

    @property
    def address(self) -> Address:
        return self._host, self.endpoint.local_address[1]

    def send(self, data: bytes, address: Address) -> None:
        if self._endpoint is not None:
            self._endpoint.send(data, address)

    def attach(self, peer: Peer) -> None:
        self._by_ufrag[peer.ufrag] = peer

    def learn(self, address: Address, peer: Peer) -> None:
        self._by_address[address] = peer

    def expect_answer(self, transaction: bytes, peer: Peer) -> None:
        """One at a time: a peer's earlier question is forgotten."""
        self._by_transaction = {t: p for t, p in self._by_transaction.items() if p is not peer}
        self._by_transaction[transaction] = peer

    def carries(self, flow: FlowId, peer: Peer) -> None:
        self._by_flow[flow] = peer

    def detach(self, peer: Peer) -> None:
        _forget(self._by_ufrag, peer)
        _forget(self._by_address, peer)
        _forget(self._by_transaction, peer)
        _forget(self._by_flow, peer)
        if self.exclusive:
            self.close()

    def close(self) -> None:
        if self._endpoint is not None:
            self.plane.events.remove_listener("moved", self._on_moved)
            self._endpoint.close()
            self._endpoint = None

    def _on_control(self, data: bytes, address: Address) -> None:
        if is_stun(data):
            if (message := parse_stun(data)) is not None and (peer := self._called(message)) is not None:
                peer.on_stun(message, data, address)
        elif data and 20 <= data[0] <= 63:  # RFC 7983 §7
            peer = self._sole if self.exclusive else self._by_address.get(address)
            if peer is not None:
                peer.on_dtls(data, address)

    def _called(self, message: stun.Message) -> Peer | None:
        if message.message_class == stun.Class.REQUEST:
            return self._by_ufrag.get(called_ufrag(message) or "")
        return self._sole if self.exclusive else self._by_transaction.get(message.transaction_id)

    @property
    def _sole(self) -> Peer | None:
        return next(iter(self._by_ufrag.values()), None)

    def _on_moved(self, flow: FlowId, address: Address) -> None:
        if (peer := self._by_flow.get(flow)) is not None:
            peer.on_moved(address)


def _forget(table: dict[_Key, Peer], peer: Peer) -> None:
    for key in [key for key, value in table.items() if value is peer]:
        del table[key]
