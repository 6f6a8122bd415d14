import structlog
from aiohttp import web

from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import World


async def test_an_unexpected_exception_is_logged_once_and_told_without_a_trace(serve: Serve, world: World) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError("a secret of ours")

    app = world.app()
    app.router.add_get("/api/v1/broken/{name}", broken)
    client = await serve(app)
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/api/v1/broken/maria?phone=5511955550101")
    assert response.status == 500
    assert (await response.json())["error"]["code"] == "internal"
    assert "secret" not in await response.text()
    assert lines == [
        {"event": "request_crashed", "route": "GET /api/v1/broken/{name}", "log_level": "error", "exc_info": True}
    ]


async def test_a_wrong_method_is_told_which_ones_are_right(client: Client) -> None:
    response = await client.put("/api/v1/session", json={})
    assert (response.status, (await response.json())["error"]["code"]) == (405, "method_not_allowed")
    assert {"DELETE", "GET", "POST"} <= set(response.headers["Allow"].split(","))


async def test_a_body_over_the_apps_own_limit_is_a_typed_error_too(serve: Serve, world: World) -> None:
    async def read_all(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = world.app()
    app.router.add_post("/webhooks/meta", read_all)
    response = await (await serve(app)).post("/webhooks/meta", data=b"x" * (2 * 1024**2))
    assert (response.status, (await response.json())["error"]["code"]) == (413, "too_large")


async def test_a_redirect_is_no_error(serve: Serve, world: World) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("/healthz")

    app = world.app()
    app.router.add_get("/api/v1/elsewhere", elsewhere)
    response = await (await serve(app)).get("/api/v1/elsewhere", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/healthz")


async def test_every_answer_says_what_pages_may_do(client: Client) -> None:
    for path in ("/healthz", "/api/v1/session", "/nowhere", "/api/nowhere"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "connect-src 'self' ws://gateway.test;" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Permissions-Policy"].startswith("microphone=(self)")
        assert "Strict-Transport-Security" not in headers


async def test_over_https_browsers_are_told_to_stay_there(serve: Serve) -> None:
    headers = (await (await serve(World(public_url="https://calls.example.com").app())).get("/healthz")).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "connect-src 'self' wss://calls.example.com;" in headers["Content-Security-Policy"]
