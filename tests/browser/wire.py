"""How a browser is told what to do without Playwright: numbered JSON over a WebSocket, as DevTools and WebDriver BiDi
have it in common."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import aiohttp

PATIENCE_S: Final = 30.0
T = TypeVar("T")


class Wire:
    """Its methods wait, so tests read like those with Playwright."""

    def __init__(self, address: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1, "browser-wire")
        self._numbers = 0
        self.events: list[dict[str, Any]] = []
        self._wait(self._connect(address))

    def ask(self, method: str, params: dict[str, object], **to: object) -> Any:
        """One command and its result. Raises AssertionError."""
        return self._wait(self._ask(method, params, to))

    def close(self) -> None:
        self._wait(self._leave())
        self._thread.shutdown()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Playwright keeps a loop running in the main thread, where asyncio would refuse another."""
        return self._thread.submit(self._loop.run_until_complete, work).result(PATIENCE_S)

    async def _connect(self, address: str) -> None:
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(address, max_msg_size=0)

    async def _leave(self) -> None:
        await self._socket.close()
        await self._http.close()

    async def _ask(self, method: str, params: dict[str, object], to: dict[str, object]) -> Any:
        self._numbers += 1
        number = self._numbers
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": params, **to}))
        while True:
            answer = await self._socket.receive_json()
            if "method" in answer:
                self.events.append(answer)
            elif answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
