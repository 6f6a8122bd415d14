"""One line per request: method, route, status, time. No path, query, address or browser: those tell of people."""

from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from gateway.api.errors import route_of

log = structlog.get_logger(__name__)

OFTEN: Final = frozenset({"/healthz", "/readyz", "/metrics", "/socket.io/", "/{path}"})
"""Asked for every few seconds, or dozens of times per page: `debug` is enough for them when they succeed."""


class AccessLog(AbstractAccessLogger):
    """For `web.AppRunner(access_log_class=…)`."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        route = route_of(request) if isinstance(request, web.Request) else f"{request.method} unmatched"
        write: Callable[..., object] = log.debug if response.status < 400 and route.split()[1] in OFTEN else log.info
        write("request", route=route, status=response.status, took_ms=round(time * 1000, 1))
