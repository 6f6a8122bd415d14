"""Headers that every answer carries: what our pages may load, and what other sites may do with them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

POLICY: Final = "Content-Security-Policy"


def content_policy(public_url: str, shown_by: Sequence[str] = ()) -> str:
    """It fits a Vite build: own scripts only, none inline. `shown_by`: origins that may show the page in a frame.

    Styles may be inline: Mantine writes its variables into a `<style>` element. Audio elements play blobs and streams.
    """
    scheme, _, host = public_url.partition("://")
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{host}"  # older Safari does not count it as 'self'
    policy = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "media-src": "'self' blob: mediastream: data:",
        "connect-src": f"'self' {socket}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(shown_by) or "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


def security_headers(public_url: str) -> dict[str, str]:
    """By OWASP's HTTP headers list. No page of ours is shown in a frame, but for the one that says otherwise itself
    (`gateway.api.embedding`)."""
    headers = {
        POLICY: content_policy(public_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def add_headers(public_url: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `app.on_response_prepare`, which sees every answer: files, errors and Socket.IO too."""
    headers = security_headers(public_url)

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")

    return prepare
