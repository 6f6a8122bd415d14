"""A server where an engine could stand: it answers as it is told, delays, fails, drops the line, and talks nonsense."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Reply = web.StreamResponse | dict[str, Any] | list[Any] | str
Script = Callable[["Asked"], Awaitable[Reply] | Reply]


@dataclass
class Asked:
    """One request as it came. `fields`: of a form, the file's bytes among them; `body`: of JSON."""

    path: str
    headers: dict[str, str]
    fields: dict[str, Any]
    body: dict[str, Any]
    request: web.Request = field(repr=False)


def said(*segments: tuple[float, float, str], language: str = "portuguese") -> dict[str, Any]:
    """As whisper servers write it."""
    listed = [
        {"id": n, "start": start, "end": end, "text": text, "tokens": [], "avg_logprob": -0.2}
        for n, (start, end, text) in enumerate(segments)
    ]
    return {"task": "transcribe", "language": language, "text": " ".join(s[2] for s in segments), "segments": listed}


def chat(content: object) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": text}
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
    }


def status(code: int, **headers: str) -> Script:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: web.json_response({"error": {"message": "no"}}, status=code, headers=names)


def drop(asked: Asked) -> web.Response:
    """Close the line without an answer."""
    assert asked.request.transport is not None
    asked.request.transport.abort()
    return web.Response()


@contextmanager
def engine_aside() -> Iterator["EngineServer"]:
    """One on a loop and a thread of its own, for tests that have none."""
    loop, server = asyncio.new_event_loop(), EngineServer()
    thread = threading.Thread(target=loop.run_forever, name="engine")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class EngineServer:
    """`script`: what it does with each request; a list is taken in order, its last over and over. `loop`: which it is
    started on."""

    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: Script | list[Script | Reply] = []
        self.never = asyncio.Event()  # for whoever waits for an answer that does not come
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]

    async def stop(self) -> None:
        self.never.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        fields: dict[str, Any] = {}
        body: dict[str, Any] = {}
        if request.content_type == "multipart/form-data":
            for name, value in (await request.post()).items():
                fields[name] = value.file.read() if isinstance(value, web.FileField) else value
        else:
            body = await request.json()
        asked = Asked(request.path, dict(request.headers), fields, body, request)
        self.asked.append(asked)
        script = self.script
        step = script[min(len(self.asked), len(script)) - 1] if isinstance(script, list) else script
        reply = step(asked) if callable(step) else step
        if isinstance(reply, Awaitable):
            reply = await reply
        if isinstance(reply, web.StreamResponse):
            return reply
        if isinstance(reply, str):
            return web.Response(text=reply, content_type="text/html")
        return web.json_response(reply)
