"""A Graph API that records what it is asked and answers what it is told to, over real HTTP. It judges nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from signaling.ids import PhoneNumberId
from signaling.meta.graph_api import GraphApi, Patiences
from signaling.meta.graph_transport import Patience
from signaling.private import Token
from tests.unit.meta.payloads import after

TOKEN = Token("EAAGtoken-of-the-number")
QUICK = Patience(attempt_s=30.0, total_s=60.0, attempts=4)
PATIENCES = Patiences(answering=QUICK, ending=QUICK, reading=QUICK, changing=QUICK)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    raw: bytes

    @property
    def body(self) -> object:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Answer:
    """What is said to one request. `hangs`: nothing, until the server ends. `breaks`: the line is cut."""

    status: int = 200
    raw: bytes = b'{"messaging_product":"whatsapp","success":true}'
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks: bool = False


@dataclass
class GraphServer:
    """`answers` are used up one by one; after them, `last` is said to everybody."""

    last: Answer = field(default_factory=Answer)
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    slept_s: list[float] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "")
        self.asked.append(Asked(request.method, request.path, dict(request.query), token, await request.read()))
        answer = self.answers.pop(0) if self.answers else self.last
        if answer.hangs:
            await self.ended.wait()
        if answer.breaks:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=answer.status, body=answer.raw, headers=answer.headers)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    @asynccontextmanager
    async def api(self, patiences: Patiences = PATIENCES, token: Token = TOKEN) -> AsyncIterator[GraphApi]:
        """A client of this server, whose waits between attempts take no time."""

        async def token_of(_: PhoneNumberId) -> Token:
            return token

        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self.respond)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            base_url = str(server.make_url(""))
            yield GraphApi(
                session, base_url, "v25.0", token_of, lambda: after(0), sleep=self.sleep, patiences=patiences
            )
            self.ended.set()
