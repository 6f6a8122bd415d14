"""What a client is told when something does not work: one JSON shape, stable codes, and never how we are built.

`{"error": {"code": "too_large", "message": "…", "retry_after_s": 12}}`: pages translate `code`, `message` is for
developers, `retry_after_s` is there only where asking again helps. A rule that forbids something adds which one, since
when, its numbers, and what would help (`signaling.verdict.Refused`).
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, Field

from signaling.errors import Fault, NeighbourError
from signaling.integrator_contract import iso
from signaling.meta_rules import META_RULES
from signaling.verdict import Refused
from store.refusal import Refusal, Why

log = structlog.get_logger(__name__)

UNAVAILABLE_RETRY_S: Final = 5.0


class Problem(BaseModel):
    """One thing that is wrong with what was sent, and where. `code` is stable and may be translated."""

    step: Annotated[str | None, Field(description="Of a plan; null: the whole.")] = None
    field: Annotated[str, Field(description="Of the step, or of the whole: `for_s`, `choices.1`, `weekly.monday`.")]
    code: str


class ErrorBody(BaseModel):
    """`code` is stable and may be translated. What is not known is not there."""

    code: str
    message: Annotated[str, Field(description="For developers, in English.")]
    retry_after_s: Annotated[float | None, Field(description="Seconds after which asking again can help.")] = None
    retry_at: Annotated[str | None, Field(description="The same as a moment, UTC.")] = None
    fault: Annotated[Fault | None, Field(description="Who would have to change something.")] = None
    rule: Annotated[str | None, Field(description="The rule that forbids it.")] = None
    rule_since: Annotated[str | None, Field(description="The day since which the rule holds.")] = None
    rule_source: Annotated[str | None, Field(description="The section of the reference to Meta's rules.")] = None
    limit: int | None = None
    used: int | None = None
    next_step: Annotated[str | None, Field(description="A stable word for what would help.")] = None
    meta_code: Annotated[int | None, Field(description="Meta's own error.")] = None
    by: Annotated[str | None, Field(description="Who was quicker.")] = None
    problems: Annotated[list[Problem] | None, Field(description="Everything that is wrong (422).")] = None
    changed_by: Annotated[str | None, Field(description="Who wrote meanwhile (409 changed_meanwhile).")] = None
    changed_at: Annotated[str | None, Field(description="When they did, UTC.")] = None
    version: Annotated[int | None, Field(description="Which is there now.")] = None
    used_by: Annotated[list[str] | None, Field(description="What still needs it (409 in_use).")] = None


class ErrorAnswer(BaseModel):
    """Every answer that is not 2xx."""

    error: ErrorBody


class ApiError(Exception):
    """A refusal that a handler raises and the client reads. `message` holds nothing private; `more` are further fields
    of `ErrorBody`."""

    def __init__(
        self, status: int, code: str, message: str, retry_after_s: float | None = None, **more: object
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s
        self.more = more


def not_signed_in() -> ApiError:
    return ApiError(401, "not_signed_in", "Sign in first.")


def session_expired() -> ApiError:
    return ApiError(401, "session_expired", "The session is over or no longer valid. Sign in again.")


def bad_request(message: str) -> ApiError:
    return ApiError(400, "bad_request", message)


def not_found() -> ApiError:
    return ApiError(404, "not_found", "There is nothing here, or nothing that you may see.")


def invalid(problems: Sequence[Problem]) -> ApiError:
    """422: it can be read, and cannot be done."""
    found = [problem.model_dump() for problem in problems]
    return ApiError(422, "invalid", "`problems` names every place.", problems=found)


def too_large(limit_bytes: int) -> ApiError:
    return ApiError(413, "too_large", f"At most {limit_bytes} bytes are read.")


def refused(verdict: Refused, now: datetime) -> ApiError:
    """409: something else has to happen first; 403: somebody would have to grant it; 429: it passes with time."""
    wait_s = None if verdict.retry_at is None else max(1.0, (verdict.retry_at - now).total_seconds())
    rule = None if verdict.rule is None else META_RULES.get(verdict.rule)
    if verdict.code.endswith(".may_not_call"):
        status = 403
    elif verdict.fault is Fault.LIMIT and (wait_s is not None or verdict.code.startswith("capacity.")):
        status = 429
    else:
        status = 409
    return ApiError(
        status,
        verdict.code,
        "A rule does not allow this now.",
        None if wait_s is None else round(wait_s, 1),
        retry_at=None if verdict.retry_at is None else iso(verdict.retry_at),
        fault=verdict.fault.value,
        rule=verdict.rule,
        rule_since=None if rule is None or rule.since is None else rule.since.isoformat(),
        rule_source=None if rule is None else rule.source,
        limit=verdict.limit,
        used=verdict.used,
        next_step=verdict.next_step,
        meta_code=verdict.meta_code,
    )


def cannot(refusal: Refusal) -> ApiError:
    """What an administrator or integrator asked for and cannot have."""
    status, code = {Why.INVALID: (400, "bad_request"), Why.EXISTS: (409, "exists"), Why.UNKNOWN: (404, "not_found")}[
        refusal.why
    ]
    return ApiError(status, code, refusal.sentence)


def error_response(error: ApiError) -> web.Response:
    more = {name: value for name, value in error.more.items() if value is not None}
    body: dict[str, object] = {"code": error.code, "message": error.message, **more}
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))  # RFC 9110 §10.2.3: whole seconds
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §11.6.1
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
    except Refusal as refusal:
        return error_response(cannot(refusal))
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
