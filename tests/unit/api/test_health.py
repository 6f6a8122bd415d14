import asyncio

from aiohttp.test_utils import make_mocked_request

from gateway.api.health import Readiness
from signaling.errors import Failure, Fault, NeighbourError
from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import World


async def fine() -> str | None:
    return None


async def old() -> str | None:
    return "run: ramal migrate"


async def away() -> str | None:
    raise NeighbourError(Failure("store.unavailable", Fault.NETWORK, detail="db.internal:5432"))


async def broken() -> str | None:
    raise RuntimeError("password=hunter2")


async def hanging() -> str | None:
    await asyncio.Event().wait()
    return None


async def test_a_live_process_is_healthy(client: Client) -> None:
    response = await client.get("/healthz")
    assert (response.status, await response.json()) == (200, {"ok": True})


async def test_ready_when_every_check_is_fine(serve: Serve) -> None:
    response = await (await serve(World(checks={"database": fine, "plane": fine}).app())).get("/readyz")
    assert response.status == 200
    assert await response.json() == {"ready": True, "checks": {"database": {"ok": True}, "plane": {"ok": True}}}


async def test_each_check_says_what_keeps_the_gateway_from_being_ready(serve: Serve) -> None:
    checks = {"database": away, "migrations": old, "plane": fine, "other": broken}
    response = await (await serve(World(checks=checks).app())).get("/readyz")
    assert response.status == 503
    assert await response.json() == {
        "ready": False,
        "checks": {
            "database": {"ok": False, "why": "store.unavailable"},
            "migrations": {"ok": False, "why": "run: ramal migrate"},
            "plane": {"ok": True},
            "other": {"ok": False, "why": "broke"},
        },
    }


async def test_a_check_that_hangs_is_given_up() -> None:
    response = await Readiness({"database": hanging}, timeout_s=0.0).readyz(make_mocked_request("GET", "/readyz"))
    assert response.status == 503
    assert response.text is not None
    assert "does not answer" in response.text
