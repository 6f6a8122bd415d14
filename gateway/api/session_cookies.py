"""The two cookies that can carry a session: that of our own pages, and that of our panel inside another site's page.

A browser sends the first to no frame of another site (`SameSite=Strict`). The second is kept apart for each site that
shows the panel (`Partitioned`, CHIPS), so that a session in one of them is none in another (decision 0013).
"""

from enum import StrEnum
from typing import Final

from aiohttp import web

from signaling.private import Token


class SessionKind(StrEnum):
    """The value is the audience (`aud`) of its tokens: neither cookie takes the other's."""

    OWN_PAGE = "ramal"
    FRAME = "ramal-frame"


COOKIE: Final = "ramal_session"
FRAME_COOKIE: Final = "__Host-ramal_frame"
COOKIES: Final = {SessionKind.OWN_PAGE: COOKIE, SessionKind.FRAME: FRAME_COOKIE}


def session_token(cookie_header: str | None, name: str = COOKIE) -> Token | None:
    """The session token in a `Cookie` header (RFC 6265 §4.2.1): the first, if there are several."""
    for pair in (cookie_header or "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name and value:
            return Token(value)
    return None


def keep(response: web.Response, kind: SessionKind, token: Token, lives_s: int, *, secure: bool) -> None:
    _set(response, kind, token.value, lives_s, secure=secure)


def forget(response: web.Response, kind: SessionKind, *, secure: bool) -> None:
    _set(response, kind, "", 0, secure=secure)


def _set(response: web.Response, kind: SessionKind, value: str, lives_s: int, *, secure: bool) -> None:
    if kind is SessionKind.OWN_PAGE:
        response.set_cookie(COOKIE, value, max_age=lives_s, path="/", httponly=True, secure=secure, samesite="Strict")
        return
    # By hand: `http.cookies` knows `Partitioned` from Python 3.14 on. `Secure` always: to browsers localhost is, too.
    parts = (f"{FRAME_COOKIE}={value}", "HttpOnly", f"Max-Age={lives_s}", "Path=/", "SameSite=None", "Secure")
    response.headers.add("Set-Cookie", "; ".join((*parts, "Partitioned")))
