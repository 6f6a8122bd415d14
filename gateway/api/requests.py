"""What a request is allowed to be before anything is done about it: its size, its type, its shape, where it is from."""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ValidationError

from gateway.api.errors import ApiError, bad_request, too_large
from gateway.settings import IpNetwork

JSON_LIMIT_BYTES: Final = 16_384
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 §9.2.1
API_PREFIX: Final = "/api/"

Model = TypeVar("Model", bound=BaseModel)


async def read_json(
    request: web.Request,
    kind: type[Model],
    limit_bytes: int = JSON_LIMIT_BYTES,
    wrong_shape: Callable[[ValidationError], ApiError] | None = None,
) -> Model:
    """The body as a `kind`. Raises ApiError: 415 unsupported_type, 413 too_large, 400 bad_json, 400 bad_request, or
    what `wrong_shape` makes of a body that is JSON and no `kind`."""
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_type", "Send application/json.")
    if request.content_length is not None and request.content_length > limit_bytes:
        raise too_large(limit_bytes)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit_bytes:
            raise too_large(limit_bytes)
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if any(item["type"] == "json_invalid" for item in wrong):
            raise ApiError(400, "bad_json", "The body is not JSON.") from None
        if wrong_shape is not None:
            raise wrong_shape(error) from None
        names = sorted({str(name) for item in wrong for name in item["loc"][:1] if name in kind.model_fields})
        raise bad_request(f"Missing or wrong: {', '.join(names) or 'the body as a whole'}.") from None


def client_address(request: web.Request, trusted: Sequence[IpNetwork]) -> str:
    """Who is asking, as an IP address. `X-Forwarded-For` counts only as far as trusted proxies wrote it: read from the
    right, the first address that is not one of them."""
    address = request.remote or ""
    if not _is_trusted(address, trusted):
        return address
    hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    for hop in reversed(hops):
        try:
            address = str(ipaddress.ip_address(hop))
        except ValueError:
            return address  # a proxy of ours let something else through: stay with the last one who was known
        if not _is_trusted(address, trusted):
            return address
    return address


def _is_trusted(address: str, trusted: Sequence[IpNetwork]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def is_same_origin(fetch_site: str | None, origin: str | None, host: str | None, public_url: str) -> bool:
    """Whether a request that changes something comes from our own page, or from no page at all.

    Browsers tell by `Sec-Fetch-Site` on HTTPS and localhost, by `Origin` elsewhere; a page can forge neither. A request
    with neither comes from no browser and carries nobody's cookie but its sender's. The rule is that of Go's
    net/http.CrossOriginProtection.
    """
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    if origin is None:
        return True
    return origin == public_url or (host is not None and origin in (f"http://{host}", f"https://{host}"))


def refuse_foreign_pages(public_url: str) -> Middleware:
    """The middleware that keeps other sites' pages from acting with our users' cookies."""

    @web.middleware
    async def same_origin_only(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in SAFE_METHODS and request.path.startswith(API_PREFIX):
            headers = request.headers
            if not is_same_origin(headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host, public_url):
                raise ApiError(403, "foreign_origin", "Only the gateway's own pages may do this.")
        return await handler(request)

    return same_origin_only
