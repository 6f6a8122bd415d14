"""UDP sockets for planes: a free port of a range, and buffers that outlast a stall."""

import contextlib
import errno
import secrets
import socket
import sys

from gateway.media.plane import NoPortFree

_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
_SO_RCVBUFFORCE = 33  # Linux; for the superuser
_SO_SNDBUFFORCE = 32
_IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE = 10, 3  # Linux
_PORT_TAKEN = (errno.EADDRINUSE, errno.EACCES)


def bind_udp(host: str, ports: range) -> socket.socket:
    """A non-blocking socket on a free port of `ports` (range(0, 1): any). Raises NoPortFree."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    start = secrets.randbelow(len(ports))  # a port that was just given back may still get packets of its last call
    for offset in range(len(ports)):
        port = ports[(start + offset) % len(ports)]
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno not in _PORT_TAKEN:
                sock.close()
                raise
        else:
            _enlarge_buffers(sock)
            _send_whole(sock)
            return sock
    sock.close()
    raise NoPortFree(f"no free UDP port from {ports.start} to {ports.stop - 1}")


def _enlarge_buffers(sock: socket.socket) -> None:
    """A stall of a few milliseconds must not lose packets. Beyond the system's limit only the superuser may go."""
    for forced, ordinary in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
        try:
            sock.setsockopt(socket.SOL_SOCKET, forced, _SOCKET_BUFFER_BYTES)
        except OSError:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, ordinary, _SOCKET_BUFFER_BYTES)


def _send_whole(sock: socket.socket) -> None:
    """Datagrams are far smaller than any path allows. When the system knows that none will be cut up, it need not find
    an identification for each, which is a twentieth of the cost of sending. IPv6 has none."""
    if sys.platform == "linux" and sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
