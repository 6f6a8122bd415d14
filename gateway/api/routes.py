"""Which address does what. Everything is put together in `gateway/site.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from gateway.api.attempts import LoginAttempts
from gateway.api.call_filters import ReplaySight
from gateway.api.calls import CallHistory, CallRoutes
from gateway.api.capacity import CapacityRoutes
from gateway.api.door import Audit, Door, KeyStore
from gateway.api.embedding import EMBED_PATH, EmbeddedPanel
from gateway.api.errors import errors_as_json
from gateway.api.headers import add_headers
from gateway.api.health import Check, Readiness, healthz
from gateway.api.login import LoginRoutes, PasswordChecker
from gateway.api.openapi import describing
from gateway.api.operations import Operation, add_operations
from gateway.api.requests import refuse_foreign_pages
from gateway.api.sessions import Sessions
from gateway.api.web import BUILT_PAGE, WebPages
from gateway.metrics import Metrics
from gateway.settings import AgentsSee, IpNetwork
from signaling.admission import Capacity
from signaling.ports import Clock, NumberStore


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the routes stand on. `checks`: name → check for `/readyz`."""

    sessions: Sessions
    keys: KeyStore
    audit: Audit
    passwords: PasswordChecker
    attempts: LoginAttempts
    history: CallHistory
    replayers: ReplaySight
    numbers: NumberStore
    capacity: Capacity
    clock: Clock
    metrics: Metrics
    public_url: str
    operations: Sequence[Operation] = ()  # those of integrators (`gateway.integration`)
    per_minute: int = 600
    agents_see: AgentsSee = AgentsSee.MISSED
    time_zone: str = "America/Sao_Paulo"
    checks: Mapping[str, Check] = field(default_factory=dict)
    trusted_proxies: tuple[IpNetwork, ...] = ()
    web_root: Path = BUILT_PAGE
    embed_origins: tuple[str, ...] = ()


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
        time_zone=parts.time_zone,
    )
    calls = CallRoutes(parts.history, parts.replayers, parts.audit, parts.clock)
    capacity = CapacityRoutes(parts.sessions, parts.numbers, parts.capacity, parts.clock)
    door = Door(
        parts.sessions,
        parts.keys,
        parts.audit,
        parts.clock,
        per_minute=parts.per_minute,
        trusted_proxies=parts.trusted_proxies,
        agents_see=parts.agents_see,
    )
    described = [*login.operations(), *calls.operations(), *capacity.operations(), *parts.operations]
    add_operations(app, [*described, describing(described)], door)
    app.add_routes(
        [
            web.get("/metrics", parts.metrics.page),
            web.get("/healthz", healthz),
            web.get("/readyz", Readiness(parts.checks).readyz),
            web.get(EMBED_PATH, EmbeddedPanel(parts.web_root, parts.public_url, parts.embed_origins).serve),
            web.get("/{path:.*}", WebPages(parts.web_root).serve),
        ]
    )
