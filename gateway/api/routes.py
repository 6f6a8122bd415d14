"""Which address does what. Everything is put together in `gateway/app.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from gateway.api.attempts import LoginAttempts
from gateway.api.calls import CallHistory, CallRoutes
from gateway.api.capacity import CapacityRoutes
from gateway.api.errors import errors_as_json
from gateway.api.headers import add_headers
from gateway.api.health import Check, Readiness, healthz
from gateway.api.login import LoginRoutes, PasswordChecker
from gateway.api.requests import refuse_foreign_pages
from gateway.api.sessions import Sessions
from gateway.api.web import BUILT_PAGE, WebPages
from gateway.metrics import Metrics
from gateway.settings import IpNetwork
from signaling.admission import Capacity
from signaling.ports import Clock, NumberStore


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the routes stand on. `checks`: name → check for `/readyz`."""

    sessions: Sessions
    passwords: PasswordChecker
    attempts: LoginAttempts
    history: CallHistory
    numbers: NumberStore
    capacity: Capacity
    clock: Clock
    metrics: Metrics
    public_url: str
    checks: Mapping[str, Check] = field(default_factory=dict)
    trusted_proxies: tuple[IpNetwork, ...] = ()
    web_root: Path = BUILT_PAGE


def add_routes(app: web.Application, parts: ApiParts) -> None:
    """Routes, typed errors, same-origin guard and security headers. Other routes may be added before or after: the
    page takes only what nothing else takes."""
    app.middlewares.extend((errors_as_json, refuse_foreign_pages(parts.public_url)))
    app.on_response_prepare.append(add_headers(parts.public_url))

    login = LoginRoutes(
        parts.sessions,
        parts.passwords,
        parts.attempts,
        trusted_proxies=parts.trusted_proxies,
        secure_cookie=parts.public_url.startswith("https://"),
    )
    calls = CallRoutes(parts.sessions, parts.history)
    capacity = CapacityRoutes(parts.sessions, parts.numbers, parts.capacity, parts.clock)
    app.add_routes(
        [
            web.post("/api/v1/session", login.sign_in),
            web.get("/api/v1/session", login.who_am_i),
            web.delete("/api/v1/session", login.sign_out),
            web.get("/api/v1/calls", calls.recent),
            web.get("/api/v1/calls/{call_id:[0-9a-f]{32}}", calls.one),
            web.get("/api/v1/capacity", capacity.now),
            web.get("/metrics", parts.metrics.page),
            web.get("/healthz", healthz),
            web.get("/readyz", Readiness(parts.checks).readyz),
            web.get("/{path:.*}", WebPages(parts.web_root).serve),
        ]
    )
