"""The Socket.IO connection of a page, as lean as it can be: what nobody asks for is not even parsed.

A load test has hundreds of pages in one process, and each is told about every call of the department. Socket.IO 5
over Engine.IO 4 on a WebSocket: `0` open, `2`/`3` ping and pong, `40` connect, `42[event, message]`, `43id[ack]`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

_PING, _PONG = "2", "3"
_CONNECT, _REFUSED, _EVENT, _ACK = "40", "44", "42", "43"
_HERE = _EVENT + json.dumps(["page.here", {"visible": True}])


class PageClosed(Exception):
    """The gateway refused or closed the connection."""


class PageSocket:
    """`on_event(name, text)` gets each event with its message as JSON text."""

    def __init__(self, on_event: Callable[[str, str], None], on_closed: Callable[[], None]) -> None:
        self._on_event, self._on_closed = on_event, on_closed
        self._acks: dict[int, asyncio.Future[str]] = {}
        self._next_ack = 0
        self._web_socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connected: asyncio.Future[None] | None = None

    async def connect(
        self, http: aiohttp.ClientSession, url: str, cookie: str, hello: Mapping[str, object], patience_s: float
    ) -> None:
        """Raises PageClosed, aiohttp.ClientError, TimeoutError."""
        async with asyncio.timeout(patience_s):
            web_socket = self._web_socket = await http.ws_connect(
                f"{url}/socket.io/?EIO=4&transport=websocket", headers={"Cookie": cookie, "Origin": url}, max_msg_size=0
            )
            self._connected = asyncio.get_running_loop().create_future()
            self._reading = asyncio.create_task(self._read(web_socket))
            await web_socket.send_str(_CONNECT + json.dumps(hello))
            await self._connected

    async def call(self, event: str, message: Mapping[str, object], patience_s: float) -> str:
        """The answer's JSON text. Raises PageClosed, TimeoutError."""
        if self._web_socket is None or self._web_socket.closed:
            raise PageClosed
        self._next_ack += 1
        number = self._next_ack
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._acks[number] = answer
        try:
            async with asyncio.timeout(patience_s):
                await self._web_socket.send_str(f"{_EVENT}{number}{json.dumps([event, message])}")
                return await answer
        except (ConnectionError, aiohttp.ClientError) as error:
            raise PageClosed from error
        finally:
            del self._acks[number]

    async def close(self) -> None:
        if self._web_socket is not None:
            await self._web_socket.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self, web_socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for frame in web_socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._on_frame(web_socket, frame.data)
        finally:
            self._end()

    async def _on_frame(self, web_socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        kind = text[:2]
        if kind == _EVENT:
            name_ends = text.index('"', 4)
            name = text[4:name_ends]
            if name == "are_you_there":
                await web_socket.send_str(_HERE)
            self._on_event(name, text[name_ends + 2 : -1])
        elif kind == _ACK:
            number, bracket, rest = text[2:].partition("[")
            answer = self._acks.get(int(number))
            if bracket and answer is not None and not answer.done():
                answer.set_result(rest[:-1])
        elif text == _PING:
            await web_socket.send_str(_PONG)
        elif kind == _CONNECT and self._connected is not None and not self._connected.done():
            self._connected.set_result(None)
        elif kind == _REFUSED and self._connected is not None and not self._connected.done():
            self._connected.set_exception(PageClosed(text[2:]))

    def _end(self) -> None:
        waiting: list[asyncio.Future[Any]] = [*self._acks.values()]
        if self._connected is not None:
            waiting.append(self._connected)
        for future in waiting:
            if not future.done():
                future.set_exception(PageClosed())
        self._on_closed()
