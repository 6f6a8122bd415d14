"""A CRM on this machine that takes events: it may be down, slow or broken, and it checks every signature."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import unused_port

from signaling.private import Token

Event = dict[str, Any]


@dataclass
class CrmReceiver:
    """`answer(event)` gives the status; `gate` holds answers back while it is not set."""

    port: int = field(default_factory=unused_port)
    answer: Callable[[Event], int] = lambda event: 204
    secret: Token | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Event] = field(default_factory=list)
    got: list[Event] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/events", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.secret is not None:
            assert self._is_signed(request, body), "the signature does not fit"
        event = json.loads(body)
        assert request.headers["webhook-id"] == event["id"]
        await self._note(self.asked, event)
        await self.gate.wait()
        status = self.answer(event)
        if 200 <= status < 300:
            await self._note(self.got, event)
        return web.Response(status=status)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        """As the specification of Standard Webhooks says, written here a second time."""
        assert self.secret is not None
        key = base64.b64decode(self.secret.value.split("_", 1)[1])
        headers = request.headers
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        return headers["webhook-signature"] == f"v1,{mac}"

    async def _note(self, where: list[Event], event: Event) -> None:
        async with self._changed:
            where.append(event)
            self._changed.notify_all()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with self._changed, asyncio.timeout(30):
            await self._changed.wait_for(is_so)
