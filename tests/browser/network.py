"""The network between an agent's browser and the gateway, in the test's hands: a router for the sound (UDP), whose
address changes or which forgets, and a line for everything else (TCP), which falls silent without a word.

The page under test is not changed. Only the port in the gateway's SDP answer is replaced by the router's, as a gateway
behind a port-forwarding router would be told to write it.
"""

import selectors
import socket
import threading
import time
from contextlib import suppress
from itertools import pairwise
from typing import Final

Address = tuple[str, int]

DATAGRAM_BYTES: Final = 2048

REROUTE: Final = """([from, to]) => {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replaceAll(` ${from} typ`, ` ${to} typ`).replaceAll(`m=audio ${from}`, `m=audio ${to}`);
    return set.call(this, { ...description, sdp });
  };
}"""


class Router:
    """Each of the browser's ports is one path, with an address of its own towards the gateway."""

    def __init__(self, gateway: Address, only_from: range | None = None) -> None:
        """`only_from`: what comes from other ports is dropped, as a firewall does that knows a relay."""
        self._gateway, self._only_from = gateway, only_from
        self._inside = _udp()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._inside, selectors.EVENT_READ)
        self._outside: dict[Address, socket.socket] = {}
        self._browser: dict[socket.socket, Address] = {}
        self._dead: set[Address] = set()
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self.to_gateway_s: list[float] = []
        self.to_browser_s: list[float] = []
        """When media packets went through, on the monotonic clock."""
        self._thread = threading.Thread(target=self._run, name="router", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._inside.getsockname()[1]
        return port

    def change_address(self) -> None:
        """The browser's computer is behind another address now: from each of its ports, and at once."""
        with self._lock:
            for browser in tuple(self._outside):
                self._forget(browser)

    def kill_paths(self) -> None:
        """Nothing passes any more between the gateway and the ports that the browser has used so far."""
        with self._lock:
            self._dead |= set(self._outside)

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        for sock in (self._inside, *self._outside.values()):
            sock.close()

    def _forget(self, browser: Address) -> None:
        sock = self._outside.pop(browser)
        self._selector.unregister(sock)
        del self._browser[sock]
        sock.close()

    def _run(self) -> None:
        while not self._ends.is_set():
            for key, _ in self._selector.select(0.05):
                with self._lock, suppress(OSError):
                    self._pass_on(key.fileobj)

    def _pass_on(self, sock: object) -> None:
        assert isinstance(sock, socket.socket)
        if sock.fileno() < 0:  # forgotten meanwhile
            return
        data, sender = sock.recvfrom(DATAGRAM_BYTES)
        browser = sender if sock is self._inside else self._browser[sock]
        if browser in self._dead or (self._only_from is not None and browser[1] not in self._only_from):
            return
        is_media = 128 <= data[0] <= 191 and not 192 <= data[1] <= 223
        if sock is self._inside:
            if browser not in self._outside:
                self._outside[browser] = _udp()
                self._browser[self._outside[browser]] = browser
                self._selector.register(self._outside[browser], selectors.EVENT_READ)
            self._outside[browser].sendto(data, self._gateway)
            times = self.to_gateway_s
        else:
            self._inside.sendto(data, browser)
            times = self.to_browser_s
        if is_media:
            times.append(time.monotonic())


class Line:
    """A TCP port that leads to another one. `fall_silent`: what is connected stays so, and nothing goes through."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends = threading.Event()
        self._silent: set[int] = set()
        self._connections: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    def fall_silent(self) -> None:
        """For those who are connected now."""
        self._silent |= set(range(len(self._connections)))

    def close(self) -> None:
        self._ends.set()
        self._listening.close()
        for pair in self._connections:
            for sock in pair:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()

    def _accept(self) -> None:
        while not self._ends.is_set():
            try:
                browser, _ = self._listening.accept()
            except OSError:
                return
            gateway = socket.create_connection(self._target)
            number = len(self._connections)
            self._connections.append((browser, gateway))
            for source, sink in ((browser, gateway), (gateway, browser)):
                threading.Thread(target=self._copy, args=(number, source, sink), daemon=True).start()

    def _copy(self, number: int, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if number not in self._silent:
                    sink.sendall(data)
            if number not in self._silent:
                sink.shutdown(socket.SHUT_WR)


def _udp() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def longest_gap_s(times_s: list[float], from_s: float, to_s: float) -> float:
    """The longest time between packets, from a moment on."""
    inside = [from_s, *(at_s for at_s in times_s if from_s <= at_s <= to_s), to_s]
    return max(later - earlier for earlier, later in pairwise(inside))
