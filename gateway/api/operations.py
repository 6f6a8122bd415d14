"""One declaration per route: who may, what is read, what is answered, what may go wrong. The handler that aiohttp calls
and the page in `/api/v1/openapi.json` both come from it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gateway.api.door import Access, Caller, Door
from gateway.api.errors import ApiError, bad_request
from gateway.api.requests import JSON_LIMIT_BYTES, Model, read_json

BodyT = TypeVar("BodyT")
QueryT = TypeVar("QueryT")
_PATH: Final = re.compile(r"\{(\w+)\}")
ROOT: Final = "/api/v1"


class Form(BaseModel):
    """What a client sends: nothing that we do not know, nothing that is quietly converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Query(BaseModel):
    """What stands behind the question mark: texts, converted where their spelling is the only one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Nothing(Form):
    """No body, or no query."""


def _digits(value: object) -> object:
    """Whole numbers in a query are digits and nothing else: no sign, no blank, no underscore, no point."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise ValueError("not a whole number")
    return value


Digits = Annotated[int, BeforeValidator(_digits)]


@dataclass(frozen=True, slots=True)
class Asked(Generic[BodyT, QueryT]):
    """One request, read and admitted."""

    who: Caller
    body: BodyT
    query: QueryT
    path: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer whose status is not the usual one, or that is known as JSON already."""

    status: int
    content: Mapping[str, Any]


Handler = Callable[[Asked[Any, Any]], Awaitable[BaseModel | Raw | None]]
RawHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
StreamHandler = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` follows `/api/v1`; `path_patterns` name each `{part}`. `errors`: beyond those that every route has, status
    → when. `raw`: a handler that reads and answers by itself; the models then only describe it. `streams`: the same,
    for whoever `access` admits. `takes`, `gives`: content types of bodies and answers that are no JSON."""

    name: str
    method: str
    path: str
    summary: str
    access: Access
    answer: type[BaseModel] | None
    handler: Handler | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    path_patterns: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)  # other statuses with the same answer
    errors: Mapping[int, str] = field(default_factory=dict)
    raw: RawHandler | None = None
    streams: StreamHandler | None = None
    takes: tuple[str, ...] = ()
    gives: str | None = None
    body_limit_bytes: int = JSON_LIMIT_BYTES
    wrong_shape: Callable[[ValidationError], ApiError] | None = None  # None: 400, which names fields of the whole
    omit_unset: bool = False
    tag: str = ""


def add_operations(app: web.Application, operations: Sequence[Operation], door: Door) -> None:
    """Every path also answers 405 to methods that it does not have: the page would take a GET otherwise."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(_route(operation), []).append(operation)
    for path, here in by_path.items():
        methods = {operation.method for operation in here}
        for operation in here:
            app.router.add_route(operation.method, path, operation.raw or bound(operation, door))
        if "GET" in methods:
            get = next(operation for operation in here if operation.method == "GET")
            app.router.add_route("HEAD", path, get.raw or bound(get, door))
        app.router.add_route("*", path, _other_method(methods))


def bound(operation: Operation, door: Door) -> RawHandler:
    handler, kind, streams = operation.handler, operation.body, operation.streams
    if streams is not None:
        return _streaming(operation, streams, door)
    assert handler is not None, operation.name

    async def handle(request: web.Request) -> web.StreamResponse:
        who = await door.admit(request, operation.access, operation.name)
        query = Nothing() if operation.query is None else read_query(request, operation.query)
        body = (
            Nothing()
            if kind is None
            else await read_json(request, kind, operation.body_limit_bytes, operation.wrong_shape)
        )
        asked = Asked(who, body, query, request.match_info, request.headers)
        return response_of(await handler(asked), operation)

    return handle


def _streaming(operation: Operation, streams: StreamHandler, door: Door) -> RawHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await streams(request, await door.admit(request, operation.access, operation.name))

    return handle


def response_of(answer: BaseModel | Raw | None, operation: Operation) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    if isinstance(answer, Raw):
        return web.json_response(dict(answer.content), status=answer.status)
    text = answer.model_dump_json(exclude_unset=operation.omit_unset)
    return web.Response(text=text, status=operation.status, content_type="application/json")


def read_query(request: web.Request, kind: type[Model]) -> Model:
    """Raises ApiError 400 for what is missing, wrong, unknown, or there twice."""
    pairs = list(request.query.items())
    given = dict(pairs)
    if len(given) != len(pairs):
        raise bad_request("A parameter stands in the query twice.")
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        names = sorted({str(item["loc"][0]) for item in wrong if item["loc"] and item["loc"][0] in kind.model_fields})
        raise bad_request(f"Missing or wrong: {', '.join(names) or 'the query as a whole'}.") from None


def _route(operation: Operation) -> str:
    def part(match: re.Match[str]) -> str:
        return f"{{{match[1]}:{operation.path_patterns[match[1]]}}}"

    return ROOT + _PATH.sub(part, operation.path)


def _other_method(methods: set[str]) -> RawHandler:
    allowed = sorted(methods | ({"HEAD"} if "GET" in methods else set()))

    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return refuse
