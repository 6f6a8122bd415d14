"""Requests to an engine that speaks OpenAI's HTTP: time-outs, size limits, and repetition where it can help.

The address is the operator's own, so anything may stand there, on this machine as well. Redirects are not followed:
they would carry the key elsewhere. No error that leaves this module holds an address, a header, a body or a key.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
import structlog
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_exponential_jitter

from signaling.errors import Failure, Fault, NeighbourError
from signaling.private import Token

log = structlog.get_logger(__name__)

ANSWER_LIMIT_BYTES: Final = 8 << 20
ATTEMPTS: Final = 4
CONNECT_S: Final = 10.0
LONGEST_WAIT_S: Final = 30.0
"""Whoever asks us to wait longer is asked again by the job, not by this request."""
RETRY_LATER_S: Final = 60.0

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]
Form = Callable[[], aiohttp.FormData]


@dataclass(frozen=True, slots=True)
class Server:
    """`url`: up to and with `/v1`. `timeout_s` is for one attempt."""

    url: str
    key: Token | None = field(repr=False)
    timeout_s: float


def _now() -> datetime:
    return datetime.now(UTC)


class EngineFailed(NeighbourError):
    """One attempt. `repeats`: the next may work within the patience of one request; `asked_s`: how long the server asks
    us to wait before it."""

    def __init__(self, failure: Failure, *, repeats: bool = False, asked_s: float | None = None) -> None:
        super().__init__(failure)
        self.repeats = repeats and (asked_s is None or asked_s <= LONGEST_WAIT_S)
        self.asked_s = asked_s


class EngineHttp:
    """Close it at the end."""

    def __init__(self, server: Server, sleep: Sleep = asyncio.sleep, now: Now = _now) -> None:
        self._server, self._sleep, self._now = server, sleep, now
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, *, form: Form | None = None, body: dict[str, Any] | None = None) -> object:
        """What the server answers, read as JSON. A form is made anew for each attempt.

        Raises EngineFailed, all of whose codes begin with `engine.`: `timeout`, `unreachable`, `broken` (the
        connection), `busy` (429), `down` (5xx), `key` (401, 403), `unknown` (404, 405: address or model), `redirect`,
        `too_large` (413, or an answer past the limit), `rejected` (any other refusal), `nonsense` (no JSON).
        """
        retrying = AsyncRetrying(
            retry=_worth_repeating,
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait_s,
            sleep=self._sleep,
            after=_log_attempt,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._once(path, form, body)
        raise AssertionError("tenacity returns or raises")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _once(self, path: str, form: Form | None, body: dict[str, Any] | None) -> object:
        key = self._server.key
        headers = {"Accept": "application/json", "User-Agent": "Ramal"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key.value}"
        timeout = aiohttp.ClientTimeout(total=self._server.timeout_s, connect=CONNECT_S)
        try:
            async with self._open().post(
                f"{self._server.url}{path}",
                headers=headers,
                data=None if form is None else form(),
                json=body,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                answer = await _read_limited(response)
                status, retry_after = response.status, response.headers.get("Retry-After")
        except TimeoutError:
            raise EngineFailed(Failure("engine.timeout", Fault.NETWORK, retry_after_s=RETRY_LATER_S)) from None
        except aiohttp.ClientConnectorError:
            raise _unreached("engine.unreachable") from None
        except (aiohttp.ClientError, OSError):
            raise _unreached("engine.broken") from None
        if not 200 <= status < 300:
            raise _refused(status, self._seconds(retry_after))
        if answer is None:
            raise EngineFailed(Failure("engine.too_large", Fault.CONFIGURATION, "its answer has no end"))
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise EngineFailed(Failure("engine.nonsense", Fault.CONFIGURATION, "no JSON")) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        return self._session

    def _seconds(self, retry_after: str | None) -> float | None:
        """Both forms of `Retry-After` (RFC 9110 §10.2.3). Anything else is not there."""
        if retry_after is None or len(retry_after) > 64:
            return None
        if retry_after.isascii() and retry_after.isdigit():
            return min(float(retry_after), 86_400.0)
        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return min(max(0.0, (at - self._now()).total_seconds()), 86_400.0)

    @staticmethod
    def _wait_s(state: RetryCallState) -> float:
        own_s = wait_exponential_jitter(multiplier=0.5, max=8.0, jitter=0.5)(state)
        error = _error_of(state)
        return own_s if error is None or error.asked_s is None else max(error.asked_s, own_s)


def _unreached(code: str) -> EngineFailed:
    return EngineFailed(Failure(code, Fault.NETWORK, retry_after_s=RETRY_LATER_S), repeats=True)


def _refused(status: int, asked_s: float | None) -> EngineFailed:
    detail, later_s = f"http {status}", RETRY_LATER_S if asked_s is None else asked_s
    match status:
        case 408 | 409 | 425 | 429:
            return EngineFailed(Failure("engine.busy", Fault.LIMIT, detail, later_s), repeats=True, asked_s=asked_s)
        case _ if status >= 500:
            return EngineFailed(Failure("engine.down", Fault.NETWORK, detail, later_s), repeats=True, asked_s=asked_s)
        case 401 | 403:
            code = "engine.key"
        case 404 | 405:
            code = "engine.unknown"
        case 413:
            code = "engine.too_large"
        case _ if 300 <= status < 400:
            code = "engine.redirect"
        case _:
            code = "engine.rejected"
    return EngineFailed(Failure(code, Fault.CONFIGURATION, detail))


def _error_of(state: RetryCallState) -> EngineFailed | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, EngineFailed) else None


def _worth_repeating(state: RetryCallState) -> bool:
    """A time-out is not: it took minutes already."""
    error = _error_of(state)
    return error is not None and error.repeats


def _log_attempt(state: RetryCallState) -> None:
    if (error := _error_of(state)) is not None:
        failure = error.failure
        log.warning("engine_attempt_failed", code=failure.code, detail=failure.detail, attempt=state.attempt_number)


async def _read_limited(response: aiohttp.ClientResponse) -> bytes | None:
    """None: longer than any honest answer."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            response.close()
            return None
    return bytes(body)
