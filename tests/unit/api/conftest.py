from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from tests.unit.api.world import World

Client = TestClient[web.Request, web.Application]
Serve = Callable[[web.Application], Awaitable[Client]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves apps for the test; the clients keep no cookies of their own."""
    clients: list[Client] = []

    async def start(app: web.Application) -> Client:
        client: Client = TestClient(TestServer(app), cookie_jar=DummyCookieJar())
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(world: World, serve: Serve) -> Client:
    return await serve(world.app())
