"""`/healthz`: the process lives. `/readyz`: it can do its work now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from aiohttp import web

from signaling.errors import NeighbourError

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""None: fine. Otherwise what is wrong, in a few plain words. An exception counts as wrong."""

CHECK_TIMEOUT_S: Final = 3.0


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


class Readiness:
    def __init__(self, checks: Mapping[str, Check], timeout_s: float = CHECK_TIMEOUT_S) -> None:
        """`checks`: name → check, such as database, migrations, plane."""
        self._checks, self._timeout_s = checks, timeout_s

    async def readyz(self, request: web.Request) -> web.Response:
        """200 or 503 `{"ready": false, "checks": {"database": {"ok": false, "why": "does not answer"}, …}}`."""
        wrongs = await asyncio.gather(*(self._wrong(name, check) for name, check in self._checks.items()))
        checks = {
            name: {"ok": True} if wrong is None else {"ok": False, "why": wrong}
            for name, wrong in zip(self._checks, wrongs, strict=True)
        }
        ready = not any(wrongs)
        return web.json_response({"ready": ready, "checks": checks}, status=200 if ready else 503)

    async def _wrong(self, name: str, check: Check) -> str | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await check()
        except TimeoutError:
            return "does not answer"
        except NeighbourError as error:
            return error.failure.code
        except Exception:
            log.exception("check_crashed", check=name)
            return "broke"
