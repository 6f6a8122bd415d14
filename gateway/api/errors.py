"""What a client is told when something does not work: one JSON shape, stable codes, and never how we are built.

`{"error": {"code": "too_large", "message": "…", "retry_after_s": 12}}`: pages translate `code`, `message` is for
developers, `retry_after_s` is there only where asking again helps.
"""

import math
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from signaling.errors import NeighbourError

log = structlog.get_logger(__name__)

UNAVAILABLE_RETRY_S: Final = 5.0


class ApiError(Exception):
    """A refusal that a handler raises and the client reads. `message` holds nothing private."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s


def not_signed_in() -> ApiError:
    return ApiError(401, "not_signed_in", "Sign in first.")


def session_expired() -> ApiError:
    return ApiError(401, "session_expired", "The session is over or no longer valid. Sign in again.")


def bad_request(message: str) -> ApiError:
    return ApiError(400, "bad_request", message)


def not_found() -> ApiError:
    return ApiError(404, "not_found", "There is nothing here, or nothing that you may see.")


def too_large(limit_bytes: int) -> ApiError:
    return ApiError(413, "too_large", f"At most {limit_bytes} bytes are read.")


def error_response(error: ApiError) -> web.Response:
    body: dict[str, object] = {"code": error.code, "message": error.message}
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))  # RFC 9110 §10.2.3: whole seconds
    return web.json_response({"error": body}, status=error.status, headers=headers)


_HTTP_CODES: Final = {
    400: ("bad_request", "The request could not be read."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_type", "This content type is not read."),
}


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost of all: whatever a handler raises becomes one typed answer; what was not meant is logged once."""
    try:
        return await handler(request)
    except ApiError as error:
        return error_response(error)
    except web.HTTPError as error:
        code, message = _HTTP_CODES.get(error.status, ("refused", error.reason))
        response = error_response(ApiError(error.status, code, message))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except NeighbourError as error:
        log.warning("request_failed", route=route_of(request), code=error.failure.code)
        return error_response(ApiError(503, "unavailable", "Try again in a moment.", UNAVAILABLE_RETRY_S))
    except (web.HTTPException, ConnectionError):  # redirects; a client that went away
        raise
    except Exception:
        log.exception("request_crashed", route=route_of(request))
        return error_response(ApiError(500, "internal", "Something broke in the gateway; its log says what."))


def route_of(request: web.Request) -> str:
    """The route's pattern, for logs: a path itself may hold anything."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource is not None else 'unmatched'}"
