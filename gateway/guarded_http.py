"""Requests to addresses that somebody typed: events to integrators, questions to a CRM. They must not reach us or our
network (server-side request forgery, OWASP's cheat sheet of that name).

HTTPS to public addresses, and whatever an operator allows by name. What is checked is the address that is connected to:
a name is resolved here and nowhere else. No redirects, no proxies, no cookies.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

ANSWER_LIMIT_BYTES: Final = 16_384
URL_LIMIT_CHARS: Final = 2_048
_EMBEDDING: Final = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))
"""IPv6 that carries an IPv4 address, which may be anybody's (RFC 6052, RFC 3056)."""


class Forbidden(Exception):
    """The guard does not let this through. `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Guard:
    """`allowed_hosts`: names or addresses to which plain HTTP and private addresses are allowed. `loopback`: this
    machine too, for tests and for a CRM beside the gateway."""

    allowed_hosts: frozenset[str] = frozenset()
    loopback: bool = False

    def check_url(self, url: str) -> None:
        """Raises Forbidden. An address that passes may still resolve to what does not."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise Forbidden("not_a_url") from None
        if not host or not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_LIMIT_CHARS:
            raise Forbidden("not_a_url")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise Forbidden("not_plain")
        literal = _address(host)
        if literal is not None:
            self.check_address(host, literal)
        if host in self.allowed_hosts:
            if parts.scheme not in ("https", "http"):
                raise Forbidden("not_https")
        elif parts.scheme != "https" and not (parts.scheme == "http" and self.loopback and _names_loopback(host)):
            raise Forbidden("not_https")

    def check_address(self, host: str, address: str) -> None:
        """Whether `host`, which resolved to `address`, may be connected to. Raises Forbidden."""
        if host in self.allowed_hosts:
            return
        ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if ip.is_loopback and self.loopback:
            return
        if not ip.is_global or ip.is_multicast or any(ip in network for network in _EMBEDDING):
            raise Forbidden("private_address")


class GuardedResolver(AbstractResolver):
    """aiohttp connects to what this answers, and asks nobody else."""

    def __init__(self, guard: Guard, inner: AbstractResolver | None = None) -> None:
        self._guard, self._inner = guard, inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises Forbidden when any of the addresses is forbidden: a name that mixes them means no good."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._guard.check_address(host, result["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`result`: a stable word: `http.204`, `network.timeout`, `network.unreachable`, `network.broken`,
    `forbidden.<reason>`. `body` is there for 2xx only, cut at 16 KiB."""

    result: str
    body: bytes = b""
    retry_after_s: float | None = None

    @property
    def is_fine(self) -> bool:
        return self.result.startswith("http.2")


class GuardedHttp:
    """`post` never raises for what the other side does. Close it at the end."""

    def __init__(self, guard: Guard, connections: int = 100, per_host: int = 16) -> None:
        self.guard = guard
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(guard), limit=connections, limit_per_host=per_host, use_dns_cache=False
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
        )

    async def post(self, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> HttpAnswer:
        try:
            self.guard.check_url(url)
            async with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", "User-Agent": "Ramal", **headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                fine = 200 <= response.status < 300
                answer = await _read_some(response) if fine else b""
                return HttpAnswer(f"http.{response.status}", answer, _seconds(response.headers.get("Retry-After")))
        except Forbidden as forbidden:
            return HttpAnswer(f"forbidden.{forbidden.reason}")
        except TimeoutError:
            return HttpAnswer("network.timeout")
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectionResetError):
            return HttpAnswer("network.unreachable")
        except (aiohttp.ClientError, OSError, ValueError):
            return HttpAnswer("network.broken")

    async def close(self) -> None:
        await self._session.close()


async def _read_some(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            response.close()
            break
    return bytes(body[:ANSWER_LIMIT_BYTES])


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` in seconds (RFC 9110 §10.2.3); its other form, a date, is not read."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit() or len(retry_after) > 6:
        return None
    return float(retry_after)


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _names_loopback(host: str) -> bool:
    literal = _address(host)
    return host == "localhost" or (literal is not None and ipaddress.ip_address(literal).is_loopback)


def read_hosts(items: Sequence[str]) -> frozenset[str]:
    """Lower case, without a port. Raises ValueError."""
    hosts = frozenset(item.lower().removeprefix("[").removesuffix("]") for item in items)
    if any(not host or "/" in host or " " in host or (":" in host and _address(host) is None) for host in hosts):
        raise ValueError("must be host names or addresses, without scheme or port, with commas between them")
    return hosts
