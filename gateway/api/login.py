"""`/api/v1/session`: sign in (POST), who am I (GET), sign out (DELETE)."""

from typing import Annotated, Any, Protocol

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.attempts import LoginAttempts
from gateway.api.door import EVERYBODY, Access
from gateway.api.errors import ApiError
from gateway.api.operations import Answer, Operation, RawHandler
from gateway.api.requests import client_address, read_json
from gateway.api.session_cookies import SessionKind, forget, keep
from gateway.api.sessions import Sessions, signed_in
from gateway.settings import IpNetwork
from signaling.agents.namespace import SignedIn
from signaling.ports import Agent, Role
from store.people import NewPasswordNeeded, login_key
from store.refusal import Refusal

log = structlog.get_logger(__name__)


class PasswordChecker(Protocol):
    async def sign_in(self, login: str, password: str, new_password: str | None = None) -> Agent | None:
        """Whose login and password these are; None: nobody's, or a disabled user's. As slow for an unknown login as
        for a wrong password. Raises NeighbourError; NewPasswordNeeded for a first password without a new one, Refusal
        for a new one that will not do."""
        ...


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024, repr=False)]
    new_password: Annotated[
        str | None, Field(max_length=1024, repr=False, description="Replaces a first password (409 new_password).")
    ] = None
    in_frame: Annotated[
        bool, Field(description="For our panel inside another site's page: a session for frames of that site alone.")
    ] = False


class MeAnswer(Answer):
    agent_id: int
    name: str
    role: Role


class SessionAnswer(Answer):
    me: MeAnswer
    expires_unix_s: float
    time_zone: Annotated[str, Field(description="Of the account's days and times, as in the IANA database.")]


class LoginRoutes:
    def __init__(
        self,
        sessions: Sessions,
        passwords: PasswordChecker,
        attempts: LoginAttempts,
        *,
        trusted_proxies: tuple[IpNetwork, ...],
        secure_cookie: bool,
        time_zone: str,
    ) -> None:
        self._sessions, self._passwords, self._attempts = sessions, passwords, attempts
        self._trusted_proxies, self._secure_cookie = trusted_proxies, secure_cookie
        self._time_zone = time_zone

    def operations(self) -> list[Operation]:
        def operation(method: str, name: str, summary: str, handler: RawHandler, **more: Any) -> Operation:
            given = {"method": method, "name": name, "summary": summary, "raw": handler, "tag": "session", **more}
            return Operation(path="/session", **given)

        user, anybody = Access(roles=EVERYBODY), Access(is_public=True)
        wrong = {401: "Login or password are wrong.", 429: "Too many attempts; wait for `Retry-After`."}
        foreign = {403: "A page of another site asks."}
        unframed = {403: "A page of another site asks, or `in_frame` is sent and no site may show our panel."}
        return [
            operation(
                *("POST", "signIn", "Sign in: the answer sets the session's cookie.", self.sign_in),
                access=anybody,
                body=LoginRequest,
                answer=SessionAnswer,
                errors={
                    **wrong,
                    **unframed,
                    409: "It is a first password: send `new_password` with it.",
                    422: "`new_password` will not do.",
                    503: "The database does not answer.",
                },
            ),
            operation("GET", "whoAmI", "Who is signed in.", self.who_am_i, access=user, answer=SessionAnswer),
            operation(
                "DELETE",
                "signOut",
                "Forget the session.",
                self.sign_out,
                access=anybody,
                answer=None,
                status=204,
                errors=foreign,
            ),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """200 `{"me", "expires_unix_s"}` and the cookie; 401 bad_credentials; 429 too_many_attempts; 400, 413, 415;
        403 no_frames."""
        wish = await read_json(request, LoginRequest)
        kind = SessionKind.FRAME if wish.in_frame else SessionKind.OWN_PAGE
        if wish.in_frame and not self._sessions.takes_frames:
            raise ApiError(403, "no_frames", "No other site may show this gateway's panel.")
        login = attempts_key(wish.login)
        address = client_address(request, self._trusted_proxies)
        wait_s = await self._attempts.begin(login, address)
        if wait_s is not None:
            log.warning("sign_in_refused", why="too_many_attempts")
            raise ApiError(429, "too_many_attempts", "Too many attempts. Wait, then try again.", round(wait_s, 1))
        try:
            agent = await self._passwords.sign_in(wish.login, wish.password, wish.new_password)
        except NewPasswordNeeded:
            raise ApiError(409, "new_password", "This password works once: choose one of your own.") from None
        except Refusal:
            raise ApiError(422, "bad_new_password", "The new password is too short, too long, or the same.") from None
        if agent is None:
            log.info("sign_in_refused", why="bad_credentials")
            raise ApiError(401, "bad_credentials", "Login or password are wrong.")
        await self._attempts.succeeded(login, address)
        self._sessions.forget(agent.id)
        issued = self._sessions.issue(agent, kind)
        log.info("signed_in", agent_id=agent.id, in_frame=wish.in_frame)
        response = self._session(SignedIn(agent, issued.expires_at))
        keep(response, kind, issued.token, int(self._sessions.lifetime.total_seconds()), secure=self._secure_cookie)
        for other in set(self._kinds()) - {kind}:  # one browser, one person
            forget(response, other, secure=self._secure_cookie)
        return response

    async def who_am_i(self, request: web.Request) -> web.Response:
        """200 as for signing in; 401 not_signed_in or session_expired."""
        return self._session(await signed_in(request, self._sessions))

    async def sign_out(self, request: web.Request) -> web.Response:
        """204, signed in or not; the browser forgets the cookie."""
        response = web.Response(status=204)
        for kind in self._kinds():
            forget(response, kind, secure=self._secure_cookie)
        return response

    def _kinds(self) -> list[SessionKind]:
        return list(SessionKind) if self._sessions.takes_frames else [SessionKind.OWN_PAGE]

    def _session(self, who: SignedIn) -> web.Response:
        answer = SessionAnswer(
            me=MeAnswer(agent_id=who.agent.id, name=who.agent.name, role=who.agent.role),
            expires_unix_s=who.expires_at.timestamp(),
            time_zone=self._time_zone,
        )
        return web.Response(text=answer.model_dump_json(), content_type="application/json")


def attempts_key(login: str) -> str:
    """All spellings of one login count together."""
    try:
        return login_key(login)
    except Refusal:
        return login  # nobody's, in any spelling
