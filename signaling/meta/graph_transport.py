"""One request to the Graph API: time-outs, size limits, and repetition where repeating is safe (reference 5).

No exception that leaves this module holds a URL, a header, a body or a token.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import structlog
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_exponential_jitter
from yarl import URL

from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta.graph_errors import GraphError, GraphUnreachable, bad_answer, read_error
from signaling.ports import Clock
from signaling.private import Token

log = structlog.get_logger(__name__)

ANSWER_LIMIT_BYTES: Final = 2 * 1024 * 1024  # analytics of a year are the longest honest answer

Sleep = Callable[[float], Awaitable[None]]
TokenOf = Callable[[PhoneNumberId], Awaitable[Token]]
Answer = dict[str, object]

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer, and how often to ask. `attempts=1`: repeating could do the thing twice."""

    attempt_s: float
    total_s: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `action` names it in logs, `number` selects the token, `path` follows the version."""

    action: str
    method: str
    number: PhoneNumberId
    path: tuple[str, ...]
    patience: Patience
    json: Mapping[str, object] | None = None
    query: Mapping[str, str] | None = None
    form: Callable[[], aiohttp.FormData] | None = None


class GraphTransport:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        version: str,
        token_of: TokenOf,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._session, self._base = session, f"{base_url.rstrip('/')}/{version}"
        self._token_of, self._clock, self._sleep = token_of, clock, sleep

    async def send(self, request: Request, *, succeeded: Callable[[GraphError, int], bool] | None = None) -> Answer:
        """Meta's answer, a JSON object. Raises GraphError or GraphUnreachable.

        `succeeded(error, attempt)` may find that a refusal means success (the call is over already).
        """
        token = await self._token_of(request.number)
        if not _TOKEN.fullmatch(token.value):
            raise NeighbourError(Failure("meta.bad_token", Fault.CONFIGURATION))
        try:
            async with asyncio.timeout(request.patience.total_s):
                async for attempt in self._attempts(request):
                    with attempt:
                        try:
                            return await self._once(request, token)
                        except GraphError as error:
                            if succeeded is not None and succeeded(error, attempt.retry_state.attempt_number):
                                return {"success": True}
                            raise
        except TimeoutError:
            raise GraphUnreachable("network.timeout", perhaps_done=True) from None
        raise AssertionError("tenacity returns or raises")

    def _attempts(self, request: Request) -> AsyncRetrying:
        return AsyncRetrying(
            retry=_worth_repeating,
            stop=stop_after_attempt(request.patience.attempts),
            wait=wait_exponential_jitter(multiplier=0.3, max=5.0, jitter=0.3),
            sleep=self._sleep,
            after=lambda state: _log_attempt(request, state),
            reraise=True,
        )

    async def _once(self, request: Request, token: Token) -> Answer:
        url = self._url(request)
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json"}
        try:
            async with self._session.request(
                request.method,
                url,
                headers=headers,
                json=request.json,
                data=request.form() if request.form is not None else None,
                allow_redirects=False,  # a redirect would carry the token elsewhere
                timeout=aiohttp.ClientTimeout(total=request.patience.attempt_s),
            ) as response:
                body = await _read_limited(response)
                status, answer_headers = response.status, response.headers
        except TimeoutError:
            raise GraphUnreachable("network.timeout", perhaps_done=True) from None
        except aiohttp.ClientConnectorError:
            raise GraphUnreachable("network.unreachable", perhaps_done=False) from None
        except aiohttp.ClientError:
            raise GraphUnreachable("network.broken", perhaps_done=True) from None
        if body is None:
            raise bad_answer(status)
        return self._answer(status, body, answer_headers)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
        if not 200 <= status < 300:
            raise read_error(status, body, headers, self._clock())
        try:
            answer: Any = json.loads(body)
        except (ValueError, RecursionError):
            raise bad_answer(status) from None
        if not isinstance(answer, dict):
            raise bad_answer(status)
        if "error" in answer:
            raise read_error(status, body, headers, self._clock())
        return answer

    def _url(self, request: Request) -> URL:
        if not all(_SEGMENT.fullmatch(segment) for segment in request.path):
            raise NeighbourError(Failure("meta.bad_id", Fault.CONFIGURATION, "an id of Meta's has odd characters"))
        path = "/".join(quote(segment, safe="") for segment in request.path)
        return URL(f"{self._base}/{path}").with_query(request.query)


async def _read_limited(response: aiohttp.ClientResponse) -> bytes | None:
    """The whole body, or None when it is longer than any honest answer."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            response.close()
            return None
    return bytes(body)


def _worth_repeating(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome is not None else None
    return isinstance(error, GraphError | GraphUnreachable) and state.attempt_number <= error.repeats


def _log_attempt(request: Request, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, GraphError | GraphUnreachable):
        trace = error.fbtrace_id if isinstance(error, GraphError) else ""
        log.warning(
            "graph_attempt_failed",
            action=request.action,
            code=error.failure.code,
            attempt=state.attempt_number,
            fbtrace_id=trace,
        )
