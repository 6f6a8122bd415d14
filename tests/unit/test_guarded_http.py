"""Where the gateway may be sent by somebody who types an address."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from gateway.guarded_http import ANSWER_LIMIT_BYTES, Forbidden, Guard, GuardedHttp, GuardedResolver, read_hosts

STRICT = Guard()
REACHED = web.AppKey("reached", list[str])


def why(url: str, guard: Guard = STRICT) -> str | None:
    try:
        guard.check_url(url)
    except Forbidden as forbidden:
        return forbidden.reason
    return None


@pytest.mark.parametrize(
    "url", ["https://crm.example.com/hook", "https://crm.example.com:8443/h?x=1", "https://8.8.8.8/"]
)
def test_https_to_public_places_is_allowed(url: str) -> None:
    assert why(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
    ],
)
def test_no_address_of_ours_or_of_our_network_is_reached(url: str) -> None:
    assert why(url) == "private_address"


@pytest.mark.parametrize(
    "url", ["http://crm.example.com/", "http://localhost/", "ftp://crm.example.com/", "file://h/etc"]
)
def test_nothing_but_https(url: str) -> None:
    assert why(url) == "not_https"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///x",
        "https://h:99999/",
        "https://h /",
        "https://h/\n",
        "//h/",
        f"https://h/{'x' * 3000}",
    ],
)
def test_what_is_no_address(url: str) -> None:
    assert why(url) in ("not_a_url", "not_https")


@pytest.mark.parametrize("url", ["https://user:secret@crm.example.com/", "https://crm.example.com/#part"])
def test_no_credentials_and_no_fragments(url: str) -> None:
    assert why(url) == "not_plain"


def test_an_operator_may_allow_hosts_of_the_own_network_and_this_machine() -> None:
    guard = Guard(read_hosts(["CRM.internal", "10.1.2.3"]), loopback=True)
    for url in ("http://crm.internal/x", "http://10.1.2.3:8000/", "http://127.0.0.1:9000/", "http://localhost/"):
        assert why(url, guard) is None
    assert why("http://10.1.2.4/", guard) == "private_address"
    guard.check_address("crm.internal", "10.9.9.9")
    with pytest.raises(Forbidden):
        guard.check_address("crm.example.com", "10.9.9.9")


class Names(AbstractResolver):
    """A name server that somebody else controls."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None: ...


async def test_a_public_name_that_leads_to_a_private_address_is_refused_when_it_is_resolved() -> None:
    assert await GuardedResolver(STRICT, Names("8.8.8.8")).resolve("crm.example.com")
    for addresses in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"]):
        with pytest.raises(Forbidden):
            await GuardedResolver(STRICT, Names(*addresses)).resolve("crm.example.com")


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    reached: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        reached.append(request.path)
        if request.path == "/moved":
            raise web.HTTPFound("/elsewhere")
        if request.path == "/busy":
            return web.Response(status=503, headers={"Retry-After": "7"})
        if request.path == "/long":
            return web.Response(body=b"x" * (ANSWER_LIMIT_BYTES * 4))
        return web.Response(status=204)

    app = web.Application()
    app[REACHED] = reached
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_no_redirect_is_followed_and_answers_are_cut(server: TestServer) -> None:
    http = GuardedHttp(Guard(loopback=True))
    moved = await http.post(str(server.make_url("/moved")), b"{}", {}, 5.0)
    busy = await http.post(str(server.make_url("/busy")), b"{}", {}, 5.0)
    long = await http.post(str(server.make_url("/long")), b"{}", {}, 5.0)
    await http.close()
    assert (moved.result, moved.is_fine) == ("http.302", False)
    assert server.app[REACHED] == ["/moved", "/busy", "/long"]
    assert (busy.result, busy.retry_after_s) == ("http.503", 7.0)
    assert (long.result, len(long.body)) == ("http.200", ANSWER_LIMIT_BYTES)


async def test_what_is_forbidden_is_not_even_connected_to(server: TestServer) -> None:
    http = GuardedHttp(STRICT)
    results = [
        (await http.post(str(server.make_url("/x")), b"{}", {}, 5.0)).result,
        (await http.post(f"https://localhost:{server.port}/x", b"{}", {}, 5.0)).result,  # found out by resolving
    ]
    await http.close()
    assert results == ["forbidden.private_address", "forbidden.private_address"]
    assert server.app[REACHED] == []
