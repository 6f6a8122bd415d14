"""A sound in portions, as they come from where it is kept: never a whole file in memory, never a wait on the loop."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from gateway.api.byte_ranges import wanted_range
from gateway.api.errors import UNAVAILABLE_RETRY_S, ApiError
from recording.vault import VaultError

log = structlog.get_logger(__name__)

OGG: Final = "audio/ogg"


@dataclass(frozen=True, slots=True)
class Sound:
    """`sha256` in hex. `read(first, last)`: those bytes, inclusive; raises VaultError, OSError."""

    size_bytes: int
    sha256: str
    read: Callable[[int, int], AsyncIterator[bytes]]

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


def range_of(request: web.Request, sound: Sound) -> tuple[int, int] | None:
    """First and last byte, inclusive; None: all of it. `If-Range` of another sound asks for all of this one (RFC 9110
    §13.1.5). Raises Unsatisfiable."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition != sound.etag:
        return None
    return wanted_range(request.headers.get("Range"), sound.size_bytes)


async def send(
    request: web.Request, sound: Sound, wanted: tuple[int, int] | None, file_name: str | None
) -> web.StreamResponse:
    """`wanted`: first and last byte, inclusive; None: all of it. `file_name`: it is saved instead of played.

    Raises ApiError 503 or 409 as long as nothing was sent; after that, what cannot be read breaks the connection."""
    first, last = wanted or (0, sound.size_bytes - 1)
    response = web.StreamResponse(status=200 if wanted is None else 206)
    response.content_type, response.content_length = OGG, last - first + 1
    response.headers["Accept-Ranges"], response.headers["ETag"] = "bytes", sound.etag
    response.headers["Cache-Control"] = "private, no-store"
    if wanted is not None:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{sound.size_bytes}"
    if file_name is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    portions = sound.read(first, last)
    try:
        portion = await _first(portions)
        await response.prepare(request)
        await response.write(portion)
        await _rest(request, response, portions)
    finally:
        with suppress(VaultError, OSError):
            await portions.aclose()  # type: ignore[attr-defined]  # both kinds are generators
    await response.write_eof()
    return response


async def _first(portions: AsyncIterator[bytes]) -> bytes:
    """An opened portion may be empty: the first that is not."""
    try:
        async for portion in portions:
            if portion:
                return portion
    except (VaultError, OSError) as error:
        passes, reason = (error.passes, error.reason) if isinstance(error, VaultError) else (True, "disk")
        log.warning("recording_not_read", reason=reason)
        if passes:
            raise ApiError(503, "unavailable", "Try again in a moment.", UNAVAILABLE_RETRY_S) from None
        raise ApiError(409, "unreadable", "What was kept cannot be read.", reason=reason) from None
    raise ApiError(409, "unreadable", "What was kept cannot be read.", reason="empty")


async def _rest(request: web.Request, response: web.StreamResponse, portions: AsyncIterator[bytes]) -> None:
    try:
        async for portion in portions:
            if portion:
                await response.write(portion)
    except ConnectionError:  # the listener went away
        raise
    except (VaultError, OSError) as error:
        log.warning("recording_broke_off", error=type(error).__name__)
        if request.transport is not None:  # the length was promised: only this says that it is not the whole
            request.transport.abort()
