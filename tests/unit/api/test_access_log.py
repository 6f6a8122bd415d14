import logging
from collections.abc import Iterator

import pytest
import structlog
from aiohttp import ClientSession, web

from gateway.api.access_log import AccessLog
from tests.unit.api.world import CALL, World


@pytest.fixture
def all_levels() -> Iterator[None]:
    config = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(**config)


async def test_an_access_line_has_route_status_and_time_and_nothing_of_the_person(
    world: World, all_levels: None
) -> None:
    runner = web.AppRunner(world.app(), access_log_class=AccessLog, access_log=logging.getLogger("unused"))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    with structlog.testing.capture_logs() as lines:
        async with ClientSession(f"http://{host}:{port}") as session:
            for path in (f"/api/v1/calls/{CALL.id}?phone=5511955550101", "/healthz", "/someones-name"):
                async with session.get(path, headers={"User-Agent": "a browser"}) as response:
                    await response.read()
        await runner.cleanup()
    assert all(line.pop("took_ms") >= 0 for line in lines)
    assert lines == [
        {"event": "request", "route": "GET /api/v1/calls/{call_id}", "status": 401, "log_level": "info"},
        {"event": "request", "route": "GET /healthz", "status": 200, "log_level": "debug"},
        {"event": "request", "route": "GET /{path}", "status": 503, "log_level": "info"},
    ]
